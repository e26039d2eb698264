// SPDX-License-Identifier: Apache-2.0
namespace Meridian.Identity.Tests.Trusts;

/// <summary>Trusts made with tokens of trusts.</summary>
public sealed class RedelegationTests(IdentityApi api) : IClassFixture<IdentityApi>
{
    private static readonly Dictionary<string, object?> Redelegable = new() { ["allow_redelegation"] = true, ["impersonation"] = true };

    private readonly Delegations delegations = new(api);

    [Fact]
    public async Task Each_link_allows_one_less()
    {
        var (trustor, first, second, third, fourth) = (await delegations.NewPersonAsync(), await delegations.NewPersonAsync(), await delegations.NewPersonAsync(), await delegations.NewPersonAsync(), await delegations.NewPersonAsync());
        var root = (await delegations.TrustAsync(trustor, first, Redelegable))["trust"];
        Assert.Equal(3, root.GetProperty("redelegation_count").GetInt32());

        var middle = (await delegations.TrustAsync(trustor, second, Redelegable, await delegations.TrustTokenAsync(first, Delegations.Id(root))))["trust"];
        Assert.Equal(2, middle.GetProperty("redelegation_count").GetInt32());
        Assert.Equal(Delegations.Id(root), middle.GetProperty("redelegated_trust_id").GetString());

        var last = (await delegations.TrustAsync(trustor, third, new Dictionary<string, object?> { ["impersonation"] = true }, await delegations.TrustTokenAsync(second, Delegations.Id(middle))))["trust"];
        Assert.Equal(0, last.GetProperty("redelegation_count").GetInt32());
        var token = await delegations.TrustTokenAsync(third, Delegations.Id(last));
        Assert.Equal(trustor.Id, (await api.ValidateAsync(token))["token"].GetProperty("user").GetProperty("id").GetString());
        Assert.Equal(403, (await delegations.TrustAsync(trustor, fourth, Redelegable, token)).Status);
    }

    [Fact]
    public async Task A_trust_that_does_not_allow_it_is_not_redelegated()
    {
        var (trustor, first, second) = (await delegations.NewPersonAsync(), await delegations.NewPersonAsync(), await delegations.NewPersonAsync());
        foreach (var more in new Dictionary<string, object?>[] { new() { ["impersonation"] = true }, new(Redelegable) { ["redelegation_count"] = 0 } })
        {
            var token = await delegations.TrustTokenAsync(first, await delegations.TrustIdAsync(trustor, first, more));

            Assert.Equal(403, (await delegations.TrustAsync(trustor, second, Redelegable, token)).Status);
        }
    }

    [Fact]
    public async Task The_first_link_allows_no_more_than_the_configuration()
    {
        var (trustor, first) = (await delegations.NewPersonAsync(), await delegations.NewPersonAsync());

        Assert.Equal(403, (await delegations.TrustAsync(trustor, first, new Dictionary<string, object?>(Redelegable) { ["redelegation_count"] = 4 })).Status);
        Assert.Equal(201, (await delegations.TrustAsync(trustor, first, new Dictionary<string, object?>(Redelegable) { ["redelegation_count"] = 1 })).Status);
    }

    [Fact]
    public async Task A_redelegable_trust_counts_no_uses()
    {
        var (trustor, first) = (await delegations.NewPersonAsync(), await delegations.NewPersonAsync());

        var answer = await delegations.TrustAsync(trustor, first, new Dictionary<string, object?>(Redelegable) { ["remaining_uses"] = 3 });

        Assert.Equal((400, "remaining_uses must not be set if redelegation is allowed"), (answer.Status, answer.Message));
    }

