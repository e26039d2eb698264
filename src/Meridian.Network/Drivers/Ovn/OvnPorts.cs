// SPDX-License-Identifier: Apache-2.0

using System.Net.Sockets;
using Meridian.Platform.Ovsdb;

namespace Meridian.Network.Drivers.Ovn;

/// <summary>Networks as logical switches, and their ports.</summary>
internal static class OvnPorts
{
    public static void EnsureNetwork(OvsdbClient northbound, OvsdbTransaction transaction, NetworkState network)
    {
        var columns = new Dictionary<string, object?>
        {
            ["name"] = OvnNames.Of(network.Id),
            ["other_config"] = new Dictionary<string, string> { ["mcast_snoop"] = "false", ["vlan-passthru"] = "false" },
            ["external_ids"] = new Dictionary<string, string>
            {
                [OvnNames.NetworkName] = network.Name, [OvnNames.ProjectId] = network.ProjectId, ["neutron:mtu"] = $"{network.Mtu}", [OvnNames.Revision] = $"{network.Revision}",
            },
        };
        if (northbound.Table("Logical_Switch").FindBy("name", OvnNames.Of(network.Id)) is not { } row)
        {
            columns["ports"] = network.PhysicalNetwork is null ? [] : new object[] { transaction.Insert("Logical_Switch_Port", Localnet(network)) };
            transaction.Insert("Logical_Switch", columns);
            return;
        }

        transaction.UpdateDifferences(row, columns);
        var localnet = northbound.Table("Logical_Switch_Port").FindBy("name", OvnNames.LocalnetPort(network.Id));
        if (network.PhysicalNetwork is null)
        {
            if (localnet is not null)
            {
                transaction.Remove("Logical_Switch", row.Uuid, "ports", new object[] { localnet.Uuid });
            }
        }
        else if (localnet is null)
        {
            transaction.Add("Logical_Switch", row.Uuid, "ports", new object[] { transaction.Insert("Logical_Switch_Port", Localnet(network)) });
        }
        else
        {
            transaction.UpdateDifferences(localnet, Localnet(network));
        }
    }

    /// <summary>Switch ports belong to their switch and go with it; DHCP options are rows of their own.</summary>
    public static void DeleteNetwork(OvsdbClient northbound, OvsdbTransaction transaction, string id)
    {
        foreach (var row in northbound.Table("Logical_Switch").Rows.Where(r => r.Text("name") == OvnNames.Of(id)))
        {
            transaction.Delete("Logical_Switch", row.Uuid);
        }

        foreach (var row in northbound.Table("DHCP_Options").Rows.Where(r => r.Entry("external_ids", OvnNames.NetworkId) == id))
        {
            transaction.Delete("DHCP_Options", row.Uuid);
        }
    }

    public static void EnsurePort(OvsdbClient northbound, OvsdbTransaction transaction, PortState port)
    {
        var network = northbound.Table("Logical_Switch").FindBy("name", OvnNames.Of(port.NetworkId))
            ?? throw new NetworkDriverException($"port {port.Id}: network {port.NetworkId} is not in OVN; it must be ensured first");
        var guarded = IsGuest(port) && port.PortSecurityEnabled;
        var columns = Columns(northbound, port, guarded);
        OvsdbReference reference;
        if (northbound.Table("Logical_Switch_Port").FindBy("name", port.Id) is { } row)
        {
            transaction.UpdateDifferences(row, columns);
            reference = row.Uuid;
        }
        else
        {
            reference = transaction.Insert("Logical_Switch_Port", columns);
            transaction.Add("Logical_Switch", network.Uuid, "ports", new object[] { reference });
        }

        var groups = guarded ? port.SecurityGroupIds.Select(OvnNames.PortGroup).Append(OvnNames.DropGroup).ToHashSet() : [];
        OvnSecurityGroups.EnsureMembership(northbound, transaction, reference, groups);
    }

    public static void DeletePort(OvsdbClient northbound, OvsdbTransaction transaction, string id)
    {
        if (northbound.Table("Logical_Switch_Port").FindBy("name", id) is not { } port)
        {
            return;
        }

        // Port groups hold weak references, which the server clears.
        foreach (var network in northbound.Table("Logical_Switch").Rows.Where(s => s.References("ports").Contains(port.Uuid)))
        {
            transaction.Remove("Logical_Switch", network.Uuid, "ports", new object[] { port.Uuid });
        }
    }

    private static bool IsGuest(PortState port) =>
        !port.DeviceOwner.StartsWith("network:", StringComparison.Ordinal) && !port.DeviceOwner.StartsWith("neutron:", StringComparison.Ordinal);

