// SPDX-License-Identifier: Apache-2.0
using System.Text.Json;

namespace Meridian.Identity.Tests.EndpointFilter;

/// <summary>What OS-EP-FILTER makes of a project's catalog.</summary>
public sealed class FilteredCatalogTests(IdentityApi api) : IClassFixture<IdentityApi>
{
    private const string Filter = "/v3/OS-EP-FILTER";

    [Fact]
    public async Task A_project_with_an_endpoint_of_its_own_sees_that_alone_and_others_all()
    {
        var (project, token) = await ProjectAsync();
        var (_, other) = await ProjectAsync();
        var (type, endpoint) = await EndpointAsync("RegionTwo", "http://192.0.2.1/%(project_id)s");
        var whole = await CatalogAsync(other);

        await api.PutAsync($"{Filter}/projects/{project}/endpoints/{endpoint}");

        var service = Assert.Single((await CatalogAsync(token)).EnumerateArray());
        Assert.Equal(type, service.GetProperty("type").GetString());
        Assert.Equal("http://192.0.2.1/" + project, Assert.Single(service.GetProperty("endpoints").EnumerateArray()).GetProperty("url").GetString());
        Assert.Equal(service.GetRawText(), (await api.ValidateAsync(token))["token"].GetProperty("catalog")[0].GetRawText());
        Assert.Equal(whole.GetRawText(), (await CatalogAsync(other)).GetRawText());

        await api.DeleteAsync($"{Filter}/projects/{project}/endpoints/{endpoint}");
        Assert.True((await CatalogAsync(token)).GetArrayLength() > 1);
    }

    [Fact]
    public async Task A_group_of_a_region_makes_a_regional_project_and_follows_what_is_added()
    {
        var (project, token) = await ProjectAsync();
        var region = IdentityApi.Unique("Region");
        await api.PutAsync("/v3/regions/" + region, new { region = new { } });
        var group = (await api.PostAsync(Filter + "/endpoint_groups", new { endpoint_group = new { name = "g", filters = new { region_id = region } } }))["endpoint_group"].GetProperty("id").GetString();
        await api.PutAsync($"{Filter}/endpoint_groups/{group}/projects/{project}");

        // Nothing is in the group yet: nothing is filtered.
        Assert.True((await CatalogAsync(token)).GetArrayLength() > 0);

        var (first, _) = await EndpointAsync(region, "http://192.0.2.1");
        Assert.Equal([first], Types(await CatalogAsync(token)));
        var (second, _) = await EndpointAsync(region, "http://192.0.2.2");
        Assert.Equal(new[] { first, second }.Order(StringComparer.Ordinal), Types(await CatalogAsync(token)));
        await api.PatchAsync($"{Filter}/endpoint_groups/{group}", new { endpoint_group = new { filters = new { region_id = region, @interface = "admin" } } });
        await api.Keystone.CreateAsync("endpoint", new Dictionary<string, object> { ["service_id"] = await ServiceAsync(second), ["interface"] = "admin", ["region_id"] = region, ["url"] = "http://192.0.2.2" });
        Assert.Equal([second], Types(await CatalogAsync(token)));
    }

    [Fact]
    public async Task A_disabled_endpoint_filters_and_is_not_shown()
    {
        var (project, token) = await ProjectAsync();
        var (_, endpoint) = await EndpointAsync("RegionOne", "http://192.0.2.1");
        await api.PutAsync($"{Filter}/projects/{project}/endpoints/{endpoint}");

        await api.PatchAsync("/v3/endpoints/" + endpoint, new { endpoint = new { enabled = false } });

        Assert.Equal(0, (await CatalogAsync(token)).GetArrayLength());
    }

    [Fact]
    public async Task Projects_with_the_same_endpoints_have_their_own_ids_in_the_urls()
    {
        var (one, oneToken) = await ProjectAsync();
        var (two, twoToken) = await ProjectAsync();
        var (_, endpoint) = await EndpointAsync("RegionOne", "http://192.0.2.1/$(tenant_id)s/x");
        await api.PutAsync($"{Filter}/projects/{one}/endpoints/{endpoint}");
        await api.PutAsync($"{Filter}/projects/{two}/endpoints/{endpoint}");

        Assert.Equal($"http://192.0.2.1/{one}/x", Url(await CatalogAsync(oneToken)));
        Assert.Equal($"http://192.0.2.1/{two}/x", Url(await CatalogAsync(twoToken)));
    }

    private static string? Url(JsonElement catalog) => catalog[0].GetProperty("endpoints")[0].GetProperty("url").GetString();

    private static IEnumerable<string?> Types(JsonElement catalog) => catalog.EnumerateArray().Select(s => s.GetProperty("type").GetString());

    private async Task<string> ServiceAsync(string type) => (await api.GetAsync("/v3/services?type=" + type))["services"][0].GetProperty("id").GetString()!;

    private async Task<JsonElement> CatalogAsync(string token) => (await api.GetAsync("/v3/auth/catalog", token))["catalog"];

    private async Task<(string Id, string Token)> ProjectAsync()
    {
        var (name, project) = (IdentityApi.Unique("u"), IdentityApi.Unique("p"));
        var (_, id) = await api.Keystone.CreateUserAsync(name, "pw", project, "member");
        return (id, await api.Keystone.TokenAsync(name, "pw", project));
    }

    private async Task<(string Type, string Endpoint)> EndpointAsync(string region, string url)
    {
        var type = IdentityApi.Unique("t");
        var service = await api.Keystone.CreateAsync("service", new { type, name = "s" });
        return (type, await api.Keystone.CreateAsync("endpoint", new Dictionary<string, object> { ["service_id"] = service, ["interface"] = "public", ["region_id"] = region, ["url"] = url }));
    }
}

/// <summary>A Keystone with [endpoint_filter] return_all_endpoints_if_no_filter = false.</summary>
public sealed class NothingUnfilteredApi : IdentityApi
{
    protected override string Further => "[endpoint_filter]\nreturn_all_endpoints_if_no_filter = false";
}

public sealed class NothingUnfilteredTests(NothingUnfilteredApi api) : IClassFixture<NothingUnfilteredApi>
{
    [Fact]
    public async Task Without_associations_the_catalog_is_empty()
    {
        var token = await api.Keystone.AdminTokenAsync();
        var project = await api.Keystone.FindIdAsync("projects", "admin");
        var endpoint = (await api.GetAsync("/v3/endpoints?region_id=RegionTwo"))["endpoints"][0].GetProperty("id").GetString();

        Assert.Equal("[]", (await api.ValidateAsync(token))["token"].GetProperty("catalog").GetRawText());
        await api.PutAsync($"/v3/OS-EP-FILTER/projects/{project}/endpoints/{endpoint}");
        Assert.Equal(endpoint, (await api.ValidateAsync(token))["token"].GetProperty("catalog")[0].GetProperty("endpoints")[0].GetProperty("id").GetString());
        Assert.Equal("[]", (await api.LogInAsync("admin", Testing.KeystoneFixture.AdminPassword, new { system = new { all = true } }))["token"].GetProperty("catalog").GetRawText());
        await api.DeleteAsync($"/v3/OS-EP-FILTER/projects/{project}/endpoints/{endpoint}");
    }
}
