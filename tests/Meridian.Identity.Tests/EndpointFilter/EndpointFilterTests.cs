// SPDX-License-Identifier: Apache-2.0
using System.Text.Json;

namespace Meridian.Identity.Tests.EndpointFilter;

public sealed class EndpointFilterTests(IdentityApi api) : IClassFixture<IdentityApi>
{
    private const string Filter = "/v3/OS-EP-FILTER";

    [Fact]
    public async Task A_group_is_created_shown_found_changed_and_deleted()
    {
        var name = IdentityApi.Unique("eg");
        var created = await api.PostAsync(Filter + "/endpoint_groups", new { endpoint_group = new { name, filters = new Dictionary<string, object?> { ["interface"] = "admin", ["region_id"] = null } } });
        var group = created["endpoint_group"];
        var path = Filter + "/endpoint_groups/" + group.GetProperty("id").GetString();

        Assert.Equal(201, created.Status);
        Assert.Equal("""{"interface":"admin","region_id":null}""", group.GetProperty("filters").GetRawText());
        Assert.Equal(JsonValueKind.Null, group.GetProperty("description").ValueKind);
        Assert.EndsWith(path, group.GetProperty("links").GetProperty("self").GetString(), StringComparison.Ordinal);
        Assert.Equal(group.GetRawText(), (await api.GetAsync(path))["endpoint_group"].GetRawText());
        Assert.Equal(1, (await api.GetAsync(Filter + "/endpoint_groups?name=" + name))["endpoint_groups"].GetArrayLength());
        var changed = await api.PatchAsync(path, new { endpoint_group = new { description = "d", filters = new { service_id = "x" } } });
        Assert.Equal(("d", name), (changed["endpoint_group"].GetProperty("description").GetString(), changed["endpoint_group"].GetProperty("name").GetString()));
        Assert.Equal("""{"service_id":"x"}""", changed["endpoint_group"].GetProperty("filters").GetRawText());
        Assert.Equal(204, (await api.DeleteAsync(path)).Status);
        var gone = await api.GetAsync(path);
        Assert.Equal((404, $"Could not find Endpoint Group: {path[(path.LastIndexOf('/') + 1)..]}."), (gone.Status, gone.Message));
    }

