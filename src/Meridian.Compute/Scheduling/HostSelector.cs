// SPDX-License-Identifier: Apache-2.0
using Meridian.Compute.Services;
using Meridian.Contracts.Placement;
using Meridian.Platform.Config;
using Meridian.Platform.Messaging;

using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Meridian.Compute.Scheduling;

/// <summary>
/// nova-scheduler: asks placement for candidates, filters and weighs their hosts, and claims on the best. Candidates of one shape are remembered for a moment and
/// counted down by own claims, so that a burst of servers costs placement one question; placement's answer to the claim decides in any case.
/// </summary>
internal sealed partial class HostSelector(
    HostStore hosts, Neighbours neighbours, IMessageBus bus, ServiceConfig config, TimeProvider clock, ILogger<HostSelector> logger) : BackgroundService
{
    private static readonly TimeSpan PoolLifetime = TimeSpan.FromSeconds(2);

    private readonly IReadOnlyList<HostFilter> filters = HostFilters.Enabled(config);
    private readonly HostWeighers weighers = new(config);
    private readonly SemaphoreSlim gate = new(1, 1);
    private readonly Dictionary<string, Pool> pools = new(StringComparer.Ordinal);

    /// <summary>Chooses and claims. Never over-allocates, whoever else claims at the same time.</summary>
    public async Task<SelectedHost> SelectAsync(SelectHost request, string? requestId, CancellationToken cancellationToken)
    {
        var placement = neighbours.Placement(requestId);
        for (var attempt = 1; attempt <= Math.Max(2, config.Get(SchedulerOptions.MaxAttempts)); attempt++)
        {
            foreach (var host in await RankAsync(request, placement, fresh: attempt > 1, cancellationToken))
            {
                switch (await placement.ClaimAsync(request.ServerId, ClaimOf(request, host.ProviderId), cancellationToken))
                {
                    case ClaimResult.Claimed:
                        return new(host.Host, host.Node, host.Zone, null);
                    case ClaimResult.NoRoom:
                        continue;
                    case ClaimResult.Conflict:
                        // Claimed before, the answer was lost: the server's host is where it holds something.
                        if (await FindClaimedAsync(request, placement, cancellationToken) is { } known)
                        {
                            return known;
                        }

                        break;
                }
            }
        }

        LogNoHost(logger, request.ServerId, request.Vcpus, request.MemoryMib, request.DiskGib);
        return new(null, null, null, "There are not enough hosts available.");
    }

    public override void Dispose()
    {
        gate.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var endpoint = new BusEndpoint(SchedulerTopic.Name) { Concurrency = 32 }
            .On(SchedulerTopic.Select, (request, context, token) => SelectAsync(request, context.RequestId, token));
        await using var listener = await bus.ListenAsync(endpoint, stoppingToken);
        await Task.Delay(Timeout.InfiniteTimeSpan, clock, stoppingToken).ContinueWith(
            static _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
    }

    /// <summary>The hosts to try, best first; the first one is counted as taken.</summary>
    private async Task<IReadOnlyList<HostState>> RankAsync(SelectHost request, PlacementClient placement, bool fresh, CancellationToken cancellationToken)
    {
        await gate.WaitAsync(cancellationToken);
        try
        {
            var key = PoolKey(request);
            if (fresh || !pools.TryGetValue(key, out var pool) || clock.GetElapsedTime(pool.At) > PoolLifetime)
            {
                pools[key] = pool = new(clock.GetTimestamp(), await ListCandidatesAsync(request, placement, cancellationToken));
                foreach (var old in pools.Where(p => clock.GetElapsedTime(p.Value.At) > PoolLifetime).Select(p => p.Key).ToList())
                {
                    pools.Remove(old);
                }
            }

            var passing = pool.Hosts.Where(host => host.Fits(request) && (request.Host is null || request.Host == host.Host) && (request.Node is null || request.Node == host.Node));
            foreach (var filter in filters)
            {
                passing = passing.Where(host => filter.Passes(host, request));
            }

            var ranked = weighers.Sort([.. passing], request);
            ranked = Subset(ranked);
            if (ranked.Count > 0)
            {
                ranked[0].Consume(request);
            }

            return ranked;
        }
        finally
        {
            gate.Release();
        }
    }

    private IReadOnlyList<HostState> Subset(IReadOnlyList<HostState> ranked)
    {
        var size = Math.Min(config.Get(SchedulerOptions.HostSubsetSize), ranked.Count);
        if (size <= 1)
        {
            return ranked;
        }

        var chosen = ranked[Random.Shared.Next(size)];
        return [chosen, .. ranked.Where(host => host != chosen)];
    }

    private async Task<IReadOnlyList<HostState>> ListCandidatesAsync(SelectHost request, PlacementClient placement, CancellationToken cancellationToken)
    {
        var query = new CandidateQuery
        {
            Resources = ResourcesOf(request), Required = RequiredTraits(request), Limit = config.Get(SchedulerOptions.MaxPlacementResults),
        };
        var candidates = await placement.ListCandidatesAsync(query, cancellationToken);
        var known = await ListHostsAsync(cancellationToken);
        var found = new List<HostState>();
        foreach (var provider in candidates.AllocationRequests.SelectMany(r => r.Allocations.Keys).Distinct(StringComparer.Ordinal))
        {
            if (known.TryGetValue(provider, out var host) && candidates.ProviderSummaries.TryGetValue(provider, out var summary))
            {
                host.TakeFree(summary);
                found.Add(host);
            }
        }

        return found;
    }

    private async Task<Dictionary<string, HostState>> ListHostsAsync(CancellationToken cancellationToken)
    {
        var services = (await hosts.ListServicesAsync(cancellationToken)).Where(s => s.Binary == Service.Compute).ToDictionary(s => s.Host, StringComparer.Ordinal);
        var zones = await hosts.ZonesAsync(cancellationToken);
        var states = new Dictionary<string, HostState>(StringComparer.Ordinal);
        foreach (var hypervisor in await hosts.ListHypervisorsAsync(cancellationToken))
        {
            if (services.TryGetValue(hypervisor.Host, out var service))
            {
                states[hypervisor.Uuid] = new(
                    hypervisor.Host, hypervisor.Hostname, hypervisor.Uuid, zones.GetValueOrDefault(hypervisor.Host, hosts.DefaultZone), hosts.IsUp(service), service.Disabled, hypervisor.Info());
            }
        }

        return states;
    }

    private async Task<SelectedHost?> FindClaimedAsync(SelectHost request, PlacementClient placement, CancellationToken cancellationToken)
    {
        var held = await placement.GetAllocationsAsync(request.ServerId, cancellationToken);
        if (held.Allocations.Count == 0)
        {
            return null;
        }

        var known = await ListHostsAsync(cancellationToken);
        return held.Allocations.Keys.Select(known.GetValueOrDefault).FirstOrDefault(host => host is not null) is { } host ? new(host.Host, host.Node, host.Zone, null) : null;
    }

    private static Claim ClaimOf(SelectHost request, string providerId) => new()
    {
        Allocations = new(StringComparer.Ordinal) { [providerId] = new(ResourcesOf(request)) },
        ProjectId = request.ProjectId,
        UserId = request.UserId,
    };

    internal static Dictionary<string, long> ResourcesOf(SelectHost request)
    {
        var resources = new Dictionary<string, long>(StringComparer.Ordinal) { ["VCPU"] = request.Vcpus, ["MEMORY_MB"] = request.MemoryMib };
        if (request.DiskGib > 0)
        {
            resources["DISK_GB"] = request.DiskGib;
        }

        return resources;
    }

    // trait:NAME=required and forbidden, of the flavor and of the image.
    private static List<string> RequiredTraits(SelectHost request) =>
    [
        .. request.ExtraSpecs.Concat(request.ImageProperties).Where(p => p.Key.StartsWith("trait:", StringComparison.Ordinal) && p.Value is "required" or "forbidden")
            .Select(p => (p.Value == "forbidden" ? "!" : "") + p.Key["trait:".Length..]).Distinct(StringComparer.Ordinal),
    ];

    private static string PoolKey(SelectHost request) =>
        $"{(request.DiskGib > 0 ? "disk" : "")} {string.Join(',', RequiredTraits(request).Order(StringComparer.Ordinal))} {Shape(request)}";

    // Candidates of a smaller shape hold hosts that a larger one does not fit: pools are by size.
    private static string Shape(SelectHost request) => $"{request.Vcpus}/{request.MemoryMib}/{request.DiskGib}";

    [LoggerMessage(Level = LogLevel.Warning, Message = "No valid host was found for server {ServerId}: {Vcpus} VCPU, {MemoryMib} MiB, {DiskGib} GiB")]
    private static partial void LogNoHost(ILogger logger, string serverId, int vcpus, int memoryMib, int diskGib);

    private sealed record Pool(long At, IReadOnlyList<HostState> Hosts);
}
