// SPDX-License-Identifier: Apache-2.0
using System.Net.Http.Json;

using Meridian.Testing;
using Meridian.Testing.Engines;

namespace Meridian.Identity.Tests;

/// <summary>The stores and migrations on SQLite.</summary>
public sealed class SqliteTests : DatabaseTests
{
    protected override Task<string?> CreateDatabaseAsync() => Task.FromResult<string?>(null);
}

/// <summary>The stores and migrations on MariaDB.</summary>
[Trait("needs", "engines")]
public sealed class MariaDbTests(MariaDbFixture server) : DatabaseTests
{
    protected override async Task<string?> CreateDatabaseAsync() => await server.CreateDatabaseAsync(TestContext.Current.CancellationToken);
}

/// <summary>The stores and migrations on PostgreSQL.</summary>
[Trait("needs", "engines")]
public sealed class PostgreSqlTests(PostgreSqlFixture server) : DatabaseTests
{
    protected override async Task<string?> CreateDatabaseAsync() => await server.CreateDatabaseAsync(TestContext.Current.CancellationToken);
}

/// <summary>What must be alike on all databases: every kind of query that the API makes, by a walk through it.</summary>
public abstract class DatabaseTests : IAsyncLifetime
{
    private KeystoneFixture keystone = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => keystone = await KeystoneFixture.StartAsync(connection: await CreateDatabaseAsync(), regions: ["RegionOne", "RegionTwo"]);

