// SPDX-License-Identifier: Apache-2.0
using LinqToDB;
using LinqToDB.Async;
using LinqToDB.Data;

using Meridian.Network.Api;
using Meridian.Network.Ports;
using Meridian.Network.Subnets;
using Meridian.Platform.Storage;

namespace Meridian.Network.Ipam;

/// <summary>What a body asks for in fixed_ips: a subnet, an address, or both.</summary>
internal sealed record FixedIpAsk(string? SubnetId, string? IpAddress);

/// <summary>Gives a port its addresses. Source: neutron's ipam_backend_mixin, api-ref "fixed_ips".</summary>
internal static class PortAddresses
{
    /// <param name="asked">Null: one address of each family that the network has pools for.</param>
    public static async Task AllocateAsync(WriteConnection db, PortRow port, IReadOnlyList<FixedIpAsk>? asked, CancellationToken cancellationToken)
    {
        var subnets = await SubnetsAsync(db, port.NetworkId, cancellationToken);
        if (asked is null)
        {
            await AllocateAnyAsync(db, port, subnets, cancellationToken);
            return;
        }

        var position = 0;
        foreach (var ask in asked)
        {
            await InsertAsync(db, port, await ChooseAsync(db, port, subnets, ask, cancellationToken), position++, cancellationToken);
        }

        await AddAutomaticAsync(db, port, subnets.Where(s => !asked.Any(a => a.SubnetId == s.Id)), position, cancellationToken);
    }

    /// <summary>Keeps what stays, gives back what goes, adds what is new.</summary>
    /// <returns>Whether anything changed.</returns>
    public static async Task<bool> ReplaceAsync(WriteConnection db, PortRow port, IReadOnlyList<FixedIpAsk> asked, CancellationToken cancellationToken)
    {
        var subnets = await SubnetsAsync(db, port.NetworkId, cancellationToken);
        var have = await db.GetTable<IpAllocation>().Where(a => a.PortId == port.Id).OrderBy(a => a.Position).ToListAsync(cancellationToken);
        var kept = new List<IpAllocation>();
        var open = new List<FixedIpAsk>();
        foreach (var ask in asked.OrderBy(a => a.IpAddress is null))
        {
            var wanted = ask.IpAddress is null ? null : IpAddress.Parse(ask.IpAddress).ToString();
            var match = have.Except(kept).FirstOrDefault(a => (wanted is null || a.Address == wanted) && (ask.SubnetId is null || a.SubnetId == ask.SubnetId));
            if (match is null)
            {
                open.Add(ask);
            }
            else
            {
                kept.Add(match);
            }
        }

        // Addresses that hosts make themselves stay unless the network's subnet goes.
        var automatic = subnets.Where(s => s.IsAutoAddressed).Select(s => s.Id).ToHashSet();
        var gone = have.Except(kept).Where(a => !automatic.Contains(a.SubnetId)).ToList();
        foreach (var allocation in gone)
        {
            await db.DeleteAsync(allocation, token: cancellationToken);
        }

        var position = have.Count == 0 ? 0 : have.Max(a => a.Position) + 1;
        foreach (var ask in open)
        {
            await InsertAsync(db, port, await ChooseAsync(db, port, subnets, ask, cancellationToken), position++, cancellationToken);
        }

        return gone.Count > 0 || open.Count > 0;
    }

    public static async Task<List<SubnetRow>> SubnetsAsync(DataConnection db, string networkId, CancellationToken cancellationToken) =>
        await db.GetTable<SubnetRow>().Where(s => s.NetworkId == networkId).OrderBy(s => s.CreatedAt).ThenBy(s => s.Id).ToListAsync(cancellationToken);

    public static Task InsertAsync(WriteConnection db, PortRow port, (SubnetRow Subnet, IpAddress Address) chosen, int position, CancellationToken cancellationToken) =>
        db.InsertAsync(
            new IpAllocation
            {
                SubnetId = chosen.Subnet.Id, AddressKey = chosen.Address.Key, Address = chosen.Address.ToString(), PortId = port.Id, NetworkId = port.NetworkId, Position = position,
            },
            token: cancellationToken);

