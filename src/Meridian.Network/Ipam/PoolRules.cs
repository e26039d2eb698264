// SPDX-License-Identifier: Apache-2.0
using Meridian.Network.Api;

namespace Meridian.Network.Ipam;

/// <summary>The rules about allocation pools. Source: neutron's ipam, api-ref "Create subnet".</summary>
internal static class PoolRules
{
    /// <summary>All usable addresses but the gateway: network and broadcast address of IPv4, and the router anycast address of IPv6, are no host's.</summary>
    public static IReadOnlyList<AllocationPool> Default(IpCidr cidr, IpAddress? gateway)
    {
        var (first, last) = Usable(cidr);
        if (first > last)
        {
            return [];
        }

        if (gateway is not { } gw || gw < first || gw > last)
        {
            return [new(first.ToString(), last.ToString())];
        }

        var pools = new List<AllocationPool>(2);
        if (gw > first)
        {
            pools.Add(new(first.ToString(), (gw with { Value = gw.Value - 1 }).ToString()));
        }

        if (gw < last)
        {
            pools.Add(new((gw + 1).ToString(), last.ToString()));
        }

        return pools;
    }

    /// <exception cref="Meridian.Platform.Http.ApiException">A pool is upside down, outside, overlaps another, or holds the gateway.</exception>
    public static IReadOnlyList<AllocationPool> Check(IpCidr cidr, IReadOnlyList<AllocationPool> pools, IpAddress? gateway)
    {
        var ranges = new List<(IpAddress Start, IpAddress End)>();
        var (first, last) = Usable(cidr);
        foreach (var pool in pools)
        {
            var (start, end) = (IpAddress.Parse(pool.Start), IpAddress.Parse(pool.End));
            var shown = $"{pool.Start}-{pool.End}";
            if (start.Version != cidr.Version || end.Version != cidr.Version || end < start)
            {
                throw Errors.Invalid($"The allocation pool {shown} is not valid.", "InvalidAllocationPool");
            }

            if (start < first || end > last)
            {
                throw Errors.Invalid($"The allocation pool {shown} spans beyond the subnet cidr {cidr}.", "OutOfBoundsAllocationPool");
            }

            ranges.Add((start, end));
        }

        ranges.Sort();
        for (var i = 1; i < ranges.Count; i++)
        {
            if (ranges[i].Start <= ranges[i - 1].End)
            {
                throw Errors.Conflict(
                    $"Found overlapping allocation pools: {ranges[i - 1].Start}-{ranges[i - 1].End} {ranges[i].Start}-{ranges[i].End} for subnet {cidr}.", "OverlappingAllocationPools");
            }
        }

        CheckGateway(ranges, gateway);
        return [.. ranges.Select(r => new AllocationPool(r.Start.ToString(), r.End.ToString()))];
    }

    public static void CheckGateway(IReadOnlyList<AllocationPool> pools, IpAddress? gateway) =>
        CheckGateway([.. pools.Select(p => (IpAddress.Parse(p.Start), IpAddress.Parse(p.End)))], gateway);

    public static bool Contains(IReadOnlyList<AllocationPool> pools, IpAddress address) =>
        pools.Any(p => IpAddress.Parse(p.Start) <= address && address <= IpAddress.Parse(p.End));

    public static UInt128 Size(IReadOnlyList<AllocationPool> pools) =>
        pools.Aggregate(UInt128.Zero, (sum, p) => sum + (IpAddress.Parse(p.End).Value - IpAddress.Parse(p.Start).Value) + 1);

    /// <summary>The addresses that a host may have.</summary>
    public static (IpAddress First, IpAddress Last) Usable(IpCidr cidr) => (cidr.Version, cidr.First.Bits - cidr.PrefixLength) switch
    {
        (_, <= 1) => (cidr.First, cidr.Last),
        (4, _) => (cidr.First + 1, cidr.Last with { Value = cidr.Last.Value - 1 }),
        _ => (cidr.First + 1, cidr.Last),
    };

    private static void CheckGateway(IReadOnlyList<(IpAddress Start, IpAddress End)> ranges, IpAddress? gateway)
    {
        if (gateway is { } gw && ranges.FirstOrDefault(r => r.Start <= gw && gw <= r.End) is { Start.Version: > 0 } range)
        {
            throw Errors.Conflict($"Gateway ip {gw} conflicts with allocation pool {range.Start}-{range.End}.", "GatewayConflictWithAllocationPools");
        }
    }
}
