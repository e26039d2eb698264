// SPDX-License-Identifier: Apache-2.0
using System.Text.Json;

namespace Meridian.Identity.Tests.Limits;

public sealed class LimitsTests(IdentityApi api) : IClassFixture<IdentityApi>
{
    [Fact]
    public async Task A_project_and_a_domain_get_limits_of_their_own()
    {
        var (service, project, domain) = (await RegisterAsync("cores"), await ProjectAsync("default"), await DomainAsync());

        var created = await CreateAsync(
            new { service_id = service, resource_name = "cores", resource_limit = 20, project_id = project, description = "more" },
            new { service_id = service, resource_name = "cores", resource_limit = 0, domain_id = domain });

        Assert.Equal(201, created.Status);
        var (ofProject, ofDomain) = (created["limits"][0], created["limits"][1]);
        Assert.Equal((project, JsonValueKind.Null, 20), (ofProject.GetProperty("project_id").GetString(), ofProject.GetProperty("domain_id").ValueKind, ofProject.GetProperty("resource_limit").GetInt32()));
        Assert.Equal((domain, JsonValueKind.Null, 0), (ofDomain.GetProperty("domain_id").GetString(), ofDomain.GetProperty("project_id").ValueKind, ofDomain.GetProperty("resource_limit").GetInt32()));
        var id = ofProject.GetProperty("id").GetString();
        Assert.Equal(ofProject.GetRawText(), (await api.GetAsync("/v3/limits/" + id))["limit"].GetRawText());
        Assert.Equal(0, (await api.PatchAsync("/v3/limits/" + id, new { limit = new { resource_limit = 0 } }))["limit"].GetProperty("resource_limit").GetInt32());
        Assert.Equal(400, (await api.PatchAsync("/v3/limits/" + id, new { limit = new { project_id = "x" } })).Status);
        Assert.Equal(204, (await api.DeleteAsync("/v3/limits/" + id)).Status);
        Assert.Equal((404, $"Could not find limit for {id}."), (await api.GetAsync("/v3/limits/" + id) is var gone ? gone.Status : 0, gone.Message));
    }

    [Fact]
    public async Task A_project_that_acts_as_a_domain_has_a_domains_limit()
    {
        var (service, domain) = (await RegisterAsync("cores"), await DomainAsync());

        var created = await CreateAsync(new { service_id = service, resource_name = "cores", resource_limit = 1, project_id = domain });

        Assert.Equal(domain, created["limits"][0].GetProperty("domain_id").GetString());
        Assert.Equal(JsonValueKind.Null, created["limits"][0].GetProperty("project_id").ValueKind);
    }

    [Fact]
    public async Task Without_a_registered_limit_of_that_region_it_is_403()
    {
        var (service, project) = (await RegisterAsync("cores", "RegionOne"), await ProjectAsync("default"));

        foreach (var region in new[] { null, "RegionTwo" })
        {
            var answer = await CreateAsync(new { service_id = service, resource_name = "cores", resource_limit = 1, project_id = project, region_id = region });
            Assert.Equal((403, "Unable to create a limit that has no corresponding registered limit."), (answer.Status, answer.Message));
        }

        Assert.Equal(201, (await CreateAsync(new { service_id = service, resource_name = "cores", resource_limit = 1, project_id = project, region_id = "RegionOne" })).Status);
    }

    [Fact]
    public async Task The_same_limit_twice_is_409()
    {
        var (service, project) = (await RegisterAsync("cores"), await ProjectAsync("default"));
        var limit = new { service_id = service, resource_name = "cores", resource_limit = 1, project_id = project };

        Assert.Equal(409, (await CreateAsync(limit, limit)).Status);
        Assert.Equal(201, (await CreateAsync(limit)).Status);
        Assert.Equal(409, (await CreateAsync(limit)).Status);
    }

    [Theory]
    [InlineData(""" "resource_limit":1,"project_id":"PROJECT","domain_id":"default" """)]
    [InlineData(""" "resource_limit":1 """)]
    [InlineData(""" "resource_limit":1,"project_id":null """)]
    [InlineData(""" "resource_limit":1,"project_id":"nosuch" """)]
    [InlineData(""" "resource_limit":1,"domain_id":"PROJECT" """)]
    [InlineData(""" "resource_limit":-2,"project_id":"PROJECT" """)]
    [InlineData(""" "project_id":"PROJECT" """)]
    [InlineData(""" "resource_limit":1,"project_id":"PROJECT","colour":"red" """)]
    public async Task A_bad_body_is_400(string rest)
    {
        var (service, project) = (await RegisterAsync("cores"), await ProjectAsync("default"));

        var answer = await api.PostAsync(
            "/v3/limits", $$"""{"limits":[{"service_id":"{{service}}","resource_name":"cores",{{rest.Replace("PROJECT", project, StringComparison.Ordinal)}}}]}""");

        Assert.Equal(400, answer.Status);
    }

    [Fact]
    public async Task Lists_filter_by_each_of_their_names()
    {
        var (service, project, domain) = (await RegisterAsync("cores"), await ProjectAsync("default"), await DomainAsync());
        await RegisterAsync("ram", "RegionTwo", service);
        await CreateAsync(
            new { service_id = service, resource_name = "cores", resource_limit = 1, project_id = project },
            new { service_id = service, resource_name = "cores", resource_limit = 2, domain_id = domain },
            new { service_id = service, resource_name = "ram", region_id = "RegionTwo", resource_limit = 3, project_id = project });

        Assert.Equal([1, 2, 3], await ValuesAsync("service_id=" + service));
        Assert.Equal([1, 3], await ValuesAsync($"service_id={service}&project_id={project}"));
        Assert.Equal([2], await ValuesAsync($"service_id={service}&domain_id={domain}"));
        Assert.Equal([3], await ValuesAsync($"service_id={service}&region_id=RegionTwo"));
        Assert.Equal([1, 2], await ValuesAsync($"service_id={service}&resource_name=cores"));
        Assert.Equal([3], await ValuesAsync($"service_id={service}&resource_name__startswith=ra"));
    }

