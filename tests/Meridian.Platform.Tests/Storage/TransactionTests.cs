// SPDX-License-Identifier: Apache-2.0
using LinqToDB;
using LinqToDB.Async;
using LinqToDB.Data;
using LinqToDB.Mapping;

using Meridian.Platform.Storage;
using Meridian.Testing.Engines;

using Microsoft.Data.Sqlite;

namespace Meridian.Platform.Tests.Storage;

public sealed class SqliteTransactionTests(SqliteFixture server) : TransactionTests(server)
{
    [Fact]
    public void A_file_that_another_process_writes_to_is_no_defect()
    {
        Assert.True(Database.IsTransient(new SqliteException("database is locked", 5)));
        Assert.True(Database.IsTransient(new LinqToDBException("wrapped", new SqliteException("database table is locked", 6))));
        Assert.False(Database.IsTransient(new SqliteException("constraint failed", 19)));
    }
}

[Trait("needs", "engines")]
public sealed class MariaDbTransactionTests(MariaDbFixture server) : ServerTransactionTests(server);

[Trait("needs", "engines")]
public sealed class PostgreSqlTransactionTests(PostgreSqlFixture server) : ServerTransactionTests(server);

/// <summary>Where transactions really run at once.</summary>
public abstract class ServerTransactionTests(IDatabaseServer server) : TransactionTests(server)
{
    [Fact]
    public async Task Of_two_transactions_that_lock_each_other_out_the_loser_runs_again()
    {
        var runs = 0;
        TaskCompletionSource[] holding = [new(TaskCreationOptions.RunContinuationsAsynchronously), new(TaskCreationOptions.RunContinuationsAsynchronously)];

        await Task.WhenAll(Enumerable.Range(0, 2).Select(i => Database.WriteAsync(
            async db =>
            {
                Interlocked.Increment(ref runs);
                await AddAsync(db, i);
                holding[i].TrySetResult();
                await holding[1 - i].Task;
                await AddAsync(db, 1 - i);
            },
            Token)));

        Assert.True(runs > 2);
        Assert.Equal([2, 2], await ValuesAsync());
    }
}

/// <summary><see cref="Database.WriteAsync{T}"/>; once a kind of database.</summary>
public abstract class TransactionTests(IDatabaseServer server) : IAsyncLifetime
{
    private readonly ProcessResources resources = new();

    protected static CancellationToken Token => TestContext.Current.CancellationToken;

    protected Database Database { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Database = resources.Database(await server.CreateDatabaseAsync(Token), "the test");
        await using var db = Database.Open();
        await db.ExecuteAsync("CREATE TABLE tally (id INT PRIMARY KEY, value INT NOT NULL)", Token);
        await db.InsertAsync(new Tally { Id = 0 }, token: Token);
        await db.InsertAsync(new Tally { Id = 1 }, token: Token);
    }

    public ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return resources.DisposeAsync();
    }

    [Fact]
    public async Task What_throws_leaves_nothing_and_is_not_run_again()
    {
        var runs = 0;

        await Assert.ThrowsAsync<InvalidDataException>(() => Database.WriteAsync(
            async db =>
            {
                runs++;
                await AddAsync(db, 0);
                throw new InvalidDataException("no");
            },
            Token));

        Assert.Equal(1, runs);
        Assert.Equal([0, 0], await ValuesAsync());
    }

    [Fact]
    public async Task A_duplicate_key_is_the_callers_to_judge()
    {
        var runs = 0;
        Task<int> InsertAsync(Func<Exception, bool>? isLost) => Database.WriteAsync(
            async db =>
            {
                await AddAsync(db, 1);
                return await db.InsertAsync(new Tally { Id = runs++ == 0 ? 0 : 9 }, token: Token);
            },
            Token, isLost);

        var refused = await Assert.ThrowsAnyAsync<Exception>(() => InsertAsync(null));
        Assert.True(Database.IsDuplicateKey(refused));
        Assert.False(Database.IsTransient(refused));
        runs = 0;
        await InsertAsync(Database.IsDuplicateKey);

        Assert.Equal(2, runs);
        Assert.Equal([0, 1, 0], await ValuesAsync());
    }

    protected static Task AddAsync(DataConnection db, int id) => db.GetTable<Tally>().Where(t => t.Id == id).Set(t => t.Value, t => t.Value + 1).UpdateAsync(Token);

    protected async Task<IReadOnlyList<int>> ValuesAsync()
    {
        await using var db = Database.Open();
        return await db.GetTable<Tally>().OrderBy(t => t.Id).Select(t => t.Value).ToListAsync(Token);
    }

    [Table("tally")]
    private sealed class Tally
    {
        [PrimaryKey, Column("id")]
        public int Id { get; set; }

        [Column("value")]
        public int Value { get; set; }
    }
}
