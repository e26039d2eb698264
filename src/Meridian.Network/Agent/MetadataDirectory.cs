// SPDX-License-Identifier: Apache-2.0

using System.Net;
using Meridian.Network.Drivers.Ovn;
using Meridian.Platform.Ovsdb;

namespace Meridian.Network.Agent;

/// <param name="LogicalPort">The network's metadata port (device owner network:distributed).</param>
/// <param name="Addresses">Its addresses with prefix lengths.</param>
internal sealed record MetadataNetwork(string NetworkId, string LogicalPort, string MacAddress, string Addresses)
{
    public IEnumerable<string> Cidrs => Addresses.Split(' ', StringSplitOptions.RemoveEmptyEntries);
}

internal sealed record MetadataPort(string ServerId, string ProjectId);

/// <summary>What the southbound rows (ovn-sb(5), Port_Binding) say of networks with a port on this host, and of who has an address in a network.</summary>
internal sealed class MetadataDirectory(OvsdbClient southbound, OvsdbClient local)
{
    /// <summary>This host's name in OVN; null while Open vSwitch has none.</summary>
    public string? ChassisName => local.Table("Open_vSwitch").Rows.Select(r => r.Entry("external_ids", "system-id")).FirstOrDefault();

    /// <summary>Networks with a guest's port bound to this host, and with a metadata port.</summary>
    public IReadOnlyList<MetadataNetwork> LocalNetworks()
    {
        if (southbound.Table("Chassis").FindBy("name", ChassisName ?? "") is not { } chassis)
        {
            return [];
        }

        var datapaths = Ports().Where(p => p.Text("type").Length == 0 && p.Reference("chassis") == chassis.Uuid).Select(p => p.Reference("datapath")).ToHashSet();
        return
        [
            .. Ports().Where(p => p.Text("type") == "localport" && p.Entry("external_ids", OvnNames.DeviceOwner) == "network:distributed" && datapaths.Contains(p.Reference("datapath")))
                .Select(p => new MetadataNetwork(NetworkOf(p), p.Text("logical_port"), p.Texts("mac").First().Split(' ')[0], p.Entry("external_ids", "neutron:cidrs") ?? ""))
                .Where(n => n.NetworkId.Length > 0),
        ];
    }

    /// <returns>Null when no port, or more than one, of the network has the address.</returns>
    public MetadataPort? Find(string networkId, IPAddress source)
    {
        var address = (source.IsIPv4MappedToIPv6 ? source.MapToIPv4() : source).ToString();
        var found = Ports().Where(p => p.Text("type").Length == 0 && NetworkOf(p) == networkId && p.Texts("mac").SelectMany(m => m.Split(' ')).Contains(address, StringComparer.Ordinal)).Take(2).ToList();
        return found is [var port] && port.Entry("external_ids", OvnNames.DeviceId) is { Length: > 0 } server
            ? new(server, port.Entry("external_ids", OvnNames.ProjectId) ?? "")
            : null;
    }

    private static string NetworkOf(OvsdbRow port) =>
        port.Entry("external_ids", OvnNames.NetworkName) is { } name && name.StartsWith(OvnNames.Prefix, StringComparison.Ordinal) ? name[OvnNames.Prefix.Length..] : "";

    private IEnumerable<OvsdbRow> Ports() => southbound.Table("Port_Binding").Rows;
}