    [Fact]
    public async Task A_user_sees_the_limits_of_the_scope_alone()
    {
        var service = await RegisterAsync("cores");
        var (name, other) = (IdentityApi.Unique("u"), await ProjectAsync("default"));
        var (userId, mine) = await api.Keystone.CreateUserAsync(name, "pw", IdentityApi.Unique("p"), "reader");
        await api.PutAsync($"/v3/domains/default/users/{userId}/roles/{await api.Keystone.FindIdAsync("roles", "reader")}");
        var foreign = await ProjectAsync(await DomainAsync());
        var created = await CreateAsync([.. new[] { mine, other, foreign }.Select(p => (object)new { service_id = service, resource_name = "cores", resource_limit = 1, project_id = p })]);
        var ids = created["limits"].EnumerateArray().Select(l => l.GetProperty("id").GetString()).ToList();

        var project = await LogInAsync(name, new { project = new { id = mine } });
        var domain = await LogInAsync(name, new { domain = new { id = "default" } });

        Assert.Equal(ids[..1], await IdsAsync(service, project));
        Assert.Equal(ids[..2].Order(StringComparer.Ordinal), await IdsAsync(service, domain));
        Assert.Empty(await IdsAsync(service, await api.Keystone.TokenAsync(name, "pw", null)));
        Assert.Equal((200, 403, 403), (await StatusAsync(ids[0], project), await StatusAsync(ids[1], project), await StatusAsync("nosuch", project)));
        Assert.Equal((200, 403), (await StatusAsync(ids[1], domain), await StatusAsync(ids[2], domain)));
        Assert.Equal(404, await StatusAsync("nosuch", null));
    }

    [Fact]
    public async Task Only_an_administrator_writes()
    {
        var name = IdentityApi.Unique("u");
        await api.Keystone.CreateUserAsync(name, "pw", IdentityApi.Unique("p"), "manager");
        var token = await api.Keystone.TokenAsync(name, "pw", null);

        Assert.Equal(403, (await api.PostAsync("/v3/limits", new { limits = new[] { new { } } }, token)).Status);
        Assert.Equal(403, (await api.PatchAsync("/v3/limits/x", new { limit = new { resource_limit = 1 } }, token)).Status);
        Assert.Equal(403, (await api.DeleteAsync("/v3/limits/x", token)).Status);
    }

    [Fact]
    public async Task A_projects_limits_go_with_it()
    {
        var (service, project, domain) = (await RegisterAsync("cores"), await ProjectAsync("default"), await DomainAsync());
        var child = await ProjectAsync(domain);
        await CreateAsync(
            new { service_id = service, resource_name = "cores", resource_limit = 1, project_id = project },
            new { service_id = service, resource_name = "cores", resource_limit = 2, domain_id = domain },
            new { service_id = service, resource_name = "cores", resource_limit = 3, project_id = child });

        await api.DeleteAsync("/v3/projects/" + project);
        await api.PatchAsync("/v3/domains/" + domain, new { domain = new { enabled = false } });
        await api.DeleteAsync("/v3/domains/" + domain);

        Assert.Empty(await ValuesAsync("service_id=" + service));
    }

    [Fact]
    public async Task The_model_is_flat()
    {
        var name = IdentityApi.Unique("u");
        await api.Keystone.CreateUserAsync(name, "pw", IdentityApi.Unique("p"));

        var answer = await api.GetAsync("/v3/limits/model", await api.Keystone.TokenAsync(name, "pw", null));

        Assert.Equal(200, answer.Status);
        Assert.Equal("flat", answer["model"].GetProperty("name").GetString());
        Assert.Equal(
            "Limit enforcement and validation does not take project hierarchy into consideration.", answer["model"].GetProperty("description").GetString());
    }

    private async Task<string> RegisterAsync(string resource, string? region = null, string? service = null)
    {
        service ??= await api.Keystone.CreateAsync("service", new { type = IdentityApi.Unique("limited"), name = "s" });
        var answer = await api.PostAsync("/v3/registered_limits", new { registered_limits = new[] { new { service_id = service, resource_name = resource, default_limit = 10, region_id = region } } });
        Assert.Equal(201, answer.Status);
        return service;
    }

    private Task<string> ProjectAsync(string domain) => api.Keystone.CreateAsync("project", new { name = IdentityApi.Unique("lp"), domain_id = domain });

    private Task<string> DomainAsync() => api.Keystone.CreateAsync("domain", new { name = IdentityApi.Unique("ld") });

    private Task<ApiAnswer> CreateAsync(params object[] limits) => api.PostAsync("/v3/limits", new { limits });

    private async Task<string> LogInAsync(string user, object scope) => (await api.LogInAsync(user, "pw", scope)).Headers["X-Subject-Token"];

    private async Task<IEnumerable<int>> ValuesAsync(string query) =>
        (await api.GetAsync("/v3/limits?" + query))["limits"].EnumerateArray().Select(l => l.GetProperty("resource_limit").GetInt32()).Order();

    private async Task<IEnumerable<string?>> IdsAsync(string service, string token) =>
        (await api.GetAsync("/v3/limits?service_id=" + service, token))["limits"].EnumerateArray().Select(l => l.GetProperty("id").GetString()).Order(StringComparer.Ordinal);

    private async Task<int> StatusAsync(string? id, string? token) => (await api.GetAsync("/v3/limits/" + id, token)).Status;
}
