// SPDX-License-Identifier: Apache-2.0
namespace Meridian.Identity.Tests.Catalog;

public sealed class CatalogTests(IdentityApi api) : IClassFixture<IdentityApi>
{
    [Fact]
    public async Task Templates_become_urls_of_the_scope_and_changes_show_at_once()
    {
        var type = IdentityApi.Unique("gtype");
        var service = await api.Keystone.CreateAsync("service", new { type, name = "gs", description = "golden service" });
        var endpoint = await api.Keystone.CreateAsync("endpoint", Endpoint(service, "http://192.0.2.9:9999/v1/%(project_id)s/$(tenant_id)s/%(user_id)s"));
        var token = (await api.ValidateAsync(await api.Keystone.AdminTokenAsync()))["token"];
        var (project, user) = (token.GetProperty("project").GetProperty("id").GetString(), token.GetProperty("user").GetProperty("id").GetString());

        Assert.Equal($"http://192.0.2.9:9999/v1/{project}/{project}/{user}", await UrlAsync(type));

        await api.PatchAsync("/v3/endpoints/" + endpoint, new { endpoint = new { url = "http://192.0.2.9:9998/v2" } });
        Assert.Equal("http://192.0.2.9:9998/v2", await UrlAsync(type));
        await api.PatchAsync("/v3/endpoints/" + endpoint, new { endpoint = new { enabled = false } });
        Assert.Null(await UrlAsync(type));
    }

    [Fact]
    public async Task Without_a_project_urls_that_need_one_are_left_out()
    {
        var type = IdentityApi.Unique("gtype");
        var service = await api.Keystone.CreateAsync("service", new { type, name = "gs" });
        await api.Keystone.CreateAsync("endpoint", Endpoint(service, "http://192.0.2.9:9999/v1/%(project_id)s"));

        var system = await api.LogInAsync("admin", Testing.KeystoneFixture.AdminPassword, new { system = new { all = true } });

        var entry = system["token"].GetProperty("catalog").EnumerateArray().Single(s => s.GetProperty("type").GetString() == type);
        Assert.Equal(0, entry.GetProperty("endpoints").GetArrayLength());
    }

    [Fact]
    public async Task An_endpoint_shows_region_under_both_names()
    {
        var service = await api.Keystone.CreateAsync("service", new { type = IdentityApi.Unique("t"), name = "s" });

        var created = await api.PostAsync("/v3/endpoints", new { endpoint = new Dictionary<string, object> { ["service_id"] = service, ["interface"] = "internal", ["region"] = "RegionTwo", ["url"] = "http://192.0.2.9" } });

        Assert.Equal(201, created.Status);
        Assert.Equal("RegionTwo", created["endpoint"].GetProperty("region").GetString());
        Assert.Equal("RegionTwo", created["endpoint"].GetProperty("region_id").GetString());
        Assert.True(created["endpoint"].GetProperty("enabled").GetBoolean());
        Assert.Equal(1, (await api.GetAsync($"/v3/endpoints?service_id={service}&region_id=RegionTwo&interface=internal"))["endpoints"].GetArrayLength());
        Assert.Equal(0, (await api.GetAsync($"/v3/endpoints?service_id={service}&region_id=regiontwo"))["endpoints"].GetArrayLength());
    }

