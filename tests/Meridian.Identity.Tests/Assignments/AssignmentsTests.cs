// SPDX-License-Identifier: Apache-2.0
namespace Meridian.Identity.Tests.Assignments;

public sealed class AssignmentsTests(IdentityApi api) : IClassFixture<IdentityApi>
{
    [Fact]
    public async Task A_role_by_group_counts_and_ends_with_the_membership()
    {
        var (name, user, project, projectId) = await NewAsync();
        var group = await api.Keystone.CreateAsync("group", new { name = IdentityApi.Unique("g") });
        var member = await api.Keystone.FindIdAsync("roles", "member");
        Assert.Equal(204, (await api.PutAsync($"/v3/projects/{projectId}/groups/{group}/roles/{member}")).Status);
        Assert.Equal(204, (await api.PutAsync($"/v3/groups/{group}/users/{user}")).Status);
        var token = await api.Keystone.TokenAsync(name, "pw", project);

        var effective = await api.GetAsync($"/v3/role_assignments?user.id={user}&effective&include_names");

        Assert.Equal(["member", "reader"], effective["role_assignments"].EnumerateArray().Select(a => a.GetProperty("role").GetProperty("name").GetString()!).Order());
        Assert.Contains($"/v3/groups/{group}/users/{user}", effective.Text, StringComparison.Ordinal);
        Assert.Equal(204, (await api.DeleteAsync($"/v3/groups/{group}/users/{user}")).Status);
        Assert.Equal(404, (await api.ValidateAsync(token)).Status);
    }

    [Fact]
    public async Task A_role_inherited_from_the_domain_counts_on_projects_and_not_on_the_domain()
    {
        var (name, user, project, projectId) = await NewAsync();
        var child = await api.Keystone.CreateAsync("project", new { name = IdentityApi.Unique("child"), parent_id = projectId });
        var reader = await api.Keystone.FindIdAsync("roles", "reader");
        var path = $"/v3/OS-INHERIT/domains/default/users/{user}/roles/{reader}/inherited_to_projects";

        Assert.Equal(204, (await api.PutAsync(path)).Status);

        Assert.Equal(204, (await api.GetAsync(path)).Status);
        Assert.Equal(1, (await api.GetAsync($"/v3/OS-INHERIT/domains/default/users/{user}/roles/inherited_to_projects"))["roles"].GetArrayLength());
        Assert.Equal(201, (await api.LogInAsync(name, "pw", IdentityApi.ProjectScope(project))).Status);
        Assert.Equal(201, (await api.LogInAsync(name, "pw", new { project = new { id = child } })).Status);
        Assert.Equal(401, (await api.LogInAsync(name, "pw", new { domain = new { id = "default" } })).Status);
        var effective = await api.GetAsync($"/v3/role_assignments?user.id={user}&scope.project.id={child}&effective=true");
        Assert.Equal("projects", effective["role_assignments"][0].GetProperty("scope").GetProperty("OS-INHERIT:inherited_to").GetString());
        Assert.Equal(204, (await api.DeleteAsync(path)).Status);
        Assert.Equal(401, (await api.LogInAsync(name, "pw", IdentityApi.ProjectScope(project))).Status);
    }

    [Fact]
    public async Task A_domains_role_is_given_on_its_own_projects_and_on_any_domain()
    {
        var (_, user, _, project) = await NewAsync();
        var domain = await api.Keystone.CreateAsync("domain", new { name = IdentityApi.Unique("d") });
        var role = await api.Keystone.CreateAsync("role", new { name = IdentityApi.Unique("dr"), domain_id = domain });
        var own = await api.Keystone.CreateAsync("project", new { name = "p", domain_id = domain });

        var foreign = await api.PutAsync($"/v3/projects/{project}/users/{user}/roles/{role}");

        Assert.Equal((403, $"Project {project} must be in the same domain as the role {role} being assigned."), (foreign.Status, foreign.Message));
        Assert.Equal(404, (await api.GetAsync($"/v3/projects/{project}/users/{user}/roles/{role}")).Status);
        Assert.Equal(204, (await api.PutAsync($"/v3/projects/{own}/users/{user}/roles/{role}")).Status);
        Assert.Equal(204, (await api.PutAsync($"/v3/domains/default/users/{user}/roles/{role}")).Status);
    }

    [Fact]
    public async Task Listings_of_a_tree_and_of_the_system_ask_for_what_there_is()
    {
        Assert.Equal(404, (await api.GetAsync("/v3/role_assignments?include_subtree&scope.project.id=nosuch")).Status);
        Assert.Equal(400, (await api.GetAsync("/v3/role_assignments?include_subtree")).Status);
        var system = (await api.GetAsync("/v3/role_assignments?scope.system=all"))["role_assignments"].EnumerateArray().ToList();
        Assert.NotEmpty(system);
        Assert.All(system, a => Assert.True(a.GetProperty("scope").GetProperty("system").GetProperty("all").GetBoolean()));
        Assert.True((await api.GetAsync("/v3/role_assignments?scope.system=other"))["role_assignments"].GetArrayLength() > system.Count);
    }

