// SPDX-License-Identifier: Apache-2.0
using System.Text.Json;

using Meridian.Testing;
using Meridian.Testing.Engines;

namespace Meridian.Identity.Tests;

/// <summary>The catalog and what hangs on it, on MariaDB: limits, endpoint groups, policies, domain configurations.</summary>
[Trait("needs", "engines")]
public sealed class MariaDbCatalogTests(MariaDbFixture mariaDb) : IAsyncLifetime
{
    private KeystoneFixture keystone = null!;

    public async ValueTask InitializeAsync() => keystone = await KeystoneFixture.StartAsync(
        "[unified_limit]\nenforcement_model = strict_two_level", await mariaDb.CreateDatabaseAsync(TestContext.Current.CancellationToken), regions: ["RegionOne", "RegionTwo"]);

    public ValueTask DisposeAsync() => keystone.DisposeAsync();

    [Fact]
    public async Task Limits_are_made_filtered_kept_within_their_domains_and_deleted()
    {
        var (service, project) = (await keystone.FindIdAsync("services", "keystone"), await keystone.CreateAsync("project", new { name = "limited" }));
        var registered = await keystone.CallAsync(HttpMethod.Post, "/v3/registered_limits", new { registered_limits = new[] { new { service_id = service, resource_name = "cöres", default_limit = 10 } } });
        await Assert.ThrowsAsync<InvalidOperationException>(() => LimitAsync(11));
        await LimitAsync(9);
        await Assert.ThrowsAsync<InvalidOperationException>(() => LimitAsync(9));

        Assert.Equal(1, await CountAsync($"limits?service_id={service}&resource_name__contains=ö&project_id={project}&sort_key=resource_name&limit=5", "limits"));
        await Assert.ThrowsAsync<InvalidOperationException>(() => keystone.CallAsync(HttpMethod.Delete, "/v3/services/" + service));
        await keystone.CallAsync(HttpMethod.Delete, "/v3/projects/" + project);
        Assert.Equal(0, await CountAsync("limits", "limits"));
        await keystone.CallAsync(HttpMethod.Delete, "/v3/registered_limits/" + registered!.Value.GetProperty("registered_limits")[0].GetProperty("id").GetString());

        Task<JsonElement?> LimitAsync(int value) =>
            keystone.CallAsync(HttpMethod.Post, "/v3/limits", new { limits = new[] { new { service_id = service, resource_name = "cöres", resource_limit = value, project_id = project } } });
    }

    [Fact]
    public async Task A_group_of_endpoints_makes_a_projects_catalog()
    {
        var (_, project) = await keystone.CreateUserAsync("regional", "pw", "regional", "member");
        var group = (await keystone.CallAsync(
            HttpMethod.Post, "/v3/OS-EP-FILTER/endpoint_groups", new { endpoint_group = new { name = "g", filters = new { region_id = "RegionTwo", @interface = "public" } } }))!.Value
            .GetProperty("endpoint_group").GetProperty("id").GetString();
        await keystone.CallAsync(HttpMethod.Put, $"/v3/OS-EP-FILTER/endpoint_groups/{group}/projects/{project}");

        Assert.Equal(1, await CountAsync($"OS-EP-FILTER/projects/{project}/endpoints", "endpoints"));
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v3/auth/catalog");
        request.Headers.Add("X-Auth-Token", await keystone.TokenAsync("regional", "pw", "regional"));
        using var answer = await keystone.Service.Client.SendAsync(request, TestContext.Current.CancellationToken);
        var catalog = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)).RootElement.GetProperty("catalog");
        Assert.Equal("RegionTwo", Assert.Single(Assert.Single(catalog.EnumerateArray()).GetProperty("endpoints").EnumerateArray()).GetProperty("region_id").GetString());
        await keystone.CallAsync(HttpMethod.Delete, $"/v3/OS-EP-FILTER/endpoint_groups/{group}");
        Assert.Equal(0, await CountAsync($"OS-EP-FILTER/projects/{project}/endpoint_groups", "endpoint_groups"));
    }

    [Fact]
    public async Task Policies_and_configurations_are_set_twice_found_and_deleted()
    {
        var (service, domain) = (await keystone.FindIdAsync("services", "keystone"), await keystone.CreateAsync("domain", new { name = "configured" }));
        var policy = (await keystone.CallAsync(HttpMethod.Post, "/v3/policies", new { policy = new { blob = "{}", type = "application/json" } }))!.Value.GetProperty("policy").GetProperty("id").GetString();
        for (var i = 0; i < 2; i++)
        {
            await keystone.CallAsync(HttpMethod.Put, $"/v3/policies/{policy}/OS-ENDPOINT-POLICY/services/{service}/regions/RegionTwo");
            await keystone.CallAsync(HttpMethod.Put, $"/v3/domains/{domain}/config", new { config = new { ldap = new { url = "ldap://ü" } } });
            await keystone.CallAsync(HttpMethod.Patch, $"/v3/domains/{domain}/config/ldap/url", new { config = new { url = "ldap://ö" } });
        }

        Assert.Equal(3, await CountAsync($"policies/{policy}/OS-ENDPOINT-POLICY/endpoints", "endpoints"));
        Assert.Equal("ldap://ö", (await keystone.CallAsync(HttpMethod.Get, $"/v3/domains/{domain}/config/ldap/url"))!.Value.GetProperty("config").GetProperty("url").GetString());
        await keystone.CallAsync(HttpMethod.Delete, $"/v3/domains/{domain}/config/ldap");
        await keystone.CallAsync(HttpMethod.Delete, "/v3/policies/" + policy);
    }

    private async Task<int> CountAsync(string path, string collection) => (await keystone.CallAsync(HttpMethod.Get, "/v3/" + path))!.Value.GetProperty(collection).GetArrayLength();
}