    [Theory]
    [InlineData("""{"name":"n"}""")]
    [InlineData("""{"name":"n","filters":{}}""")]
    [InlineData("""{"filters":{"interface":"public"}}""")]
    [InlineData("""{"name":"","filters":{"interface":"public"}}""")]
    [InlineData("""{"name":"n","filters":{"interface":"private"}}""")]
    [InlineData("""{"name":"n","filters":{"service_id":1}}""")]
    [InlineData("""{"name":"n","filters":{"region_id":[]}}""")]
    [InlineData("""{"name":"n","filters":{"enabled":true}}""")]
    [InlineData("""{"name":"n","filters":[]}""")]
    [InlineData("""{"name":"n","filters":{"interface":"public"},"colour":"red"}""")]
    public async Task A_bad_group_is_400(string body) => Assert.Equal(400, (await api.PostAsync(Filter + "/endpoint_groups", "{\"endpoint_group\":" + body + "}")).Status);

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"filters":{"url":"x"}}""")]
    [InlineData("""{"id":"x"}""")]
    public async Task A_bad_change_of_a_group_is_400(string body) =>
        Assert.Equal(400, (await api.PatchAsync($"{Filter}/endpoint_groups/{await GroupAsync(new { @interface = "admin" })}", "{\"endpoint_group\":" + body + "}")).Status);

    [Fact]
    public async Task A_group_lists_the_endpoints_that_match_all_of_its_filters()
    {
        var (service, one, two) = await EndpointsAsync();

        Assert.Equal([one, two], await IdsAsync($"{Filter}/endpoint_groups/{await GroupAsync(new { service_id = service })}/endpoints"));
        Assert.Equal([two], await IdsAsync($"{Filter}/endpoint_groups/{await GroupAsync(new { service_id = service, region_id = "RegionTwo" })}/endpoints"));
        Assert.Empty(await IdsAsync($"{Filter}/endpoint_groups/{await GroupAsync(new { service_id = service, @interface = "admin" })}/endpoints"));
    }

    [Fact]
    public async Task An_endpoint_is_associated_with_a_project_once()
    {
        var (_, endpoint, _) = await EndpointsAsync();
        var project = await api.Keystone.CreateAsync("project", new { name = IdentityApi.Unique("p") });
        var path = $"{Filter}/projects/{project}/endpoints/{endpoint}";

        var missing = await api.GetAsync(path);
        Assert.Equal((404, $"Endpoint {endpoint} not found in project {project}"), (missing.Status, missing.Message));
        Assert.Equal(204, (await api.PutAsync(path)).Status);
        Assert.Equal(409, (await api.PutAsync(path)).Status);
        Assert.Equal(204, (await api.GetAsync(path)).Status);
        Assert.Equal(204, (await api.SendAsync(HttpMethod.Head, path, null)).Status);
        Assert.Equal(endpoint, Assert.Single((await api.GetAsync($"{Filter}/projects/{project}/endpoints"))["endpoints"].EnumerateArray()).GetProperty("id").GetString());
        Assert.Equal(project, Assert.Single((await api.GetAsync($"{Filter}/endpoints/{endpoint}/projects"))["projects"].EnumerateArray()).GetProperty("id").GetString());
        Assert.Equal(204, (await api.DeleteAsync(path)).Status);
        Assert.Equal(404, (await api.DeleteAsync(path)).Status);
    }

    [Fact]
    public async Task A_group_is_associated_with_a_project_once()
    {
        var (service, one, two) = await EndpointsAsync();
        var (group, project) = (await GroupAsync(new { service_id = service }), await api.Keystone.CreateAsync("project", new { name = IdentityApi.Unique("p") }));
        var path = $"{Filter}/endpoint_groups/{group}/projects/{project}";

        Assert.Equal(404, (await api.GetAsync(path)).Status);
        Assert.Equal(204, (await api.PutAsync(path)).Status);
        Assert.Equal(409, (await api.PutAsync(path)).Status);
        var shown = (await api.GetAsync(path))["project_endpoint_group"];
        Assert.Equal((group, project), (shown.GetProperty("endpoint_group_id").GetString(), shown.GetProperty("project_id").GetString()));
        Assert.Equal(200, (await api.SendAsync(HttpMethod.Head, path, null)).Status);
        Assert.Equal([one, two], await IdsAsync($"{Filter}/projects/{project}/endpoints"));
        Assert.Equal([group], await IdsAsync($"{Filter}/projects/{project}/endpoint_groups", "endpoint_groups"));
        Assert.Equal([project], await IdsAsync($"{Filter}/endpoint_groups/{group}/projects", "projects"));
        Assert.Equal(204, (await api.DeleteAsync(path)).Status);
        Assert.Equal(404, (await api.DeleteAsync(path)).Status);
    }

    [Theory]
    [InlineData("PUT", "projects/PROJECT/endpoints/nosuch")]
    [InlineData("PUT", "projects/nosuch/endpoints/ENDPOINT")]
    [InlineData("GET", "projects/PROJECT/endpoints/nosuch")]
    [InlineData("GET", "projects/nosuch/endpoints")]
    [InlineData("GET", "projects/nosuch/endpoint_groups")]
    [InlineData("GET", "endpoints/nosuch/projects")]
    [InlineData("GET", "endpoint_groups/nosuch/endpoints")]
    [InlineData("GET", "endpoint_groups/nosuch/projects")]
    [InlineData("PUT", "endpoint_groups/nosuch/projects/PROJECT")]
    [InlineData("PUT", "endpoint_groups/GROUP/projects/nosuch")]
    [InlineData("DELETE", "endpoint_groups/nosuch")]
    public async Task What_does_not_exist_is_404(string method, string path)
    {
        var (_, endpoint, _) = await EndpointsAsync();
        var project = await api.Keystone.CreateAsync("project", new { name = IdentityApi.Unique("p") });
        var group = await GroupAsync(new { @interface = "admin" });

        path = path.Replace("PROJECT", project, StringComparison.Ordinal).Replace("ENDPOINT", endpoint, StringComparison.Ordinal).Replace("GROUP", group, StringComparison.Ordinal);

        Assert.Equal(404, (await api.SendAsync(new(method), $"{Filter}/{path}", null)).Status);
    }

    [Fact]
    public async Task Associations_go_with_the_endpoint_the_service_and_the_project()
    {
        var (service, one, two) = await EndpointsAsync();
        var (project, other) = (await api.Keystone.CreateAsync("project", new { name = IdentityApi.Unique("p") }), await api.Keystone.CreateAsync("project", new { name = IdentityApi.Unique("p") }));
        var group = await GroupAsync(new { @interface = "admin" });
        await api.PutAsync($"{Filter}/projects/{project}/endpoints/{one}");
        await api.PutAsync($"{Filter}/projects/{project}/endpoints/{two}");
        await api.PutAsync($"{Filter}/projects/{other}/endpoints/{two}");
        await api.PutAsync($"{Filter}/endpoint_groups/{group}/projects/{other}");

        await api.DeleteAsync("/v3/projects/" + other);
        Assert.Empty(await IdsAsync($"{Filter}/endpoint_groups/{group}/projects", "projects"));
        Assert.Equal([project], await IdsAsync($"{Filter}/endpoints/{two}/projects", "projects"));
        await api.DeleteAsync("/v3/endpoints/" + one);
        Assert.Equal([two], await IdsAsync($"{Filter}/projects/{project}/endpoints"));
        await api.DeleteAsync("/v3/services/" + service);
        Assert.Empty(await IdsAsync($"{Filter}/projects/{project}/endpoints"));
    }

    [Fact]
    public async Task A_system_reader_reads_and_only_an_administrator_writes()
    {
        var (name, project) = (IdentityApi.Unique("u"), IdentityApi.Unique("p"));
        var (userId, projectId) = await api.Keystone.CreateUserAsync(name, "pw", project, "manager");
        await api.PutAsync($"/v3/system/users/{userId}/roles/{await api.Keystone.FindIdAsync("roles", "reader")}");
        var member = await api.Keystone.TokenAsync(name, "pw", project);
        var system = (await api.LogInAsync(name, "pw", new { system = new { all = true } })).Headers["X-Subject-Token"];
        var (_, endpoint, _) = await EndpointsAsync();
        var group = await GroupAsync(new { @interface = "admin" });

        foreach (var path in new[] { "endpoint_groups", "endpoint_groups/" + group, $"endpoint_groups/{group}/endpoints", $"endpoint_groups/{group}/projects", $"projects/{projectId}/endpoints", $"projects/{projectId}/endpoint_groups", $"endpoints/{endpoint}/projects" })
        {
            Assert.Equal((403, 200), ((await api.GetAsync($"{Filter}/{path}", member)).Status, (await api.GetAsync($"{Filter}/{path}", system)).Status));
        }

        foreach (var token in new[] { member, system })
        {
            Assert.Equal(403, (await api.PostAsync(Filter + "/endpoint_groups", new { endpoint_group = new { name = "n" } }, token)).Status);
            Assert.Equal(403, (await api.PatchAsync($"{Filter}/endpoint_groups/{group}", new { endpoint_group = new { name = "n" } }, token)).Status);
            Assert.Equal(403, (await api.DeleteAsync($"{Filter}/endpoint_groups/{group}", token)).Status);
            Assert.Equal(403, (await api.PutAsync($"{Filter}/projects/{projectId}/endpoints/{endpoint}", null, token)).Status);
            Assert.Equal(403, (await api.DeleteAsync($"{Filter}/projects/{projectId}/endpoints/{endpoint}", token)).Status);
            Assert.Equal(403, (await api.PutAsync($"{Filter}/endpoint_groups/{group}/projects/{projectId}", null, token)).Status);
            Assert.Equal(403, (await api.DeleteAsync($"{Filter}/endpoint_groups/{group}/projects/{projectId}", token)).Status);
        }
    }

    private async Task<(string Service, string One, string Two)> EndpointsAsync()
    {
        var service = await api.Keystone.CreateAsync("service", new { type = IdentityApi.Unique("t"), name = "s" });
        var ids = new List<string>();
        foreach (var region in new[] { "RegionOne", "RegionTwo" })
        {
            ids.Add(await api.Keystone.CreateAsync("endpoint", new Dictionary<string, object> { ["service_id"] = service, ["interface"] = "public", ["region_id"] = region, ["url"] = "http://192.0.2.1" }));
        }

        return (service, ids[0], ids[1]);
    }

    private async Task<string> GroupAsync(object filters) =>
        (await api.PostAsync(Filter + "/endpoint_groups", new { endpoint_group = new { name = IdentityApi.Unique("eg"), filters } }))["endpoint_group"].GetProperty("id").GetString()!;

    /// <summary>The endpoints in the order of their regions; other things in the order of the answer.</summary>
    private async Task<IEnumerable<string?>> IdsAsync(string path, string collection = "endpoints") => (await api.GetAsync(path))[collection].EnumerateArray()
        .OrderBy(e => e.TryGetProperty("region_id", out var region) ? region.GetString() : "", StringComparer.Ordinal).Select(e => e.GetProperty("id").GetString()).ToList();
}
