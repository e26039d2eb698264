// SPDX-License-Identifier: Apache-2.0
using LinqToDB.Mapping;

using Meridian.Network.Api;
using Meridian.Network.Ports;

namespace Meridian.Network.FloatingIps;

[Table("floatingips")]
internal sealed class FloatingIpRow : StandardRow
{
    [Column("floating_network_id")]
    public string FloatingNetworkId { get; init; } = "";

    [Column("floating_ip_address")]
    public string FloatingIpAddress { get; init; } = "";

    /// <summary>The port that holds the address on the external network; projects never see it.</summary>
    [Column("floating_port_id")]
    public string FloatingPortId { get; init; } = "";

    [Column("port_id")]
    public string? PortId { get; set; }

    [Column("fixed_ip_address")]
    public string? FixedIpAddress { get; set; }

    [Column("router_id")]
    public string? RouterId { get; set; }

    [Column("status")]
    public string Status { get; set; } = "DOWN";

    [NotColumn]
    public PortRow? Port { get; set; }
}
