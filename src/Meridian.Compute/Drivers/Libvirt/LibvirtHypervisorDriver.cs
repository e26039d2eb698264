// SPDX-License-Identifier: Apache-2.0

using System.Text;
using System.Threading.Channels;
using Meridian.Compute.Drivers.Vifs;
using Microsoft.Extensions.Logging;

namespace Meridian.Compute.Drivers.Libvirt;

/// <summary>Guests in QEMU, with or without KVM, through libvirt's C API. A server's domain has the server's id as its UUID.</summary>
internal sealed partial class LibvirtHypervisorDriver : IHypervisorDriver, IPauseGuests, IGuestStorage, IVncConsole
{
    private static readonly TimeSpan QuickCall = TimeSpan.FromSeconds(10);

    /// <summary>Starting QEMU waits for its monitor; ending it for its disks to be flushed.</summary>
    private static readonly TimeSpan SlowCall = TimeSpan.FromSeconds(60);

    private static readonly TimeSpan PollTime = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan ReminderTime = TimeSpan.FromSeconds(10);

    private readonly LibvirtHost host;
    private readonly IVifPlugger vifs;
    private readonly TimeProvider clock;
    private readonly ILogger<LibvirtHypervisorDriver> logger;
    private readonly LibvirtConnection connection;
    private readonly Channel<GuestEvent> events = Channel.CreateBounded<GuestEvent>(
        new BoundedChannelOptions(1024) { FullMode = BoundedChannelFullMode.DropOldest });

    private HostCapabilities? capabilities;

    public LibvirtHypervisorDriver(LibvirtHost host, IVifPlugger vifs, TimeProvider clock, ILogger<LibvirtHypervisorDriver> logger)
    {
        this.host = host;
        this.vifs = vifs;
        this.clock = clock;
        this.logger = logger;
        connection = new(host.Uri, events.Writer, clock);
    }

    /// <summary>libvirt's name of the driver, with and without KVM; nova shows the same.</summary>
    public string Type => "QEMU";

    public ChannelReader<GuestEvent> Events => events.Reader;

    public async Task<HypervisorInfo> GetInfoAsync(CancellationToken cancellationToken)
    {
        var known = await GetCapabilitiesAsync(cancellationToken);
        var (version, node, freeBytes) = await connection.CallAsync(
            static c =>
            {
                LibvirtException.ThrowIf(LibvirtNative.virConnectGetVersion(c, out var version) < 0);
                LibvirtException.ThrowIf(LibvirtNative.virNodeGetInfo(c, out var node) < 0);
                return ((int)version.Value, node, LibvirtNative.virNodeGetFreeMemory(c));
            },
            QuickCall, cancellationToken);
        Directory.CreateDirectory(host.InstancesPath);
        var disk = new DriveInfo(host.InstancesPath);

        // libvirt counts NUMA nodes, which on machines with hot-plugged memory lack some of it.
        var memory = Math.Max((long)(node.MemoryKib.Value / 1024), MeminfoMib("MemTotal:") ?? 0);
        return new()
        {
            Type = Type,
            Version = version,
            Hostname = host.Hostname,
            Vcpus = (int)node.Cpus,
            MemoryMib = memory,
            MemoryUsedMib = memory - (MeminfoMib("MemAvailable:") ?? (long)(freeBytes >> 20)),
            DiskGib = disk.TotalSize >> 30,
            DiskFreeGib = disk.AvailableFreeSpace >> 30,
            Cpu = known.Cpu,
            Traits = ["COMPUTE_DEVICE_TAGGING", "COMPUTE_IMAGE_TYPE_ISO", "COMPUTE_IMAGE_TYPE_QCOW2", "COMPUTE_IMAGE_TYPE_RAW", "COMPUTE_NODE", .. known.CpuTraits],
        };
    }

    public async Task SpawnAsync(GuestSpec spec, CancellationToken cancellationToken)
    {
        await (await GetDisksAsync(cancellationToken)).EnsureAsync(spec, cancellationToken);
        await PlugAndStartAsync(spec, cancellationToken);
    }

