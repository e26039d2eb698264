// SPDX-License-Identifier: Apache-2.0
using LinqToDB;
using LinqToDB.Async;
using LinqToDB.Data;

using Meridian.Network.Api;
using Meridian.Network.Drivers;
using Meridian.Network.FloatingIps;
using Meridian.Network.Ipam;
using Meridian.Network.Northbound;
using Meridian.Network.Quotas;
using Meridian.Network.ServerEvents;
using Meridian.Network.Tags;
using Meridian.Platform.Storage;

namespace Meridian.Network.Ports;

/// <summary>What every maker of ports does alike: the API, routers, floating IPs, the metadata port. All within the caller's transaction.</summary>
internal sealed class PortStore(NetworkCore core, QuotaCounter quota, ServerEventOutbox events)
{
    private readonly string baseMac = core.Config.Get(NetworkOptions.BaseMac)!;

    /// <summary>Writes the port with its addresses and its pending change. The service's own ports (of no project, or <paramref name="force"/>) pass any quota.</summary>
    /// <param name="asked">Null: an address of each family.</param>
    public async Task<PortRow> InsertAsync(WriteConnection db, PortRow port, IReadOnlyList<FixedIpAsk>? asked, CancellationToken cancellationToken, bool force = false)
    {
        if (port.ProjectId.Length > 0)
        {
            await quota.TakeAsync(db, port.ProjectId, "port", 1, cancellationToken, force);
        }

        await SetMacAsync(db, port, port.MacAddress, cancellationToken);
        await db.InsertAsync(port, token: cancellationToken);
        await PortAddresses.AllocateAsync(db, port, asked, cancellationToken);
        await PokeAsync(db, port.Id, cancellationToken);
        return port;
    }

    /// <param name="mac">Empty draws one.</param>
    public async Task SetMacAsync(DataConnection db, PortRow port, string mac, CancellationToken cancellationToken)
    {
        if (mac.Length == 0)
        {
            // Another port of the network with the same one makes the insert a duplicate, and the transaction draws again.
            port.MacAddress = MacAddress.Generate(baseMac);
            return;
        }

        if (await db.GetTable<PortRow>().AnyAsync(p => p.NetworkId == port.NetworkId && p.MacAddress == mac && p.Id != port.Id, cancellationToken))
        {
            throw Errors.Conflict($"Unable to complete operation for network {port.NetworkId}. The mac address {mac} is in use.", "MacAddressInUse");
        }

        port.MacAddress = mac;
    }

    /// <summary>Removes the port and everything that hangs on it; floating IPs lose their port.</summary>
    public async Task RemoveAsync(WriteConnection db, PortRow port, CancellationToken cancellationToken)
    {
        foreach (var floating in await db.GetTable<FloatingIpRow>().Where(f => f.PortId == port.Id).ToListAsync(cancellationToken))
        {
            floating.PortId = floating.FixedIpAddress = floating.RouterId = null;
            floating.Status = "DOWN";
            floating.RevisionNumber++;
            floating.UpdatedAt = core.Now;
            await db.UpdateAsync(floating, token: cancellationToken);
            await Pending.AddAsync(db, NetworkResourceKind.FloatingIp, floating.Id, core.Now, cancellationToken);
        }

        await db.GetTable<IpAllocation>().Where(a => a.PortId == port.Id).DeleteAsync(cancellationToken);
        await db.GetTable<PortSecurityGroupRow>().Where(g => g.PortId == port.Id).DeleteAsync(cancellationToken);
        await db.GetTable<TagRow>().Where(t => t.ResourceId == port.Id).DeleteAsync(cancellationToken);
        await db.DeleteAsync(port, token: cancellationToken);
        if (port.ProjectId.Length > 0)
        {
            await QuotaCounter.GiveAsync(db, port.ProjectId, "port", 1, cancellationToken);
        }

        await PokeAsync(db, port.Id, cancellationToken);
        await events.AddAsync(db, "network-vif-deleted", port, cancellationToken);
    }

    public async Task LoadAsync(DataConnection db, IReadOnlyList<PortRow> rows, CancellationToken cancellationToken)
    {
        var ids = rows.Select(r => r.Id).ToList();
        var addresses = (await db.GetTable<IpAllocation>().Where(a => ids.Contains(a.PortId)).OrderBy(a => a.Position).ToListAsync(cancellationToken)).ToLookup(a => a.PortId);
        var groups = (await db.GetTable<PortSecurityGroupRow>().Where(g => ids.Contains(g.PortId)).OrderBy(g => g.SecurityGroupId).ToListAsync(cancellationToken)).ToLookup(g => g.PortId);
        foreach (var row in rows)
        {
            row.FixedIps = [.. addresses[row.Id]];
            row.SecurityGroups = [.. groups[row.Id].Select(g => g.SecurityGroupId)];
        }
    }

    public Task PokeAsync(DataConnection db, string portId, CancellationToken cancellationToken) =>
        Pending.AddAsync(db, NetworkResourceKind.Port, portId, core.Now, cancellationToken);
}
