// SPDX-License-Identifier: Apache-2.0
using System.Text.Json;

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
