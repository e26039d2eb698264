// SPDX-License-Identifier: Apache-2.0
using System.Text.Json;

using LinqToDB;
using LinqToDB.Async;

using Meridian.Compute.Agent;
using Meridian.Compute.Aggregates;
using Meridian.Compute.Hypervisors;
using Meridian.Platform.Config;
using Meridian.Platform.Storage;

namespace Meridian.Compute.Services;

/// <summary>Services, hypervisors and the zones that their hosts are in: what hosts report and operators set.</summary>
internal sealed class HostStore(Database database, ServiceConfig config, TimeProvider clock)
{
    private readonly TimeSpan downTime = config.Get(NovaOptions.ServiceDownTime);

    public string DefaultZone { get; } = config.Get(NovaOptions.DefaultAvailabilityZone)!;

    public string InternalZone { get; } = config.Get(NovaOptions.InternalServiceAvailabilityZone)!;

    public bool IsUp(Service service) => service.IsUp(clock.GetUtcNow().UtcDateTime, downTime);

    public async Task<IReadOnlyList<Service>> ListServicesAsync(CancellationToken cancellationToken)
    {
        await using var db = database.Open();
        return await db.GetTable<Service>().OrderBy(s => s.Id).ToListAsync(cancellationToken);
    }

    public async Task<IReadOnlyList<Hypervisor>> ListHypervisorsAsync(CancellationToken cancellationToken)
    {
        await using var db = database.Open();
        return await db.GetTable<Hypervisor>().OrderBy(h => h.Id).ToListAsync(cancellationToken);
    }

    public async Task<Service?> FindComputeAsync(string host, CancellationToken cancellationToken)
    {
        await using var db = database.Open();
        return await db.GetTable<Service>().FirstOrDefaultAsync(s => s.Host == host && s.Binary == Service.Compute, cancellationToken);
    }

    /// <summary>The zone of each host that is in an aggregate with one.</summary>
    public async Task<Dictionary<string, string>> ZonesAsync(CancellationToken cancellationToken)
    {
        await using var db = database.Open();
        var aggregates = await db.GetTable<Aggregate>().ToListAsync(cancellationToken);
        var zones = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var aggregate in aggregates)
        {
            if (aggregate.Zone() is { } zone)
            {
                foreach (var host in aggregate.Hosts())
                {
                    zones[host] = zone;
                }
            }
        }

        return zones;
    }

    /// <summary>Notes that a service runs; the first time it becomes known.</summary>
    public async Task ReportAsync(string binary, string host, CancellationToken cancellationToken)
    {
        await using var db = await database.BeginAsync(cancellationToken);
        await ReportAsync(db, binary, host, cancellationToken);
        await db.CommitAsync(cancellationToken);
    }

    /// <summary>Notes that compute hosts run, and what they have. One transaction for all of them.</summary>
    public async Task ReportAsync(IReadOnlyList<HostReport> hosts, CancellationToken cancellationToken)
    {
        await using var db = await database.BeginAsync(cancellationToken);
        var now = clock.GetUtcNow().UtcDateTime;
        foreach (var host in hosts)
        {
            await ReportAsync(db, Service.Compute, host.Host, cancellationToken);
            var info = JsonSerializer.Serialize(host.Info, ComputeJson.Default.HypervisorInfo);
            var known = await db.GetTable<Hypervisor>().Where(h => h.Host == host.Host && h.Hostname == host.Info.Hostname)
                .Set(h => h.InfoJson, info).Set(h => h.Uuid, host.ProviderId).Set(h => h.HostIp, host.HostIp).Set(h => h.UpdatedAt, now).UpdateAsync(cancellationToken);
            if (known == 0)
            {
                await db.InsertAsync(
                    new Hypervisor { Uuid = host.ProviderId, Host = host.Host, Hostname = host.Info.Hostname, HostIp = host.HostIp, InfoJson = info, UpdatedAt = now },
                    token: cancellationToken);
            }
        }

        await db.CommitAsync(cancellationToken);
    }

    public async Task<bool> UpdateServiceAsync(int id, bool disabled, string? reason, bool forcedDown, CancellationToken cancellationToken)
    {
        await using var db = await database.BeginAsync(cancellationToken);
        var changed = await db.GetTable<Service>().Where(s => s.Id == id)
            .Set(s => s.Disabled, disabled).Set(s => s.DisabledReason, reason).Set(s => s.ForcedDown, forcedDown).UpdateAsync(cancellationToken);
        await db.CommitAsync(cancellationToken);
        return changed == 1;
    }

    /// <summary>Forgets a service, with its hypervisors where it is a compute host.</summary>
    public async Task DeleteServiceAsync(Service service, CancellationToken cancellationToken)
    {
        await using var db = await database.BeginAsync(cancellationToken);
        if (service.Binary == Service.Compute)
        {
            await db.GetTable<Hypervisor>().DeleteAsync(h => h.Host == service.Host, cancellationToken);
        }

        await db.GetTable<Service>().DeleteAsync(s => s.Id == service.Id, cancellationToken);
        await db.CommitAsync(cancellationToken);
    }

    private async Task ReportAsync(WriteConnection db, string binary, string host, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow().UtcDateTime;
        var known = await db.GetTable<Service>().Where(s => s.Host == host && s.Binary == binary).Set(s => s.LastSeenAt, now).UpdateAsync(cancellationToken);
        if (known == 0)
        {
            await db.InsertAsync(
                new Service { Uuid = Guid.NewGuid().ToString("D"), Binary = binary, Host = host, CreatedAt = now, LastSeenAt = now }, token: cancellationToken);
        }
    }
}
