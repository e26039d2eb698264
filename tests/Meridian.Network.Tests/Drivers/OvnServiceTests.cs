// SPDX-License-Identifier: Apache-2.0

using System.Net;
using System.Text.Json;
using Meridian.Testing;

namespace Meridian.Network.Tests.Drivers;

/// <summary>From a user's calls of the API to packets: neutron-server over real OVN, a namespace in the guest's place.</summary>
[Trait("needs", "root")]
public sealed class OvnServiceTests(OvnFixture ovn) : IAsyncLifetime
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(20);
    private readonly List<GuestNamespace> guests = [];
    private NetworkFixture api = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        await ovn.StartAsync(Token);
        api = await NetworkFixture.StartAsync($"""
            [ovn]
            ovn_nb_connection = {ovn.Engine.Northbound}
            ovn_sb_connection = {ovn.Engine.Southbound}
            ovn_metadata_enabled = true
            neutron_sync_mode = log
            """, drivers: "ovn");
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var guest in guests)
        {
            await guest.DisposeAsync();
        }

        await api.DisposeAsync();
    }

    [Fact]
    public async Task A_server_behind_a_router_is_reached_by_its_floating_IP()
    {
        var outside = await PublicAsync();
        var (network, subnet) = await api.NetworkAsync("10.9.0.0/24");
        var router = NetworkFixture.Id(await api.CreateAsync("routers", new { name = "r", external_gateway_info = new { network_id = outside } }));
        Assert.Equal(HttpStatusCode.OK, (await api.CallAsync("demo", HttpMethod.Put, $"/v2.0/routers/{router}/add_router_interface", new { subnet_id = subnet })).Status);
        var port = await BoundPortAsync(network);
        var (id, mac, address) = (NetworkFixture.Id(port), port.GetProperty("mac_address").GetString()!, port.GetProperty("fixed_ips")[0].GetProperty("ip_address").GetString()!);

        var guest = await PlugAsync(id, mac);
        Assert.True(await Wait.UntilAsync(async () => (await api.GetAsync($"/v2.0/ports/{id}")).Body.GetProperty("port").GetProperty("status").GetString() == "ACTIVE", Soon), "the port did not become ACTIVE");
        Assert.Contains(api.Compute.Events, e => e.Name == "network-vif-plugged" && e.Tag == id);

        var offer = await DhcpClient.DiscoverAsync(guest.Name, mac, Soon);
        Assert.Equal(address, offer?.Address.ToString());
        Assert.Equal([169, 254, 169, 254], offer!.Value.Options[121][1..5]);

        await guest.ConfigureAsync($"{address}/24", "10.9.0.1", Token);
        using var listener = await guest.ListenAsync(22);
        var floating = await api.CreateAsync("floatingips", new { floating_network_id = outside, port_id = id });
        var reached = floating.GetProperty("floating_ip_address").GetString()!;
        Assert.Null(await GuestNamespace.AskAsync(null, reached, 22, TimeSpan.FromSeconds(2)));

        var group = port.GetProperty("security_groups")[0].GetString();
        await api.CreateAsync("security-group-rules", new { security_group_id = group, direction = "ingress", protocol = "tcp", port_range_min = 22, port_range_max = 22 });

        Assert.True(await Wait.UntilAsync(async () => await GuestNamespace.AskAsync(null, reached, 22, TimeSpan.FromSeconds(1)) is not null, Soon), "the floating IP does not answer");
        Assert.True(
            await Wait.UntilAsync(async () => (await api.GetAsync($"/v2.0/floatingips/{NetworkFixture.Id(floating)}")).Body.GetProperty("floatingip").GetProperty("status").GetString() == "ACTIVE", Soon),
            "the floating IP did not become ACTIVE");
    }

    [Fact]
    public async Task What_is_deleted_by_the_API_is_gone_from_OVN()
    {
        var (network, subnet) = await api.NetworkAsync("10.8.0.0/24");
        var port = NetworkFixture.Id(await BoundPortAsync(network));
        Assert.True(await Wait.UntilAsync(async () => (await ovn.Driver.ListAsync(Token)).Ports.Contains(port), Soon));

        Assert.Equal(HttpStatusCode.NoContent, (await api.CallAsync("demo", HttpMethod.Delete, $"/v2.0/ports/{port}")).Status);
        Assert.Equal(HttpStatusCode.NoContent, (await api.CallAsync("demo", HttpMethod.Delete, $"/v2.0/subnets/{subnet}")).Status);
        Assert.Equal(HttpStatusCode.NoContent, (await api.CallAsync("demo", HttpMethod.Delete, $"/v2.0/networks/{network}")).Status);

        Assert.True(await Wait.UntilAsync(async () => await ovn.Driver.ListAsync(Token) is var rows && !rows.Ports.Contains(port) && !rows.Subnets.Contains(subnet) && !rows.Networks.Contains(network), Soon));
    }

    [Fact]
    public async Task Hosts_are_shown_as_OVN_agents()
    {
        var (_, body) = await api.GetAsync("/v2.0/agents", "admin");

        Assert.Contains(body.GetProperty("agents").EnumerateArray(), a => a.GetProperty("agent_type").GetString() == "OVN Controller Gateway agent" && a.GetProperty("alive").GetBoolean());
    }

    private async Task<string> PublicAsync()
    {
        var network = NetworkFixture.Id(await api.CreateAsync(
            "networks",
            new Dictionary<string, object> { ["name"] = "public", ["router:external"] = true, ["provider:network_type"] = "flat", ["provider:physical_network"] = "physnet1" }, "admin"));
        var first = ovn.NextNumber() + 150;
        await api.CreateAsync("subnets", new
        {
            network_id = network, cidr = $"{OvnFixture.Outside}.0/24", ip_version = 4, gateway_ip = $"{OvnFixture.Outside}.1", enable_dhcp = false,
            allocation_pools = new[] { new { start = $"{OvnFixture.Outside}.{first}", end = $"{OvnFixture.Outside}.{first + 5}" } },
        }, "admin");
        return network;
    }

    /// <summary>As compute makes it: with the server's id, then bound to a host.</summary>
    private async Task<JsonElement> BoundPortAsync(string network)
    {
        var port = await api.CreateAsync("ports", new { network_id = network, device_id = Topology.NewId(), device_owner = "compute:nova" });
        var (status, body) = await api.CallAsync("admin", HttpMethod.Put, $"/v2.0/ports/{NetworkFixture.Id(port)}", new { port = new Dictionary<string, object> { ["binding:host_id"] = "host5" } });
        Assert.True(status == HttpStatusCode.OK, $"binding the port: {(int)status} {body}");
        return body.GetProperty("port");
    }

    private async Task<GuestNamespace> PlugAsync(string id, string mac)
    {
        var guest = await ovn.PlugAsync(id, mac, Token);
        guests.Add(guest);
        return guest;
    }
}
