// SPDX-License-Identifier: Apache-2.0
namespace Meridian.Host.State;

/// <summary>How one program of a region is, as the control process sees it.</summary>
/// <param name="State">starting, running, failed or stopped.</param>
/// <param name="Note">Why it failed; that it is simulated.</param>
internal sealed record ProgramStatus(string Region, string Program, string State, string? Address, string? Note);

/// <summary>An engine process of a region (libvirtd, ovs-vswitchd …).</summary>
internal sealed record EngineStatus(string Region, string Engine, string State, int? ProcessId, string? Note)
{
    public const string Stopped = "stopped";
}

/// <summary>What the control process answers on its socket.</summary>
internal sealed record StatusReport(
    string Version, int ProcessId, bool Simulated, bool Ready, DateTimeOffset Since, IReadOnlyList<ProgramStatus> Programs, IReadOnlyList<EngineStatus> Engines);
