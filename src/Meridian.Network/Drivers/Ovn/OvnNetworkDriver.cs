// SPDX-License-Identifier: Apache-2.0

using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Meridian.Platform.Ovsdb;
using Microsoft.Extensions.Logging;

namespace Meridian.Network.Drivers.Ovn;

/// <summary>
/// Writes OVN's northbound database (ovn-nb(5)) the way neutron's OVN driver does. Each Ensure compares with a monitored copy and sends one
/// transaction of the differences, or none. One writer at a time; where another wrote in between, the plan is made again.
/// </summary>
internal sealed partial class OvnNetworkDriver : INetworkDriver, IAsyncDisposable
{
    private const int Attempts = 3;

    /// <summary>Geneve over IPv4: 38 of OVN's Geneve header and the inner Ethernet, 20 of IP.</summary>
    private const int GeneveOverhead = 58;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private readonly OvnDriverSettings settings;
    private readonly OvsdbClient northbound;
    private readonly OvnChassis chassis;
    private readonly SemaphoreSlim writer = new(1, 1);
    private readonly ILogger logger;

    public OvnNetworkDriver(OvnDriverSettings settings, TimeProvider clock, ILogger<OvnNetworkDriver> logger)
    {
        this.settings = settings;
        this.logger = logger;
        northbound = new(settings.Northbound, "OVN_Northbound",
        [
            new("NB_Global", ["nb_cfg"]),
            new("Logical_Switch", ["name", "ports", "other_config", "external_ids"]),
            new("Logical_Switch_Port", ["name", "type", "addresses", "port_security", "options", "tag", "enabled", "up", "dhcpv4_options", "dhcpv6_options", "external_ids"]),
            new("DHCP_Options", ["cidr", "options", "external_ids"]),
            new("Port_Group", ["name", "ports", "acls", "external_ids"]),
            new("ACL", ["direction", "priority", "match", "action", "external_ids"]),
            new("Logical_Router", ["name", "enabled", "ports", "static_routes", "nat", "options", "external_ids"]),
            new("Logical_Router_Port", ["name", "mac", "networks", "options", "gateway_chassis", "ipv6_ra_configs", "external_ids"]),
            new("Logical_Router_Static_Route", ["ip_prefix", "nexthop", "external_ids"]),
            new("NAT", ["type", "external_ip", "logical_ip", "external_ids"]),
            new("Gateway_Chassis", ["name", "chassis_name", "priority"]),
        ], clock, logger);
        chassis = new(settings.Southbound, northbound, clock, logger);
    }

    public string Type => "ovn";

    public NetworkDriverCapabilities Capabilities => new(settings.MetadataPorts, GeneveOverhead);

    public Task<bool> EnsureNetworkAsync(NetworkState network, CancellationToken cancellationToken) =>
        ApplyAsync($"network {network.Id}", t => OvnPorts.EnsureNetwork(northbound, t, network), cancellationToken);

    public Task<bool> EnsureSubnetAsync(SubnetState subnet, CancellationToken cancellationToken) =>
        ApplyAsync($"subnet {subnet.Id}", t => OvnDhcp.Ensure(northbound, t, subnet, settings), cancellationToken);

    public Task<bool> EnsureSecurityGroupAsync(SecurityGroupState group, CancellationToken cancellationToken) =>
        ApplyAsync($"security group {group.Id}", t => OvnSecurityGroups.Ensure(northbound, t, group), cancellationToken);

    public async Task<bool> EnsurePortAsync(PortState port, CancellationToken cancellationToken)
    {
        if (port.DeviceOwner == "network:floatingip")
        {
            return false;
        }

        await ApplyAsync("the drop group", t => OvnSecurityGroups.EnsureDropGroup(northbound, t), cancellationToken);
        return await ApplyAsync($"port {port.Id}", t => OvnPorts.EnsurePort(northbound, t, port), cancellationToken);
    }

    public async Task<bool> EnsureRouterAsync(RouterState router, CancellationToken cancellationToken)
    {
        IReadOnlyList<string> hosts = [];
        if (router.Gateway is { } gateway)
        {
            await ConnectAsync(cancellationToken);
            var physical = northbound.Table("Logical_Switch_Port").FindBy("name", OvnNames.LocalnetPort(gateway.NetworkId))?.Entry("options", "network_name");
            hosts = await chassis.GatewaysAsync(router.Id, physical, cancellationToken);
        }

        return await ApplyAsync($"router {router.Id}", t => OvnRouters.Ensure(northbound, t, router, hosts), cancellationToken);
    }

    public Task<bool> EnsureFloatingIpAsync(FloatingIpState floatingIp, CancellationToken cancellationToken) =>
        ApplyAsync($"floating IP {floatingIp.Id}", t => OvnFloatingIps.Ensure(northbound, t, floatingIp), cancellationToken);