    [Fact]
    public async Task A_role_inherited_from_a_project_counts_below_it_only()
    {
        var (name, user, _, projectId) = await NewAsync();
        var child = await api.Keystone.CreateAsync("project", new { name = IdentityApi.Unique("below"), parent_id = projectId });
        var reader = await api.Keystone.FindIdAsync("roles", "reader");

        await api.PutAsync($"/v3/OS-INHERIT/projects/{projectId}/users/{user}/roles/{reader}/inherited_to_projects");

        Assert.Equal(201, (await api.LogInAsync(name, "pw", new { project = new { id = child } })).Status);
        Assert.Equal(401, (await api.LogInAsync(name, "pw", new { project = new { id = projectId } })).Status);
    }

    [Fact]
    public async Task The_system_role_gives_a_system_token()
    {
        var (name, user, _, _) = await NewAsync();
        var path = $"/v3/system/users/{user}/roles/{await api.Keystone.FindIdAsync("roles", "reader")}";

        Assert.Equal(404, (await api.GetAsync(path)).Status);
        Assert.Equal(204, (await api.PutAsync(path)).Status);

        var token = (await api.LogInAsync(name, "pw", new { system = new { all = true } })).Headers["X-Subject-Token"];
        Assert.Equal(200, (await api.GetAsync("/v3/users", token)).Status);
        Assert.Equal(403, (await api.PostAsync("/v3/users", new { user = new { name = "x" } }, token)).Status);
        Assert.Equal("all", (await api.GetAsync($"/v3/role_assignments?user.id={user}&scope.system=all"))["role_assignments"][0].GetProperty("scope").GetProperty("system").EnumerateObject().Single().Name);
        Assert.Equal(403, (await api.RescopeAsync(token, IdentityApi.ProjectScope("admin"))).Status);
    }

    [Theory]
    [InlineData("user.id=a&group.id=b")]
    [InlineData("scope.project.id=a&scope.domain.id=b")]
    [InlineData("effective&group.id=b")]
    [InlineData("include_subtree")]
    public async Task Filters_that_exclude_each_other_are_400(string query) => Assert.Equal(400, (await api.GetAsync("/v3/role_assignments?" + query)).Status);

    [Fact]
    public async Task Unknown_parties_are_404_in_the_apis_words()
    {
        var (_, user, _, projectId) = await NewAsync();
        var member = await api.Keystone.FindIdAsync("roles", "member");

        Assert.Equal("Could not find role: nosuch.", (await api.PutAsync($"/v3/projects/{projectId}/users/{user}/roles/nosuch")).Message);
        Assert.Equal("Could not find user: nosuch.", (await api.PutAsync($"/v3/projects/{projectId}/users/nosuch/roles/{member}")).Message);
        Assert.Equal("Could not find project: nosuch.", (await api.PutAsync($"/v3/projects/nosuch/users/{user}/roles/{member}")).Message);
    }

    // OSSA-2014-015
    [Fact]
    public async Task A_user_with_the_id_of_a_group_gets_none_of_its_roles()
    {
        var (_, user, _, projectId) = await NewAsync();
        var lines = (await api.GetAsync($"/v3/role_assignments?group.id={user}"))["role_assignments"];

        Assert.Equal(0, lines.GetArrayLength());
        Assert.Equal(404, (await api.PutAsync($"/v3/projects/{projectId}/groups/{user}/roles/{await api.Keystone.FindIdAsync("roles", "member")}")).Status);
    }

    [Fact]
    public async Task A_domain_manager_gives_the_three_roles_in_his_domain_only()
    {
        var domain = await api.Keystone.CreateAsync("domain", new { name = IdentityApi.Unique("dm") });
        var manager = await api.Keystone.CreateAsync("user", new { name = IdentityApi.Unique("mgr"), password = "pw", domain_id = domain });
        await api.PutAsync($"/v3/domains/{domain}/users/{manager}/roles/{await api.Keystone.FindIdAsync("roles", "manager")}");
        var token = (await api.LogInAsync(new
        {
            identity = new { methods = new[] { "password" }, password = new { user = new { id = manager, password = "pw" } } },
            scope = new { domain = new { id = domain } },
        })).Headers["X-Subject-Token"];

        var user = (await api.PostAsync("/v3/users", new { user = new { name = "u", domain_id = domain } }, token))["user"];
        var project = (await api.PostAsync("/v3/projects", new { project = new { name = "p", domain_id = domain } }, token))["project"];
        var (userId, projectId) = (user.GetProperty("id").GetString(), project.GetProperty("id").GetString());

        Assert.Equal(domain, user.GetProperty("domain_id").GetString());
        Assert.Equal(204, (await api.PutAsync($"/v3/projects/{projectId}/users/{userId}/roles/{await api.Keystone.FindIdAsync("roles", "member")}", null, token)).Status);
        Assert.Equal(403, (await api.PutAsync($"/v3/projects/{projectId}/users/{userId}/roles/{await api.Keystone.FindIdAsync("roles", "admin")}", null, token)).Status);
        Assert.Equal(403, (await api.PostAsync("/v3/users", new { user = new { name = "x", domain_id = "default" } }, token)).Status);
        Assert.All((await api.GetAsync("/v3/users", token))["users"].EnumerateArray(), u => Assert.Equal(domain, u.GetProperty("domain_id").GetString()));
    }

    private async Task<(string Name, string UserId, string Project, string ProjectId)> NewAsync()
    {
        var (name, project) = (IdentityApi.Unique("au"), IdentityApi.Unique("ap"));
        var (userId, projectId) = await api.Keystone.CreateUserAsync(name, "pw", project);
        return (name, userId, project, projectId);
    }
}
