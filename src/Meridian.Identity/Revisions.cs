// SPDX-License-Identifier: Apache-2.0
using LinqToDB;
using LinqToDB.Async;
using LinqToDB.Concurrency;
using LinqToDB.Data;
using LinqToDB.Mapping;

using Meridian.Platform.Http;
using Meridian.Platform.Storage;

namespace Meridian.Identity;

/// <summary>
/// Counters that every write bumps in its own transaction: what was computed under an older one is computed anew. In this process a commit counts at once;
/// what another process wrote is seen within <see cref="Lease"/>.
/// </summary>
internal sealed class Revisions(Database database, TimeProvider clock)
{
    public const string Identity = "identity";
    public const string Catalog = "catalog";

    /// <summary>How long other processes' writes may go unseen.</summary>
    public static readonly TimeSpan Lease = TimeSpan.FromSeconds(1);

    // Whoever has read a counter must not go on before another who read the same has raised the revision.
    private readonly Lock reading = new();

    private long identity = 1;
    private long catalog = 1;
    private long storedIdentity;
    private long storedCatalog;
    private long checkedAt = long.MinValue;

    /// <summary>Rises with every change of users, projects, roles, assignments, revocations, and of the catalog.</summary>
    public long IdentityRevision => Volatile.Read(ref identity);

    /// <summary>Rises with every change of regions, services and endpoints.</summary>
    public long CatalogRevision => Volatile.Read(ref catalog);

    /// <summary>Call in the transaction of a write.</summary>
    public static async Task BumpAsync(DataConnection db, bool catalogToo, CancellationToken cancellationToken)
    {
        await db.GetTable<Counter>().Where(c => c.Id == Identity).Set(c => c.Value, c => c.Value + 1).UpdateAsync(cancellationToken);
        if (catalogToo)
        {
            await db.GetTable<Counter>().Where(c => c.Id == Catalog).Set(c => c.Value, c => c.Value + 1).UpdateAsync(cancellationToken);
        }
    }

    /// <summary>Call after that transaction was committed.</summary>
    public void Advance(bool catalogToo)
    {
        if (catalogToo)
        {
            Interlocked.Increment(ref catalog);
        }

        Interlocked.Increment(ref identity);
    }

    /// <summary>Looks at the database when the lease is over; one caller does, the others go on with what is known.</summary>
    public ValueTask RefreshAsync(CancellationToken cancellationToken)
    {
        var last = Volatile.Read(ref checkedAt);
        var now = clock.GetTimestamp();
        return last != long.MinValue && clock.GetElapsedTime(last, now) < Lease || Interlocked.CompareExchange(ref checkedAt, now, last) != last
            ? ValueTask.CompletedTask
            : new(ReadAsync(cancellationToken));
    }

    /// <summary>Looks at the database at once: afterwards every write counts that was committed before the call.</summary>
    public async Task ReadAsync(CancellationToken cancellationToken)
    {
        await using var db = database.Open();
        var counters = await db.GetTable<Counter>().ToListAsync(cancellationToken);
        lock (reading)
        {
            foreach (var counter in counters)
            {
                if (counter.Id == Catalog && Exchange(ref storedCatalog, counter.Value) != counter.Value)
                {
                    Interlocked.Increment(ref catalog);
                }

                if (counter.Id == Identity && Exchange(ref storedIdentity, counter.Value) != counter.Value)
                {
                    Interlocked.Increment(ref identity);
                }
            }
        }
    }

    private static long Exchange(ref long stored, long value)
    {
        var before = stored;
        stored = value;
        return before;
    }

    [Table("revision")]
    private sealed class Counter
    {
        [PrimaryKey, Column("id")]
        public string Id { get; set; } = "";

        [Column("value")]
        public long Value { get; set; }
    }
}

/// <summary>Writes of the identity database: a transaction that bumps the revision as it commits.</summary>
internal sealed class IdentityWriter(Database database, Revisions revisions)
{
    /// <summary>Runs <paramref name="change"/> in a transaction, again where that lost against another. What it throws rolls everything back.</summary>
    /// <param name="asksFirst">It looks whether a row is there before it makes one: a duplicate key is another's row of that moment, which the next run finds.</param>
    public async Task<T> WriteAsync<T>(Func<WriteConnection, Task<T>> change, CancellationToken cancellationToken, bool catalog = false, bool asksFirst = false)
    {
        var result = await database.WriteAsync(
            async db =>
            {
                var result = await change(db);
                await Revisions.BumpAsync(db, catalog, cancellationToken);
                return result;
            },
            cancellationToken, asksFirst ? Database.IsDuplicateKey : null);
        revisions.Advance(catalog);
        return result;
    }

    /// <inheritdoc cref="WriteAsync{T}"/>
    public Task WriteAsync(Func<WriteConnection, Task> change, CancellationToken cancellationToken, bool catalog = false, bool asksFirst = false) =>
        WriteAsync(
            async db =>
            {
                await change(db);
                return true;
            },
            cancellationToken, catalog, asksFirst);

    /// <summary>Writes a row back that was read before.</summary>
    /// <exception cref="ApiException">404 when it is gone, 409 when somebody changed it meanwhile.</exception>
    public static async Task UpdateAsync<TRow>(DataConnection db, TRow row, string kind, string id, CancellationToken cancellationToken)
        where TRow : class
    {
        if (await db.UpdateOptimisticAsync(row, cancellationToken) == 1)
        {
            return;
        }

        throw await db.GetTable<TRow>().AnyAsync(r => Sql.Property<string>(r, "Id") == id, cancellationToken)
            ? Errors.Conflict(kind, $"{id} was changed by another request at the same time; read it again")
            : Errors.NotFound(kind, id);
    }
}
