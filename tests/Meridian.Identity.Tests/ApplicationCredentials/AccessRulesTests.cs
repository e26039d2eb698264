// SPDX-License-Identifier: Apache-2.0
using Meridian.Identity.Tests.Trusts;

namespace Meridian.Identity.Tests.ApplicationCredentials;

public sealed class AccessRulesTests(IdentityApi api) : IClassFixture<IdentityApi>
{
    private readonly Delegations delegations = new(api);

    /// <summary>Members of an application credential that may GET this of compute.</summary>
    public static IReadOnlyDictionary<string, object?> Rules(string path) =>
        new Dictionary<string, object?> { ["access_rules"] = new[] { new { path, method = "GET", service = "compute" } } };

    [Fact]
    public async Task A_rule_is_shared_by_those_who_tell_the_same()
    {
        var person = await delegations.NewPersonAsync();

        var one = await RuleOfAsync(person, Rules("/v2.1/servers"));
        var same = await RuleOfAsync(person, Rules("/v2.1/servers"));
        var byId = await RuleOfAsync(person, new Dictionary<string, object?> { ["access_rules"] = new[] { new { id = one } } });
        var other = await RuleOfAsync(person, Rules("/v2.1/flavors"));

        Assert.Equal((one, one), (same, byId));
        Assert.NotEqual(one, other);
        var list = await api.GetAsync($"/v3/users/{person.Id}/access_rules?sort_key=path", person.Token);
        Assert.Equal([other, one], list["access_rules"].EnumerateArray().Select(Delegations.Id));
        Assert.Equal([one], (await api.GetAsync($"/v3/users/{person.Id}/access_rules?path=/v2.1/servers&service=compute&method=GET", person.Token))["access_rules"].EnumerateArray().Select(Delegations.Id));
    }

    [Fact]
    public async Task A_rule_is_shown_with_all_that_it_says()
    {
        var person = await delegations.NewPersonAsync();
        var id = await RuleOfAsync(person, Rules("/v2.1/servers/{server_id}"));

        var rule = (await api.GetAsync($"/v3/users/{person.Id}/access_rules/{id}", person.Token))["access_rule"];

        Assert.Equal("/v2.1/servers/{server_id}", rule.GetProperty("path").GetString());
        Assert.Equal("GET", rule.GetProperty("method").GetString());
        Assert.Equal("compute", rule.GetProperty("service").GetString());
        Assert.EndsWith($"/v3/users/{person.Id}/access_rules/{id}", rule.GetProperty("links").GetProperty("self").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_rule_in_use_may_not_be_deleted()
    {
        var person = await delegations.NewPersonAsync();
        var made = (await delegations.ApplicationCredentialAsync(person, Rules("/v2.1/servers")))["application_credential"];
        var path = $"/v3/users/{person.Id}/access_rules/{Delegations.Id(made.GetProperty("access_rules")[0])}";

        var refused = await api.DeleteAsync(path, person.Token);
        await api.DeleteAsync($"/v3/users/{person.Id}/application_credentials/{Delegations.Id(made)}", person.Token);

        Assert.Equal((403, "May not delete access rule in use"), (refused.Status, refused.Message));
        Assert.Equal(204, (await api.DeleteAsync(path, person.Token)).Status);
        Assert.Equal(404, (await api.GetAsync(path, person.Token)).Status);
    }

    [Fact]
    public async Task Anothers_rule_is_none()
    {
        var (person, thief) = (await delegations.NewPersonAsync(), await delegations.NewPersonAsync());
        var id = await RuleOfAsync(person, Rules("/v2.1/servers"));

        Assert.Equal(403, (await api.GetAsync($"/v3/users/{person.Id}/access_rules/{id}", thief.Token)).Status);
        Assert.Equal(403, (await api.GetAsync($"/v3/users/{person.Id}/access_rules", thief.Token)).Status);
        Assert.Equal(404, (await api.GetAsync($"/v3/users/{thief.Id}/access_rules/{id}", thief.Token)).Status);
        Assert.Equal(404, (await api.DeleteAsync($"/v3/users/{thief.Id}/access_rules/{id}", thief.Token)).Status);
        var stolen = await delegations.ApplicationCredentialAsync(thief, new Dictionary<string, object?> { ["access_rules"] = new[] { new { id } } });
        Assert.Equal((404, $"Could not find Access Rule: {id}."), (stolen.Status, stolen.Message));
    }

    private async Task<string> RuleOfAsync(Person person, IReadOnlyDictionary<string, object?> more) =>
        Delegations.Id((await delegations.ApplicationCredentialAsync(person, more))["application_credential"].GetProperty("access_rules")[0]);
}
