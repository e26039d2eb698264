// SPDX-License-Identifier: Apache-2.0
using System.Text.Json;
using System.Text.Json.Serialization;

using LinqToDB.Mapping;

using Meridian.Network.Api;
using Meridian.Network.Ipam;

namespace Meridian.Network.Subnets;

[Table("subnets")]
internal sealed class SubnetRow : StandardRow
{
    [Column("network_id")]
    public string NetworkId { get; init; } = "";

    [Column("ip_version")]
    public int IpVersion { get; init; }

    [Column("cidr")]
    public string Cidr { get; init; } = "";

    [Column("gateway_ip")]
    public string? GatewayIp { get; set; }

    [Column("enable_dhcp")]
    public bool EnableDhcp { get; set; }

    /// <summary>slaac, dhcpv6-stateful, dhcpv6-stateless or null.</summary>
    [Column("ipv6_address_mode")]
    public string? Ipv6AddressMode { get; init; }

    [Column("ipv6_ra_mode")]
    public string? Ipv6RaMode { get; init; }

    [Column("subnetpool_id")]
    public string? SubnetpoolId { get; init; }

    [Column("allocation_pools")]
    public string PoolsJson { get; set; } = "[]";

    [Column("dns_nameservers")]
    public string DnsJson { get; set; } = "[]";

    [Column("host_routes")]
    public string RoutesJson { get; set; } = "[]";

    [Column("service_types")]
    public string ServiceTypesJson { get; set; } = "[]";

    [NotColumn]
    public IReadOnlyList<AllocationPool> Pools
    {
        get => JsonSerializer.Deserialize(PoolsJson, SubnetJson.Default.IReadOnlyListAllocationPool)!;
        set => PoolsJson = JsonSerializer.Serialize(value, SubnetJson.Default.IReadOnlyListAllocationPool);
    }

    [NotColumn]
    public IReadOnlyList<string> Dns
    {
        get => JsonSerializer.Deserialize(DnsJson, SubnetJson.Default.IReadOnlyListString)!;
        set => DnsJson = JsonSerializer.Serialize(value, SubnetJson.Default.IReadOnlyListString);
    }

    [NotColumn]
    public IReadOnlyList<HostRoute> HostRoutes
    {
        get => JsonSerializer.Deserialize(RoutesJson, SubnetJson.Default.IReadOnlyListHostRoute)!;
        set => RoutesJson = JsonSerializer.Serialize(value, SubnetJson.Default.IReadOnlyListHostRoute);
    }

    [NotColumn]
    public IReadOnlyList<string> ServiceTypes
    {
        get => JsonSerializer.Deserialize(ServiceTypesJson, SubnetJson.Default.IReadOnlyListString)!;
        set => ServiceTypesJson = JsonSerializer.Serialize(value, SubnetJson.Default.IReadOnlyListString);
    }

    /// <summary>Hosts make their own addresses from the prefix, which thus take no part in pools.</summary>
    [NotColumn]
    public bool IsAutoAddressed => Ipv6AddressMode is "slaac" or "dhcpv6-stateless";

    [NotColumn]
    public IpCidr Range => IpCidr.Parse(Cidr);
}

/// <param name="Destination">A CIDR.</param>
internal sealed record HostRoute(string Destination, string Nexthop);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(IReadOnlyList<AllocationPool>))]
[JsonSerializable(typeof(IReadOnlyList<string>))]
[JsonSerializable(typeof(IReadOnlyList<HostRoute>))]
internal sealed partial class SubnetJson : JsonSerializerContext;
