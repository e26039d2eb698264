// SPDX-License-Identifier: Apache-2.0

using System.Buffers.Binary;
using Meridian.Network.Drivers;
using Meridian.Platform.Native;

namespace Meridian.Network.Tests.Drivers;

/// <summary>What the driver writes, seen by packets: namespaces stand in guests' places.</summary>
[Trait("needs", "root")]
public sealed class OvnDataPlaneTests(OvnFixture ovn) : IAsyncLifetime
{
    private static readonly TimeSpan Never = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(15);
    private readonly List<GuestNamespace> guests = [];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => await ovn.StartAsync(Token);

    public async ValueTask DisposeAsync()
    {
        foreach (var guest in guests)
        {
            await guest.DisposeAsync();
        }
    }

    [Fact]
    public async Task A_guest_gets_address_mtu_routes_and_name_server_by_DHCP()
    {
        var topology = await TopologyAsync();
        var guest = await PlugAsync(topology.Guest);

        var offer = await DhcpClient.DiscoverAsync(guest.Name, topology.Guest.MacAddress, Soon);

        Assert.NotNull(offer);
        Assert.Equal("10.1.0.11", offer.Value.Address.ToString());
        Assert.Equal(1442, BinaryPrimitives.ReadUInt16BigEndian(offer.Value.Options[26]));
        Assert.Equal([9, 9, 9, 9], offer.Value.Options[6]);
        Assert.Equal([32, 169, 254, 169, 254, 10, 1, 0, 2, 16, 10, 77, 10, 1, 0, 3, 0, 10, 1, 0, 1], offer.Value.Options[121]);
    }

    [Fact]
    public async Task Guests_of_one_group_reach_each_other_and_strangers_do_not()
    {
        var topology = await TopologyAsync();
        var (first, second, stranger) = (topology.Guest, topology.NewGuest("10.1.0.12", 2), topology.NewGuest("10.1.0.13", 3) with { SecurityGroupIds = [] });
        var a = await PlugAsync(first, configure: true);
        var b = await PlugAsync(second, configure: true);
        var c = await PlugAsync(stranger, configure: true);

        Assert.True(await a.CanPingAsync("10.1.0.12", limit: Soon));
        Assert.True(await b.CanPingAsync("10.1.0.11", limit: Soon));
        Assert.False(await c.CanPingAsync("10.1.0.11", limit: Never));
    }

    [Fact]
    public async Task A_guest_reaches_another_network_through_the_router()
    {
        var topology = await TopologyAsync();
        var other = new NetworkState(Topology.NewId(), topology.Private.ProjectId, "other", 1442);
        var subnet = new SubnetState(Topology.NewId(), other.Id, "10.2.0.0/24", 1442) { GatewayIp = "10.2.0.1" };
        var routerPort = new PortState(Topology.NewId(), other.Id, other.ProjectId, "fa:16:3e:00:03:01") { DeviceOwner = "network:router_interface", DeviceId = topology.RouterId };
        var far = topology.Guest with { Id = Topology.NewId(), NetworkId = other.Id, MacAddress = "fa:16:3e:00:03:11", FixedIps = [new(subnet.Id, "10.2.0.11")] };
        await ovn.Driver.EnsureNetworkAsync(other, Token);
        await ovn.Driver.EnsureSubnetAsync(subnet, Token);
        await ovn.Driver.EnsurePortAsync(routerPort, Token);
        await ovn.Driver.EnsureRouterAsync(
            topology.Router with { Interfaces = [.. topology.Router.Interfaces, new(routerPort.Id, other.Id, routerPort.MacAddress, ["10.2.0.1/24"], 1442)] }, Token);
        var a = await PlugAsync(topology.Guest, configure: true);
        await PlugAsync(far, configure: true);

        Assert.True(await a.CanPingAsync("10.2.0.11", limit: Soon));
    }

    [Fact]
    public async Task A_guest_without_floating_IP_goes_out_under_the_routers_address()
    {
        var topology = await TopologyAsync();
        var guest = await PlugAsync(topology.NewGuest("10.1.0.20", 9), configure: true);
        await using var world = new World(ovn.UplinkNamespace);

        var seen = await AskUntilAsync(guest.Name, $"{OvnFixture.Outside}.1", world.Port);

        Assert.Equal(topology.Router.Gateway!.Addresses[0].Split('/')[0], seen);
    }

