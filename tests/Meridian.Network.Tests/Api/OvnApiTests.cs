// SPDX-License-Identifier: Apache-2.0
using System.Net;

using Meridian.Network.Tests.Drivers;
using Meridian.Testing;

namespace Meridian.Network.Tests.Api;

/// <summary>neutron-server over a real OVN: what the API is told becomes what packets meet.</summary>
[Trait("needs", "root")]
public sealed class OvnApiTests(OvnFixture ovn) : IAsyncLifetime
{
    private NetworkFixture cloud = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        await ovn.StartAsync(Token);

        // Other tests have rows of their own in the same OVN: nothing is compared here.
        cloud = await NetworkFixture.StartAsync(
            $"""
            [ovn]
            ovn_nb_connection = {ovn.Engine.Northbound}
            ovn_sb_connection = {ovn.Engine.Southbound}
            ovn_metadata_enabled = true
            neutron_sync_mode = off
            """,
            drivers: "ovn");
    }

    public async ValueTask DisposeAsync()
    {
        if (cloud is not null)
        {
            await cloud.DisposeAsync();
        }
    }

    [Fact]
    public async Task A_bound_port_becomes_active_gets_its_address_by_DHCP_and_answers_on_its_floating_IP()
    {
        var external = NetworkFixture.Id(await cloud.CreateAsync(
            "networks", new Dictionary<string, object> { ["router:external"] = true, ["provider:network_type"] = "flat", ["provider:physical_network"] = "physnet1" }, "admin"));
        var pool = new[] { new { start = $"{OvnFixture.Outside}.200", end = $"{OvnFixture.Outside}.220" } };
        await cloud.CreateAsync("subnets", new { network_id = external, cidr = $"{OvnFixture.Outside}.0/24", ip_version = 4, gateway_ip = $"{OvnFixture.Outside}.1", allocation_pools = pool, enable_dhcp = false }, "admin");
        var (network, subnet) = await cloud.NetworkAsync("10.8.0.0/24");
        var router = NetworkFixture.Id(await cloud.CreateAsync("routers", new { external_gateway_info = new { network_id = external } }));
        Assert.Equal(HttpStatusCode.OK, (await cloud.CallAsync("demo", HttpMethod.Put, $"/v2.0/routers/{router}/add_router_interface", new { subnet_id = subnet })).Status);
        var group = NetworkFixture.Id((await cloud.GetAsync("/v2.0/security-groups?name=default")).Body.GetProperty("security_groups")[0]);
        var server = Guid.NewGuid().ToString();
        var port = await cloud.CreateAsync(
            "ports",
            new Dictionary<string, object>
            {
                ["network_id"] = network, ["project_id"] = cloud.Keystone.User("demo").ProjectId, ["device_id"] = server, ["device_owner"] = "compute:nova", ["binding:host_id"] = "host5",
            },
            "nova");
        var id = NetworkFixture.Id(port);
        var mac = port.GetProperty("mac_address").GetString()!;
        var address = port.GetProperty("fixed_ips")[0].GetProperty("ip_address").GetString()!;
        Assert.Equal("ovs", port.GetProperty("binding:vif_type").GetString());
        Assert.Equal("DOWN", port.GetProperty("status").GetString());

        await using var guest = await ovn.PlugAsync(id, mac, Token);

        Assert.True(await Wait.UntilAsync(async () => (await cloud.GetAsync("/v2.0/ports/" + id)).Body.GetProperty("port").GetProperty("status").GetString() == "ACTIVE"), "the port never became ACTIVE");
        Assert.True(await Wait.UntilAsync(() => cloud.Compute.Events.Any(e => e.Name == "network-vif-plugged" && e.ServerUuid == server)), "compute was not told");
        var offer = await DhcpClient.DiscoverAsync(guest.Name, mac, TimeSpan.FromSeconds(20));
        Assert.Equal(address, offer?.Address.ToString());

        await guest.ConfigureAsync(address + "/24", "10.8.0.1", Token);
        await cloud.CreateAsync("security-group-rules", new { security_group_id = group, direction = "ingress", protocol = "tcp", port_range_min = 22, port_range_max = 22 });
        using var ssh = await guest.ListenAsync(22);
        using var closed = await guest.ListenAsync(8080);
        var floating = await cloud.CreateAsync("floatingips", new { floating_network_id = external, port_id = id });
        var outside = floating.GetProperty("floating_ip_address").GetString()!;

        Assert.True(await Wait.UntilAsync(async () => await GuestNamespace.AskAsync(ovn.UplinkNamespace, outside, 22, TimeSpan.FromSeconds(1)) is not null), "the floating IP does not answer");
        Assert.Null(await GuestNamespace.AskAsync(ovn.UplinkNamespace, outside, 8080, TimeSpan.FromSeconds(2)));
        var agents = (await cloud.GetAsync("/v2.0/agents", "admin")).Body.GetProperty("agents").EnumerateArray().Select(a => a.GetProperty("agent_type").GetString()).ToList();
        Assert.Contains("OVN Controller Gateway agent", agents);
    }

    [Fact]
    public async Task A_port_cannot_be_bound_to_a_host_without_an_agent()
    {
        var (network, _) = await cloud.NetworkAsync("10.9.0.0/24");

        var port = await cloud.CreateAsync("ports", new Dictionary<string, object> { ["network_id"] = network, ["binding:host_id"] = "nowhere" }, "admin");

        Assert.Equal("binding_failed", port.GetProperty("binding:vif_type").GetString());
    }
}