    public async Task StartAsync(GuestSpec spec, CancellationToken cancellationToken)
    {
        var paths = new GuestPaths(host.InstancesPath, spec.ServerId);
        if (!File.Exists(paths.Disk))
        {
            throw new HypervisorException("The server's disk is missing on its host.");
        }

        await (await GetDisksAsync(cancellationToken)).EnsureAsync(spec, cancellationToken);
        await PlugAndStartAsync(spec, cancellationToken);
    }

    public async Task DestroyAsync(string serverId, CancellationToken cancellationToken)
    {
        var paths = new GuestPaths(host.InstancesPath, serverId);
        var taps = new HashSet<string>(File.Exists(paths.Taps) ? await File.ReadAllLinesAsync(paths.Taps, cancellationToken) : []);
        await OnDomainAsync(serverId, SlowCall, domain =>
        {
            taps.UnionWith(DomainXml.ReadTaps(LibvirtNative.Take(LibvirtNative.virDomainGetXMLDesc(domain, 0))));
            PowerOff(domain);
            return true;
        }, cancellationToken);

        // The definition goes last of what names the taps, so that a repetition finds them again.
        foreach (var tap in taps)
        {
            await vifs.UnplugAsync(tap, cancellationToken);
        }

        await OnDomainAsync(serverId, QuickCall, domain =>
        {
            LibvirtException.ThrowIf(LibvirtNative.virDomainUndefineFlags(domain, LibvirtNative.UndefineEverything) < 0);
            return true;
        }, cancellationToken);
        GuestDisks.Delete(paths);
        LogDestroyed(serverId);
    }

    public async Task StopAsync(string serverId, TimeSpan gracePeriod, CancellationToken cancellationToken)
    {
        if (gracePeriod > TimeSpan.Zero && await ShutdownAsync(serverId, gracePeriod, cancellationToken))
        {
            return;
        }

        await OnDomainAsync(serverId, SlowCall, domain => PowerOff(domain), cancellationToken);
    }

    public async Task RebootAsync(GuestSpec spec, TimeSpan gracePeriod, CancellationToken cancellationToken)
    {
        await StopAsync(spec.ServerId, gracePeriod, cancellationToken);
        await StartAsync(spec, cancellationToken);
    }

    public Task PauseAsync(string serverId, CancellationToken cancellationToken) => RequireDomainAsync(serverId, domain =>
    {
        LibvirtException.ThrowIf(StateOf(domain) != LibvirtNative.DomainPaused && LibvirtNative.virDomainSuspend(domain) < 0);
        return true;
    }, cancellationToken);

    public Task UnpauseAsync(string serverId, CancellationToken cancellationToken) => RequireDomainAsync(serverId, domain =>
    {
        LibvirtException.ThrowIf(StateOf(domain) == LibvirtNative.DomainPaused && LibvirtNative.virDomainResume(domain) < 0);
        return true;
    }, cancellationToken);

    public Task<GuestState?> FindAsync(string serverId, CancellationToken cancellationToken) =>
        OnDomainAsync<GuestState?>(serverId, QuickCall, domain => new(serverId, NameOf(domain), Power(StateOf(domain))), cancellationToken);

    public async Task<IReadOnlyList<GuestState>> ListAsync(CancellationToken cancellationToken) =>
        await CallAsync(c => DomainList.Read(c, (id, domain) => IsServer(domain) ? new GuestState(id, NameOf(domain), Power(StateOf(domain))) : null), SlowCall, cancellationToken);

    public Task<IReadOnlyList<GuestFiles>> ListFilesAsync(CancellationToken cancellationToken)
    {
        var found = new List<GuestFiles>();
        foreach (var folder in Directory.Exists(host.InstancesPath) ? Directory.EnumerateDirectories(host.InstancesPath) : [])
        {
            var name = Path.GetFileName(folder);
            var id = name.EndsWith("_del", StringComparison.Ordinal) ? name[..^4] : name;
            if (Guid.TryParseExact(id, "D", out _))
            {
                found.Add(new(id, folder, new DirectoryInfo(folder).EnumerateFiles("*", SearchOption.AllDirectories).Sum(f => f.Length)));
            }
        }

        return Task.FromResult<IReadOnlyList<GuestFiles>>(found);
    }

