// SPDX-License-Identifier: Apache-2.0
using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;

using Meridian.Compute.Drivers;
using Meridian.Testing;

namespace Meridian.Compute.Tests.Security;

/// <summary>Advisories that this code could repeat, named after their numbers.</summary>
public sealed class AdvisoryTests(ComputeFixture fixture) : IClassFixture<ComputeFixture>
{
    [Fact]
    public async Task Ossa_2012_001_another_project_in_the_url_is_400()
    {
        var other = fixture.Keystone.User("other").ProjectId;
        var own = fixture.Keystone.User("demo").ProjectId;

        Assert.Equal(400, (await fixture.GetAsync($"/v2.1/{other}/servers")).Status);
        Assert.Equal(200, (await fixture.GetAsync($"/v2.1/{own}/servers")).Status);
    }

    [Fact]
    public async Task Ossa_2013_019_a_private_flavor_is_as_good_as_missing()
    {
        await fixture.CreateFlavorAsync("private", "m1.private", 1, 64, 1, isPublic: false);
        var body = fixture.ServerBody("x").Replace("\"flavorRef\":\"1\"", "\"flavorRef\":\"private\"", StringComparison.Ordinal);

        Assert.Equal(404, (await fixture.GetAsync("/v2.1/flavors/private")).Status);
        Assert.Equal("Flavor private could not be found.", (await fixture.PostAsync("/v2.1/servers", body)).Is(400).Message);
    }

    [Theory]
    [InlineData("ip=.*(.*)*(.*)*(.*)*x")]
    [InlineData("name=(a%2B)%2B$")]
    public async Task Ossa_2014_038_a_costly_pattern_costs_little(string query)
    {
        var clock = Stopwatch.StartNew();

        var answer = await fixture.GetAsync("/v2.1/servers/detail?" + query);

        Assert.True(answer.Status is 200 or 400 && clock.Elapsed < TimeSpan.FromSeconds(5), answer.Text);
    }

    [Fact]
    public async Task Ossa_2013_033_metadata_needs_the_signature_and_the_tenant_of_the_server()
    {
        var id = await fixture.CreateActiveServerAsync("meta", ("user_data", Convert.ToBase64String("hello"u8)));
        var (own, other) = (fixture.Keystone.User("demo").ProjectId, fixture.Keystone.User("other").ProjectId);

        Assert.Equal((200, "hello"), await AskAsync("/openstack/latest/user_data", id, own, Sign(id)));
        Assert.Contains(id, (await AskAsync("/openstack/latest/meta_data.json", id, own, Sign(id))).Text, StringComparison.Ordinal);
        Assert.Contains("10.1.", (await AskAsync("/latest/meta-data/local-ipv4", id, own, Sign(id))).Text, StringComparison.Ordinal);
        Assert.Contains("ipv4_dhcp", (await AskAsync("/openstack/latest/network_data.json", id, own, Sign(id))).Text, StringComparison.Ordinal);
        Assert.Equal(403, (await AskAsync("/openstack/latest/meta_data.json", id, own, Sign("other"))).Status);
        Assert.Equal(403, (await AskAsync("/openstack/latest/meta_data.json", id, own, "")).Status);
        Assert.Equal(404, (await AskAsync("/openstack/latest/meta_data.json", id, other, Sign(id))).Status);
        Assert.Equal(400, (await AskAsync("/openstack/latest/meta_data.json", null, own, Sign(id))).Status);
        Assert.Equal(400, (await AskAsync("/openstack/latest/meta_data.json", id, null, Sign(id))).Status);
        await fixture.DeleteServerAsync(id);
    }

    [Fact]
    public async Task S13_another_project_gets_404_for_every_route_of_a_server()
    {
        var id = await fixture.CreateActiveServerAsync("mine");
        foreach (var (method, path, body) in new[]
        {
            ("GET", "", null), ("PUT", "", """{"server": {"name": "x"}}"""), ("DELETE", "", null), ("GET", "/ips", null), ("GET", "/metadata", null),
            ("POST", "/metadata", """{"metadata": {"a": "b"}}"""), ("GET", "/tags", null), ("PUT", "/tags/x", null), ("DELETE", "/tags", null), ("GET", "/os-interface", null),
            ("GET", "/os-instance-actions", null), ("GET", "/os-security-groups", null), ("GET", "/os-volume_attachments", null), ("POST", "/action", """{"os-stop": null}"""),
            ("POST", "/action", """{"reboot": {"type": "SOFT"}}"""), ("POST", "/action", """{"os-getConsoleOutput": {}}"""), ("POST", "/action", """{"lock": null}"""),
        })
        {
            var answer = await fixture.SendAsync(method, $"/v2.1/servers/{id}{path}", body, "other");
            Assert.True(answer.Status == 404, $"{method} {path}: {answer.Status} {answer.Text}");
        }

        // S14: a marker of another project tells nothing of it.
        Assert.Equal(400, (await fixture.GetAsync($"/v2.1/servers?marker={id}", "other")).Status);
        await fixture.DeleteServerAsync(id);
    }

    [Fact]
    public async Task Ossa_2019_003_fault_details_are_for_admins_and_no_token_is_logged()
    {
        fixture.DriverFault = (operation, _, done) =>
        {
            if (operation == "spawn" && !done)
            {
                throw new HypervisorException("The host refused.");
            }
        };
        var id = await fixture.CreateServerAsync("faulty");
        await fixture.WaitForStatusAsync(id, "ERROR");
        fixture.DriverFault = null;

        var seen = (await fixture.GetAsync($"/v2.1/servers/{id}")).Json.GetProperty("server").GetProperty("fault");
        Assert.Equal("The host refused.", seen.GetProperty("message").GetString());
        Assert.False(seen.TryGetProperty("details", out _));
        Assert.DoesNotContain(fixture.Log.Entries, e => e.Text.Contains(FakeKeystone.TokenOf("demo"), StringComparison.Ordinal) || e.Text.Contains("shared-secret", StringComparison.Ordinal));
        await fixture.DeleteServerAsync(id);
    }

    [Theory]
    [InlineData("POST", "/v2.1/flavors", """{"flavor": {"name": "x", "ram": 1, "vcpus": 1, "disk": 1}}""", 403)]
    [InlineData("GET", "/v2.1/os-hypervisors", null, 403)]
    [InlineData("GET", "/v2.1/os-services", null, 403)]
    [InlineData("GET", "/v2.1/os-aggregates", null, 403)]
    [InlineData("POST", "/v2.1/os-server-external-events", """{"events": []}""", 403)]
    [InlineData("GET", "/v2.1/servers?all_tenants=1", null, 403)]
    public async Task What_only_admins_may_is_403_for_members(string method, string path, string? body, int status) =>
        Assert.Equal(status, (await fixture.SendAsync(method, path, body)).Status);

    private static string Sign(string id) => Convert.ToHexStringLower(HMACSHA256.HashData("shared-secret"u8, Encoding.UTF8.GetBytes(id)));

    private async Task<(int Status, string Text)> AskAsync(string path, string? id, string? tenant, string signature)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Add("X-Forwarded-For", "10.0.0.1");
        if (id is not null) { request.Headers.Add("X-Instance-ID", id); }
        if (tenant is not null) { request.Headers.Add("X-Tenant-ID", tenant); }
        request.Headers.Add("X-Instance-ID-Signature", signature);
        using var response = await fixture.Metadata.Client.SendAsync(request, TestContext.Current.CancellationToken);
        return ((int)response.StatusCode, await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }
}
