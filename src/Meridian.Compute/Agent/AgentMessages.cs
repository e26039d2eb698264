// SPDX-License-Identifier: Apache-2.0
using Meridian.Compute.Drivers;
using Meridian.Platform.Messaging;

namespace Meridian.Compute.Agent;

/// <summary>What conductor and API ask of a compute host: topic compute, the host's own queue.</summary>
internal static class ComputeTopic
{
    public const string Name = "compute";

    /// <summary>Ends when the guest runs. Asked again while it is being built, it joins that building.</summary>
    public static readonly BusMethod<BuildGuest, GuestPower> Build = new("build", ComputeJson.Default.BuildGuest, ComputeJson.Default.GuestPower);

    public static readonly BusMethod<GuestRef, GuestPower> Destroy = new("destroy", ComputeJson.Default.GuestRef, ComputeJson.Default.GuestPower);

    public static readonly BusMethod<BuildGuest, GuestPower> Start = new("start", ComputeJson.Default.BuildGuest, ComputeJson.Default.GuestPower);

    public static readonly BusMethod<GuestRef, GuestPower> Stop = new("stop", ComputeJson.Default.GuestRef, ComputeJson.Default.GuestPower);

    /// <summary>Softly, or hard where <see cref="BuildGuest.Hard"/> says so.</summary>
    public static readonly BusMethod<BuildGuest, GuestPower> Reboot = new("reboot", ComputeJson.Default.BuildGuest, ComputeJson.Default.GuestPower);

    public static readonly BusMethod<ReadConsole, ConsoleText> Console = new("console", ComputeJson.Default.ReadConsole, ComputeJson.Default.ConsoleText);

    /// <summary>What is on the host, for the audit.</summary>
    public static readonly BusMethod<GuestRef, HostContents> Contents = new("contents", ComputeJson.Default.GuestRef, ComputeJson.Default.HostContents);

    public static BusAddress Of(string host) => new(Name, host);
}

/// <summary>What compute hosts tell the conductor, and ask it: they have no database (DESIGN 20).</summary>
internal static class ConductorTopic
{
    public const string Name = "conductor";

    public static readonly BusMethod<HostReports> Report = new("report", ComputeJson.Default.HostReports);

    public static readonly BusMethod<GuestPower> PowerChanged = new("power_changed", ComputeJson.Default.GuestPower);

    public static readonly BusMethod<HostRef, ExpectedGuests> Expected = new("expected_guests", ComputeJson.Default.HostRef, ComputeJson.Default.ExpectedGuests);

    public static BusAddress Address { get; } = new(Name);
}

/// <param name="Spec">Without the image's file: the host finds that in its cache.</param>
internal sealed record BuildGuest(GuestSpec Spec, string? ImageId, Dictionary<string, string> ImageProperties, bool Hard = false);

internal sealed record GuestRef(string Host, string ServerId, List<GuestVif>? Vifs = null);

/// <param name="Power">Nova's number.</param>
/// <param name="Gone">There is no such guest.</param>
internal sealed record GuestPower(string Host, string ServerId, int Power, bool Gone = false);

internal sealed record ReadConsole(string ServerId, int MaxBytes);

internal sealed record ConsoleText(string Text);

internal sealed record HostRef(string Host);

internal sealed record HostReports(List<HostReport> Hosts);

internal sealed record HostReport(string Host, string ProviderId, string HostIp, HypervisorInfo Info);

/// <summary>The servers that a host should have.</summary>
internal sealed record ExpectedGuests(List<ExpectedGuest> Guests);

/// <param name="Build">Set for a server that should be running.</param>
/// <param name="Busy">An operation is under way: leave it alone.</param>
internal sealed record ExpectedGuest(string ServerId, string VmState, bool Busy, int Power, BuildGuest? Build);

internal sealed record HostContents(List<GuestState> Guests, List<GuestFiles> Files);
