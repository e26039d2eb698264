// SPDX-License-Identifier: Apache-2.0
namespace Meridian.Identity.Tests.Policies;

/// <summary>What a domain's manager may do with a token of the domain. Source: Keystone's domain manager persona.</summary>
public sealed class DomainManagerTests(PolicyWorld world) : IClassFixture<PolicyWorld>
{
    private string Manager => world.Personas.Single(p => p.Name == "domain manager").Token;

    // The rule compares the body's domain with the token's: without one there is nothing to compare.
    [Theory]
    [InlineData("user")]
    [InlineData("group")]
    [InlineData("project")]
    public async Task A_domain_that_is_not_named_is_not_the_managers(string kind)
    {
        var made = new Dictionary<string, string>();

        var unnamed = await world.Api.PostAsync($"/v3/{kind}s", await world.FillAsync($$$"""{"{{{kind}}}": {"name": "<name>"}}""", made), Manager);
        var named = await world.Api.PostAsync($"/v3/{kind}s", await world.FillAsync($$$"""{"{{{kind}}}": {"name": "<name>", "domain_id": "<domain>"}}""", made), Manager);
        var foreign = await world.Api.PostAsync($"/v3/{kind}s", await world.FillAsync($$$"""{"{{{kind}}}": {"name": "<name>", "domain_id": "<outdomain>"}}""", made), Manager);

        Assert.Equal((403, 201, 403), (unnamed.Status, named.Status, foreign.Status));
    }

    [Fact]
    public async Task Members_and_groups_of_other_domains_are_not_shown()
    {
        var made = new Dictionary<string, string>();
        var (group, insider, outsider) = (await world.FillAsync("<group>", made), await world.FillAsync("<user>", made), await world.FillAsync("<outsider>", made));
        var foreign = await world.Keystone.CreateAsync("group", new { name = IdentityApi.Unique("foreign"), domain_id = await world.FillAsync("<outdomain>", made) });
        foreach (var (to, user) in new[] { (group, insider), (group, outsider), (foreign, insider) })
        {
            await world.Api.PutAsync($"/v3/groups/{to}/users/{user}");
        }

        var users = await world.Api.GetAsync($"/v3/groups/{group}/users", Manager);
        var groups = await world.Api.GetAsync($"/v3/users/{insider}/groups", Manager);

        Assert.Equal([insider], users["users"].EnumerateArray().Select(u => u.GetProperty("id").GetString()));
        Assert.Equal([group], groups["groups"].EnumerateArray().Select(g => g.GetProperty("id").GetString()));
    }
}
