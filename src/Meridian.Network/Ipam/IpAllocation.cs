// SPDX-License-Identifier: Apache-2.0
using LinqToDB.Mapping;

namespace Meridian.Network.Ipam;

/// <summary>An address that a port holds. Its primary key is what keeps two ports from one address.</summary>
[Table("ip_allocations")]
internal sealed class IpAllocation
{
    [PrimaryKey(1), Column("subnet_id")]
    public string SubnetId { get; init; } = "";

    /// <summary>Fixed-width text in the address's own order.</summary>
    [PrimaryKey(2), Column("address_key")]
    public string AddressKey { get; init; } = "";

    [Column("ip_address")]
    public string Address { get; init; } = "";

    [Column("port_id")]
    public string PortId { get; init; } = "";

    [Column("network_id")]
    public string NetworkId { get; init; } = "";

    /// <summary>Order in the port's fixed_ips.</summary>
    [Column("position")]
    public int Position { get; init; }
}

/// <summary>A range of addresses that are given out, both ends included.</summary>
internal sealed record AllocationPool(string Start, string End);