    [Theory]
    [InlineData("RegionNine")]
    [InlineData("regionone")]
    [InlineData("RegionOne ")]
    public async Task An_unknown_region_is_refused(string region)
    {
        var service = await api.Keystone.FindIdAsync("services", "keystone");

        var answer = await api.PostAsync("/v3/endpoints", new { endpoint = new Dictionary<string, object> { ["service_id"] = service!, ["interface"] = "public", ["region_id"] = region, ["url"] = "http://192.0.2.9" } });

        Assert.Equal(400, answer.Status);
        Assert.StartsWith("Expecting to find endpoint region_id in region table.", answer.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_old_name_of_the_field_makes_the_region()
    {
        var service = await api.Keystone.FindIdAsync("services", "keystone");
        var region = IdentityApi.Unique("Region");

        var made = await api.PostAsync("/v3/endpoints", new { endpoint = new { service_id = service, @interface = "public", region, url = "http://192.0.2.9" } });

        Assert.Equal((201, region), (made.Status, made["endpoint"].GetProperty("region_id").GetString()));
        Assert.Equal(200, (await api.GetAsync("/v3/regions/" + region)).Status);
    }

    [Fact]
    public async Task A_service_goes_with_its_endpoints()
    {
        var service = await api.Keystone.CreateAsync("service", new { type = IdentityApi.Unique("t"), name = "s" });
        var endpoint = await api.Keystone.CreateAsync("endpoint", Endpoint(service, "http://192.0.2.9"));

        Assert.Equal(204, (await api.DeleteAsync("/v3/services/" + service)).Status);

        Assert.Equal(404, (await api.GetAsync("/v3/services/" + service)).Status);
        Assert.Equal(404, (await api.GetAsync("/v3/endpoints/" + endpoint)).Status);
    }

    [Fact]
    public async Task Who_has_the_catalog_is_told_so_until_it_changes()
    {
        var service = await api.Keystone.CreateAsync("service", new { type = IdentityApi.Unique("t"), name = "s" });
        var first = await CatalogAsync();

        Assert.Equal(200, first.Status);
        var tag = first.Headers["ETag"];
        foreach (var known in new[] { tag, "W/" + tag, $"\"other\", {tag}", "*" })
        {
            var again = await CatalogAsync(known);
            Assert.Equal((304, "", tag), (again.Status, again.Text, again.Headers["ETag"]));
        }

        Assert.Equal(200, (await CatalogAsync("\"other\"")).Status);
        await api.Keystone.CreateAsync("endpoint", Endpoint(service, "http://192.0.2.9"));
        var changed = await CatalogAsync(tag);
        Assert.Equal(200, changed.Status);
        Assert.NotEqual(tag, changed.Headers["ETag"]);
    }

    [Fact]
    public async Task A_catalog_of_three_hundred_regions_is_whole()
    {
        var type = IdentityApi.Unique("t");
        var service = await api.Keystone.CreateAsync("service", new { type, name = "s" });
        for (var i = 0; i < 300; i++)
        {
            await api.PostAsync("/v3/endpoints", new { endpoint = new { service_id = service, @interface = "public", region = $"{type}-{i}", url = $"http://192.0.2.{i % 250}/{i}/%(project_id)s" } });
        }

        var (catalog, admin) = (await CatalogAsync(), await api.Keystone.FindIdAsync("projects", "admin"));

        var endpoints = catalog["catalog"].EnumerateArray().Single(s => s.GetProperty("type").GetString() == type).GetProperty("endpoints").EnumerateArray().ToList();
        Assert.Equal(
            Enumerable.Range(0, 300).Select(i => $"{type}-{i} http://192.0.2.{i % 250}/{i}/{admin}").Order(StringComparer.Ordinal),
            endpoints.Select(e => $"{e.GetProperty("region_id").GetString()} {e.GetProperty("url").GetString()}").Order(StringComparer.Ordinal));
        Assert.Equal(catalog.Text.Length.ToString(System.Globalization.CultureInfo.InvariantCulture), catalog.Headers["Content-Length"]);
    }

    private async Task<ApiAnswer> CatalogAsync(string? known = null) => await api.SendAsync(HttpMethod.Get, "/v3/auth/catalog", null, headers: known is null ? [] : [("If-None-Match", known)]);

    private static object Endpoint(string service, string url) =>
        new Dictionary<string, object> { ["service_id"] = service, ["interface"] = "public", ["region_id"] = "RegionOne", ["url"] = url };

    private async Task<string?> UrlAsync(string type)
    {
        var catalog = (await api.ValidateAsync(await api.Keystone.AdminTokenAsync()))["token"].GetProperty("catalog");
        var endpoints = catalog.EnumerateArray().Single(s => s.GetProperty("type").GetString() == type).GetProperty("endpoints");
        return endpoints.EnumerateArray().Select(e => e.GetProperty("url").GetString()).SingleOrDefault();
    }
}
