// SPDX-License-Identifier: Apache-2.0
using LinqToDB;
using LinqToDB.Async;
using LinqToDB.Data;

using Meridian.Network.Drivers;
using Meridian.Network.FloatingIps;
using Meridian.Network.Ipam;
using Meridian.Network.Networks;
using Meridian.Network.Northbound;
using Meridian.Network.Ports;
using Meridian.Network.Quotas;
using Meridian.Network.Routers;
using Meridian.Network.SecurityGroups;
using Meridian.Network.Subnets;
using Meridian.Platform.Audit;
using Meridian.Platform.Storage;

namespace Meridian.Network.Audit;

/// <param name="InBackend">True: only the backend has it. False: only the database has it.</param>
internal sealed record BackendDifference(NetworkResourceKind Kind, string Id, bool InBackend);

/// <summary>Holds ports, addresses, quotas and the backend's rows against the database; changes nothing.</summary>
internal sealed class NetworkAudit(Database database, INetworkDriver driver) : IAudit
{
    /// <summary>Everything that does not agree, a sentence each; empty when all is well. What is still being written is left out.</summary>
    public async Task<IReadOnlyList<string>> RunAsync(CancellationToken cancellationToken)
    {
        var findings = new List<string>();
        foreach (var difference in await CompareBackendAsync(cancellationToken))
        {
            findings.Add($"{difference.Kind} {difference.Id} {(difference.InBackend ? $"exists in the {driver.Type} backend but not in the database" : $"is missing in the {driver.Type} backend")}");
        }

        await using var db = database.Open();
        await CheckAddressesAsync(db, findings, cancellationToken);
        await CheckReferencesAsync(db, findings, cancellationToken);
        await CheckQuotasAsync(db, findings, cancellationToken);
        return findings;
    }

    async Task<AuditReport> IAudit.RunAsync(CancellationToken cancellationToken) => AuditReport.Of(await RunAsync(cancellationToken));

    /// <summary>Ids that only one of backend and database has. Pending ones are under way and not counted.</summary>
    public async Task<IReadOnlyList<BackendDifference>> CompareBackendAsync(CancellationToken cancellationToken)
    {
        // The backend first: what is made in between is then in the database, and pending.
        var backend = await driver.ListAsync(cancellationToken);
        await using var db = database.Open();
        var floating = DeviceOwner.FloatingIp;
        var wanted = new Dictionary<NetworkResourceKind, (IReadOnlySet<string> Backend, List<string> Database)>
        {
            [NetworkResourceKind.Network] = (backend.Networks, await db.GetTable<NetworkRow>().Select(r => r.Id).ToListAsync(cancellationToken)),
            [NetworkResourceKind.Subnet] = (backend.Subnets, await db.GetTable<SubnetRow>().Where(r => r.EnableDhcp).Select(r => r.Id).ToListAsync(cancellationToken)),
            [NetworkResourceKind.SecurityGroup] = (backend.SecurityGroups, await db.GetTable<SecurityGroupRow>().Select(r => r.Id).ToListAsync(cancellationToken)),
            [NetworkResourceKind.Port] = (backend.Ports, await db.GetTable<PortRow>().Where(p => p.DeviceOwner != floating).Select(r => r.Id).ToListAsync(cancellationToken)),
            [NetworkResourceKind.Router] = (backend.Routers, await db.GetTable<RouterRow>().Select(r => r.Id).ToListAsync(cancellationToken)),
            [NetworkResourceKind.FloatingIp] = (backend.FloatingIps, await db.GetTable<FloatingIpRow>().Where(f => f.RouterId != null).Select(r => r.Id).ToListAsync(cancellationToken)),
        };
        var withoutDhcp = (await db.GetTable<SubnetRow>().Where(r => !r.EnableDhcp).Select(r => r.Id).ToListAsync(cancellationToken)).ToHashSet();
        var pending = (await db.GetTable<PendingChange>().Select(c => new { c.Kind, c.ResourceId }).Distinct().ToListAsync(cancellationToken)).Select(c => (c.Kind, c.ResourceId)).ToHashSet();
        var found = new List<BackendDifference>();
        foreach (var (kind, (there, here)) in wanted)
        {
            var database = here.ToHashSet();
            found.AddRange(database.Where(id => !there.Contains(id) && !pending.Contains((kind.ToString(), id))).Select(id => new BackendDifference(kind, id, false)));

            // A subnet without DHCP may or may not have a row, as the driver likes.
            found.AddRange(there.Where(id => !database.Contains(id) && !pending.Contains((kind.ToString(), id)) && !withoutDhcp.Contains(id)).Select(id => new BackendDifference(kind, id, true)));
        }

        return found;
    }

