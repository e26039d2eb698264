// SPDX-License-Identifier: Apache-2.0
using Meridian.Compute.Drivers;
using Meridian.Contracts.Placement;

namespace Meridian.Compute.Scheduling;

/// <summary>A host as filters and weighers see it: what it reported, and what placement says is free there.</summary>
internal sealed record HostState(string Host, string Node, string ProviderId, string Zone, bool IsUp, bool IsDisabled, HypervisorInfo Info)
{
    public long FreeVcpus { get; set; }

    public long FreeMemoryMib { get; set; }

    public long FreeDiskGib { get; set; }

    public void TakeFree(ProviderSummary summary)
    {
        FreeVcpus = Free(summary, "VCPU");
        FreeMemoryMib = Free(summary, "MEMORY_MB");
        FreeDiskGib = Free(summary, "DISK_GB");
    }

    /// <summary>Counts a claim that was just made, until placement is asked again.</summary>
    public void Consume(SelectHost request)
    {
        FreeVcpus -= request.Vcpus;
        FreeMemoryMib -= request.MemoryMib;
        FreeDiskGib -= request.DiskGib;
    }

    public bool Fits(SelectHost request) => FreeVcpus >= request.Vcpus && FreeMemoryMib >= request.MemoryMib && FreeDiskGib >= request.DiskGib;

    private static long Free(ProviderSummary summary, string resource) =>
        summary.Resources.TryGetValue(resource, out var found) ? found.Capacity - found.Used : 0;
}