    public Task<VncAddress?> FindVncAsync(string serverId, CancellationToken cancellationToken) => OnDomainAsync(
        serverId, QuickCall, domain => DomainXml.ReadVnc(LibvirtNative.Take(LibvirtNative.virDomainGetXMLDesc(domain, 0))), cancellationToken);

    public async Task<string> ReadConsoleAsync(string serverId, int maxBytes, CancellationToken cancellationToken)
    {
        try
        {
            await using var file = new FileStream(
                new GuestPaths(host.InstancesPath, serverId).Console, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            file.Position = Math.Max(0, file.Length - maxBytes);
            var bytes = new byte[Math.Min(maxBytes, file.Length)];
            var read = await file.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, cancellationToken);
            return Encoding.UTF8.GetString(bytes, 0, read);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return "";
        }
    }

    /// <summary>The plugger belongs to the driver. Guests run on.</summary>
    public async ValueTask DisposeAsync()
    {
        connection.Dispose();
        events.Writer.TryComplete();
        if (vifs is IAsyncDisposable plugger)
        {
            await plugger.DisposeAsync();
        }
    }

    private async Task PlugAndStartAsync(GuestSpec spec, CancellationToken cancellationToken)
    {
        var paths = new GuestPaths(host.InstancesPath, spec.ServerId);
        await File.WriteAllLinesAsync(paths.Taps, spec.Vifs.Select(v => v.TapName), cancellationToken);
        foreach (var vif in spec.Vifs)
        {
            await vifs.PlugAsync(spec.ServerId, vif, cancellationToken);
        }

        var xml = DomainXml.Write(spec, host, paths);
        var started = clock.GetTimestamp();
        var began = await CallAsync(c => Start(c, spec.ServerId, xml), SlowCall, cancellationToken);
        if (began)
        {
            LogStarted(spec.ServerId, spec.Name, clock.GetElapsedTime(started).TotalMilliseconds);
        }
    }

    /// <returns>False when the guest ran already.</returns>
    private static bool Start(LibvirtConnectHandle connection, string serverId, string xml)
    {
        using (var existing = LibvirtNative.virDomainLookupByUUIDString(connection, serverId))
        {
            if (!existing.IsInvalid && StateOf(existing) is var state and not (LibvirtNative.DomainShutOff or LibvirtNative.DomainCrashed))
            {
                LibvirtException.ThrowIf(state == LibvirtNative.DomainPaused && LibvirtNative.virDomainResume(existing) < 0);
                return false;
            }
        }

        using var domain = LibvirtNative.virDomainDefineXMLFlags(connection, xml, 0);
        LibvirtException.ThrowIf(domain.IsInvalid);
        LibvirtException.ThrowIf(LibvirtNative.virDomainCreateWithFlags(domain, 0) < 0);
        return true;
    }

    /// <summary>Presses the power button, again every ten seconds, as a guest that has just begun to boot doesn't see it.</summary>
    /// <returns>Whether the guest is off.</returns>
    private async Task<bool> ShutdownAsync(string serverId, TimeSpan gracePeriod, CancellationToken cancellationToken)
    {
        var began = clock.GetTimestamp();
        var pressed = -ReminderTime;
        while (clock.GetElapsedTime(began) is var elapsed && elapsed < gracePeriod)
        {
            var press = elapsed - pressed >= ReminderTime;
            var off = await OnDomainAsync<bool?>(serverId, QuickCall, domain =>
            {
                if (StateOf(domain) is LibvirtNative.DomainShutOff or LibvirtNative.DomainCrashed)
                {
                    return true;
                }

                // A guest that isn't executing can't be asked; it is told when its time is over.
                return press && LibvirtNative.virDomainShutdownFlags(domain, 0) < 0 && LibvirtNative.virGetLastErrorCode() != LibvirtNative.ErrorOperationInvalid
                    ? throw LibvirtException.Last()
                    : false;
            }, cancellationToken);
            if (off is not false)
            {
                return true;
            }

            pressed = press ? elapsed : pressed;
            await Task.Delay(PollTime, clock, cancellationToken);
        }

        LogNoShutdown(serverId, gracePeriod.TotalSeconds);
        return false;
    }

