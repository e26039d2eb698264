// SPDX-License-Identifier: Apache-2.0
using LinqToDB;
using LinqToDB.Async;
using LinqToDB.Data;

using Meridian.Network.Subnets;

namespace Meridian.Network.Ipam;

/// <summary>
/// Picks unused addresses. It starts at a random place of the pools and reads the allocated addresses from there in order, in small pieces, until it meets a
/// gap: with a share u of a pool in use that is about 1/(1-u) rows, however many ports there are. The primary key of the allocations decides when two pick one.
/// </summary>
internal static class AddressAllocator
{
    private const int Piece = 64;

    /// <returns>Null when every address of the pools is in use.</returns>
    public static async Task<IpAddress?> PickAsync(DataConnection db, SubnetRow subnet, CancellationToken cancellationToken)
    {
        var pools = subnet.Pools.Select(p => (Start: IpAddress.Parse(p.Start), End: IpAddress.Parse(p.End))).ToList();
        if (pools.Count == 0)
        {
            return null;
        }

        var first = Random.Shared.Next(pools.Count);
        var start = Somewhere(pools[first].Start, pools[first].End);
        for (var i = 0; i <= pools.Count; i++)
        {
            var (from, to) = pools[(first + i) % pools.Count];
            var (low, high) = i == 0 ? (start, to) : i == pools.Count ? (from, start) : (from, to);
            if (await FindGapAsync(db, subnet.Id, low, high, cancellationToken) is { } free)
            {
                return free;
            }
        }

        return null;
    }

    public static Task<bool> IsTakenAsync(DataConnection db, string subnetId, IpAddress address, CancellationToken cancellationToken)
    {
        var key = address.Key;
        return db.GetTable<IpAllocation>().AnyAsync(a => a.SubnetId == subnetId && a.AddressKey == key, cancellationToken);
    }

    private static async Task<IpAddress?> FindGapAsync(DataConnection db, string subnetId, IpAddress low, IpAddress high, CancellationToken cancellationToken)
    {
        var candidate = low;
        var last = high.Key;
        while (candidate <= high)
        {
            var from = candidate.Key;
            var taken = await db.GetTable<IpAllocation>()
                .Where(a => a.SubnetId == subnetId && string.CompareOrdinal(a.AddressKey, from) >= 0 && string.CompareOrdinal(a.AddressKey, last) <= 0)
                .OrderBy(a => a.AddressKey)
                .Select(a => a.AddressKey)
                .Take(Piece)
                .ToListAsync(cancellationToken);
            foreach (var key in taken)
            {
                if (key != candidate.Key)
                {
                    return candidate;
                }

                if (candidate == high)
                {
                    return null;
                }

                candidate += 1;
            }

            if (taken.Count < Piece)
            {
                return candidate;
            }
        }

        return null;
    }

    private static IpAddress Somewhere(IpAddress start, IpAddress end)
    {
        var span = end.Value - start.Value;
        var offset = span < long.MaxValue ? (UInt128)Random.Shared.NextInt64((long)span + 1) : (UInt128)Random.Shared.NextInt64(long.MaxValue);
        return start + offset;
    }
}