    public ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return keystone is null ? default : keystone.DisposeAsync();
    }

    /// <returns>The database's URL; null for a private SQLite file.</returns>
    protected abstract Task<string?> CreateDatabaseAsync();

    [Fact]
    public async Task The_walk_of_an_administrator_works()
    {
        var parent = await keystone.CreateAsync("project", new { name = "Päreñt 😀", tags = new[] { "one" } });
        var child = await keystone.CreateAsync("project", new { name = "child", parent_id = parent, tags = new[] { "one", "two" } });
        var (user, _) = await keystone.CreateUserAsync("Usér 😀", "pw", "child", "member");
        var group = await keystone.CreateAsync("group", new { name = "group" });
        var reader = await keystone.FindIdAsync("roles", "READER");
        await keystone.CallAsync(HttpMethod.Put, $"/v3/groups/{group}/users/{user}");
        await keystone.CallAsync(HttpMethod.Put, $"/v3/OS-INHERIT/domains/default/groups/{group}/roles/{reader}/inherited_to_projects");
        await keystone.CallAsync(HttpMethod.Put, $"/v3/system/users/{user}/roles/{reader}");

        Assert.Equal(user, await keystone.FindIdAsync("users", "USÉR 😀"));
        Assert.Equal(1, await CountAsync("projects?tags=one,two", "projects"));
        Assert.Equal(1, await CountAsync("projects?name__contains=EÑT", "projects"));
        Assert.Equal(2, await CountAsync("projects?sort_key=name&sort_dir=desc&limit=2", "projects"));
        Assert.Equal(1, await CountAsync($"projects?parent_id={parent}&sort_key=name&limit=5", "projects"));
        Assert.Equal(2, await CountAsync($"role_assignments?user.id={user}&scope.project.id={child}&effective&include_names", "role_assignments"));
        Assert.Equal(1, await CountAsync($"role_assignments?scope.project.id={parent}&include_subtree", "role_assignments"));
        Assert.Equal(1, await CountAsync($"groups/{group}/users", "users"));
        Assert.Equal(6, await CountAsync("endpoints", "endpoints"));

        var token = await keystone.TokenAsync("usér 😀", "pw", "CHILD");
        await keystone.CallAsync(HttpMethod.Patch, $"/v3/users/{user}", new { user = new { email = "a@b", password = "new" } });
        await Assert.ThrowsAsync<InvalidOperationException>(() => keystone.TokenAsync("usér 😀", "pw", "child"));
        Assert.NotEqual(token, await keystone.TokenAsync("usér 😀", "new", "child"));
        await Assert.ThrowsAsync<InvalidOperationException>(() => keystone.CreateAsync("project", new { name = "pÄREÑT 😀" }));

        var domain = await keystone.CreateAsync("domain", new { name = "Doomed" });
        await keystone.CreateAsync("user", new { name = "x", domain_id = domain });
        await keystone.CallAsync(HttpMethod.Patch, $"/v3/domains/{domain}", new { domain = new { enabled = false } });
        await keystone.CallAsync(HttpMethod.Delete, $"/v3/domains/{domain}");
        await keystone.CallAsync(HttpMethod.Delete, $"/v3/projects/{child}");
        await keystone.CallAsync(HttpMethod.Delete, $"/v3/users/{user}");
    }

    [Fact]
    public async Task Names_sort_by_their_characters_without_regard_to_case()
    {
        var domain = await keystone.CreateAsync("domain", new { name = "sorted" });
        foreach (var name in new[] { "b", "a", "B2", "é", "Z", "_", "a b" })
        {
            await keystone.CreateAsync("project", new { name, domain_id = domain });
        }

        var ascending = await NamesAsync($"projects?domain_id={domain}&sort_key=name");
        var pages = new List<string>();
        for (string? next = $"projects?domain_id={domain}&sort_key=name&sort_dir=desc&limit=3"; next is not null;)
        {
            var page = (await keystone.CallAsync(HttpMethod.Get, "/v3/" + next))!.Value;
            pages.AddRange(page.GetProperty("projects").EnumerateArray().Select(p => p.GetProperty("name").GetString()!));
            next = page.GetProperty("links").GetProperty("next").GetString() is { } link ? link[(link.IndexOf("/v3/", StringComparison.Ordinal) + 4)..] : null;
        }

        Assert.Equal(["_", "a", "a b", "b", "B2", "Z", "é"], ascending);
        Assert.Equal(ascending.AsEnumerable().Reverse(), pages);
    }

    [Fact]
    public async Task Names_that_differ_in_case_alone_are_one_and_look_alikes_are_not()
    {
        await keystone.CreateAsync("user", new { name = "Straße" });

        await Assert.ThrowsAsync<InvalidOperationException>(() => keystone.CreateAsync("user", new { name = "STRAßE" }));
        await keystone.CreateAsync("user", new { name = "Strasse" });
        await Assert.ThrowsAsync<InvalidOperationException>(() => keystone.CreateAsync("user", new { name = " Straße " }));

        Assert.Equal(["Straße"], await NamesAsync("users?name=sTRAßE", "users"));
        Assert.Equal(["Straße"], await NamesAsync("users?name__startswith=STRAß&sort_key=name", "users"));
        Assert.Empty(await NamesAsync("users?name__contains=%25", "users"));
        Assert.Empty(await NamesAsync("users?name__contains=tr_sse", "users"));
    }

    [Fact]
    public async Task Of_two_creations_of_one_name_at_once_one_is_409()
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => PostAsync("users", new { user = new { name = i % 2 == 0 ? "Twin" : "twin" } })));

        Assert.Equal(1, answers.Count(status => status == 201));
        Assert.Equal(7, answers.Count(status => status == 409));
    }

    [Fact]
    public async Task A_nul_in_a_text_is_refused()
    {
        Assert.Equal(400, await PostAsync("users", new { user = new { name = "a\0b" } }));
        Assert.Equal(400, await PostAsync("projects", new { project = new { name = "p", description = "a\0b" } }));
        Assert.Equal(201, await PostAsync("users", new { user = new { name = "extra", note = "a\0b" } }));
        Assert.Equal(400, await StatusAsync(HttpMethod.Get, "users?name=a%00b"));
        Assert.Equal(400, await StatusAsync(HttpMethod.Get, "users?name__contains=%00"));
    }

    [Fact]
    public async Task Many_changes_at_once_lose_nothing()
    {
        var (user, project) = await keystone.CreateUserAsync("many", "pw", "many");
        var roles = await Task.WhenAll(Enumerable.Range(0, 20).Select(i => keystone.CreateAsync("role", new { name = $"many-{i}" })));

        await Task.WhenAll(roles.Select(role => keystone.CallAsync(HttpMethod.Put, $"/v3/projects/{project}/users/{user}/roles/{role}")));
        await Task.WhenAll(roles.Take(10).Select(role => keystone.CallAsync(HttpMethod.Delete, $"/v3/projects/{project}/users/{user}/roles/{role}")));

        Assert.Equal(10, await CountAsync($"projects/{project}/users/{user}/roles", "roles"));
    }

    // Revocation in one process is seen by another within the lease of the revision.
    [Fact]
    public async Task Another_process_sees_a_revocation_within_its_lease()
    {
        var token = await keystone.TokenAsync("admin", KeystoneFixture.AdminPassword, "admin");
        await using var resources = new Platform.ProcessResources();
        await using var other = await TestService.StartAsync(
            IdentityService.Definition(), (await File.ReadAllTextAsync(keystone.ConfigFile, Cancellation)).Replace("bind_port = ", "bind_port = 0\n#", StringComparison.Ordinal), resources);
        Assert.Equal(200, await ValidateAsync(other, token));

        await keystone.ManageAsync("bootstrap", "--bootstrap-password", "another");

        Assert.True(await Wait.UntilAsync(async () => await ValidateAsync(other, token) == 401));
    }

    private static async Task<int> ValidateAsync(TestService service, string token)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v3/auth/tokens");
        request.Headers.Add("X-Auth-Token", token);
        request.Headers.Add("X-Subject-Token", token);
        using var answer = await service.Client.SendAsync(request, Cancellation);
        return (int)answer.StatusCode;
    }

    private Task<int> PostAsync(string collection, object body) => StatusAsync(HttpMethod.Post, collection, body);

    private async Task<int> StatusAsync(HttpMethod method, string path, object? body = null)
    {
        using var request = new HttpRequestMessage(method, "/v3/" + path) { Content = body is null ? null : JsonContent.Create(body) };
        request.Headers.Add("X-Auth-Token", await keystone.AdminTokenAsync());
        using var answer = await keystone.Service.Client.SendAsync(request, Cancellation);
        return (int)answer.StatusCode;
    }

    private async Task<List<string>> NamesAsync(string path, string collection = "projects") =>
        [.. (await keystone.CallAsync(HttpMethod.Get, "/v3/" + path))!.Value.GetProperty(collection).EnumerateArray().Select(item => item.GetProperty("name").GetString()!)];

    private async Task<int> CountAsync(string path, string collection) =>
        (await keystone.CallAsync(HttpMethod.Get, "/v3/" + path))!.Value.GetProperty(collection).GetArrayLength();
}
