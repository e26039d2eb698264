// SPDX-License-Identifier: Apache-2.0
using Meridian.Testing.Engines;

namespace Meridian.Image.Tests;

/// <summary>On SQLite.</summary>
public sealed class SqliteTests(SqliteFixture server) : DatabaseTests(server);

/// <summary>On MariaDB.</summary>
[Trait("needs", "engines")]
public sealed class MariaDbTests(MariaDbFixture server) : DatabaseTests(server);

/// <summary>On PostgreSQL.</summary>
[Trait("needs", "engines")]
public sealed class PostgreSqlTests(PostgreSqlFixture server) : DatabaseTests(server);

/// <summary>The stores and migrations where several writers are at work: every kind of query that the API makes, by a walk through it.</summary>
public abstract class DatabaseTests(IDatabaseServer server) : DatabaseTests<ImageFixture>(server)
{
    protected override async Task<ImageFixture> StartAsync(string connection)
    {
        var glance = new ImageFixture { Connection = connection };
        await glance.InitializeAsync();
        await glance.RestartAsync("user_storage_quota = 1 MB");
        return glance;
    }

    [Fact]
    public async Task The_walk_of_a_user_works()
    {
        var other = Fixture.Keystone.User("other").ProjectId;
        var id = await Fixture.CreateActiveAsync([1, 2, 3], further: ", \"nick\": \"\U0001F600\", \"tags\": [\"Eins\"]");
        var patched = await Fixture.PatchAsync(id, "[{\"op\": \"add\", \"path\": \"/colour\", \"value\": \"blue\"}, {\"op\": \"replace\", \"path\": \"/name\", \"value\": \"Ümläut \U0001F600\"}]");
        await Fixture.SendAsync("POST", $"/v2/images/{id}/members", $"{{\"member\": \"{other}\"}}");
        await Fixture.SendAsync("PUT", $"/v2/images/{id}/members/{other}", "{\"status\": \"accepted\"}", "other");

        Assert.Equal("Ümläut \U0001F600", patched.Json.GetProperty("name").GetString());
        foreach (var query in new[] { "tag=Eins", "nick=%F0%9F%98%80", "status=active&size_min=3&size_max=3&sort=name:asc,size:desc", "created_at=gte:2020-01-01T00:00:00Z&sort_key=disk_format&limit=1", $"id=in:{id}" })
        {
            var listed = await Fixture.SendAsync("GET", "/v2/images?" + query, user: "other");
            Assert.Equal(id, listed.Json.GetProperty("images")[0].GetProperty("id").GetString());
        }

        Assert.Empty((await Fixture.SendAsync("GET", "/v2/images?tag=eins")).Json.GetProperty("images").EnumerateArray());
        Assert.Equal([1, 2, 3], (await Fixture.SendAsync("GET", $"/v2/images/{id}/file", user: "other")).Bytes);
        Assert.Equal(204, (await Fixture.SendAsync("DELETE", $"/v2/images/{id}")).Status);
    }

    [Fact]
    public async Task Uploads_at_once_never_pass_the_quota()
    {
        var ids = new List<string>();
        for (var i = 0; i < 8; i++)
        {
            ids.Add(await Fixture.CreateAsync(user: "other"));
        }

        var answers = await Task.WhenAll(ids.Select(id => Fixture.UploadAsync(id, new byte[300 << 10], "other")));

        Assert.Equal(3, answers.Count(a => a.Status == 204));
        Assert.Equal(5, answers.Count(a => a.Status == 413));
    }
}
