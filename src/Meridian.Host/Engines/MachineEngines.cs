// SPDX-License-Identifier: Apache-2.0
using Meridian.Host.State;

using Microsoft.Extensions.Logging;

namespace Meridian.Host.Engines;

/// <summary>All engines of a cloud on this machine, and what joins the regions' provider networks to it. Without any where the cloud is simulated.</summary>
internal sealed class MachineEngines(CloudPlan cloud, StateDirectory state, ILoggerFactory logs)
{
    private readonly Uplink uplink = new(cloud.Id);

    public IReadOnlyList<RegionEngines> Regions { get; } =
        cloud.Simulated ? [] : [.. cloud.Regions.Select(plan => new RegionEngines(cloud, plan, state, logs))];

    /// <summary>Starts what does not run; a region whose engines fail does not keep the others from starting.</summary>
    /// <returns>What failed, one line each.</returns>
    public async Task<IReadOnlyList<string>> StartAsync(CancellationToken cancellationToken)
    {
        if (Regions.Count == 0)
        {
            return [];
        }

        var faults = await Task.WhenAll(Regions.Select((region, i) => StartAsync($"engines of {cloud.Regions[i].Name}", () => region.StartAsync(cancellationToken), cancellationToken)));
        var providers = Regions.Where((_, i) => faults[i] is null).Select(region => region.Provider).ToList();
        var between = providers.Count == 0 ? null : await StartAsync("uplink", () => uplink.UpAsync(providers, cancellationToken), cancellationToken);
        return [.. faults.Append(between).OfType<string>()];
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await Task.WhenAll(Regions.Select(region => region.StopAsync(cancellationToken)));
        if (Regions.Count > 0)
        {
            await uplink.DownAsync(cancellationToken);
        }
    }

    /// <summary>Engines that should run and do not.</summary>
    public IReadOnlyList<string> Ended() => [.. Status().Where(engine => engine.State == EngineStatus.Stopped).Select(engine => $"{engine.Engine} of {engine.Region}")];

    public IReadOnlyList<EngineStatus> Status() => [.. Regions.SelectMany(region => region.Status())];

    private static async Task<string?> StartAsync(string what, Func<Task> start, CancellationToken cancellationToken)
    {
        try
        {
            await start();
            return null;
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            return $"{what}: {exception.Message}";
        }
    }
}
