// SPDX-License-Identifier: Apache-2.0
using System.Net;

using Meridian.Network.Audit;

using Microsoft.Extensions.DependencyInjection;

namespace Meridian.Network.Tests.Quotas;

public sealed class QuotaTests : IAsyncLifetime
{
    private NetworkFixture cloud = null!;

    public async ValueTask InitializeAsync() => cloud = await NetworkFixture.StartAsync("quota_network = 7\nquota_port = 10\nquota_security_group = 4\nquota_security_group_rule = 30\nquota_router = 3\nquota_subnet = 6");

    public ValueTask DisposeAsync() => cloud.DisposeAsync();

    [Fact]
    public async Task A_hundred_creates_at_once_never_pass_the_limit()
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, 100).Select(i => cloud.CallAsync("demo", HttpMethod.Post, "/v2.0/networks", new { network = new { name = $"n{i}" } })));

        Assert.Equal(7, answers.Count(a => a.Status == HttpStatusCode.Created));
        Assert.All(answers.Where(a => a.Status != HttpStatusCode.Created), a =>
        {
            Assert.Equal(HttpStatusCode.Conflict, a.Status);
            Assert.Equal("OverQuota", a.Body.GetProperty("NeutronError").GetProperty("type").GetString());
            Assert.Equal("Quota exceeded for resources: ['network'].", a.Body.GetProperty("NeutronError").GetProperty("message").GetString());
        });
    }

    [Theory]
    [InlineData("security-groups", 3)]
    [InlineData("routers", 3)]
    public async Task OSSA_2012_005_2013_008_every_countable_resource_has_a_limit(string resource, int limit)
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(i => cloud.RefusedAsync(
            "demo", HttpMethod.Post, "/v2.0/" + resource, new Dictionary<string, object> { [resource.TrimEnd('s').Replace('-', '_')] = new { name = $"x{i}" } })));

        Assert.Equal(limit, answers.Count(a => a.Status == 201));
        Assert.All(answers.Where(a => a.Status != 201), a => Assert.Equal((409, "OverQuota"), (a.Status, a.Type)));
    }

    [Fact]
    public async Task A_deleted_network_gives_the_place_of_its_metadata_port_back()
    {
        await using var metadata = await NetworkFixture.StartAsync("[ovn]\novn_metadata_enabled = true");
        var (network, _) = await metadata.NetworkAsync();
        Assert.Equal(1, await UsedPortsAsync());

        Assert.Equal(HttpStatusCode.NoContent, (await metadata.CallAsync("demo", HttpMethod.Delete, "/v2.0/networks/" + network)).Status);

        Assert.Equal(0, await UsedPortsAsync());
        Assert.Empty(await metadata.Service.Host.Services.GetRequiredService<NetworkAudit>().RunAsync(TestContext.Current.CancellationToken));

        async Task<int> UsedPortsAsync() =>
            (await metadata.GetAsync($"/v2.0/quotas/{metadata.Keystone.User("demo").ProjectId}/details")).Body.GetProperty("quota").GetProperty("port").GetProperty("used").GetInt32();
    }

    [Fact]
    public async Task A_deleted_resource_gives_its_place_back_and_the_audit_counts_the_same()
    {
        var (network, _) = await cloud.NetworkAsync();
        for (var i = 0; i < 12; i++)
        {
            var port = await cloud.CreateAsync("ports", new { network_id = network });
            Assert.Equal(HttpStatusCode.NoContent, (await cloud.CallAsync("demo", HttpMethod.Delete, "/v2.0/ports/" + NetworkFixture.Id(port))).Status);
        }

        var details = (await cloud.GetAsync($"/v2.0/quotas/{cloud.Keystone.User("demo").ProjectId}/details")).Body.GetProperty("quota");
        Assert.Equal(0, details.GetProperty("port").GetProperty("used").GetInt32());
        Assert.Equal(1, details.GetProperty("network").GetProperty("used").GetInt32());
        Assert.DoesNotContain(await cloud.Service.Host.Services.GetRequiredService<NetworkAudit>().RunAsync(TestContext.Current.CancellationToken), f => f.Contains("quota", StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_admin_sets_shows_and_resets_limits_and_nobody_else_does()
    {
        var project = cloud.Keystone.User("demo").ProjectId;

        var set = await cloud.CallAsync("admin", HttpMethod.Put, "/v2.0/quotas/" + project, new { quota = new { network = 1, port = -1 } });
        var shown = (await cloud.GetAsync("/v2.0/quotas/" + project, "admin")).Body.GetProperty("quota");
        var refused = await cloud.RefusedAsync("demo", HttpMethod.Put, "/v2.0/quotas/" + project, new { quota = new { network = 100 } });
        var unknown = await cloud.RefusedAsync("admin", HttpMethod.Put, "/v2.0/quotas/" + project, new { quota = new { colour = 1 } });
        var reset = await cloud.CallAsync("admin", HttpMethod.Delete, "/v2.0/quotas/" + project);
        var after = (await cloud.GetAsync("/v2.0/quotas/" + project, "admin")).Body.GetProperty("quota");

        Assert.Equal(HttpStatusCode.OK, set.Status);
        Assert.Equal((1, -1), (shown.GetProperty("network").GetInt32(), shown.GetProperty("port").GetInt32()));
        Assert.Equal(403, refused.Status);
        Assert.Equal("Unrecognized attribute(s) 'colour'", unknown.Message);
        Assert.Equal(HttpStatusCode.NoContent, reset.Status);
        Assert.Equal(7, after.GetProperty("network").GetInt32());
    }
}
