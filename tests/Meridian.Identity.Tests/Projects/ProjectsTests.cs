// SPDX-License-Identifier: Apache-2.0
using System.Text.Json;

namespace Meridian.Identity.Tests.Projects;

public sealed class ProjectsTests(IdentityApi api) : IClassFixture<IdentityApi>
{
    [Fact]
    public async Task A_project_shows_its_place_its_tags_and_unknown_attributes()
    {
        var parent = await api.Keystone.CreateAsync("project", new { name = IdentityApi.Unique("parent") });

        var created = await api.PostAsync("/v3/projects", new { project = new { name = IdentityApi.Unique("gpc"), parent_id = parent, colour = "blue", tags = new[] { "one" } } });
        var id = created["project"].GetProperty("id").GetString();
        var shown = await api.GetAsync($"/v3/projects/{id}?parents_as_ids");

        Assert.Equal(201, created.Status);
        Assert.Equal("blue", created["project"].GetProperty("colour").GetString());
        Assert.Equal("default", created["project"].GetProperty("domain_id").GetString());
        Assert.Equal("", created["project"].GetProperty("description").GetString());
        Assert.Equal("one", created["project"].GetProperty("tags")[0].GetString());
        Assert.Equal("{\"" + parent + "\":{\"default\":null}}", shown["project"].GetProperty("parents").GetRawText());
    }

    [Fact]
    public async Task The_same_name_twice_in_a_domain_is_409()
    {
        var name = IdentityApi.Unique("gp");
        await api.Keystone.CreateAsync("project", new { name });

        var again = await api.PostAsync("/v3/projects", new { project = new { name } });

        Assert.Equal(409, again.Status);
        Assert.StartsWith(
            "Conflict occurred attempting to store project - it is not permitted to have two projects with either the same name or same id in the same domain: name is " + name,
            again.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Only_a_leaf_is_deleted_and_only_from_below_disabled()
    {
        var parent = await api.Keystone.CreateAsync("project", new { name = IdentityApi.Unique("top") });
        var child = await api.Keystone.CreateAsync("project", new { name = IdentityApi.Unique("leaf"), parent_id = parent });

        Assert.Equal(403, (await api.DeleteAsync("/v3/projects/" + parent)).Status);
        Assert.Equal(403, (await api.PatchAsync("/v3/projects/" + parent, new { project = new { enabled = false } })).Status);
        Assert.Equal(200, (await api.PatchAsync("/v3/projects/" + child, new { project = new { enabled = false } })).Status);
        Assert.Equal(200, (await api.PatchAsync("/v3/projects/" + parent, new { project = new { enabled = false } })).Status);
        Assert.Equal(403, (await api.PatchAsync("/v3/projects/" + child, new { project = new { enabled = true } })).Status);
        Assert.Equal(204, (await api.DeleteAsync("/v3/projects/" + child)).Status);
        Assert.Equal(204, (await api.DeleteAsync("/v3/projects/" + parent)).Status);
    }

    [Fact]
    public async Task A_project_that_is_a_domain_is_deleted_once_it_is_disabled_with_all_in_it()
    {
        var domain = (await api.PostAsync("/v3/projects", new { project = new { name = IdentityApi.Unique("dom"), is_domain = true } }))["project"].GetProperty("id").GetString()!;
        var below = await api.Keystone.CreateAsync("project", new { name = IdentityApi.Unique("p"), domain_id = domain });

        var refused = await api.DeleteAsync("/v3/projects/" + domain);
        await api.PatchAsync("/v3/projects/" + domain, new { project = new { enabled = false } });

        Assert.Equal((403, "Cannot delete a domain that is enabled, please disable it first."), (refused.Status, refused.Message));
        Assert.Equal(204, (await api.DeleteAsync("/v3/projects/" + domain)).Status);
        Assert.Equal(404, (await api.GetAsync("/v3/domains/" + domain)).Status);
        Assert.Equal(404, (await api.GetAsync("/v3/projects/" + below)).Status);
    }

    [Fact]
    public async Task Projects_nest_five_deep()
    {
        string? parent = null;
        for (var i = 0; i < 5; i++)
        {
            parent = await api.Keystone.CreateAsync("project", new { name = IdentityApi.Unique("deep"), parent_id = parent });
        }

        Assert.Equal(403, (await api.PostAsync("/v3/projects", new { project = new { name = IdentityApi.Unique("deep"), parent_id = parent } })).Status);
    }

    [Theory]
    [InlineData("{\"name\": \"x\", \"parent_id\": \"nosuch\"}")]
    [InlineData("{\"name\": \"x\", \"domain_id\": \"nosuch\"}")]
    [InlineData("{\"name\": \"x\", \"tags\": [\"a,b\"]}")]
    [InlineData("{\"name\": \"x\", \"tags\": \"a\"}")]
    [InlineData("{\"name\": \"x\", \"options\": {\"immutable\": 5}}")]
    [InlineData("{\"name\": \"0123456789012345678901234567890123456789012345678901234567890123456789\"}")]
    public async Task A_bad_project_is_400(string project) => Assert.Equal(400, (await api.PostAsync("/v3/projects", $"{{\"project\": {project}}}")).Status);

    [Fact]
    public async Task Tags_are_listed_set_added_removed_and_filtered_by()
    {
        var id = await api.Keystone.CreateAsync("project", new { name = IdentityApi.Unique("tagged") });
        var (one, two) = (IdentityApi.Unique("one"), IdentityApi.Unique("two"));
        var tags = $"/v3/projects/{id}/tags";

        Assert.Equal(200, (await api.PutAsync(tags, new { tags = new[] { one } })).Status);
        Assert.Equal(201, (await api.PutAsync($"{tags}/{two}")).Status);
        Assert.Equal(204, (await api.GetAsync($"{tags}/{two}")).Status);
        Assert.Equal(2, (await api.GetAsync(tags))["tags"].GetArrayLength());
        Assert.Equal(1, (await api.GetAsync($"/v3/projects?tags={one},{two}"))["projects"].GetArrayLength());
        Assert.Equal(1, (await api.GetAsync($"/v3/projects?tags-any={one},x"))["projects"].GetArrayLength());
        Assert.DoesNotContain(id, (await api.GetAsync($"/v3/projects?not-tags={one},{two}")).Text, StringComparison.Ordinal);
        Assert.Contains(id, (await api.GetAsync($"/v3/projects?not-tags={one},x")).Text, StringComparison.Ordinal);
        Assert.DoesNotContain(id, (await api.GetAsync($"/v3/projects?not-tags-any={one},x")).Text, StringComparison.Ordinal);
        Assert.Equal(204, (await api.DeleteAsync($"{tags}/{one}")).Status);
        Assert.Equal(404, (await api.DeleteAsync($"{tags}/{one}")).Status);
        Assert.Equal(204, (await api.DeleteAsync(tags)).Status);
        Assert.Equal(0, (await api.GetAsync(tags))["tags"].GetArrayLength());
    }

    [Fact]
    public async Task Lists_leave_domains_out_unless_asked_for()
    {
        Assert.DoesNotContain("\"id\":\"default\"", (await api.GetAsync("/v3/projects")).Text, StringComparison.Ordinal);

        var domains = await api.GetAsync("/v3/projects?is_domain=true");

        Assert.Contains("\"id\":\"default\"", domains.Text, StringComparison.Ordinal);
        Assert.All(domains["projects"].EnumerateArray(), p => Assert.Equal(JsonValueKind.Null, p.GetProperty("domain_id").ValueKind));
    }
}