    private static bool PowerOff(LibvirtDomainHandle domain)
    {
        if (StateOf(domain) is not (LibvirtNative.DomainShutOff or LibvirtNative.DomainCrashed) && LibvirtNative.virDomainDestroyFlags(domain, 0) < 0
            && LibvirtException.Last() is { Code: not LibvirtNative.ErrorOperationInvalid } error)
        {
            throw error;
        }

        return true;
    }

    private static bool IsServer(LibvirtDomainHandle domain)
    {
        var text = LibvirtNative.virDomainGetMetadata(domain, LibvirtNative.MetadataElement, DomainXml.NovaNamespace, 0);
        LibvirtNative.free(text);
        return text != 0;
    }

    private static int StateOf(LibvirtDomainHandle domain)
    {
        LibvirtException.ThrowIf(LibvirtNative.virDomainGetState(domain, out var state, out _, 0) < 0);
        return state;
    }

    private static string NameOf(LibvirtDomainHandle domain) =>
        System.Runtime.InteropServices.Marshal.PtrToStringUTF8(LibvirtNative.virDomainGetName(domain)) ?? "";

    private static PowerState Power(int state) => state switch
    {
        LibvirtNative.DomainRunning or LibvirtNative.DomainBlocked => PowerState.Running,
        LibvirtNative.DomainPaused => PowerState.Paused,
        LibvirtNative.DomainShuttingDown or LibvirtNative.DomainShutOff => PowerState.Shutdown,
        LibvirtNative.DomainCrashed => PowerState.Crashed,
        LibvirtNative.DomainSuspended => PowerState.Suspended,
        _ => PowerState.NoState,
    };

    private async Task<GuestDisks> GetDisksAsync(CancellationToken cancellationToken)
    {
        var known = await GetCapabilitiesAsync(cancellationToken);
        return new(host, known is { QemuUserId: { } user, QemuGroupId: { } group } ? (user, group) : null);
    }

    private async Task<HostCapabilities> GetCapabilitiesAsync(CancellationToken cancellationToken) => capabilities ??= HostCapabilities.Read(
        await CallAsync(static c => LibvirtNative.Take(LibvirtNative.virConnectGetCapabilities(c)), SlowCall, cancellationToken));

    /// <returns>Default when there's no such domain.</returns>
    private Task<T?> OnDomainAsync<T>(string serverId, TimeSpan deadline, Func<LibvirtDomainHandle, T> work, CancellationToken cancellationToken) =>
        CallAsync(c =>
        {
            using var domain = LibvirtNative.virDomainLookupByUUIDString(c, serverId);
            if (!domain.IsInvalid)
            {
                return work(domain);
            }

            return LibvirtException.Last() is { Code: not LibvirtNative.ErrorNoDomain } error ? throw error : default(T?);
        }, deadline, cancellationToken);

    private async Task RequireDomainAsync(string serverId, Func<LibvirtDomainHandle, bool> work, CancellationToken cancellationToken)
    {
        if (!await OnDomainAsync(serverId, QuickCall, work, cancellationToken))
        {
            throw new HypervisorException($"Instance {serverId} could not be found.");
        }
    }

    /// <summary>libvirt's own errors leave as the driver's.</summary>
    private async Task<T> CallAsync<T>(Func<LibvirtConnectHandle, T> call, TimeSpan deadline, CancellationToken cancellationToken)
    {
        try
        {
            return await connection.CallAsync(call, deadline, cancellationToken);
        }
        catch (LibvirtException e)
        {
            throw new HypervisorException(e.Message, e);
        }
    }

    private static long? MeminfoMib(string prefix)
    {
        var line = File.Exists("/proc/meminfo") ? File.ReadLines("/proc/meminfo").FirstOrDefault(l => l.StartsWith(prefix, StringComparison.Ordinal)) : null;
        return long.TryParse(line?[prefix.Length..].Replace("kB", "", StringComparison.Ordinal).Trim(), out var kib) ? kib / 1024 : null;
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Guest {ServerId} ({Name}) started in {Milliseconds:0} ms")]
    private partial void LogStarted(string serverId, string name, double milliseconds);

    [LoggerMessage(Level = LogLevel.Information, Message = "Guest {ServerId} destroyed")]
    private partial void LogDestroyed(string serverId);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Guest {ServerId} did not shut down within {Seconds} s; it is powered off")]
    private partial void LogNoShutdown(string serverId, double seconds);
}