    private static async Task CheckAddressesAsync(DataConnection db, List<string> findings, CancellationToken cancellationToken)
    {
        var subnets = await db.GetTable<SubnetRow>().ToDictionaryAsync(s => s.Id, cancellationToken);
        var ports = (await db.GetTable<PortRow>().Select(p => p.Id).ToListAsync(cancellationToken)).ToHashSet();
        await foreach (var allocation in db.GetTable<IpAllocation>().AsAsyncEnumerable().WithCancellation(cancellationToken))
        {
            if (!ports.Contains(allocation.PortId))
            {
                findings.Add($"Address {allocation.Address} of subnet {allocation.SubnetId} is held by port {allocation.PortId}, which does not exist");
            }

            if (!subnets.TryGetValue(allocation.SubnetId, out var subnet))
            {
                findings.Add($"Address {allocation.Address} of port {allocation.PortId} is of subnet {allocation.SubnetId}, which does not exist");
            }
            else if (!subnet.Range.Contains(IpAddress.Parse(allocation.Address)) || IpAddress.Parse(allocation.Address).Key != allocation.AddressKey)
            {
                findings.Add($"Address {allocation.Address} of port {allocation.PortId} does not lie in subnet {allocation.SubnetId} ({subnet.Cidr})");
            }
        }
    }

    private static async Task CheckReferencesAsync(DataConnection db, List<string> findings, CancellationToken cancellationToken)
    {
        var networks = db.GetTable<NetworkRow>();
        var ports = db.GetTable<PortRow>();
        findings.AddRange((await ports.Where(p => !networks.Any(n => n.Id == p.NetworkId)).Select(p => p.Id).ToListAsync(cancellationToken)).Select(id => $"Port {id} is on a network that does not exist"));
        findings.AddRange((await db.GetTable<SubnetRow>().Where(s => !networks.Any(n => n.Id == s.NetworkId)).Select(s => s.Id).ToListAsync(cancellationToken)).Select(id => $"Subnet {id} is on a network that does not exist"));
        findings.AddRange((await db.GetTable<FloatingIpRow>().Where(f => f.PortId != null && !ports.Any(p => p.Id == f.PortId)).Select(f => f.Id).ToListAsync(cancellationToken)).Select(id => $"Floating IP {id} points at a port that does not exist"));
        findings.AddRange((await db.GetTable<FloatingIpRow>().Where(f => !ports.Any(p => p.Id == f.FloatingPortId)).Select(f => f.Id).ToListAsync(cancellationToken)).Select(id => $"Floating IP {id} has no port on its external network"));
        findings.AddRange((await db.GetTable<PortSecurityGroupRow>().Where(g => !ports.Any(p => p.Id == g.PortId)).Select(g => g.PortId).Distinct().ToListAsync(cancellationToken)).Select(id => $"Security groups are bound to port {id}, which does not exist"));
    }

    private static async Task CheckQuotasAsync(DataConnection db, List<string> findings, CancellationToken cancellationToken)
    {
        foreach (var use in await QuotaUse.CountAsync(db, cancellationToken))
        {
            if (use.Counted != use.Actual)
            {
                findings.Add($"Project {use.ProjectId} has {use.Actual} of {use.Resource}, but its quota counts {use.Counted}");
            }
        }
    }
}
