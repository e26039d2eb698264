// SPDX-License-Identifier: Apache-2.0
using Meridian.Compute.Drivers;
using Meridian.Contracts.Placement;
using Meridian.Platform.Config;
using Meridian.Platform.Messaging;
using Meridian.Platform.Sagas;
using Microsoft.Extensions.Logging;

namespace Meridian.Compute.Agent;

/// <summary>
/// Makes the hosts of this program known: their providers at placement, then their reports to the conductor. Listens for work from its first run on.
/// </summary>
internal sealed partial class ComputeAgent(
    ComputeHosts hosts, IMessageBus bus, Neighbours neighbours, ServiceConfig config, TimeProvider clock, ILogger<ComputeAgent> logger) : Reconciler(clock, logger)
{
    private readonly List<IAsyncDisposable> listeners = [];
    private readonly Dictionary<string, HypervisorInfo> placed = new(StringComparer.Ordinal);
    private bool reached = true;

    protected override TimeSpan Interval => reached ? config.Get(NovaOptions.ReportInterval) : TimeSpan.FromSeconds(1);

    public override async Task<int> ReconcileAsync(CancellationToken cancellationToken)
    {
        if (listeners.Count == 0)
        {
            foreach (var host in hosts.All)
            {
                listeners.Add(await bus.ListenAsync(host.Endpoint(), cancellationToken));
            }
        }

        var reports = new List<HostReport>();
        var changed = 0;
        foreach (var host in hosts.All)
        {
            var info = await host.Driver.GetInfoAsync(cancellationToken);
            var identity = host.Identity;
            if (!placed.TryGetValue(identity.ProviderId, out var before) || !SameSize(before, info))
            {
                if (!await TryPlaceAsync(identity, info, cancellationToken))
                {
                    break;
                }

                placed[identity.ProviderId] = info;
                changed++;
            }

            reports.Add(new(identity.Host, identity.ProviderId, identity.HostIp, info));
        }

        if (reports.Count > 0)
        {
            await bus.CastAsync(ConductorTopic.Address, ConductorTopic.Report, new HostReports(reports), null, cancellationToken);
        }

        return changed;
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        foreach (var listener in listeners)
        {
            await listener.DisposeAsync();
        }
    }

    private static bool SameSize(HypervisorInfo a, HypervisorInfo b) =>
        a.Vcpus == b.Vcpus && a.MemoryMib == b.MemoryMib && a.DiskGib == b.DiskGib && a.Hostname == b.Hostname && a.Traits.SequenceEqual(b.Traits);

    /// <returns>False when placement is away: the host stays unknown until it is back.</returns>
    private async Task<bool> TryPlaceAsync(HostIdentity identity, HypervisorInfo info, CancellationToken cancellationToken)
    {
        try
        {
            var placement = neighbours.Placement(null);
            await placement.EnsureProviderAsync(identity.ProviderId, info.Hostname, null, cancellationToken);
            await placement.EnsureInventoriesAsync(identity.ProviderId, Inventories(info), cancellationToken);
            await placement.EnsureTraitsAsync(identity.ProviderId, [.. info.Traits], cancellationToken);
            if (!reached)
            {
                reached = true;
                LogReached(logger, identity.Host);
            }

            return true;
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            if (reached)
            {
                reached = false;
                LogAway(logger, identity.Host, exception is Platform.Auth.NeighbourException neighbour ? neighbour.Detail : exception.Message);
            }

            return false;
        }
    }

    private Dictionary<string, Inventory> Inventories(HypervisorInfo info) => new(StringComparer.Ordinal)
    {
        ["VCPU"] = new()
        {
            Total = info.Vcpus, Reserved = config.Get(NovaOptions.ReservedHostCpus), MaxUnit = info.Vcpus,
            AllocationRatio = Ratio(NovaOptions.CpuAllocationRatio, NovaOptions.InitialCpuAllocationRatio),
        },
        ["MEMORY_MB"] = new()
        {
            Total = info.MemoryMib, Reserved = Math.Min(config.Get(NovaOptions.ReservedHostMemoryMib), info.MemoryMib - 1), MaxUnit = info.MemoryMib,
            AllocationRatio = Ratio(NovaOptions.RamAllocationRatio, NovaOptions.InitialRamAllocationRatio),
        },
        ["DISK_GB"] = new()
        {
            Total = Math.Max(1, info.DiskGib), Reserved = Math.Min((config.Get(NovaOptions.ReservedHostDiskMib) + 1023) / 1024, Math.Max(0, info.DiskGib - 1)), MaxUnit = Math.Max(1, info.DiskGib),
            AllocationRatio = Ratio(NovaOptions.DiskAllocationRatio, NovaOptions.InitialDiskAllocationRatio),
        },
    };

    private double Ratio(Option<double> set, Option<double> initial) => config.Get(set) is > 0 and var ratio ? ratio : config.Get(initial);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Host {Host} cannot report to placement ({Reason}); trying again")]
    private static partial void LogAway(ILogger logger, string host, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "Host {Host} reports to placement")]
    private static partial void LogReached(ILogger logger, string host);
}