    public Task DeleteAsync(NetworkResourceKind kind, string id, CancellationToken cancellationToken)
    {
        Action<OvsdbClient, OvsdbTransaction, string> delete = kind switch
        {
            NetworkResourceKind.Network => OvnPorts.DeleteNetwork,
            NetworkResourceKind.Subnet => OvnDhcp.Delete,
            NetworkResourceKind.SecurityGroup => OvnSecurityGroups.Delete,
            NetworkResourceKind.Port => OvnPorts.DeletePort,
            NetworkResourceKind.Router => OvnRouters.Delete,
            _ => OvnFloatingIps.Delete,
        };
        return ApplyAsync($"{kind} {id}", t => delete(northbound, t, id), cancellationToken);
    }

    public async Task<NetworkInventory> ListAsync(CancellationToken cancellationToken)
    {
        await ConnectAsync(cancellationToken);
        return new()
        {
            Networks = Named("Logical_Switch"),
            Routers = Named("Logical_Router"),
            Subnets = Keyed("DHCP_Options", OvnNames.SubnetId),
            SecurityGroups = Keyed("Port_Group", OvnNames.GroupId),
            FloatingIps = Keyed("NAT", OvnNames.FloatingIpId),
            Ports = northbound.Table("Logical_Switch_Port").Rows.Where(IsOurs).Select(p => p.Text("name")).ToHashSet(),
        };

        HashSet<string> Named(string table) =>
            [.. northbound.Table(table).Rows.Select(r => r.Text("name")).Where(n => n.StartsWith(OvnNames.Prefix, StringComparison.Ordinal)).Select(n => n[OvnNames.Prefix.Length..])];

        HashSet<string> Keyed(string table, string key) => [.. northbound.Table(table).Rows.Select(r => r.Entry("external_ids", key)).OfType<string>()];
    }

    public async IAsyncEnumerable<PortLinkEvent> WatchPortsAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var channel = Channel.CreateUnbounded<PortLinkEvent>(new() { SingleReader = true });
        northbound.Changed += OnChanged;
        try
        {
            while (!northbound.IsConnected)
            {
                await TryConnectAsync(cancellationToken);
            }

            foreach (var port in northbound.Table("Logical_Switch_Port").Rows.Where(IsOurs))
            {
                channel.Writer.TryWrite(Link(port));
            }

            await foreach (var change in channel.Reader.ReadAllAsync(cancellationToken))
            {
                yield return change;
            }
        }
        finally
        {
            northbound.Changed -= OnChanged;
        }

        void OnChanged(IReadOnlyList<OvsdbChange> changes)
        {
            foreach (var change in changes)
            {
                if (change is { Table: "Logical_Switch_Port", New: { } now } && IsOurs(now) && (change.Old is null || Link(change.Old) != Link(now)))
                {
                    channel.Writer.TryWrite(Link(now));
                }
            }
        }
    }

    public async Task<IReadOnlyList<NetworkHostAgent>> ListAgentsAsync(CancellationToken cancellationToken)
    {
        await ConnectAsync(cancellationToken);
        return await chassis.AgentsAsync(cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        await chassis.DisposeAsync();
        await northbound.DisposeAsync();
        writer.Dispose();
    }

    private static bool IsOurs(OvsdbRow port) => port.Entry("external_ids", OvnNames.NetworkName) is not null;

    private static PortLinkEvent Link(OvsdbRow port) =>
        new(port.Text("name"), port.Boolean("up"), port.Entry("external_ids", OvnNames.HostId) is { Length: > 0 } host ? host : null);

    private async Task ConnectAsync(CancellationToken cancellationToken)
    {
        try
        {
            await northbound.ConnectAsync(Patience, cancellationToken);
        }
        catch (OvsdbUnavailableException error)
        {
            throw new NetworkDriverException(error.Message, error);
        }
    }

    private async Task TryConnectAsync(CancellationToken cancellationToken)
    {
        try
        {
            await northbound.ConnectAsync(Patience, cancellationToken);
        }
        catch (OvsdbUnavailableException error)
        {
            LogAway(error.Message);
        }
    }

    private async Task<bool> ApplyAsync(string what, Action<OvsdbTransaction> plan, CancellationToken cancellationToken)
    {
        await writer.WaitAsync(cancellationToken);
        try
        {
            for (var attempt = 1; ; attempt++)
            {
                try
                {
                    await northbound.ConnectAsync(Patience, cancellationToken);
                    var transaction = new OvsdbTransaction();
                    plan(transaction);
                    await northbound.TransactAsync(transaction, cancellationToken);
                    return !transaction.IsEmpty;
                }
                catch (OvsdbException error) when (attempt < Attempts)
                {
                    LogRetry(what, error.Message);
                }
                catch (OvsdbException error)
                {
                    throw new NetworkDriverException($"OVN refused {what}: {error.Message}", error);
                }
            }
        }
        finally
        {
            writer.Release();
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "OVN: {What} is tried again: {Reason}")]
    private partial void LogRetry(string what, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "OVN: ports cannot be watched yet: {Reason}")]
    private partial void LogAway(string reason);
}
