// SPDX-License-Identifier: Apache-2.0
using System.Text.Json;

namespace Meridian.Identity.Tests.Roles;

public sealed class RolesTests(IdentityApi api) : IClassFixture<IdentityApi>
{
    [Fact]
    public async Task A_role_shows_what_was_given()
    {
        var created = await api.PostAsync("/v3/roles", new { role = new { name = IdentityApi.Unique("grole"), description = (string?)null } });

        Assert.Equal(201, created.Status);
        Assert.Equal(JsonValueKind.Null, created["role"].GetProperty("domain_id").ValueKind);
        Assert.Equal(JsonValueKind.Null, created["role"].GetProperty("description").ValueKind);
        Assert.Equal("{}", created["role"].GetProperty("options").GetRawText());
    }

    [Fact]
    public async Task Member_beside_member_is_409()
    {
        var answer = await api.PostAsync("/v3/roles", new { role = new { name = "Member" } });

        Assert.Equal(409, answer.Status);
        Assert.Equal("Conflict occurred attempting to store role - Duplicate entry found with name Member.", answer.Message);
    }

    [Fact]
    public async Task An_immutable_role_is_neither_changed_nor_deleted_until_released()
    {
        var id = await api.Keystone.CreateAsync("role", new { name = IdentityApi.Unique("fixed"), options = new { immutable = true } });

        Assert.Equal(403, (await api.PatchAsync("/v3/roles/" + id, new { role = new { description = "x" } })).Status);
        Assert.Equal(403, (await api.DeleteAsync("/v3/roles/" + id)).Status);
        Assert.Equal(200, (await api.PatchAsync("/v3/roles/" + id, new { role = new { options = new { immutable = false } } })).Status);
        Assert.Equal(204, (await api.DeleteAsync("/v3/roles/" + id)).Status);
    }

    [Fact]
    public async Task An_implied_role_is_in_the_token_and_gone_again()
    {
        var prior = await api.Keystone.CreateAsync("role", new { name = IdentityApi.Unique("prior") });
        var impliedName = IdentityApi.Unique("implied");
        var implied = await api.Keystone.CreateAsync("role", new { name = impliedName });
        var (name, project) = (IdentityApi.Unique("ru"), IdentityApi.Unique("rp"));
        var (userId, projectId) = await api.Keystone.CreateUserAsync(name, "pw", project);
        await api.PutAsync($"/v3/projects/{projectId}/users/{userId}/roles/{prior}");
        var token = await api.Keystone.TokenAsync(name, "pw", project);

        var created = await api.PutAsync($"/v3/roles/{prior}/implies/{implied}");

        Assert.Equal(201, created.Status);
        Assert.Equal(impliedName, created["role_inference"].GetProperty("implies").GetProperty("name").GetString());
        Assert.Contains(impliedName, (await api.ValidateAsync(token)).Text, StringComparison.Ordinal);
        Assert.Equal(409, (await api.PutAsync($"/v3/roles/{prior}/implies/{implied}")).Status);
        Assert.Equal(204, (await api.SendAsync(HttpMethod.Head, $"/v3/roles/{prior}/implies/{implied}", null)).Status);
        Assert.Equal(200, (await api.GetAsync($"/v3/roles/{prior}/implies/{implied}")).Status);
        Assert.Equal(1, (await api.GetAsync($"/v3/roles/{prior}/implies"))["role_inference"].GetProperty("implies").GetArrayLength());
        Assert.Contains(prior, (await api.GetAsync("/v3/role_inferences")).Text, StringComparison.Ordinal);

        Assert.Equal(204, (await api.DeleteAsync($"/v3/roles/{prior}/implies/{implied}")).Status);
        Assert.Equal(404, (await api.DeleteAsync($"/v3/roles/{prior}/implies/{implied}")).Status);
        Assert.DoesNotContain(impliedName, (await api.ValidateAsync(token)).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nothing_may_imply_admin()
    {
        var prior = await api.Keystone.CreateAsync("role", new { name = IdentityApi.Unique("up") });

        Assert.Equal(403, (await api.PutAsync($"/v3/roles/{prior}/implies/{await api.Keystone.FindIdAsync("roles", "admin")}")).Status);
    }

    [Fact]
    public async Task A_domains_role_implies_any_but_no_global_role_implies_it()
    {
        var domain = await api.Keystone.CreateAsync("domain", new { name = IdentityApi.Unique("d") });
        var global = await api.Keystone.CreateAsync("role", new { name = IdentityApi.Unique("g") });
        var local = await api.Keystone.CreateAsync("role", new { name = IdentityApi.Unique("l"), domain_id = domain });
        var foreign = await api.Keystone.CreateAsync("role", new { name = IdentityApi.Unique("f"), domain_id = "default" });

        Assert.Equal(201, (await api.PutAsync($"/v3/roles/{local}/implies/{foreign}")).Status);
        Assert.Equal(201, (await api.PutAsync($"/v3/roles/{local}/implies/{global}")).Status);
        Assert.Equal(403, (await api.PutAsync($"/v3/roles/{global}/implies/{local}")).Status);
    }

    [Fact]
    public async Task A_circle_of_implied_roles_ends()
    {
        var a = await api.Keystone.CreateAsync("role", new { name = IdentityApi.Unique("a") });
        var b = await api.Keystone.CreateAsync("role", new { name = IdentityApi.Unique("b") });
        await api.PutAsync($"/v3/roles/{a}/implies/{b}");
        await api.PutAsync($"/v3/roles/{b}/implies/{a}");
        var (name, project) = (IdentityApi.Unique("cu"), IdentityApi.Unique("cp"));
        var (userId, projectId) = await api.Keystone.CreateUserAsync(name, "pw", project);
        await api.PutAsync($"/v3/projects/{projectId}/users/{userId}/roles/{a}");

        var answer = await api.LogInAsync(name, "pw", IdentityApi.ProjectScope(project));

        Assert.Equal(2, answer["token"].GetProperty("roles").GetArrayLength());
    }
}

/// <summary>A Keystone with prohibited_implied_role and a short list_limit for roles.</summary>
public sealed class RoleOptionsApi : IdentityApi
{
    protected override string Further => """
        [assignment]
        prohibited_implied_role = admin,root
        [role]
        list_limit = 2
        """;
}

public sealed class RoleOptionsTests(RoleOptionsApi api) : IClassFixture<RoleOptionsApi>
{
    [Theory]
    [InlineData("Root", 403)]
    [InlineData("stem", 201)]
    public async Task Nothing_implies_what_the_configuration_prohibits(string name, int status)
    {
        var (prior, implied) = (await api.Keystone.CreateAsync("role", new { name = IdentityApi.Unique("up") }), await api.Keystone.CreateAsync("role", new { name }));

        Assert.Equal(status, (await api.PutAsync($"/v3/roles/{prior}/implies/{implied}")).Status);
    }

    [Fact]
    public async Task A_list_longer_than_its_own_limit_is_truncated()
    {
        var answer = await api.GetAsync("/v3/roles");

        Assert.Equal((2, true), (answer["roles"].GetArrayLength(), answer["truncated"].GetBoolean()));
    }
}