    private static bool IsRouterPort(PortState port) =>
        port.DeviceOwner.StartsWith("network:router", StringComparison.Ordinal) || port.DeviceOwner == "network:ha_router_replicated_interface";

    private static Dictionary<string, object?> Localnet(NetworkState network) => new()
    {
        ["name"] = OvnNames.LocalnetPort(network.Id),
        ["type"] = "localnet",
        ["addresses"] = new[] { "unknown" },
        ["options"] = new Dictionary<string, string> { ["network_name"] = network.PhysicalNetwork!, ["mcast_flood"] = "false", ["mcast_flood_reports"] = "true" },
        ["tag"] = network.VlanId,
    };

    private static Dictionary<string, object?> Columns(OvsdbClient northbound, PortState port, bool guarded)
    {
        var own = string.Join(' ', port.FixedIps.Select(f => f.IpAddress).Prepend(port.MacAddress));
        var columns = new Dictionary<string, object?>
        {
            ["name"] = port.Id, ["enabled"] = port.AdminStateUp, ["type"] = "", ["addresses"] = new[] { own }, ["port_security"] = Array.Empty<string>(),
            ["options"] = new Dictionary<string, string>(), ["dhcpv4_options"] = null, ["dhcpv6_options"] = null, ["external_ids"] = ExternalIds(northbound, port),
        };
        if (IsRouterPort(port))
        {
            var options = new Dictionary<string, string> { ["router-port"] = OvnNames.RouterPort(port.Id) };
            if (port.DeviceOwner == "network:router_gateway")
            {
                options["nat-addresses"] = "router";
                options["exclude-lb-vips-from-garp"] = "true";
            }

            columns["type"] = "router";
            columns["addresses"] = new[] { "router" };
            columns["options"] = options;
        }
        else if (port.DeviceOwner is "network:distributed" or "network:dhcp")
        {
            columns["type"] = "localport";
        }
        else
        {
            columns["addresses"] = (string[])[own, .. OtherMacs(port), .. guarded ? Array.Empty<string>() : ["unknown"]];
            columns["port_security"] = guarded ? Allowed(port) : [];
            columns["dhcpv4_options"] = OvnDhcp.ForPort(northbound, port, AddressFamily.InterNetwork);
            columns["dhcpv6_options"] = OvnDhcp.ForPort(northbound, port, AddressFamily.InterNetworkV6);
            if (port.BindingHost.Length > 0)
            {
                columns["options"] = new Dictionary<string, string> { ["requested-chassis"] = port.BindingHost };
            }
        }

        return columns;
    }

    /// <summary>What neutron writes, with which others (the metadata agent among them) find the port's server and project.</summary>
    private static Dictionary<string, string> ExternalIds(OvsdbClient northbound, PortState port) => new()
    {
        ["neutron:port_name"] = port.Name,
        [OvnNames.DeviceId] = port.DeviceId,
        [OvnNames.DeviceOwner] = port.DeviceOwner,
        [OvnNames.ProjectId] = port.ProjectId,
        [OvnNames.NetworkName] = OvnNames.Of(port.NetworkId),
        ["neutron:cidrs"] = string.Join(' ', port.FixedIps.Select(f => $"{f.IpAddress}/{Prefix(northbound, f)}")),
        ["neutron:security_group_ids"] = string.Join(' ', port.SecurityGroupIds),
        [OvnNames.HostId] = port.BindingHost,
        [OvnNames.Revision] = $"{port.Revision}",
    };

    private static string Prefix(OvsdbClient northbound, FixedIpState fixedIp) =>
        OvnDhcp.Find(northbound, fixedIp.SubnetId)?.Text("cidr").Split('/')[^1] ?? (fixedIp.IpAddress.Contains(':', StringComparison.Ordinal) ? "128" : "32");

    private static IEnumerable<string> OtherMacs(PortState port) =>
        port.AllowedAddressPairs.Select(p => p.MacAddress).OfType<string>().Where(m => m != port.MacAddress).Distinct(StringComparer.Ordinal);

    /// <summary>A line a MAC with the addresses it may use (ovn-nb(5), port_security).</summary>
    private static string[] Allowed(PortState port) =>
    [
        .. port.FixedIps.Select(f => (Mac: port.MacAddress, Ip: f.IpAddress))
            .Concat(port.AllowedAddressPairs.Select(p => (Mac: p.MacAddress ?? port.MacAddress, Ip: p.IpAddress)))
            .Prepend((Mac: port.MacAddress, Ip: ""))
            .GroupBy(p => p.Mac, StringComparer.Ordinal)
            .Select(g => string.Join(' ', g.Select(p => p.Ip).Where(ip => ip.Length > 0).Distinct(StringComparer.Ordinal).Prepend(g.Key))),
    ];
}
