// SPDX-License-Identifier: Apache-2.0
using LinqToDB;
using LinqToDB.Async;
using Meridian.Network.Drivers;
using Meridian.Network.Drivers.Ovn;
using Meridian.Network.Ipam;
using Meridian.Network.Networks;
using Meridian.Network.Northbound;
using Meridian.Network.Quotas;
using Meridian.Platform.Config;
using Meridian.Platform.Storage;

namespace Meridian.Network.Ports;

/// <summary>
/// The port of each network with DHCP from which the metadata agent serves it: owner network:distributed, device ovnmeta-{network}, an address on every
/// such IPv4 subnet. Made and changed in the transactions of the subnets. Source: neutron's OVN driver.
/// </summary>
internal sealed class MetadataPort(ServiceConfig config, INetworkDriver driver, QuotaCounter quota, TimeProvider clock)
{
    private readonly bool enabled = config.Get(OvnOptions.MetadataEnabled) && driver.Capabilities.MetadataPorts;

    /// <summary>Makes the port have an address on exactly the IPv4 subnets with DHCP.</summary>
    public async Task EnsureAsync(WriteConnection db, NetworkRow network, DateTime now, CancellationToken cancellationToken)
    {
        if (!enabled)
        {
            return;
        }

        var subnets = (await PortAddresses.SubnetsAsync(db, network.Id, cancellationToken)).Where(s => s is { IpVersion: 4, EnableDhcp: true }).ToList();
        var device = "ovnmeta-" + network.Id;
        var port = await db.GetTable<PortRow>().FirstOrDefaultAsync(p => p.NetworkId == network.Id && p.DeviceOwner == DeviceOwner.Distributed && p.DeviceId == device, cancellationToken);
        if (port is null)
        {
            if (subnets.Count == 0)
            {
                return;
            }

            port = new PortRow
            {
                Id = Guid.NewGuid().ToString("D"), ProjectId = network.ProjectId, NetworkId = network.Id, MacAddress = MacAddress.Generate(config.Get(NetworkOptions.BaseMac)!),
                DeviceId = device, DeviceOwner = DeviceOwner.Distributed, PortSecurityEnabled = false, CreatedAt = now, UpdatedAt = now,
            };
            // Counted like any port of the project, but never refused: the project did not ask for it.
            await quota.TakeAsync(db, port.ProjectId, "port", 1, cancellationToken, force: true);
            await db.InsertAsync(port, token: cancellationToken);
        }

        var have = await db.GetTable<IpAllocation>().Where(a => a.PortId == port.Id).ToListAsync(cancellationToken);
        foreach (var allocation in have.Where(a => subnets.All(s => s.Id != a.SubnetId)))
        {
            await db.DeleteAsync(allocation, token: cancellationToken);
        }

        foreach (var subnet in subnets.Where(s => have.All(a => a.SubnetId != s.Id)))
        {
            // A subnet without a free address has DHCP without metadata.
            if (await AddressAllocator.PickAsync(db, subnet, cancellationToken) is { } address)
            {
                await PortAddresses.InsertAsync(db, port, (subnet, address), have.Count, cancellationToken);
            }
        }

        await Pending.AddAsync(db, NetworkResourceKind.Port, port.Id, clock.GetUtcNow().UtcDateTime, cancellationToken);
    }
}
