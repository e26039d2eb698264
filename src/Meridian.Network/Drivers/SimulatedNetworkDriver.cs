// SPDX-License-Identifier: Apache-2.0

using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Threading.Channels;

namespace Meridian.Network.Drivers;

/// <summary>Remembers what it was told and switches no packet. A port is up as soon as it is bound to a host, or plugged into a router.</summary>
internal sealed class SimulatedNetworkDriver(string host = "simulated") : INetworkDriver
{
    private readonly ConcurrentDictionary<(NetworkResourceKind Kind, string Id), object> resources = new();
    private readonly Lock gate = new();
    private readonly HashSet<Channel<PortLinkEvent>> watchers = [];

    public string Type => "simulated";

    public NetworkDriverCapabilities Capabilities { get; } = new(MetadataPorts: true, EncapsulationOverhead: 58);

    public Task<bool> EnsureNetworkAsync(NetworkState network, CancellationToken cancellationToken) =>
        Task.FromResult(Store(NetworkResourceKind.Network, network.Id, network));

    public Task<bool> EnsureSubnetAsync(SubnetState subnet, CancellationToken cancellationToken)
    {
        Require(NetworkResourceKind.Network, subnet.NetworkId, "subnet", subnet.Id);
        return Task.FromResult(Store(NetworkResourceKind.Subnet, subnet.Id, subnet));
    }

    public Task<bool> EnsureSecurityGroupAsync(SecurityGroupState group, CancellationToken cancellationToken) =>
        Task.FromResult(Store(NetworkResourceKind.SecurityGroup, group.Id, group));

    public Task<bool> EnsurePortAsync(PortState port, CancellationToken cancellationToken)
    {
        if (port.DeviceOwner == "network:floatingip")
        {
            return Task.FromResult(false);
        }

        Require(NetworkResourceKind.Network, port.NetworkId, "port", port.Id);
        lock (gate)
        {
            var before = resources.TryGetValue((NetworkResourceKind.Port, port.Id), out var old) ? Link((PortState)old) : null;
            var changed = Store(NetworkResourceKind.Port, port.Id, port);
            var after = Link(port);
            if (after != before)
            {
                Tell(after);
            }

            return Task.FromResult(changed);
        }
    }

    public Task<bool> EnsureRouterAsync(RouterState router, CancellationToken cancellationToken) =>
        Task.FromResult(Store(NetworkResourceKind.Router, router.Id, router));

    public Task<bool> EnsureFloatingIpAsync(FloatingIpState floatingIp, CancellationToken cancellationToken) =>
        floatingIp is { RouterId: not null, FixedIpAddress: not null }
            ? Task.FromResult(Store(NetworkResourceKind.FloatingIp, floatingIp.Id, floatingIp))
            : Task.FromResult(resources.TryRemove((NetworkResourceKind.FloatingIp, floatingIp.Id), out _));

    public Task DeleteAsync(NetworkResourceKind kind, string id, CancellationToken cancellationToken)
    {
        resources.TryRemove((kind, id), out _);
        if (kind == NetworkResourceKind.Network)
        {
            foreach (var (key, value) in resources)
            {
                if (value is PortState port && port.NetworkId == id || value is SubnetState subnet && subnet.NetworkId == id)
                {
                    resources.TryRemove(key, out _);
                }
            }
        }

        return Task.CompletedTask;
    }

    public Task<NetworkInventory> ListAsync(CancellationToken cancellationToken) => Task.FromResult(new NetworkInventory
    {
        Networks = Ids(NetworkResourceKind.Network),
        Subnets = Ids(NetworkResourceKind.Subnet),
        SecurityGroups = Ids(NetworkResourceKind.SecurityGroup),
        Ports = Ids(NetworkResourceKind.Port),
        Routers = Ids(NetworkResourceKind.Router),
        FloatingIps = Ids(NetworkResourceKind.FloatingIp),
    });

    public async IAsyncEnumerable<PortLinkEvent> WatchPortsAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var channel = Channel.CreateUnbounded<PortLinkEvent>(new() { SingleReader = true });
        lock (gate)
        {
            foreach (var port in resources.Values.OfType<PortState>())
            {
                channel.Writer.TryWrite(Link(port));
            }

            watchers.Add(channel);
        }

        try
        {
            await foreach (var change in channel.Reader.ReadAllAsync(cancellationToken))
            {
                yield return change;
            }
        }
        finally
        {
            lock (gate)
            {
                watchers.Remove(channel);
            }
        }
    }

    public Task<IReadOnlyList<NetworkHostAgent>> ListAgentsAsync(CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<NetworkHostAgent>>([new(host, "Simulated network agent", "simulated", host, Alive: true)]);

    private static PortLinkEvent Link(PortState port) => new(
        port.Id,
        port.AdminStateUp && (port.BindingHost.Length > 0 || port.DeviceOwner is "network:router_interface" or "network:router_gateway" or "network:distributed"),
        port.BindingHost.Length > 0 ? port.BindingHost : null);

    private void Tell(PortLinkEvent change)
    {
        foreach (var watcher in watchers)
        {
            watcher.Writer.TryWrite(change);
        }
    }

    /// <summary>Lists inside records compare by reference, so a repeated Ensure from a fresh read counts as a change; harmless here.</summary>
    private bool Store(NetworkResourceKind kind, string id, object state)
    {
        var changed = !resources.TryGetValue((kind, id), out var old) || !old.Equals(state);
        resources[(kind, id)] = state;
        return changed;
    }

    private void Require(NetworkResourceKind kind, string id, string what, string whatId)
    {
        if (!resources.ContainsKey((kind, id)))
        {
            throw new NetworkDriverException($"{what} {whatId}: {kind} {id} is not known to the simulated driver; it must be ensured first.");
        }
    }

    private HashSet<string> Ids(NetworkResourceKind kind) => [.. resources.Keys.Where(k => k.Kind == kind).Select(k => k.Id)];
}
