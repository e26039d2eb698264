// SPDX-License-Identifier: Apache-2.0
using LinqToDB;
using LinqToDB.Async;
using LinqToDB.Data;
using LinqToDB.Mapping;

using Meridian.Platform.Http;
using Meridian.Testing;

namespace Meridian.Platform.Tests.Storage;

/// <summary>Times in SQLite are texts of fixed width: compared as they stand, to the microsecond, so that an index serves.</summary>
public sealed class TimeTests : IAsyncLifetime
{
    private static readonly DateTime Noon = new(2026, 1, 2, 12, 0, 0, 900, DateTimeKind.Utc);

    private readonly TemporaryFolder folder = new();
    private readonly ProcessResources resources = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private DataConnection Open() => resources.Database($"sqlite:///{folder.File("times.db")}", "the test").Open();

    public async ValueTask InitializeAsync()
    {
        await using var db = Open();
        await db.ExecuteAsync("CREATE TABLE moment (id TEXT PRIMARY KEY, at TEXT NOT NULL, until TEXT)", Token);
        for (var i = 0; i < 40; i++)
        {
            // Ids against the order of time: a tie would be told.
            await db.InsertAsync(new Moment { Id = $"{99 - i}", At = Noon.AddMicroseconds(i * 100), Until = Noon.AddMicroseconds(i * 100) }, token: Token);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await resources.DisposeAsync();
        folder.Dispose();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Pages_by_time_show_each_row_once(bool descending)
    {
        await using var db = Open();
        SortKey<Moment>[] keys = [new("at", m => m.At, descending), new("id", m => m.Id, descending)];
        var ids = new List<string>();
        for (Moment? marker = null; ;)
        {
            var page = await db.GetTable<Moment>().Page(keys, marker, 3).ToListAsync(Token);
            ids.AddRange(page.Select(m => m.Id));
            if (page.Count == 0)
            {
                break;
            }

            marker = page[^1];
        }

        Assert.Equal(Enumerable.Range(0, 40).Select(i => $"{(descending ? 60 + i : 99 - i)}"), ids);
    }

    [Fact]
    public async Task A_comparison_is_of_the_column_itself()
    {
        await using var db = Open();
        var limit = Noon.AddMicroseconds(1050);
        DateTime? maybe = limit;

        var before = await db.GetTable<Moment>().CountAsync(m => m.At < limit, Token);
        var sql = db.LastQuery!;
        var beforeMaybe = await db.GetTable<Moment>().CountAsync(m => m.Until < maybe && m.Until != null, Token);
        sql += db.LastQuery;

        Assert.Equal((11, 11), (before, beforeMaybe));
        Assert.DoesNotContain("strftime", sql, StringComparison.OrdinalIgnoreCase);
    }

    [Table("moment")]
    private sealed class Moment
    {
        [PrimaryKey, Column("id")]
        public string Id { get; set; } = "";

        [Column("at")]
        public DateTime At { get; set; }

        [Column("until")]
        public DateTime? Until { get; set; }
    }
}
