// SPDX-License-Identifier: Apache-2.0
using System.Text.Json;

using LinqToDB.Mapping;

using Meridian.Network.Api;
using Meridian.Network.Ipam;
using Meridian.Network.Subnets;

namespace Meridian.Network.Routers;

[Table("routers")]
internal sealed class RouterRow : StandardRow
{
    [Column("admin_state_up")]
    public bool AdminStateUp { get; set; } = true;

    [Column("status")]
    public string Status { get; set; } = "ACTIVE";

    /// <summary>The port on the external network; null without a gateway.</summary>
    [Column("gateway_port_id")]
    public string? GatewayPortId { get; set; }

    [Column("gateway_network_id")]
    public string? GatewayNetworkId { get; set; }

    [Column("enable_snat")]
    public bool EnableSnat { get; set; } = true;

    [Column("routes")]
    public string RoutesJson { get; set; } = "[]";

    [NotColumn]
    public IReadOnlyList<HostRoute> Routes
    {
        get => JsonSerializer.Deserialize(RoutesJson, SubnetJson.Default.IReadOnlyListHostRoute)!;
        set => RoutesJson = JsonSerializer.Serialize(value, SubnetJson.Default.IReadOnlyListHostRoute);
    }

    [NotColumn]
    public IReadOnlyList<IpAllocation> GatewayIps { get; set; } = [];
}
