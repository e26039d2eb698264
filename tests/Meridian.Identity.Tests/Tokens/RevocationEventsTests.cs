// SPDX-License-Identifier: Apache-2.0
using System.Globalization;
using System.Text.Json;

using Meridian.Identity.Tests.Trusts;
using Meridian.Testing;

namespace Meridian.Identity.Tests.Tokens;

public sealed class RevocationEventsTests(IdentityApi api) : IClassFixture<IdentityApi>
{
    [Fact]
    public async Task A_revocation_is_listed_with_what_it_touches_and_when()
    {
        var token = await api.LogInAsync("admin", KeystoneFixture.AdminPassword, IdentityApi.ProjectScope("admin"));
        var audit = token["token"].GetProperty("audit_ids")[0].GetString();
        var user = await api.Keystone.CreateAsync("user", new { name = IdentityApi.Unique("rev"), password = "pw" });
        await api.SendAsync(HttpMethod.Delete, "/v3/auth/tokens", null, null, token.Headers["X-Subject-Token"]);
        await api.PatchAsync("/v3/users/" + user, new { user = new { enabled = false } });

        var answer = await api.GetAsync("/v3/OS-REVOKE/events");
        var events = answer["events"].EnumerateArray().ToList();

        Assert.Equal(200, answer.Status);
        Assert.EndsWith("/v3/OS-REVOKE/events", answer["links"].GetProperty("self").GetString(), StringComparison.Ordinal);
        Assert.Equal(JsonValueKind.Null, answer["links"].GetProperty("next").ValueKind);
        Assert.Contains(events, e => e.TryGetProperty("audit_id", out var id) && id.GetString() == audit);
        var ofUser = events.Single(e => e.TryGetProperty("user_id", out var id) && id.GetString() == user);
        Assert.Matches(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.000000Z$", ofUser.GetProperty("issued_before").GetString());
        Assert.Matches(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.000000Z$", ofUser.GetProperty("revoked_at").GetString());
        Assert.False(ofUser.TryGetProperty("audit_id", out _));
    }

    [Fact]
    public async Task Since_leaves_out_what_was_before()
    {
        Assert.Equal(0, (await api.GetAsync("/v3/OS-REVOKE/events?since=2999-01-01T00:00:00Z"))["events"].GetArrayLength());

        var answer = await api.GetAsync("/v3/OS-REVOKE/events?since=yesterday");

        Assert.Equal(400, answer.Status);
        Assert.Equal("invalidate date format yesterday", answer.Message);
    }

    [Fact]
    public async Task Since_an_event_as_it_was_shown_leaves_that_one_out()
    {
        var user = await api.Keystone.CreateAsync("user", new { name = IdentityApi.Unique("rev") });
        await api.DeleteAsync("/v3/users/" + user);
        var shown = (await EventsAsync("user_id", user)).Single().GetProperty("revoked_at").GetString()!;
        var before = DateTimeOffset.Parse(shown, CultureInfo.InvariantCulture).AddSeconds(-1).UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

        Assert.Empty(await EventsAsync("user_id", user, "?since=" + shown));
        Assert.Single(await EventsAsync("user_id", user, "?since=" + before));
    }

    [Fact]
    public async Task A_trust_that_is_deleted_is_told_with_those_that_followed_it()
    {
        var delegations = new Delegations(api);
        var (trustor, first, second) = (await delegations.NewPersonAsync(), await delegations.NewPersonAsync(), await delegations.NewPersonAsync());
        var more = new Dictionary<string, object?> { ["allow_redelegation"] = true, ["impersonation"] = true };
        var root = await delegations.TrustIdAsync(trustor, first, more);
        var follower = await delegations.TrustIdAsync(trustor, second, more, await delegations.TrustTokenAsync(first, root));
        var other = await delegations.TrustIdAsync(trustor, second);

        Assert.Equal(204, (await api.DeleteAsync("/v3/OS-TRUST/trusts/" + root, trustor.Token)).Status);

        foreach (var id in new[] { root, follower })
        {
            var told = Assert.Single(await EventsAsync("OS-TRUST:trust_id", id));
            Assert.Equal(["OS-TRUST:trust_id", "issued_before", "revoked_at"], told.EnumerateObject().Select(member => member.Name).Order(StringComparer.Ordinal));
        }

        Assert.Empty(await EventsAsync("OS-TRUST:trust_id", other));
        Assert.Equal(200, (await api.ValidateAsync(trustor.Token)).Status);
    }

    [Fact]
    public async Task A_trust_that_is_used_up_or_goes_with_its_trustor_has_no_event_of_its_own()
    {
        var delegations = new Delegations(api);
        var (trustor, trustee) = (await delegations.NewPersonAsync(), await delegations.NewPersonAsync());
        var once = await delegations.TrustIdAsync(trustor, trustee, new Dictionary<string, object?> { ["remaining_uses"] = 1 });
        await delegations.TrustTokenAsync(trustee, once);
        Assert.Equal(401, (await delegations.UseTrustAsync(trustee, once)).Status);

        await api.DeleteAsync("/v3/users/" + trustor.Id);

        Assert.Empty(await EventsAsync("OS-TRUST:trust_id", once));
        Assert.Single(await EventsAsync("user_id", trustor.Id));
    }

    [Fact]
    public async Task A_project_that_is_deleted_is_told()
    {
        var project = await api.Keystone.CreateAsync("project", new { name = IdentityApi.Unique("rev") });
        await api.DeleteAsync("/v3/projects/" + project);

        Assert.Single(await EventsAsync("project_id", project));
    }

    private async Task<IReadOnlyList<JsonElement>> EventsAsync(string member, string id, string query = "") =>
        [.. (await api.GetAsync("/v3/OS-REVOKE/events" + query))["events"].EnumerateArray().Where(e => e.TryGetProperty(member, out var told) && told.GetString() == id)];

    [Fact]
    public async Task Only_services_and_administrators_list_revocations()
    {
        var name = IdentityApi.Unique("rev");
        await api.Keystone.CreateUserAsync(name, "pw", name, "member");
        var member = await api.Keystone.TokenAsync(name, "pw", name);

        Assert.Equal(403, (await api.GetAsync("/v3/OS-REVOKE/events", member)).Status);
        Assert.Equal(401, (await api.GetAsync("/v3/OS-REVOKE/events", "")).Status);
    }

    [Fact]
    public async Task The_list_of_revoked_PKI_tokens_is_refused()
    {
        var answer = await api.GetAsync("/v3/auth/tokens/OS-PKI/revoked", "");

        Assert.Equal(403, answer.Status);
    }

    [Fact]
    public async Task The_list_of_revoked_PKI_tokens_is_gone_where_tokens_are_not_revoked_by_id()
    {
        await using var keystone = await KeystoneFixture.StartAsync("[token]\nrevoke_by_id = false\n");

        using var answer = await keystone.Service.Client.GetAsync(new Uri("/v3/auth/tokens/OS-PKI/revoked", UriKind.Relative), TestContext.Current.CancellationToken);

        Assert.Equal(410, (int)answer.StatusCode);
    }
}
