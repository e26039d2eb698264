// SPDX-License-Identifier: Apache-2.0
using System.Net;

using Meridian.Testing;

namespace Meridian.Network.Tests.Api;

public sealed class WalkTests : IAsyncLifetime
{
    private NetworkFixture cloud = null!;

    public async ValueTask InitializeAsync() => cloud = await NetworkFixture.StartAsync();

    public ValueTask DisposeAsync() => cloud.DisposeAsync();

    [Fact]
    public async Task An_external_network_goes_with_the_floating_ips_that_nothing_uses()
    {
        var external = NetworkFixture.Id(await cloud.CreateAsync("networks", new Dictionary<string, object> { ["router:external"] = true }, "admin"));
        await cloud.CreateAsync("subnets", new { network_id = external, cidr = "172.24.9.0/24", ip_version = 4, enable_dhcp = false }, "admin");
        var floating = NetworkFixture.Id(await cloud.CreateAsync("floatingips", new { floating_network_id = external }));

        Assert.Equal(HttpStatusCode.NoContent, (await cloud.CallAsync("admin", HttpMethod.Delete, "/v2.0/networks/" + external)).Status);

        Assert.Equal(HttpStatusCode.NotFound, (await cloud.CallAsync("demo", HttpMethod.Get, "/v2.0/floatingips/" + floating)).Status);
        Assert.Equal(0, (await cloud.GetAsync($"/v2.0/quotas/{cloud.Keystone.User("demo").ProjectId}/details.json", "admin")).Body.GetProperty("quota").GetProperty("floatingip").GetProperty("used").GetInt32());
    }

    [Fact]
    public async Task A_list_of_agents_is_empty_to_a_user() =>
        Assert.Equal(0, (await cloud.GetAsync("/v2.0/agents")).Body.GetProperty("agents").GetArrayLength());

    [Fact]
    public async Task A_project_network_with_router_floating_ip_and_bound_port_works_and_goes_away_again()
    {
        var external = NetworkFixture.Id(await cloud.CreateAsync("networks", new Dictionary<string, object> { ["name"] = "public", ["router:external"] = true }, "admin"));
        await cloud.CreateAsync("subnets", new { network_id = external, cidr = "172.24.4.0/24", ip_version = 4, enable_dhcp = false }, "admin");
        var (network, subnet) = await cloud.NetworkAsync();
        var router = NetworkFixture.Id(await cloud.CreateAsync("routers", new { name = "r", external_gateway_info = new { network_id = external } }));
        var added = await cloud.CallAsync("demo", HttpMethod.Put, $"/v2.0/routers/{router}/add_router_interface", new { subnet_id = subnet });
        Assert.Equal(HttpStatusCode.OK, added.Status);

        var server = Guid.NewGuid().ToString();
        var port = await cloud.CreateAsync(
            "ports",
            new Dictionary<string, object> { ["network_id"] = network, ["project_id"] = cloud.Keystone.User("demo").ProjectId, ["device_id"] = server, ["device_owner"] = "compute:nova", ["binding:host_id"] = "host1" },
            "nova");
        var portId = NetworkFixture.Id(port);
        Assert.Equal("ovs", port.GetProperty("binding:vif_type").GetString());
        Assert.True(port.GetProperty("binding:vif_details").GetProperty("ovs_hybrid_plug").GetBoolean());
        Assert.True(await Wait.UntilAsync(async () => (await cloud.GetAsync("/v2.0/ports/" + portId)).Body.GetProperty("port").GetProperty("status").GetString() == "ACTIVE"), "the port never became ACTIVE");
        Assert.True(await Wait.UntilAsync(() => cloud.Compute.Events.Any(e => e.Name == "network-vif-plugged" && e.ServerUuid == server && e.Tag == portId)), "compute was not told");

        var floating = await cloud.CreateAsync("floatingips", new { floating_network_id = external, port_id = portId });
        Assert.Equal(router, floating.GetProperty("router_id").GetString());
        Assert.StartsWith("172.24.4.", floating.GetProperty("floating_ip_address").GetString(), StringComparison.Ordinal);
        Assert.True(await Wait.UntilAsync(async () => (await cloud.GetAsync("/v2.0/floatingips/" + NetworkFixture.Id(floating))).Body.GetProperty("floatingip").GetProperty("status").GetString() == "ACTIVE"));

        var inUse = await cloud.RefusedAsync("demo", HttpMethod.Put, $"/v2.0/routers/{router}/remove_router_interface", new { subnet_id = subnet });
        Assert.Equal((409, "RouterInterfaceInUseByFloatingIP"), (inUse.Status, inUse.Type));
        foreach (var path in new[] { $"floatingips/{NetworkFixture.Id(floating)}", $"ports/{portId}" })
        {
            Assert.Equal(HttpStatusCode.NoContent, (await cloud.CallAsync("demo", HttpMethod.Delete, "/v2.0/" + path)).Status);
        }

        Assert.Equal(HttpStatusCode.OK, (await cloud.CallAsync("demo", HttpMethod.Put, $"/v2.0/routers/{router}/remove_router_interface", new { subnet_id = subnet })).Status);
        foreach (var path in new[] { $"routers/{router}", $"networks/{network}" })
        {
            Assert.Equal(HttpStatusCode.NoContent, (await cloud.CallAsync("demo", HttpMethod.Delete, "/v2.0/" + path)).Status);
        }

        Assert.True(await Wait.UntilAsync(() => cloud.Compute.Events.Any(e => e.Name == "network-vif-deleted" && e.Tag == portId)));
        Assert.True(await Wait.UntilAsync(async () => (await cloud.Driver.ListAsync(TestContext.Current.CancellationToken)) is { Ports.Count: 0, Routers.Count: 0, Networks.Count: 1 }));
    }
}