    private static async Task AllocateAnyAsync(WriteConnection db, PortRow port, List<SubnetRow> subnets, CancellationToken cancellationToken)
    {
        var position = 0;
        foreach (var family in subnets.Where(s => !s.IsAutoAddressed && FitsService(s, port)).GroupBy(s => s.IpVersion).OrderBy(g => g.Key))
        {
            (SubnetRow, IpAddress)? chosen = null;
            foreach (var subnet in family)
            {
                if (await AddressAllocator.PickAsync(db, subnet, cancellationToken) is { } address)
                {
                    chosen = (subnet, address);
                    break;
                }
            }

            await InsertAsync(db, port, chosen ?? throw Errors.NoMoreAddresses(port.NetworkId), position++, cancellationToken);
        }

        await AddAutomaticAsync(db, port, subnets, position, cancellationToken);
    }

    /// <summary>With slaac the address follows from the MAC; routers have no such addresses of their own.</summary>
    private static async Task AddAutomaticAsync(WriteConnection db, PortRow port, IEnumerable<SubnetRow> subnets, int position, CancellationToken cancellationToken)
    {
        if (DeviceOwner.IsNetworks(port.DeviceOwner) && port.DeviceOwner != DeviceOwner.Distributed)
        {
            return;
        }

        foreach (var subnet in subnets.Where(s => s.IsAutoAddressed))
        {
            await InsertAsync(db, port, (subnet, MacAddress.Eui64(subnet.Range, port.MacAddress)), position++, cancellationToken);
        }
    }

    private static async Task<(SubnetRow, IpAddress)> ChooseAsync(WriteConnection db, PortRow port, List<SubnetRow> subnets, FixedIpAsk ask, CancellationToken cancellationToken)
    {
        if (subnets.Count == 0)
        {
            throw Errors.InvalidInput("IP allocation requires subnets for network");
        }

        if (ask is { SubnetId: null, IpAddress: null })
        {
            throw Errors.InvalidInput("IP allocation requires subnet_id or ip_address");
        }

        IpAddress? address = ask.IpAddress is null ? null : IpAddress.Parse(ask.IpAddress);
        var subnet = FindSubnet(port.NetworkId, subnets, ask.SubnetId, address);
        if (address is not { } wanted)
        {
            return subnet.IsAutoAddressed && !DeviceOwner.IsNetworks(port.DeviceOwner)
                ? (subnet, MacAddress.Eui64(subnet.Range, port.MacAddress))
                : (subnet, await AddressAllocator.PickAsync(db, subnet, cancellationToken) ?? throw Errors.NoMoreAddresses(port.NetworkId));
        }

        if (subnet.IsAutoAddressed && !DeviceOwner.IsNetworks(port.DeviceOwner) && wanted != MacAddress.Eui64(subnet.Range, port.MacAddress))
        {
            throw Errors.InvalidInput(
                $"IPv6 address {wanted} can not be directly assigned to a port on subnet {subnet.Id} as the subnet is configured for automatic addresses", "AllocationOnAutoAddressSubnet");
        }

        return await AddressAllocator.IsTakenAsync(db, subnet.Id, wanted, cancellationToken)
            ? throw Errors.Conflict($"IP address {wanted} already allocated in subnet {subnet.Id}", "IpAddressAlreadyAllocated")
            : (subnet, wanted);
    }

    private static SubnetRow FindSubnet(string networkId, List<SubnetRow> subnets, string? subnetId, IpAddress? address)
    {
        if (subnetId is null)
        {
            return subnets.FirstOrDefault(s => IsHostAddress(s.Range, address!.Value))
                ?? throw Errors.Invalid($"IP address {address} is not a valid IP for any of the subnets on the specified network.", "InvalidIpForNetwork");
        }

        var subnet = subnets.FirstOrDefault(s => s.Id == subnetId)
            ?? throw Errors.InvalidInput($"Failed to create port on network {networkId}, because fixed_ips included invalid subnet {subnetId}");
        return address is { } wanted && !IsHostAddress(subnet.Range, wanted)
            ? throw Errors.Invalid($"IP address {address} is not a valid IP for the specified subnet.", "InvalidIpForSubnet")
            : subnet;
    }

    private static bool IsHostAddress(IpCidr range, IpAddress address)
    {
        var (first, last) = PoolRules.Usable(range);
        return address.Version == range.Version && first <= address && address <= last;
    }

    /// <summary>Subnets with service_types serve only ports of these owners, and such ports prefer them.</summary>
    private static bool FitsService(SubnetRow subnet, PortRow port) =>
        subnet.ServiceTypes is not { Count: > 0 } types || types.Any(t => port.DeviceOwner == t || (t.EndsWith(':') && port.DeviceOwner.StartsWith(t, StringComparison.Ordinal)) || port.DeviceOwner.StartsWith(t + ":", StringComparison.Ordinal));
}
