// SPDX-License-Identifier: Apache-2.0
using LinqToDB;
using LinqToDB.Async;
using LinqToDB.Mapping;

using Meridian.Platform.Storage;
using Meridian.Testing;

namespace Meridian.Platform.Tests.Storage;

public sealed class QueryLambdasTests
{
    private const int Times = 200;

    [Fact]
    public async Task A_query_gives_its_own_parameters_rows_however_often_it_runs()
    {
        var token = TestContext.Current.CancellationToken;
        using var folder = new TemporaryFolder();
        await using var resources = new ProcessResources();
        var database = resources.Database("sqlite:///" + folder.File("things.db"), "test");
        await using (var db = await database.BeginAsync(token))
        {
            await db.CreateTableAsync<Thing>(token: token);
            for (var i = 0; i < Times; i++)
            {
                await db.InsertAsync(new Thing { Id = i, Name = $"thing {i}", Made = DateTime.UnixEpoch.AddDays(i), Size = i % 2 == 0 ? null : i }, token: token);
            }

            await db.CommitAsync(token);
        }

        var work = Enumerable.Range(0, Times).Select(i => Task.Run(() => FindAsync(database, i, token), token));
        var found = await Task.WhenAll(work);

        Assert.Equal(Enumerable.Range(0, Times).Select(i => (i, $"thing {i}", i % 2 == 0 ? (long?)null : i)), found.Select(t => (t.Id, t.Name, t.Size)));
    }

    private static async Task<Thing> FindAsync(Database database, int number, CancellationToken cancellationToken)
    {
        var name = $"thing {number}";
        var day = DateTime.UnixEpoch.AddDays(number);
        int[] ids = [number, -1];
        await using var db = database.Open();
        return await db.GetTable<Thing>().SingleAsync(t => t.Name == name && t.Made == day && ids.Contains(t.Id), cancellationToken);
    }

    [Table("things")]
    private sealed class Thing
    {
        [PrimaryKey, Column("id")]
        public int Id { get; init; }

        [Column("name")]
        public string Name { get; init; } = "";

        [Column("made")]
        public DateTime Made { get; init; }

        [Column("size")]
        public long? Size { get; init; }
    }
}
