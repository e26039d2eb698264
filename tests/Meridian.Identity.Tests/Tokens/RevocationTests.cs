// SPDX-License-Identifier: Apache-2.0
using System.Net.Http.Json;

using Meridian.Testing;

using Microsoft.Extensions.Time.Testing;

namespace Meridian.Identity.Tests.Tokens;

/// <summary>Two Keystones over one database: what one revokes is dead there at once, at the other within the lease, and stays so.</summary>
public sealed class RevocationTests : IAsyncLifetime
{
    private const string Password = "pw";

    private readonly FakeTimeProvider clock = new(TimeProvider.System.GetUtcNow());
    private KeystoneFixture keystone = null!;
    private string user = "";
    private string project = "";
    private string group = "";
    private string domain = "";
    private string token = "";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        keystone = await KeystoneFixture.StartAsync(clock: clock);
        domain = await keystone.CreateAsync("domain", new { name = "Other" });
        user = await keystone.CreateAsync("user", new { name = "u", password = Password, domain_id = domain });
        project = await keystone.CreateAsync("project", new { name = "p", domain_id = domain });
        group = await keystone.CreateAsync("group", new { name = "g", domain_id = domain });
    }

    public ValueTask DisposeAsync() => keystone.DisposeAsync();

    [Theory]
    [InlineData("the user changes the password")]
    [InlineData("an administrator sets the password")]
    [InlineData("the user is disabled")]
    [InlineData("the user is deleted")]
    [InlineData("the project is disabled")]
    [InlineData("the project is deleted")]
    [InlineData("the domain is disabled")]
    [InlineData("the role is taken away")]
    [InlineData("the role is deleted")]
    [InlineData("the token is revoked")]
    public async Task Ossa_2012_010_2013_025_what_ends_a_token_ends_it_in_every_process(string what)
    {
        var role = await GrantAsync($"users/{user}");

        await AssertDiesAsync(() => EndAsync(what, role));
    }

    [Theory]
    [InlineData("the user leaves the group")]
    [InlineData("the group is deleted")]
    public async Task What_ends_a_membership_ends_the_tokens_that_stood_on_it(string what)
    {
        await GrantAsync($"groups/{group}");
        await CallAsync(HttpMethod.Put, $"/v3/groups/{group}/users/{user}");

        await AssertDiesAsync(() => CallAsync(HttpMethod.Delete, what == "the group is deleted" ? $"/v3/groups/{group}" : $"/v3/groups/{group}/users/{user}"));
    }

    [Theory]
    [InlineData("users", "user")]
    [InlineData("projects", "project")]
    [InlineData("domains", "domain")]
    public async Task What_was_disabled_and_is_enabled_again_gives_new_tokens_and_wakes_none(string collection, string member)
    {
        await GrantAsync($"users/{user}");
        token = await LogInAsync();
        var path = $"/v3/{collection}/{(member switch { "user" => user, "project" => project, _ => domain })}";

        foreach (var enabled in new[] { false, true })
        {
            await CallAsync(HttpMethod.Patch, path, new Dictionary<string, object> { [member] = new { enabled } });
        }

        Assert.Equal(404, await ValidateAsync(keystone.Service, token));
        Assert.Equal(200, await ValidateAsync(keystone.Service, await LogInAsync()));
        await using var restarted = await StartAnotherAsync();
        Assert.Equal(404, await ValidateAsync(restarted.Service, token));
    }

    // Its expiry does not bring a revoked token back: not even where expired ones are asked for.
    [Fact]
    public async Task A_revoked_token_stays_revoked_after_its_expiry()
    {
        await GrantAsync($"users/{user}");
        token = await LogInAsync();
        var other = await LogInAsync();
        await CallAsync(HttpMethod.Delete, "/v3/auth/tokens", subject: token);

        clock.Advance(TimeSpan.FromHours(2));
        var admin = await keystone.TokenAsync("admin", KeystoneFixture.AdminPassword, "admin");

        Assert.Equal(404, await ValidateAsync(keystone.Service, token, "?allow_expired=1", admin));
        Assert.Equal(200, await ValidateAsync(keystone.Service, other, "?allow_expired=1", admin));
    }

    // What a process keeps of users and roles may be a second old: a log-in looks whether it still holds.
    [Fact]
    public async Task A_log_in_at_another_process_heeds_what_was_changed_just_now()
    {
        var role = await GrantAsync($"users/{user}");
        await using var another = await StartAnotherAsync();
        Assert.NotNull(await LogInAtAsync(another.Service, Password));

        await EndAsync("an administrator sets the password", role);
        Assert.Null(await LogInAtAsync(another.Service, Password));
        token = await LogInAtAsync(another.Service, "new") ?? throw new InvalidOperationException("the new password was refused");
        Assert.Equal(200, await ValidateAsync(keystone.Service, token));
        Assert.Equal(200, await ValidateAsync(another.Service, token));

        await EndAsync("the role is taken away", role);
        Assert.Null(await LogInAtAsync(another.Service, "new"));
        await CallAsync(HttpMethod.Put, $"/v3/projects/{project}/users/{user}/roles/{role}");
        Assert.NotNull(await LogInAtAsync(another.Service, "new"));
    }

    private async Task AssertDiesAsync(Func<Task> end)
    {
        await using var another = await StartAnotherAsync();
        token = await LogInAsync();
        clock.Advance(Revisions.Lease);
        Assert.Equal(200, await ValidateAsync(keystone.Service, token));
        Assert.Equal(200, await ValidateAsync(another.Service, token));

        await end();

        Assert.Equal(404, await ValidateAsync(keystone.Service, token));
        clock.Advance(Revisions.Lease);
        Assert.Equal(404, await ValidateAsync(another.Service, token));
        await using var restarted = await StartAnotherAsync();
        Assert.Equal(404, await ValidateAsync(restarted.Service, token));
    }

    private Task EndAsync(string what, string role) => what switch
    {
        "the user changes the password" => CallAsync(HttpMethod.Post, $"/v3/users/{user}/password", new { user = new { original_password = Password, password = "new" } }),
        "an administrator sets the password" => CallAsync(HttpMethod.Patch, $"/v3/users/{user}", new { user = new { password = "new" } }),
        "the user is disabled" => CallAsync(HttpMethod.Patch, $"/v3/users/{user}", new { user = new { enabled = false } }),
        "the user is deleted" => CallAsync(HttpMethod.Delete, $"/v3/users/{user}"),
        "the project is disabled" => CallAsync(HttpMethod.Patch, $"/v3/projects/{project}", new { project = new { enabled = false } }),
        "the project is deleted" => CallAsync(HttpMethod.Delete, $"/v3/projects/{project}"),
        "the domain is disabled" => CallAsync(HttpMethod.Patch, $"/v3/domains/{domain}", new { domain = new { enabled = false } }),
        "the role is taken away" => CallAsync(HttpMethod.Delete, $"/v3/projects/{project}/users/{user}/roles/{role}"),
        "the role is deleted" => CallAsync(HttpMethod.Delete, $"/v3/roles/{role}"),
        _ => CallAsync(HttpMethod.Delete, "/v3/auth/tokens", subject: token),
    };

    /// <returns>The id of a role made for this test.</returns>
    private async Task<string> GrantAsync(string actor)
    {
        var role = await keystone.CreateAsync("role", new { name = "worker" });
        await CallAsync(HttpMethod.Put, $"/v3/projects/{project}/{actor}/roles/{role}");
        return role;
    }

    private Task<string> LogInAsync() => keystone.TokenAsync("u", Password, "p", "Other", "Other");

    /// <returns>Null when it was refused.</returns>
    private async Task<string?> LogInAtAsync(TestService service, string password)
    {
        object byPassword = new { user = new { id = user, password } };
        using var answer = await service.Client.PostAsJsonAsync(
            "/v3/auth/tokens", new { auth = new { identity = new { methods = new[] { "password" }, password = byPassword }, scope = new { project = new { id = project } } } }, Cancellation);
        return answer.IsSuccessStatusCode ? answer.Headers.GetValues("X-Subject-Token").Single() : null;
    }

    private async Task CallAsync(HttpMethod method, string path, object? body = null, string? subject = null)
    {
        using var request = new HttpRequestMessage(method, path);
        request.Headers.Add("X-Auth-Token", await keystone.AdminTokenAsync());
        if (subject is not null)
        {
            request.Headers.Add("X-Subject-Token", subject);
        }

        request.Content = body is null ? null : JsonContent.Create(body);
        using var answer = await keystone.Service.Client.SendAsync(request, Cancellation);
        Assert.True(answer.IsSuccessStatusCode, $"{method} {path}: {(int)answer.StatusCode}");
    }

    private async Task<int> ValidateAsync(TestService service, string subject, string query = "", string? caller = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v3/auth/tokens" + query);
        request.Headers.Add("X-Auth-Token", caller ?? await keystone.AdminTokenAsync());
        request.Headers.Add("X-Subject-Token", subject);
        using var answer = await service.Client.SendAsync(request, Cancellation);
        return (int)answer.StatusCode;
    }

    private Task<AnotherKeystone> StartAnotherAsync() => AnotherKeystone.StartAsync(keystone, clock);
}
