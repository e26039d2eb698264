// SPDX-License-Identifier: Apache-2.0
using Meridian.Compute.ServerGroups;
using Meridian.Platform.Config;

namespace Meridian.Compute.Scheduling;

/// <summary>Prefers hosts: the sum over weighers of multiplier times the host's value, each normalised to 0..1 over the hosts. Names are nova's.</summary>
internal sealed record HostWeigher(string Name, double Multiplier, Func<HostState, SelectHost, double> Value);

internal sealed class HostWeighers
{
    private readonly IReadOnlyList<HostWeigher> weighers;

    /// <exception cref="ConfigException">There is no weigher of a name.</exception>
    public HostWeighers(ServiceConfig config)
    {
        HostWeigher[] known =
        [
            new("RAMWeigher", config.Get(SchedulerOptions.RamWeight), static (host, _) => host.FreeMemoryMib),
            new("CPUWeigher", config.Get(SchedulerOptions.CpuWeight), static (host, _) => host.FreeVcpus),
            new("DiskWeigher", config.Get(SchedulerOptions.DiskWeight), static (host, _) => host.FreeDiskGib),
            new("ServerGroupSoftAffinityWeigher", config.Get(SchedulerOptions.SoftAffinityWeight), static (host, request) =>
                request.Group is { Policy: ServerGroup.SoftAffinity } group ? group.CountOn(host.Host) : 0),
            new("ServerGroupSoftAntiAffinityWeigher", config.Get(SchedulerOptions.SoftAntiAffinityWeight), static (host, request) =>
                request.Group is { Policy: ServerGroup.SoftAntiAffinity } group ? -group.CountOn(host.Host) : 0),
        ];
        weighers =
        [
            .. config.Get(SchedulerOptions.WeightClasses).SelectMany(name => name.EndsWith("all_weighers", StringComparison.Ordinal)
                ? known
                : [known.FirstOrDefault(w => w.Name == name[(name.LastIndexOf('.') + 1)..])
                    ?? throw new ConfigException($"{config.Describe(SchedulerOptions.WeightClasses)}: there is no weigher {name}; there are {string.Join(", ", known.Select(w => w.Name))}.")]),
        ];
    }

    /// <summary>The hosts, best first; equal ones keep their order.</summary>
    public IReadOnlyList<HostState> Sort(IReadOnlyList<HostState> hosts, SelectHost request)
    {
        var weights = new double[hosts.Count];
        foreach (var weigher in weighers)
        {
            var values = hosts.Select(host => weigher.Value(host, request)).ToArray();
            var (min, max) = values.Length == 0 ? (0, 0) : (values.Min(), values.Max());
            for (var i = 0; i < values.Length && max > min; i++)
            {
                weights[i] += weigher.Multiplier * ((values[i] - min) / (max - min));
            }
        }

        return [.. Enumerable.Range(0, hosts.Count).OrderByDescending(i => weights[i]).Select(i => hosts[i])];
    }
}
