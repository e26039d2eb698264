// SPDX-License-Identifier: Apache-2.0
using Meridian.Testing;
using Meridian.Testing.Engines;

namespace Meridian.Identity.Tests;

/// <summary>The stores and migrations on MariaDB: every kind of query that the API makes, by a walk through it.</summary>
[Trait("needs", "engines")]
public sealed class MariaDbTests(MariaDbFixture mariaDb) : IAsyncLifetime
{
    private KeystoneFixture keystone = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => keystone = await KeystoneFixture.StartAsync(connection: await mariaDb.CreateDatabaseAsync(Cancellation), regions: ["RegionOne", "RegionTwo"]);

    public ValueTask DisposeAsync() => keystone.DisposeAsync();

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

    private async Task<int> CountAsync(string path, string collection) =>
        (await keystone.CallAsync(HttpMethod.Get, "/v3/" + path))!.Value.GetProperty(collection).GetArrayLength();
}
