// SPDX-License-Identifier: Apache-2.0

using System.Threading.Channels;

namespace Meridian.Compute.Drivers;

/// <summary>
/// What runs guests on one host. Drivers know no database, no HTTP and no policy; every operation is idempotent by server id, so that a
/// saga's step may be repeated after a lost answer or a killed process.
/// </summary>
internal interface IHypervisorDriver : IAsyncDisposable
{
    /// <summary>What os-hypervisors shows as hypervisor_type: "QEMU", "KVM", or "simulated", so that nobody takes one for the other.</summary>
    string Type { get; }

    /// <summary>The host's size and versions, for os-hypervisors and for placement's inventory.</summary>
    Task<HypervisorInfo> GetInfoAsync(CancellationToken cancellationToken);

    /// <summary>Makes the guest's disks, plugs its vifs, defines and starts it; returns once it's running. A guest that runs already is left alone.</summary>
    /// <exception cref="HypervisorException">The host refused or the guest died while starting. What was made stays for <see cref="DestroyAsync"/>.</exception>
    Task SpawnAsync(GuestSpec spec, CancellationToken cancellationToken);

    /// <summary>Stops and undefines the guest, unplugs its vifs and removes its disks. Returns normally when there's no such guest.</summary>
    Task DestroyAsync(string serverId, CancellationToken cancellationToken);

    /// <summary>Starts a stopped guest from its disks. What else is missing (domain, vifs, console file) is made again from the spec.</summary>
    /// <exception cref="HypervisorException">There are no disks of this guest, or the host refused.</exception>
    Task StartAsync(GuestSpec spec, CancellationToken cancellationToken);

    /// <summary>Asks the guest to power off, and pulls the plug after <paramref name="gracePeriod"/> (zero: at once). No guest, or a stopped one, is success.</summary>
    Task StopAsync(string serverId, TimeSpan gracePeriod, CancellationToken cancellationToken);

    /// <summary>Reboots softly within <paramref name="gracePeriod"/>; when the guest doesn't answer, or the period is zero, the hard way as by <see cref="StartAsync"/>.</summary>
    Task RebootAsync(GuestSpec spec, TimeSpan gracePeriod, CancellationToken cancellationToken);

    /// <returns>Null when the host has no such guest.</returns>
    Task<GuestState?> FindAsync(string serverId, CancellationToken cancellationToken);

    /// <summary>All guests of the host that are Meridian's, running or not.</summary>
    Task<IReadOnlyList<GuestState>> ListAsync(CancellationToken cancellationToken);

    /// <summary>The last <paramref name="maxBytes"/> of the serial console; empty when the guest has said nothing or is gone.</summary>
    Task<string> ReadConsoleAsync(string serverId, int maxBytes, CancellationToken cancellationToken);

    /// <summary>Power changes that nobody asked this driver for, and those that somebody did. One reader. Events may be lost: reconcile with <see cref="ListAsync"/>.</summary>
    ChannelReader<GuestEvent> Events { get; }
}

/// <summary>Implemented by drivers that can freeze guests. Idempotent like the rest.</summary>
internal interface IPauseGuests
{
    Task PauseAsync(string serverId, CancellationToken cancellationToken);

    Task UnpauseAsync(string serverId, CancellationToken cancellationToken);
}

/// <summary>Implemented by drivers that keep files for guests: what the audit holds against the servers that exist.</summary>
internal interface IGuestStorage
{
    /// <summary>One entry a server id that has files on this host, guests without a domain included.</summary>
    Task<IReadOnlyList<GuestFiles>> ListFilesAsync(CancellationToken cancellationToken);
}

/// <summary>Implemented by drivers that offer a graphical console.</summary>
internal interface IVncConsole
{
    /// <returns>Where the guest's VNC server listens, or null when the guest isn't running.</returns>
    Task<VncAddress?> FindVncAsync(string serverId, CancellationToken cancellationToken);
}

/// <summary>The host refused an operation. The message is fit for a server's fault; details go to the log.</summary>
internal sealed class HypervisorException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>Nova's power states, with its numbers (OS-EXT-STS:power_state).</summary>
internal enum PowerState
{
    NoState = 0,
    Running = 1,
    Paused = 3,
    Shutdown = 4,
    Crashed = 6,
    Suspended = 7,
}

internal sealed record GuestState(string ServerId, string Name, PowerState Power);

internal sealed record GuestEvent(string ServerId, PowerState Power, string Reason);

internal sealed record GuestFiles(string ServerId, string Directory, long Bytes);

internal sealed record VncAddress(string Host, int Port);

/// <summary>The host as os-hypervisors and placement see it. What is used is counted by placement, not here.</summary>
internal sealed record HypervisorInfo
{
    public required string Type { get; init; }

    /// <summary>As os-hypervisors shows it: 1000000 * major + 1000 * minor + release.</summary>
    public required int Version { get; init; }

    public required string Hostname { get; init; }
    public required int Vcpus { get; init; }
    public required long MemoryMib { get; init; }
    public required long MemoryUsedMib { get; init; }
    public required long DiskGib { get; init; }
    public required long DiskFreeGib { get; init; }
    public required CpuInfo Cpu { get; init; }

    /// <summary>Placement traits that the host has, such as COMPUTE_IMAGE_TYPE_QCOW2 or HW_CPU_X86_SSE42.</summary>
    public IReadOnlyList<string> Traits { get; init; } = [];
}

/// <summary>cpu_info of os-hypervisors.</summary>
internal sealed record CpuInfo(string Architecture, string Model, string Vendor, int Sockets, int Cores, int Threads, IReadOnlyList<string> Features);
