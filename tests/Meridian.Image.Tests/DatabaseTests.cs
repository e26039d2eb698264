// SPDX-License-Identifier: Apache-2.0
using Meridian.Testing.Engines;

[assembly: AssemblyFixture(typeof(MariaDbFixture))]
[assembly: AssemblyFixture(typeof(PostgreSqlFixture))]

namespace Meridian.Image.Tests;

/// <summary>On MariaDB.</summary>
[Trait("needs", "engines")]
public sealed class MariaDbTests(MariaDbFixture server) : DatabaseTests
{
    protected override Task<string> CreateDatabaseAsync() => server.CreateDatabaseAsync(TestContext.Current.CancellationToken);
}

/// <summary>On PostgreSQL.</summary>
[Trait("needs", "engines")]
public sealed class PostgreSqlTests(PostgreSqlFixture server) : DatabaseTests
{
    protected override Task<string> CreateDatabaseAsync() => server.CreateDatabaseAsync(TestContext.Current.CancellationToken);
}

/// <summary>The stores and migrations where several writers are at work: every kind of query that the API makes, by a walk through it.</summary>
public abstract class DatabaseTests : IAsyncLifetime
{
    private ImageFixture glance = null!;

    public async ValueTask InitializeAsync()
    {
        glance = new() { Connection = await CreateDatabaseAsync() };
        await glance.InitializeAsync();
        await glance.RestartAsync("user_storage_quota = 1 MB");
    }

    public ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return glance is null ? default : glance.DisposeAsync();
    }

    protected abstract Task<string> CreateDatabaseAsync();

    [Fact]
    public async Task The_walk_of_a_user_works()
    {
        var other = glance.Keystone.User("other").ProjectId;
        var id = await glance.CreateActiveAsync([1, 2, 3], further: ", \"nick\": \"\U0001F600\", \"tags\": [\"Eins\"]");
        var patched = await glance.PatchAsync(id, "[{\"op\": \"add\", \"path\": \"/colour\", \"value\": \"blue\"}, {\"op\": \"replace\", \"path\": \"/name\", \"value\": \"Ümläut \U0001F600\"}]");
        await glance.SendAsync("POST", $"/v2/images/{id}/members", $"{{\"member\": \"{other}\"}}");
        await glance.SendAsync("PUT", $"/v2/images/{id}/members/{other}", "{\"status\": \"accepted\"}", "other");

        Assert.Equal("Ümläut \U0001F600", patched.Json.GetProperty("name").GetString());
        foreach (var query in new[] { "tag=Eins", "nick=%F0%9F%98%80", "status=active&size_min=3&size_max=3&sort=name:asc,size:desc", "created_at=gte:2020-01-01T00:00:00Z&sort_key=disk_format&limit=1", $"id=in:{id}" })
        {
            var listed = await glance.SendAsync("GET", "/v2/images?" + query, user: "other");
            Assert.Equal(id, listed.Json.GetProperty("images")[0].GetProperty("id").GetString());
        }

        Assert.Empty((await glance.SendAsync("GET", "/v2/images?tag=eins")).Json.GetProperty("images").EnumerateArray());
        Assert.Equal([1, 2, 3], (await glance.SendAsync("GET", $"/v2/images/{id}/file", user: "other")).Bytes);
        Assert.Equal(204, (await glance.SendAsync("DELETE", $"/v2/images/{id}")).Status);
    }

    [Fact]
    public async Task Uploads_at_once_never_pass_the_quota()
    {
        var ids = new List<string>();
        for (var i = 0; i < 8; i++)
        {
            ids.Add(await glance.CreateAsync(user: "other"));
        }

        var answers = await Task.WhenAll(ids.Select(id => glance.UploadAsync(id, new byte[300 << 10], "other")));

        Assert.Equal(3, answers.Count(a => a.Status == 204));
        Assert.Equal(5, answers.Count(a => a.Status == 413));
    }
}
