// SPDX-License-Identifier: Apache-2.0
using Meridian.Compute.ServerGroups;
using Meridian.Platform.Messaging;

namespace Meridian.Compute.Scheduling;

/// <summary>What the conductor asks nova-scheduler.</summary>
internal static class SchedulerTopic
{
    public const string Name = "scheduler";

    /// <summary>Chooses a host and claims there at placement. Asked again for the same server it answers the same host.</summary>
    public static readonly BusMethod<SelectHost, SelectedHost> Select = new("select_destinations", ComputeJson.Default.SelectHost, ComputeJson.Default.SelectedHost);

    public static BusAddress Address { get; } = new(Name);
}

/// <summary>What a server needs of its host.</summary>
internal sealed record SelectHost
{
    public required string ServerId { get; init; }

    public required string ProjectId { get; init; }

    public required string UserId { get; init; }

    public required int Vcpus { get; init; }

    public required int MemoryMib { get; init; }

    /// <summary>Root, ephemeral and swap together.</summary>
    public required int DiskGib { get; init; }

    public Dictionary<string, string> ExtraSpecs { get; init; } = [];

    public Dictionary<string, string> ImageProperties { get; init; } = [];

    public string? Zone { get; init; }

    public string? Host { get; init; }

    public string? Node { get; init; }

    /// <summary>Null: the server is in no group.</summary>
    public SelectGroup? Group { get; init; }
}

/// <summary>What a server group asks of a member's host.</summary>
/// <param name="Policy">affinity, anti-affinity, soft-affinity or soft-anti-affinity.</param>
/// <param name="MaxServersPerHost">Of anti-affinity.</param>
/// <param name="Hosts">Where the other members are, and how many on each.</param>
internal sealed record SelectGroup(string Policy, int MaxServersPerHost, Dictionary<string, int> Hosts)
{
    public int CountOn(string host) => Hosts.GetValueOrDefault(host);

    /// <summary>Whether a further member may be there; soft policies only prefer.</summary>
    public bool Allows(string host) => Policy switch
    {
        ServerGroup.Affinity => Hosts.Count == 0 || Hosts.ContainsKey(host),
        ServerGroup.AntiAffinity => CountOn(host) < MaxServersPerHost,
        _ => true,
    };
}

/// <param name="Host">Null when no host will do; <paramref name="Reason"/> says why.</param>
internal sealed record SelectedHost(string? Host, string? Node, string? Zone, string? Reason);