    [Theory]
    [InlineData("remaining_uses", 1)]
    [InlineData("redelegation_count", 3)]
    [InlineData("expires_at", "2099-01-02T00:00:00Z")]
    [InlineData("redelegated_trust_id", "another")]
    public async Task A_link_may_not_ask_for_more_than_the_one_before(string field, object value)
    {
        var (trustor, first, second) = (await delegations.NewPersonAsync(), await delegations.NewPersonAsync(), await delegations.NewPersonAsync());
        var root = await delegations.TrustIdAsync(trustor, first, new Dictionary<string, object?>(Redelegable) { ["expires_at"] = "2099-01-01T00:00:00Z" });
        var token = await delegations.TrustTokenAsync(first, root);
        var more = new Dictionary<string, object?> { ["impersonation"] = true, ["allow_redelegation"] = field != "remaining_uses" };

        Assert.Equal(403, (await delegations.TrustAsync(trustor, second, new Dictionary<string, object?>(more) { [field] = value }, token)).Status);
        var allowed = await delegations.TrustAsync(trustor, second, more, token);
        Assert.Equal(201, allowed.Status);
        Assert.Equal("2099-01-01T00:00:00.000000Z", allowed["trust"].GetProperty("expires_at").GetString());
    }

    [Fact]
    public async Task A_link_gives_no_role_that_the_one_before_lacks()
    {
        var (trustor, first, second) = (await delegations.NewPersonAsync("manager"), await delegations.NewPersonAsync(), await delegations.NewPersonAsync());
        var token = await delegations.TrustTokenAsync(first, await delegations.TrustIdAsync(trustor, first, Redelegable));

        Assert.Equal(403, (await delegations.TrustAsync(trustor, second, new Dictionary<string, object?>(Redelegable) { ["roles"] = new[] { new { name = "manager" } } }, token)).Status);
    }

    [Fact]
    public async Task A_link_impersonates_only_where_the_one_before_does()
    {
        var (trustor, first, second) = (await delegations.NewPersonAsync(), await delegations.NewPersonAsync(), await delegations.NewPersonAsync());
        await api.PutAsync($"/v3/projects/{trustor.ProjectId}/users/{first.Id}/roles/{await api.Keystone.FindIdAsync("roles", "member")}");
        var token = await delegations.TrustTokenAsync(first, await delegations.TrustIdAsync(trustor, first, new Dictionary<string, object?> { ["allow_redelegation"] = true }));
        var next = first with { ProjectId = trustor.ProjectId };

        Assert.Equal(403, (await delegations.TrustAsync(next, second, new Dictionary<string, object?> { ["impersonation"] = true }, token)).Status);
        Assert.Equal(201, (await delegations.TrustAsync(next, second, null, token)).Status);
    }

    [Fact]
    public async Task Deleting_a_link_cuts_what_follows()
    {
        var (trustor, first, second) = (await delegations.NewPersonAsync(), await delegations.NewPersonAsync(), await delegations.NewPersonAsync());
        var root = await delegations.TrustIdAsync(trustor, first, Redelegable);
        var leaf = await delegations.TrustIdAsync(trustor, second, Redelegable, await delegations.TrustTokenAsync(first, root));
        var token = await delegations.TrustTokenAsync(second, leaf);

        await api.DeleteAsync("/v3/OS-TRUST/trusts/" + root, trustor.Token);

        Assert.Equal(404, (await api.GetAsync("/v3/OS-TRUST/trusts/" + leaf, trustor.Token)).Status);
        Assert.Equal(404, (await api.ValidateAsync(token)).Status);
        Assert.Equal(401, (await delegations.UseTrustAsync(second, leaf)).Status);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Nobody_between_may_be_missing(bool deleted)
    {
        var (trustor, first, second) = (await delegations.NewPersonAsync(), await delegations.NewPersonAsync(), await delegations.NewPersonAsync());
        var root = await delegations.TrustIdAsync(trustor, first, Redelegable);
        var leaf = await delegations.TrustIdAsync(trustor, second, Redelegable, await delegations.TrustTokenAsync(first, root));
        var token = await delegations.TrustTokenAsync(second, leaf);

        await (deleted ? api.DeleteAsync("/v3/users/" + first.Id) : api.PatchAsync("/v3/users/" + first.Id, new { user = new { enabled = false } }));

        Assert.Equal(404, (await api.ValidateAsync(token)).Status);
        Assert.Equal(deleted ? 401 : 403, (await delegations.UseTrustAsync(second, leaf)).Status);
    }
}