    [Fact]
    public async Task OSSA_2012_007_a_floating_IP_is_reached_from_the_machine_only_where_a_rule_opens_it()
    {
        var topology = await TopologyAsync();
        var guest = await PlugAsync(topology.Guest, configure: true);
        using var ssh = await guest.ListenAsync(22);
        using var other = await guest.ListenAsync(8080);
        var address = topology.FloatingIp.FloatingIpAddress;
        Assert.Null(await GuestNamespace.AskAsync(ovn.UplinkNamespace, address, 22, Never));

        var open = topology.Group with { Rules = [.. topology.Group.Rules, new(Topology.NewId(), "ingress", "IPv4", "tcp", 22, 22), new(Topology.NewId(), "ingress", "IPv4", "icmp")] };
        Assert.True(await ovn.Driver.EnsureSecurityGroupAsync(open, Token));

        Assert.NotNull(await AskUntilAsync(ovn.UplinkNamespace, address, 22));
        Assert.NotNull(await AskUntilAsync(null, address, 22));
        Assert.Null(await GuestNamespace.AskAsync(ovn.UplinkNamespace, address, 8080, Never));

        Assert.True(await ovn.Driver.EnsureSecurityGroupAsync(topology.Group, Token));

        Assert.True(await Testing.Wait.UntilAsync(async () => await GuestNamespace.AskAsync(ovn.UplinkNamespace, address, 22, TimeSpan.FromSeconds(1)) is null, Soon));
    }

    [Fact]
    public async Task OSSA_2016_009_2021_001_Spoofed_source_addresses_are_dropped()
    {
        var topology = await TopologyAsync();
        var victim = topology.NewGuest("10.1.0.12", 2);
        var a = await PlugAsync(topology.Guest, configure: true);
        var b = await PlugAsync(victim, configure: true);
        Assert.True(await a.CanPingAsync("10.1.0.12", limit: Soon));

        await a.ConfigureAsync("10.1.0.66/24", null, Token);
        Assert.False(await a.CanPingAsync("10.1.0.12", source: "10.1.0.66", limit: Never));

        // Another's MAC, with the own address: neither ARP nor IP gets out.
        await NetworkLinks.BatchAsync(a.Name, ["neigh flush dev eth0", "link set eth0 address fa:16:3e:66:66:66"], Token);
        await NetworkLinks.BatchAsync(b.Name, ["neigh flush dev eth0"], Token);
        Assert.False(await a.CanPingAsync("10.1.0.12", source: "10.1.0.11", limit: Never));
    }

    [Fact]
    public async Task An_allowed_address_pair_lets_an_address_through_and_port_security_off_lets_all()
    {
        var topology = await TopologyAsync();
        var victim = topology.NewGuest("10.1.0.12", 2);
        var pair = topology.Guest with { AllowedAddressPairs = [new("10.1.0.66")] };
        await ovn.Driver.EnsurePortAsync(pair, Token);
        var a = await PlugAsync(pair, configure: true);
        await PlugAsync(victim with { PortSecurityEnabled = false, SecurityGroupIds = [] }, configure: true);
        await a.ConfigureAsync("10.1.0.66/24", null, Token);

        Assert.True(await a.CanPingAsync("10.1.0.12", source: "10.1.0.66", limit: Soon));
    }

    private static async Task<string?> AskUntilAsync(string? inNamespace, string address, int port)
    {
        string? seen = null;
        await Testing.Wait.UntilAsync(async () => (seen = await GuestNamespace.AskAsync(inNamespace, address, port, TimeSpan.FromSeconds(1))) is not null, Soon);
        return seen;
    }

    private async Task<Topology> TopologyAsync()
    {
        var topology = new Topology("host5", ovn.NextNumber(), OvnFixture.Outside);
        await topology.EnsureAsync(ovn.Driver, Token);
        return topology;
    }

    private async Task<GuestNamespace> PlugAsync(PortState port, bool configure = false)
    {
        await ovn.Driver.EnsurePortAsync(port, Token);
        var guest = await ovn.PlugAsync(port.Id, port.MacAddress, Token);
        guests.Add(guest);
        if (configure)
        {
            var address = port.FixedIps[0].IpAddress;
            await guest.ConfigureAsync($"{address}/24", address[..(address.LastIndexOf('.') + 1)] + "1", Token);
        }

        return guest;
    }

    /// <summary>A server in the uplink's namespace that says whom it sees.</summary>
    private sealed class World(string @namespace) : IAsyncDisposable
    {
        private readonly Task<System.Net.Sockets.Socket> listener = GuestNamespace.ListenAsync(@namespace, 7005);

        public int Port => 7005;

        public async ValueTask DisposeAsync() => (await listener).Dispose();
    }
}
