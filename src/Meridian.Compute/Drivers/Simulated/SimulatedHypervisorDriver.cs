// SPDX-License-Identifier: Apache-2.0

using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Threading.Channels;

namespace Meridian.Compute.Drivers.Simulated;

/// <summary>
/// Guests that exist only as one small file each, so that a restarted process finds them as a real host's guests are found. For tests and
/// scale runs; its type, CPU model and console say that it is simulated.
/// </summary>
/// <param name="options">The host's size and where its guests are kept.</param>
/// <param name="clock">Stamps the console log.</param>
/// <param name="fault">Lets tests fail operations; null in use.</param>
internal sealed class SimulatedHypervisorDriver(SimulatedHost options, TimeProvider clock, SimulatedFault? fault = null)
    : IHypervisorDriver, IPauseGuests, IGuestStorage
{
    public const string TypeName = "simulated";

    private readonly Channel<GuestEvent> events = Channel.CreateBounded<GuestEvent>(
        new BoundedChannelOptions(1024) { FullMode = BoundedChannelFullMode.DropOldest });

    private readonly Lazy<ConcurrentDictionary<string, SimulatedGuest>> guests = new(() => Load(options.Directory));

    public string Type => TypeName;

    public ChannelReader<GuestEvent> Events => events.Reader;

    public Task<HypervisorInfo> GetInfoAsync(CancellationToken cancellationToken)
    {
        var used = guests.Value.Values.Sum(g => (long)g.MemoryMib);
        return Task.FromResult(new HypervisorInfo
        {
            Type = TypeName,
            Version = 1_000_000,
            Hostname = options.Hostname,
            Vcpus = options.Vcpus,
            MemoryMib = options.MemoryMib,
            MemoryUsedMib = Math.Min(used + 512, options.MemoryMib),
            DiskGib = options.DiskGib,
            DiskFreeGib = Math.Max(0, options.DiskGib - guests.Value.Values.Sum(g => (long)g.DiskGib)),
            Cpu = new("x86_64", "simulated", "Meridian", 1, options.Vcpus, 1, []),
            Traits = ["COMPUTE_IMAGE_TYPE_QCOW2", "COMPUTE_IMAGE_TYPE_RAW", "COMPUTE_NODE"],
        });
    }

    public Task SpawnAsync(GuestSpec spec, CancellationToken cancellationToken) => RunAsync("spawn", spec.ServerId, () =>
    {
        if (guests.Value.TryGetValue(spec.ServerId, out var existing) && existing.Power == PowerState.Running)
        {
            return;
        }

        if (guests.Value.Values.Any(g => g.Name == spec.Name && g.ServerId != spec.ServerId))
        {
            throw new HypervisorException($"A guest named {spec.Name} exists already with another id.");
        }

        Store(NewGuest(spec), "started");
    });

    public Task DestroyAsync(string serverId, CancellationToken cancellationToken) => RunAsync("destroy", serverId, () =>
    {
        // A host that never had a guest has no folder either.
        if (File.Exists(FileOf(serverId)))
        {
            File.Delete(FileOf(serverId));
        }

        if (guests.Value.TryRemove(serverId, out _))
        {
            events.Writer.TryWrite(new(serverId, PowerState.NoState, "destroyed"));
        }
    });

    public Task StartAsync(GuestSpec spec, CancellationToken cancellationToken) => RunAsync("start", spec.ServerId, () =>
    {
        var guest = Get(spec.ServerId);
        if (guest.Power != PowerState.Running)
        {
            Store(guest with { Power = PowerState.Running, Boots = [.. guest.Boots, clock.GetUtcNow()] }, "started");
        }
    });

    public Task StopAsync(string serverId, TimeSpan gracePeriod, CancellationToken cancellationToken) => RunAsync("stop", serverId, () =>
    {
        if (guests.Value.TryGetValue(serverId, out var guest) && guest.Power != PowerState.Shutdown)
        {
            Store(guest with { Power = PowerState.Shutdown }, gracePeriod > TimeSpan.Zero ? "shutdown" : "destroyed");
        }
    });

    public Task RebootAsync(GuestSpec spec, TimeSpan gracePeriod, CancellationToken cancellationToken) => RunAsync("reboot", spec.ServerId, () =>
    {
        var guest = Get(spec.ServerId);
        Store(guest with { Power = PowerState.Running, Boots = [.. guest.Boots, clock.GetUtcNow()] }, "rebooted");
    });

    public Task PauseAsync(string serverId, CancellationToken cancellationToken) => RunAsync("pause", serverId, () =>
        Store(Get(serverId) with { Power = PowerState.Paused }, "paused"));

    public Task UnpauseAsync(string serverId, CancellationToken cancellationToken) => RunAsync("unpause", serverId, () =>
        Store(Get(serverId) with { Power = PowerState.Running }, "resumed"));

    public Task<GuestState?> FindAsync(string serverId, CancellationToken cancellationToken) =>
        Task.FromResult(guests.Value.TryGetValue(serverId, out var guest) ? new GuestState(serverId, guest.Name, guest.Power) : null);

    public Task<IReadOnlyList<GuestState>> ListAsync(CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<GuestState>>([.. guests.Value.Values.Select(g => new GuestState(g.ServerId, g.Name, g.Power))]);

    public Task<IReadOnlyList<GuestFiles>> ListFilesAsync(CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<GuestFiles>>([.. Load(options.Directory).Keys.Select(id => new GuestFiles(id, options.Directory, 0))]);

    public Task<string> ReadConsoleAsync(string serverId, int maxBytes, CancellationToken cancellationToken)
    {
        if (!guests.Value.TryGetValue(serverId, out var guest))
        {
            return Task.FromResult("");
        }

        var log = new StringBuilder();
        foreach (var boot in guest.Boots)
        {
            log.Append(CultureInfo.InvariantCulture, $"[    0.000000] Linux version simulated (Meridian's simulated hypervisor; no guest runs)\n")
                .Append(CultureInfo.InvariantCulture, $"[    0.000001] Command line: console=ttyS0 uuid={serverId}\n")
                .Append(CultureInfo.InvariantCulture, $"[    0.000002] Memory: {guest.MemoryMib}M, CPUs: {guest.Vcpus}, booted {boot:yyyy-MM-ddTHH:mm:ssZ}\n");
            foreach (var vif in guest.Vifs)
            {
                log.Append(CultureInfo.InvariantCulture, $"ci-info: | {vif} |\n");
            }

            log.Append(CultureInfo.InvariantCulture, $"\n{guest.Hostname} login: ");
        }

        var text = log.ToString();
        return Task.FromResult(text.Length <= maxBytes ? text : text[^maxBytes..]);
    }

    public ValueTask DisposeAsync()
    {
        events.Writer.TryComplete();
        return ValueTask.CompletedTask;
    }

    private SimulatedGuest NewGuest(GuestSpec spec) => new()
    {
        ServerId = spec.ServerId,
        Name = spec.Name,
        Hostname = spec.DisplayName,
        Vcpus = spec.Flavor.Vcpus,
        MemoryMib = spec.Flavor.MemoryMib,
        DiskGib = spec.Flavor.DiskGib,
        Power = PowerState.Running,
        Boots = [clock.GetUtcNow()],
        Vifs = [.. spec.Vifs.Select(v => $"{v.TapName} {v.MacAddress} {string.Join(' ', v.Addresses)} mtu {v.Mtu}")],
    };

    private SimulatedGuest Get(string serverId) => guests.Value.TryGetValue(serverId, out var guest)
        ? guest
        : throw new HypervisorException($"Instance {serverId} could not be found.");

    private void Store(SimulatedGuest guest, string reason)
    {
        Directory.CreateDirectory(options.Directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var temporary = FileOf(guest.ServerId) + ".new";
        File.WriteAllBytes(temporary, JsonSerializer.SerializeToUtf8Bytes(guest, SimulatedJson.Default.SimulatedGuest));
        File.Move(temporary, FileOf(guest.ServerId), overwrite: true);
        guests.Value[guest.ServerId] = guest;
        events.Writer.TryWrite(new(guest.ServerId, guest.Power, reason));
    }

    private string FileOf(string serverId) => Path.Combine(options.Directory, Guid.Parse(serverId).ToString("D") + ".json");

    private Task RunAsync(string operation, string serverId, Action action)
    {
        try
        {
            fault?.Invoke(operation, serverId, done: false);
            action();
            fault?.Invoke(operation, serverId, done: true);
            return Task.CompletedTask;
        }
        catch (Exception e)
        {
            return Task.FromException(e);
        }
    }

    private static ConcurrentDictionary<string, SimulatedGuest> Load(string directory)
    {
        var found = new ConcurrentDictionary<string, SimulatedGuest>();
        foreach (var file in Directory.Exists(directory) ? Directory.EnumerateFiles(directory, "*.json") : [])
        {
            if (JsonSerializer.Deserialize(File.ReadAllBytes(file), SimulatedJson.Default.SimulatedGuest) is { } guest)
            {
                found[guest.ServerId] = guest;
            }
        }

        return found;
    }
}

/// <summary>Called before (done false) and after (done true) an operation; throws to make it fail, or to lose its answer.</summary>
internal delegate void SimulatedFault(string operation, string serverId, bool done);

/// <summary>The size of a simulated host; its directory holds one file a guest, and is this host's alone.</summary>
internal sealed record SimulatedHost(string Hostname, string Directory, int Vcpus = 64, long MemoryMib = 262_144, long DiskGib = 4096);

/// <summary>The stored form of a simulated guest.</summary>
internal sealed record SimulatedGuest
{
    public required string ServerId { get; init; }
    public required string Name { get; init; }
    public required string Hostname { get; init; }
    public required int Vcpus { get; init; }
    public required int MemoryMib { get; init; }
    public required int DiskGib { get; init; }
    public required PowerState Power { get; init; }
    public required IReadOnlyList<DateTimeOffset> Boots { get; init; }
    public IReadOnlyList<string> Vifs { get; init; } = [];
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(SimulatedGuest))]
internal sealed partial class SimulatedJson : JsonSerializerContext;
