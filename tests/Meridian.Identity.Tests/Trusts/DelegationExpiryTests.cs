// SPDX-License-Identifier: Apache-2.0
using System.Net.Http.Json;
using System.Text.Json;

using Meridian.Testing;

using Microsoft.Extensions.Time.Testing;

namespace Meridian.Identity.Tests.Trusts;

/// <summary>What time does to trusts, application credentials and their tokens, on a clock that the test winds.</summary>
public sealed class DelegationExpiryTests : IAsyncLifetime
{
    private readonly FakeTimeProvider clock = new(TimeProvider.System.GetUtcNow());
    private KeystoneFixture keystone = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() =>
        keystone = await KeystoneFixture.StartAsync("[application_credential]\nuser_limit = 1\n[trust]\nmax_redelegation_count = 1\n", clock: clock);

    public ValueTask DisposeAsync() => keystone.DisposeAsync();

    [Fact]
    public async Task A_trust_that_is_over_takes_its_tokens_along()
    {
        var (userId, projectId) = await keystone.CreateUserAsync("trustee", "pw", "demo", "member");
        var admin = (await keystone.FindIdAsync("users", "admin"))!;
        await keystone.CallAsync(HttpMethod.Put, $"/v3/projects/{projectId}/users/{admin}/roles/{await keystone.FindIdAsync("roles", "member")}");
        var trust = (await keystone.CallAsync(HttpMethod.Post, "/v3/OS-TRUST/trusts", new
        {
            trust = new
            {
                trustor_user_id = admin, trustee_user_id = userId, project_id = projectId, impersonation = false, roles = new[] { new { name = "member" } }, expires_at = In(600),
            },
        }))!.Value.GetProperty("trust").GetProperty("id").GetString()!;
        object auth = new { identity = IdentityApi.Password("trustee", "pw"), scope = new Dictionary<string, object> { ["OS-TRUST:trust"] = new { id = trust } } };
        var (_, token, _) = await LogInAsync(auth);
        Assert.Equal(200, await ValidateAsync(token!));

        clock.Advance(TimeSpan.FromSeconds(601));

        Assert.Equal(404, await ValidateAsync(token!));
        Assert.Equal(404, await ValidateAsync(token!, "?allow_expired=1"));
        Assert.Equal(401, (await LogInAsync(auth)).Status);
    }

    // CVE-2022-2447
    [Fact]
    public async Task A_token_does_not_outlive_the_application_credential_that_it_came_from()
    {
        var end = In(600);
        var made = await NewApplicationCredentialAsync(end);
        object auth = new { identity = new { methods = new[] { "application_credential" }, application_credential = new { id = made.Id, secret = made.Secret } } };
        var (_, token, body) = await LogInAsync(auth);
        Assert.Equal(end, body.GetProperty("token").GetProperty("expires_at").GetString());
        Assert.Equal(200, await ValidateAsync(token!));

        clock.Advance(TimeSpan.FromSeconds(600));

        Assert.Equal(404, await ValidateAsync(token!));
        Assert.Equal(401, (await LogInAsync(auth)).Status);
    }

    [Fact]
    public async Task A_late_end_of_an_application_credential_does_not_lengthen_its_tokens()
    {
        var made = await NewApplicationCredentialAsync("2099-01-01T00:00:00Z");

        var (_, _, body) = await LogInAsync(new { identity = new { methods = new[] { "application_credential" }, application_credential = new { id = made.Id, secret = made.Secret } } });

        Assert.True(body.GetProperty("token").GetProperty("expires_at").GetDateTimeOffset() <= clock.GetUtcNow().AddHours(1));
    }

    [Fact]
    public async Task A_user_has_no_more_application_credentials_than_allowed()
    {
        await NewApplicationCredentialAsync(null);

        var refused = await Assert.ThrowsAsync<InvalidOperationException>(() => NewApplicationCredentialAsync(null));

        Assert.Contains("403", refused.Message, StringComparison.Ordinal);
        Assert.Contains("maximum of 1 already exceeded for user", refused.Message, StringComparison.Ordinal);
    }

    private string In(int seconds) => clock.GetUtcNow().AddSeconds(seconds).ToString("yyyy-MM-dd'T'HH:mm:ss'.000000Z'", System.Globalization.CultureInfo.InvariantCulture);

    private async Task<(string Id, string Secret)> NewApplicationCredentialAsync(string? expiresAt)
    {
        var admin = await keystone.FindIdAsync("users", "admin");
        var made = (await keystone.CallAsync(HttpMethod.Post, $"/v3/users/{admin}/application_credentials", new
        {
            application_credential = new { name = IdentityApi.Unique("app"), expires_at = expiresAt },
        }))!.Value.GetProperty("application_credential");
        return (made.GetProperty("id").GetString()!, made.GetProperty("secret").GetString()!);
    }

    private async Task<(int Status, string? Token, JsonElement Body)> LogInAsync(object auth)
    {
        using var answer = await keystone.Service.Client.PostAsJsonAsync("/v3/auth/tokens", new { auth }, Cancellation);
        return ((int)answer.StatusCode, answer.IsSuccessStatusCode ? answer.Headers.GetValues("X-Subject-Token").Single() : null, await answer.Content.ReadFromJsonAsync<JsonElement>(Cancellation));
    }

    private async Task<int> ValidateAsync(string subject, string query = "")
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v3/auth/tokens" + query);
        request.Headers.Add("X-Auth-Token", await keystone.TokenAsync("admin", KeystoneFixture.AdminPassword, "admin"));
        request.Headers.Add("X-Subject-Token", subject);
        using var answer = await keystone.Service.Client.SendAsync(request, Cancellation);
        return (int)answer.StatusCode;
    }
}
