// SPDX-License-Identifier: Apache-2.0

using System.Net;
using System.Net.Sockets;
using Meridian.Platform.Ovsdb;

namespace Meridian.Network.Drivers.Ovn;

/// <summary>Routers with their ports, routes and source NAT, and floating IPs. The parts belong to the router's row and go with it.</summary>
internal static class OvnRouters
{
    /// <param name="gatewayChassis">Names of the hosts that may carry the gateway, best first.</param>
    public static void Ensure(OvsdbClient northbound, OvsdbTransaction transaction, RouterState router, IReadOnlyList<string> gatewayChassis)
    {
        var columns = new Dictionary<string, object?>
        {
            ["name"] = OvnNames.Of(router.Id),
            ["enabled"] = router.AdminStateUp,
            ["options"] = new Dictionary<string, string> { ["always_learn_from_arp_request"] = "false", ["dynamic_neigh_routers"] = "true" },
            ["external_ids"] = new Dictionary<string, string>
            {
                ["neutron:router_name"] = router.Name, [OvnNames.ProjectId] = router.ProjectId,
                ["neutron:gw_port_id"] = router.Gateway?.PortId ?? "", [OvnNames.Revision] = $"{router.Revision}",
            },
        };
        var row = northbound.Table("Logical_Router").FindBy("name", OvnNames.Of(router.Id));
        OvsdbReference reference;
        if (row is null)
        {
            reference = transaction.Insert("Logical_Router", columns);
        }
        else
        {
            transaction.UpdateDifferences(row, columns);
            reference = row.Uuid;
        }

        EnsurePorts(northbound, transaction, router, row, reference, gatewayChassis);
        OvnOwnedRows.Ensure(northbound, transaction, new("Logical_Router", "static_routes", "Logical_Router_Static_Route"), row, reference, Routes(router), _ => true);
        OvnOwnedRows.Ensure(northbound, transaction, new("Logical_Router", "nat", "NAT"), row, reference, SourceNat(router), nat => nat.Text("type") == "snat");
    }

    public static void Delete(OvsdbClient northbound, OvsdbTransaction transaction, string id)
    {
        foreach (var row in northbound.Table("Logical_Router").Rows.Where(r => r.Text("name") == OvnNames.Of(id)))
        {
            transaction.Delete("Logical_Router", row.Uuid);
        }
    }

    private static void EnsurePorts(
        OvsdbClient northbound, OvsdbTransaction transaction, RouterState router, OvsdbRow? row, OvsdbReference reference, IReadOnlyList<string> gatewayChassis)
    {
        var wanted = router.Interfaces.Select(i => (Columns: InterfaceColumns(router, i), IsGateway: false)).ToList();
        if (router.Gateway is { } gateway)
        {
            wanted.Add((GatewayColumns(router, gateway), true));
        }

        var existing = (row?.References("ports") ?? []).Select(northbound.Table("Logical_Router_Port").Find).OfType<OvsdbRow>().ToDictionary(p => p.Text("name"));
        foreach (var (columns, isGateway) in wanted)
        {
            var name = (string)columns["name"]!;
            OvsdbReference port;
            if (existing.Remove(name, out var old))
            {
                transaction.UpdateDifferences(old, columns);
                port = old.Uuid;
            }
            else
            {
                port = transaction.Insert("Logical_Router_Port", columns);
                transaction.Add("Logical_Router", reference, "ports", new object[] { port });
            }

            OvnOwnedRows.Ensure(
                northbound, transaction, new("Logical_Router_Port", "gateway_chassis", "Gateway_Chassis"), old, port, isGateway ? Chassis(name, gatewayChassis) : [], _ => true);
        }

        if (existing.Count > 0)
        {
            transaction.Remove("Logical_Router", reference, "ports", existing.Values.Select(p => (object)p.Uuid).ToArray());
        }
    }

