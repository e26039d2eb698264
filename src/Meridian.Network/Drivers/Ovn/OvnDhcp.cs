// SPDX-License-Identifier: Apache-2.0

using System.Net;
using System.Net.Sockets;
using Meridian.Platform.Ovsdb;

namespace Meridian.Network.Drivers.Ovn;

/// <summary>
/// A subnet is a DHCP_Options row (ovn-nb(5)): OVN answers guests itself. A subnet without DHCP has its row too, which no port refers to,
/// so that an audit finds each subnet.
/// </summary>
internal static class OvnDhcp
{
    private const string MetadataPrefix = "169.254.169.254/32";

    public static void Ensure(OvsdbClient northbound, OvsdbTransaction transaction, SubnetState subnet, OvnDriverSettings settings)
    {
        var network = northbound.Table("Logical_Switch").FindBy("name", OvnNames.Of(subnet.NetworkId))
            ?? throw new NetworkDriverException($"subnet {subnet.Id}: network {subnet.NetworkId} is not in OVN; it must be ensured first");
        var columns = new Dictionary<string, object?>
        {
            ["cidr"] = subnet.Cidr,
            ["options"] = !subnet.EnableDhcp ? [] : IPNetwork.Parse(subnet.Cidr).BaseAddress.AddressFamily == AddressFamily.InterNetworkV6 ? Version6(subnet, settings) : Version4(subnet, settings),
            ["external_ids"] = new Dictionary<string, string>
            {
                [OvnNames.SubnetId] = subnet.Id, [OvnNames.NetworkId] = subnet.NetworkId, [OvnNames.Revision] = $"{subnet.Revision}",
                [OvnNames.DhcpEnabled] = subnet.EnableDhcp ? "true" : "false",
            },
        };
        OvsdbReference reference;
        if (Find(northbound, subnet.Id) is { } row)
        {
            transaction.UpdateDifferences(row, columns);
            reference = row.Uuid;
        }
        else
        {
            reference = transaction.Insert("DHCP_Options", columns);
        }

        AttachPorts(northbound, transaction, network, subnet, reference);
    }

    public static OvsdbRow? Find(OvsdbClient northbound, string subnetId) => northbound.Table("DHCP_Options").FindBy("external_ids", OvnNames.SubnetId, subnetId);

    /// <summary>The row that a port with these addresses is answered from; null when none of its subnets of that family has DHCP.</summary>
    public static Guid? ForPort(OvsdbClient northbound, PortState port, AddressFamily family) => port.FixedIps
        .Where(f => IPAddress.TryParse(f.IpAddress, out var address) && address.AddressFamily == family)
        .Select(f => Find(northbound, f.SubnetId)).FirstOrDefault(r => r?.Entry("external_ids", OvnNames.DhcpEnabled) == "true")?.Uuid;

    public static void Delete(OvsdbClient northbound, OvsdbTransaction transaction, string subnetId)
    {
        foreach (var row in northbound.Table("DHCP_Options").Rows.Where(r => r.Entry("external_ids", OvnNames.SubnetId) == subnetId))
        {
            transaction.Delete("DHCP_Options", row.Uuid);
        }
    }

    /// <summary>Ports that were ensured before their subnet, or while its DHCP was off or on.</summary>
    private static void AttachPorts(OvsdbClient northbound, OvsdbTransaction transaction, OvsdbRow network, SubnetState subnet, OvsdbReference options)
    {
        var range = IPNetwork.Parse(subnet.Cidr);
        var column = range.BaseAddress.AddressFamily == AddressFamily.InterNetworkV6 ? "dhcpv6_options" : "dhcpv4_options";
        foreach (var port in network.References("ports").Select(northbound.Table("Logical_Switch_Port").Find).OfType<OvsdbRow>().Where(p => p.Text("type").Length == 0))
        {
            var inside = port.Texts("addresses").SelectMany(a => a.Split(' ')).Any(a => IPAddress.TryParse(a, out var address) && range.Contains(address));
            var attached = options.Uuid is { } uuid && port.Reference(column) == uuid;
            if (inside && attached != subnet.EnableDhcp)
            {
                transaction.Update("Logical_Switch_Port", port.Uuid, new Dictionary<string, object?> { [column] = subnet.EnableDhcp ? options : null });
            }
        }
    }

    private static Dictionary<string, string> Version4(SubnetState subnet, OvnDriverSettings settings)
    {
        var routes = subnet.HostRoutes.Select(r => $"{r.Destination},{r.NextHop}").ToList();
        if (subnet.MetadataAddress is not null)
        {
            routes.Insert(0, $"{MetadataPrefix},{subnet.MetadataAddress}");
        }

        var options = new Dictionary<string, string>
        {
            ["server_id"] = subnet.GatewayIp ?? subnet.MetadataAddress ?? FirstHost(subnet.Cidr),
            ["server_mac"] = OvnNames.MacFor(subnet.Id),
            ["lease_time"] = $"{settings.LeaseTime.TotalSeconds:0}",
            ["mtu"] = $"{subnet.Mtu}",
        };
        if (subnet.GatewayIp is not null)
        {
            options["router"] = subnet.GatewayIp;
            if (routes.Count > 0)
            {
                // RFC 3442: a client that takes option 121 ignores option 3.
                routes.Add($"0.0.0.0/0,{subnet.GatewayIp}");
            }
        }

        if (routes.Count > 0)
        {
            options["classless_static_route"] = $"{{{string.Join(", ", routes)}}}";
        }

        var servers = Servers(subnet, settings, AddressFamily.InterNetwork);
        if (servers.Count > 0)
        {
            options["dns_server"] = $"{{{string.Join(", ", servers)}}}";
        }

        if (subnet.DnsDomain is { Length: > 0 } domain)
        {
            options["domain_name"] = $"\"{domain.TrimEnd('.')}\"";
        }

        return options;
    }

    private static Dictionary<string, string> Version6(SubnetState subnet, OvnDriverSettings settings)
    {
        var options = new Dictionary<string, string> { ["server_id"] = OvnNames.MacFor(subnet.Id) };
        var servers = Servers(subnet, settings, AddressFamily.InterNetworkV6);
        if (servers.Count > 0)
        {
            options["dns_server"] = $"{{{string.Join(", ", servers)}}}";
        }

        if (subnet.Ipv6AddressMode == "dhcpv6-stateless")
        {
            options["dhcpv6_stateless"] = "true";
        }

        return options;
    }

    private static List<string> Servers(SubnetState subnet, OvnDriverSettings settings, AddressFamily family) =>
        [.. (subnet.DnsServers.Count > 0 ? subnet.DnsServers : settings.DnsServers).Where(s => IPAddress.TryParse(s, out var a) && a.AddressFamily == family)];

    private static string FirstHost(string cidr)
    {
        var bytes = IPNetwork.Parse(cidr).BaseAddress.GetAddressBytes();
        bytes[^1]++;
        return new IPAddress(bytes).ToString();
    }
}
