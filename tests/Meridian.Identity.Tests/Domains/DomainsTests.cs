// SPDX-License-Identifier: Apache-2.0
namespace Meridian.Identity.Tests.Domains;

public sealed class DomainsTests(IdentityApi api) : IClassFixture<IdentityApi>
{
    [Fact]
    public async Task A_domain_is_created_shown_renamed_and_found_by_name()
    {
        var name = IdentityApi.Unique("gd");
        var created = await api.PostAsync("/v3/domains", new { domain = new { name, description = "golden domain" } });
        var id = created["domain"].GetProperty("id").GetString();

        Assert.Equal(201, created.Status);
        Assert.Equal("{}", created["domain"].GetProperty("options").GetRawText());
        Assert.Equal(200, (await api.PatchAsync("/v3/domains/" + id, new { domain = new { name = name + "x" } })).Status);
        Assert.Equal(id, (await api.GetAsync($"/v3/domains?name={name.ToUpperInvariant()}X"))["domains"][0].GetProperty("id").GetString());
    }

    [Fact]
    public async Task The_same_name_twice_is_409()
    {
        var answer = await api.PostAsync("/v3/domains", new { domain = new { name = "DEFAULT" } });

        Assert.Equal(409, answer.Status);
        Assert.Equal(
            "Conflict occurred attempting to store project - it is not permitted to have two projects acting as domains with the same name: DEFAULT.", answer.Message);
    }

    [Fact]
    public async Task Only_a_disabled_domain_is_deleted_and_all_in_it_goes()
    {
        var domain = await api.Keystone.CreateAsync("domain", new { name = IdentityApi.Unique("doomed") });
        var user = await api.Keystone.CreateAsync("user", new { name = "u", domain_id = domain });
        var project = await api.Keystone.CreateAsync("project", new { name = "p", domain_id = domain });
        var group = await api.Keystone.CreateAsync("group", new { name = "g", domain_id = domain });

        var refused = await api.DeleteAsync("/v3/domains/" + domain);
        await api.PatchAsync("/v3/domains/" + domain, new { domain = new { enabled = false } });

        Assert.Equal(403, refused.Status);
        Assert.Equal("Cannot delete a domain that is enabled, please disable it first.", refused.Message);
        Assert.Equal(204, (await api.DeleteAsync("/v3/domains/" + domain)).Status);
        foreach (var path in new[] { "/v3/domains/" + domain, "/v3/users/" + user, "/v3/projects/" + project, "/v3/groups/" + group })
        {
            Assert.Equal(404, (await api.GetAsync(path)).Status);
        }
    }

    [Fact]
    public async Task The_default_domain_stays() => Assert.Equal(403, (await api.DeleteAsync("/v3/domains/default")).Status);
}
