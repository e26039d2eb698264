// SPDX-License-Identifier: Apache-2.0

using Meridian.Network.Drivers;

namespace Meridian.Network.Tests.Drivers;

/// <summary>What every network driver does. Ids are random, so that tests may share one backend.</summary>
public abstract class NetworkDriverContract
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(15);

    protected static CancellationToken Token => TestContext.Current.CancellationToken;

    internal abstract INetworkDriver Driver { get; }

    /// <summary>Does what makes a bound port come up.</summary>
    internal abstract Task PlugAsync(PortState port);

    [Fact]
    public async Task What_is_ensured_is_listed_and_ensuring_it_again_changes_nothing()
    {
        var topology = new Topology();

        Assert.All(await topology.EnsureAsync(Driver, Token), Assert.True);
        Assert.All(await topology.EnsureAsync(Driver, Token), Assert.False);

        var inventory = await Driver.ListAsync(Token);
        Assert.Superset(new HashSet<string> { topology.Private.Id, topology.Public.Id }, inventory.Networks.ToHashSet());
        Assert.Superset(new HashSet<string> { topology.Subnet.Id }, inventory.Subnets.ToHashSet());
        Assert.Superset(new HashSet<string> { topology.Guest.Id, topology.RouterPort.Id, topology.GatewayPort.Id }, inventory.Ports.ToHashSet());
        Assert.Contains(topology.Router.Id, inventory.Routers);
        Assert.Contains(topology.FloatingIp.Id, inventory.FloatingIps);
        Assert.Contains(topology.Group.Id, inventory.SecurityGroups);
    }

    [Fact]
    public async Task What_is_deleted_is_not_listed_and_deleting_it_again_is_no_error()
    {
        var topology = new Topology();
        await topology.EnsureAsync(Driver, Token);

        for (var times = 0; times < 2; times++)
        {
            await Driver.DeleteAsync(NetworkResourceKind.FloatingIp, topology.FloatingIp.Id, Token);
            await Driver.DeleteAsync(NetworkResourceKind.Router, topology.Router.Id, Token);
            await Driver.DeleteAsync(NetworkResourceKind.Port, topology.Guest.Id, Token);
            await Driver.DeleteAsync(NetworkResourceKind.SecurityGroup, topology.Group.Id, Token);
            await Driver.DeleteAsync(NetworkResourceKind.Subnet, topology.Subnet.Id, Token);
            await Driver.DeleteAsync(NetworkResourceKind.Network, topology.Private.Id, Token);
        }

        var inventory = await Driver.ListAsync(Token);
        Assert.DoesNotContain(topology.FloatingIp.Id, inventory.FloatingIps);
        Assert.DoesNotContain(topology.Router.Id, inventory.Routers);
        Assert.DoesNotContain(topology.Guest.Id, inventory.Ports);
        Assert.DoesNotContain(topology.Group.Id, inventory.SecurityGroups);
        Assert.DoesNotContain(topology.Subnet.Id, inventory.Subnets);
        Assert.DoesNotContain(topology.Private.Id, inventory.Networks);
    }

    [Fact]
    public async Task A_deleted_network_takes_its_ports_and_subnets_with_it()
    {
        var topology = new Topology();
        await topology.EnsureAsync(Driver, Token);

        await Driver.DeleteAsync(NetworkResourceKind.Network, topology.Private.Id, Token);

        var inventory = await Driver.ListAsync(Token);
        Assert.DoesNotContain(topology.Guest.Id, inventory.Ports);
        Assert.DoesNotContain(topology.Subnet.Id, inventory.Subnets);
    }

    [Fact]
    public async Task A_port_or_subnet_of_an_unknown_network_is_refused_by_name()
    {
        var topology = new Topology();

        var port = await Assert.ThrowsAsync<NetworkDriverException>(() => Driver.EnsurePortAsync(topology.Guest, Token));
        var subnet = await Assert.ThrowsAsync<NetworkDriverException>(() => Driver.EnsureSubnetAsync(topology.Subnet, Token));

        Assert.Contains(topology.Private.Id, port.Message, StringComparison.Ordinal);
        Assert.Contains(topology.Private.Id, subnet.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_floating_IP_without_a_fixed_address_is_unplugged()
    {
        var topology = new Topology();
        await topology.EnsureAsync(Driver, Token);

        Assert.True(await Driver.EnsureFloatingIpAsync(topology.FloatingIp with { RouterId = null, PortId = null, FixedIpAddress = null }, Token));

        Assert.DoesNotContain(topology.FloatingIp.Id, (await Driver.ListAsync(Token)).FloatingIps);
    }

    [Fact]
    public async Task A_floating_IPs_own_port_is_nothing_in_the_backend()
    {
        var topology = new Topology();
        await topology.EnsureAsync(Driver, Token);
        var port = topology.Guest with { Id = Topology.NewId(), DeviceOwner = "network:floatingip", NetworkId = topology.Public.Id };

        Assert.False(await Driver.EnsurePortAsync(port, Token));

        Assert.DoesNotContain(port.Id, (await Driver.ListAsync(Token)).Ports);
    }

    [Fact]
    public async Task A_bound_port_comes_up_and_router_ports_are_up_by_themselves()
    {
        var topology = new Topology();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Token);
        stop.CancelAfter(Limit);
        var waiting = new HashSet<string> { topology.Guest.Id, topology.RouterPort.Id };
        var watching = Task.Run(async () =>
        {
            await foreach (var change in Driver.WatchPortsAsync(stop.Token))
            {
                if (change.Up)
                {
                    waiting.Remove(change.PortId);
                }

                if (waiting.Count == 0)
                {
                    return;
                }
            }
        }, stop.Token);

        await topology.EnsureAsync(Driver, Token);
        await PlugAsync(topology.Guest);

        await watching;
        await foreach (var state in Driver.WatchPortsAsync(stop.Token))
        {
            if (state.PortId == topology.Guest.Id)
            {
                Assert.True(state.Up);
                break;
            }
        }
    }

    [Fact]
    public async Task Hosts_are_listed_as_alive() => Assert.Contains(await Driver.ListAgentsAsync(Token), a => a.Alive);
}