    private static List<Dictionary<string, object?>> Chassis(string port, IReadOnlyList<string> names) =>
    [
        .. names.Select((name, index) => new Dictionary<string, object?> { ["name"] = $"{port}_{name}", ["chassis_name"] = name, ["priority"] = names.Count - index }),
    ];

    private static Dictionary<string, object?> InterfaceColumns(RouterState router, RouterInterfaceState port) => new()
    {
        ["name"] = OvnNames.RouterPort(port.PortId),
        ["mac"] = port.MacAddress,
        ["networks"] = port.Addresses,
        ["options"] = new Dictionary<string, string>(),
        ["external_ids"] = PortIds(router, port.NetworkId),
        ["ipv6_ra_configs"] = port.Ipv6RaMode is null ? new Dictionary<string, string>() : new Dictionary<string, string>
        {
            ["address_mode"] = port.Ipv6RaMode.Replace('-', '_'), ["send_periodic"] = "true", ["mtu"] = $"{port.Mtu}",
        },
    };

    private static Dictionary<string, object?> GatewayColumns(RouterState router, RouterGatewayState gateway)
    {
        var ids = PortIds(router, gateway.NetworkId);
        ids[OvnNames.IsGateway] = "True";
        return new()
        {
            ["name"] = OvnNames.RouterPort(gateway.PortId),
            ["mac"] = gateway.MacAddress,
            ["networks"] = gateway.Addresses,
            ["options"] = new Dictionary<string, string>(),
            ["external_ids"] = ids,
            ["ipv6_ra_configs"] = new Dictionary<string, string>(),
        };
    }

    private static Dictionary<string, string> PortIds(RouterState router, string networkId) => new()
    {
        [OvnNames.NetworkName] = OvnNames.Of(networkId), ["neutron:router_name"] = router.Id, [OvnNames.Revision] = $"{router.Revision}",
    };

    private static IEnumerable<Dictionary<string, object?>> Routes(RouterState router)
    {
        var defaults = (router.Gateway?.NextHops ?? []).Select(hop =>
            Route(hop.Contains(':', StringComparison.Ordinal) ? "::/0" : "0.0.0.0/0", hop, new() { [OvnNames.IsGateway] = "true" }));
        return defaults.Concat(router.Routes.Select(r => Route(r.Destination, r.NextHop, [])));
    }

    private static Dictionary<string, object?> Route(string prefix, string hop, Dictionary<string, string> ids) =>
        new() { ["ip_prefix"] = prefix, ["nexthop"] = hop, ["external_ids"] = ids };

    private static IEnumerable<Dictionary<string, object?>> SourceNat(RouterState router)
    {
        var outside = router.Gateway is { EnableSnat: true } gateway
            ? gateway.Addresses.Select(a => a.Split('/')[0]).FirstOrDefault(a => !a.Contains(':', StringComparison.Ordinal))
            : null;
        var networks = outside is null ? [] : router.Interfaces.SelectMany(i => i.Addresses).Select(NetworkOf)
            .Where(n => n.BaseAddress.AddressFamily == AddressFamily.InterNetwork).Select(n => n.ToString()).Distinct(StringComparer.Ordinal);
        return networks.Select(network => new Dictionary<string, object?>
        {
            ["type"] = "snat", ["external_ip"] = outside, ["logical_ip"] = network, ["external_ids"] = new Dictionary<string, string>(),
        });
    }

    /// <summary>10.0.0.1/24 lies in 10.0.0.0/24.</summary>
    private static IPNetwork NetworkOf(string address)
    {
        var slash = address.IndexOf('/', StringComparison.Ordinal);
        var bytes = IPAddress.Parse(address.AsSpan(0, slash)).GetAddressBytes();
        var length = int.Parse(address.AsSpan(slash + 1), null);
        for (var bit = length; bit < bytes.Length * 8; bit++)
        {
            bytes[bit / 8] &= (byte)~(0x80 >> (bit % 8));
        }

        return new(new IPAddress(bytes), length);
    }
}
