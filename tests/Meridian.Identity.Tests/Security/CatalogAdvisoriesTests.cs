// SPDX-License-Identifier: Apache-2.0
namespace Meridian.Identity.Tests.Security;

/// <summary>Attacks on the catalog and on what hangs on it.</summary>
public sealed class CatalogAdvisoriesTests(IdentityApi api) : IClassFixture<IdentityApi>
{
    [Theory]
    [InlineData("http://192.0.2.1/%(admin_token)s")]
    [InlineData("http://192.0.2.1/$(connection)s")]
    [InlineData("http://192.0.2.1/{0.__class__}")]
    [InlineData("http://192.0.2.1/%(public_endpoint)s")]
    [InlineData("http://192.0.2.1/%(project_id)r")]
    [InlineData("file:///etc/keystone/keystone.conf")]
    [InlineData("javascript:alert(1)")]
    public async Task Ossa_2014_029_a_changed_url_names_only_the_askers_ids(string url)
    {
        var service = await api.Keystone.CreateAsync("service", new { type = IdentityApi.Unique("t"), name = "s" });
        var endpoint = await api.Keystone.CreateAsync("endpoint", Endpoint(service, "http://192.0.2.1"));

        var answer = await api.PatchAsync("/v3/endpoints/" + endpoint, new { endpoint = new { url } });

        Assert.Equal(400, answer.Status);
        Assert.Equal("http://192.0.2.1", (await api.GetAsync("/v3/endpoints/" + endpoint))["endpoint"].GetProperty("url").GetString());
    }

    [Theory]
    [InlineData("regionone", 409)]
    [InlineData("REGIONONE", 409)]
    [InlineData("RegionOne ", 400)]
    [InlineData(" RegionOne", 400)]
    [InlineData("RegiоnOne", 400)]
    [InlineData("Région", 400)]
    [InlineData("../RegionOne", 400)]
    [InlineData("Region\u200bOne", 400)]
    public async Task S3_a_region_does_not_look_like_another(string id, int status)
    {
        Assert.Equal(status, (await api.PostAsync("/v3/regions", new { region = new { id } })).Status);

        // An endpoint makes the region of the old field, by the same rules.
        var service = await api.Keystone.FindIdAsync("services", "keystone");
        Assert.Equal(status, (await api.PostAsync("/v3/endpoints", new { endpoint = new { service_id = service, @interface = "public", region = id, url = "http://192.0.2.1" } })).Status);
    }

    [Theory]
    [InlineData("manager")]
    [InlineData("member")]
    [InlineData("reader")]
    [InlineData("service")]
    public async Task S4_the_catalog_is_the_administrators(string role)
    {
        var (name, project) = (IdentityApi.Unique("u"), IdentityApi.Unique("p"));
        var (_, projectId) = await api.Keystone.CreateUserAsync(name, "pw", project, role);
        var token = await api.Keystone.TokenAsync(name, "pw", project);
        var service = await api.Keystone.FindIdAsync("services", "keystone");
        var endpoint = (await api.GetAsync("/v3/endpoints?region_id=RegionTwo"))["endpoints"][0].GetProperty("id").GetString();

        var answers = new[]
        {
            await api.PostAsync("/v3/endpoints", new { endpoint = Endpoint(service!, "http://203.0.113.66") }, token),
            await api.PatchAsync("/v3/endpoints/" + endpoint, new { endpoint = new { url = "http://203.0.113.66" } }, token),
            await api.DeleteAsync("/v3/endpoints/" + endpoint, token),
            await api.PatchAsync("/v3/services/" + service, new { service = new { enabled = false } }, token),
            await api.DeleteAsync("/v3/services/" + service, token),
            await api.PutAsync("/v3/regions/" + IdentityApi.Unique("r"), new { region = new { } }, token),
            await api.PatchAsync("/v3/regions/RegionTwo", new { region = new { description = "mine" } }, token),
            await api.PutAsync($"/v3/OS-EP-FILTER/projects/{projectId}/endpoints/{endpoint}", null, token),
            await api.PostAsync("/v3/OS-EP-FILTER/endpoint_groups", new { endpoint_group = new { name = "g", filters = new { region_id = "RegionTwo" } } }, token),
        };

        Assert.All(answers, answer => Assert.Equal(403, answer.Status));
    }

    [Fact]
    public async Task S13_the_manager_of_another_domain_reaches_none_of_it()
    {
        var (domain, name) = (await api.Keystone.CreateAsync("domain", new { name = IdentityApi.Unique("d") }), IdentityApi.Unique("u"));
        var user = await api.Keystone.CreateAsync("user", new { name, password = "pw" });
        await api.PutAsync($"/v3/domains/{domain}/users/{user}/roles/{await api.Keystone.FindIdAsync("roles", "manager")}");
        var token = (await api.LogInAsync(name, "pw", new { domain = new { id = domain } })).Headers["X-Subject-Token"];
        var service = await api.Keystone.CreateAsync("service", new { type = IdentityApi.Unique("t"), name = "s" });
        var project = await api.Keystone.FindIdAsync("projects", "admin");
        await api.PostAsync("/v3/registered_limits", new { registered_limits = new[] { new { service_id = service, resource_name = "cores", default_limit = 1 } } });
        var limit = (await api.PostAsync("/v3/limits", new { limits = new[] { new { service_id = service, resource_name = "cores", resource_limit = 7, project_id = project } } }))["limits"][0].GetProperty("id").GetString();
        await api.PutAsync("/v3/domains/default/config", """{"config":{"ldap":{"url":"ldap://secret-host"}}}""");

        foreach (var path in new[] { "/v3/limits/" + limit, "/v3/domains/default/config", "/v3/domains/default/config/ldap/url", $"/v3/domains/{domain}/config", "/v3/policies", "/v3/endpoints", $"/v3/OS-EP-FILTER/projects/{project}/endpoints" })
        {
            foreach (var method in new[] { HttpMethod.Get, HttpMethod.Patch, HttpMethod.Delete, HttpMethod.Put, HttpMethod.Post })
            {
                var answer = await api.SendAsync(method, path, method == HttpMethod.Get ? null : "{}", token);

                Assert.True(answer.Status is 403 or 404 or 405, $"{method} {path}: {answer.Status}");
                Assert.DoesNotContain("secret-host", answer.Text, StringComparison.Ordinal);
            }
        }

        Assert.DoesNotContain(limit!, (await api.GetAsync("/v3/limits", token)).Text, StringComparison.Ordinal);
        await api.DeleteAsync("/v3/domains/default/config");
    }

    private static object Endpoint(string service, string url) =>
        new Dictionary<string, object> { ["service_id"] = service, ["interface"] = "public", ["region_id"] = "RegionOne", ["url"] = url };
}
