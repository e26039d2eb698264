// SPDX-License-Identifier: Apache-2.0
using System.Text.Json;

namespace Meridian.Identity.Tests.Projects;

/// <summary>GET /v3/projects/{id} with parents_as_… and subtree_as_….</summary>
public sealed class ProjectRelativesTests(IdentityApi api) : IClassFixture<IdentityApi>
{
    [Fact]
    public async Task As_ids_the_whole_hierarchy_is_shown()
    {
        var (top, middle, leaf) = await HierarchyAsync();

        var shown = (await api.GetAsync($"/v3/projects/{middle}?parents_as_ids&subtree_as_ids"))["project"];

        Assert.Equal("{\"" + top + "\":{\"default\":null}}", shown.GetProperty("parents").GetRawText());
        Assert.Equal("{\"" + leaf + "\":null}", shown.GetProperty("subtree").GetRawText());
        Assert.Equal(JsonValueKind.Null, (await api.GetAsync($"/v3/projects/{leaf}?subtree_as_ids"))["project"].GetProperty("subtree").ValueKind);
    }

    [Fact]
    public async Task As_a_list_those_are_shown_that_the_asker_has_a_role_on()
    {
        var (top, middle, leaf) = await HierarchyAsync();
        var name = IdentityApi.Unique("u");
        var user = await api.Keystone.CreateAsync("user", new { name, password = "pw" });
        var member = await api.Keystone.FindIdAsync("roles", "member");
        await api.PutAsync($"/v3/projects/{middle}/users/{user}/roles/{member}");
        var token = (await api.LogInAsync(name, "pw", new { project = new { id = middle } })).Headers["X-Subject-Token"];

        var none = (await api.GetAsync($"/v3/projects/{middle}?parents_as_list&subtree_as_list", token))["project"];
        await api.PutAsync($"/v3/projects/{leaf}/users/{user}/roles/{member}");
        await api.PutAsync($"/v3/projects/{top}/users/{user}/roles/{member}");
        var both = (await api.GetAsync($"/v3/projects/{middle}?parents_as_list&subtree_as_list", token))["project"];

        Assert.Equal((0, 0), (none.GetProperty("parents").GetArrayLength(), none.GetProperty("subtree").GetArrayLength()));
        Assert.Equal(top, Assert.Single(both.GetProperty("parents").EnumerateArray()).GetProperty("project").GetProperty("id").GetString());
        Assert.Equal(leaf, Assert.Single(both.GetProperty("subtree").EnumerateArray()).GetProperty("project").GetProperty("id").GetString());
    }

    [Fact]
    public async Task Lists_show_limits_when_they_are_asked_to()
    {
        var (top, middle, _) = await HierarchyAsync();
        var admin = (await api.ValidateAsync(await api.Keystone.AdminTokenAsync()))["token"].GetProperty("user").GetProperty("id").GetString();
        await api.PutAsync($"/v3/projects/{top}/users/{admin}/roles/{await api.Keystone.FindIdAsync("roles", "member")}");
        var service = await api.Keystone.CreateAsync("service", new { type = IdentityApi.Unique("t"), name = "s" });
        await api.PostAsync("/v3/registered_limits", new { registered_limits = new[] { new { service_id = service, resource_name = "cores", default_limit = 1 } } });
        await api.PostAsync("/v3/limits", new { limits = new[] { new { service_id = service, resource_name = "cores", resource_limit = 7, project_id = top } } });

        var plain = (await api.GetAsync($"/v3/projects/{middle}?parents_as_list"))["project"].GetProperty("parents")[0].GetProperty("project");
        var limited = (await api.GetAsync($"/v3/projects/{middle}?parents_as_list&include_limits"))["project"].GetProperty("parents")[0].GetProperty("project");

        Assert.False(plain.TryGetProperty("limits", out _));
        Assert.Equal(7, Assert.Single(limited.GetProperty("limits").EnumerateArray()).GetProperty("resource_limit").GetInt32());
    }

    [Theory]
    [InlineData("parents_as_list&parents_as_ids", 400)]
    [InlineData("subtree_as_list&subtree_as_ids=1", 400)]
    [InlineData("parents_as_list&parents_as_ids=0", 200)]
    [InlineData("subtree_as_list=false&subtree_as_ids", 400)]
    public async Task Both_forms_at_once_are_400_and_only_0_is_false(string query, int status) =>
        Assert.Equal(status, (await api.GetAsync($"/v3/projects/{await api.Keystone.FindIdAsync("projects", "admin")}?{query}")).Status);

    private async Task<(string Top, string Middle, string Leaf)> HierarchyAsync()
    {
        var top = await api.Keystone.CreateAsync("project", new { name = IdentityApi.Unique("top") });
        var middle = await api.Keystone.CreateAsync("project", new { name = IdentityApi.Unique("middle"), parent_id = top });
        return (top, middle, await api.Keystone.CreateAsync("project", new { name = IdentityApi.Unique("leaf"), parent_id = middle }));
    }
}
