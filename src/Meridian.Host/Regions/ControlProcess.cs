// SPDX-License-Identifier: Apache-2.0
using System.Collections.Concurrent;

using Meridian.Compute.Drivers.Libvirt;
using Meridian.Host.Audit;
using Meridian.Host.Engines;
using Meridian.Host.Output;
using Meridian.Host.Programs;
using Meridian.Host.Setup;
using Meridian.Host.State;
using Meridian.Platform;
using Meridian.Platform.Telemetry;

using Microsoft.Extensions.Logging;

namespace Meridian.Host.Regions;

/// <summary>The process that <c>up</c> is: all regions of one state directory, from configuration files to a cloud that a user can log in to.</summary>
internal sealed class ControlProcess(CloudPlan cloud, StateDirectory state, Steps steps) : IAsyncDisposable
{
    /// <summary>Of what <see cref="RegionSetup"/> and <see cref="IdentitySetup"/> do; counted up when they do more, so that the next `up` does it.</summary>
    private const int SetupVersion = 1;

    private readonly DateTimeOffset since = TimeProvider.System.GetUtcNow();
    private readonly ProcessResources resources = new();
    private readonly List<Region> regions = [];
    private readonly LogFile log = LogFile.Open(Path.Combine(state.Log(), "meridian.log"));
    private ILoggerFactory? logs;
    private MachineEngines? engines;
    private EngineWatch? watch;
    private readonly ConcurrentDictionary<string, string> done = new(state.ReadMap(state.DoneFile));
    private readonly Lock saving = new();
    private ControlSocket? control;
    private volatile bool ready;

    public IReadOnlyList<ProgramStatus> Programs => [.. regions.SelectMany(r => r.Status)];

    /// <returns>False when something of the cloud is missing: a program or a region's set-up failed, which the user has been told.</returns>
    public async Task<bool> StartAsync(CancellationToken cancellationToken)
    {
        logs = LoggerFactory.Create(logging => logging.SetMinimumLevel(LogLevel.Debug).AddProvider(new OsloLoggerProvider(log, new LogLevels(), null, TimeProvider.System)));
        engines = new(cloud, state, logs);
        var secrets = Secrets.Ensure(state);
        var virtType = await VirtTypeAsync(cancellationToken);
        var writer = new ConfigFileWriter(state, steps);
        foreach (var plan in cloud.Regions)
        {
            writer.Write(plan, new RegionFiles(cloud, plan, state, secrets, engines.Regions.ElementAtOrDefault(plan.Index), virtType));
        }

        new CredentialFiles(cloud, state, secrets).Write();
        regions.AddRange(cloud.Regions.Select(plan => new Region(cloud, plan, state, resources)));
        control = ControlSocket.Listen(state, Report, token => AuditAsync(secrets, token));

        var identity = new IdentitySetup(cloud, state, secrets, resources);
        var starting = engines.Regions.Count == 0 ? Task.FromResult<IReadOnlyList<string>>([]) : steps.RunAsync("engines", () => Task.Run(() => engines.StartAsync(cancellationToken), cancellationToken));
        await steps.RunAsync("starting " + string.Join(", ", cloud.Regions.Select(r => r.Name)), () => Task.WhenAll(regions.Select(region => StartRegionAsync(region, identity, cancellationToken))));
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false, UseCookies = false }) { Timeout = TimeSpan.FromMinutes(5) };
        var (filled, token) = await FillIdentityAsync(identity, secrets, http, cancellationToken);
        await Task.WhenAll(regions.Select(region => region.StartAsync(region.Programs.Where(p => p.LogsInAtOnce), cancellationToken)));
        var complete = filled & WarnOfFailed() & WarnOf(await starting);
        watch = new(engines, logs.CreateLogger<EngineWatch>());
        watch.Start();
        if (token is not null)
        {
            complete &= await SetUpRegionsAsync(http, token, cancellationToken);
            complete &= WarnOf(await Task.WhenAll(cloud.Regions.Select(plan => AwaitHostAsync(plan, http, token, cancellationToken))));
        }

        ready = true;
        return complete;
    }

    public void Reload() => regions.ForEach(region => region.Reload());

    public async ValueTask DisposeAsync()
    {
        if (control is not null)
        {
            await control.DisposeAsync();
        }

        if (watch is not null)
        {
            await watch.DisposeAsync();
        }

        await Task.WhenAll(regions.Select(region => region.StopAsync()));
        foreach (var region in regions)
        {
            await region.DisposeAsync();
        }

        await resources.DisposeAsync();
        logs?.Dispose();
        await log.DisposeAsync();
    }

    // Keystone's keys, schema and administrator must be there before it serves; the other programs of the region need not wait for that.
    private async Task StartRegionAsync(Region region, IdentitySetup identity, CancellationToken cancellationToken)
    {
        var programs = region.Programs.Where(p => !p.LogsInAtOnce).ToList();
        if (region.Plan.HasIdentity && !IsDone("bootstrap", Digest("")))
        {
            var others = region.StartAsync(programs.Where(p => !p.IdentityRegionOnly), cancellationToken);
            await steps.RunAsync("bootstrapping identity", () => Task.Run(() => identity.BootstrapAsync(cancellationToken), cancellationToken));
            SetDone("bootstrap", Digest(""));
            await region.StartAsync(programs.Where(p => p.IdentityRegionOnly), cancellationToken);
            await others;
        }
        else
        {
            await region.StartAsync(programs, cancellationToken);
        }
    }

    private bool WarnOfFailed() => WarnOf(Programs.Where(p => p.State == "failed").Select(p => $"{p.Region}: {p.Program} could not start: {p.Note}"));

    private bool WarnOf(IEnumerable<string?> faults)
    {
        var complete = true;
        foreach (var fault in faults.OfType<string>())
        {
            complete = false;
            steps.Warn(fault);
        }

        return complete;
    }

    /// <returns>Whether users, roles and catalog are there; and the administrator's token, null when there is none.</returns>
    private async Task<(bool Filled, string? Token)> FillIdentityAsync(IdentitySetup identity, Secrets secrets, HttpClient http, CancellationToken cancellationToken)
    {
        try
        {
            var token = await CloudClient.LogInAsync(http, cloud, "admin", secrets.Admin, "admin", cancellationToken);
            if (!IsDone("identity", Digest("")))
            {
                var keystone = new CloudClient(http, "identity", cloud.KeystoneUrl, token);
                await steps.RunAsync("users, roles and catalog", () => identity.FillAsync(keystone, cancellationToken));
                SetDone("identity", Digest(""));
            }

            return (true, token);
        }
        catch (Exception exception) when (exception is SetupException or HttpRequestException)
        {
            steps.Warn($"Identity is not complete: {exception.Message}\n  Run `meridian up` again to go on.");
            return (false, null);
        }
    }

    private async Task<bool> SetUpRegionsAsync(HttpClient http, string token, CancellationToken cancellationToken)
    {
        var wanted = cloud.Regions.Where(plan => !IsDone(plan.Name, Digest(plan.Address))).ToList();
        if (wanted.Count == 0)
        {
            return true;
        }

        var image = steps.RunAsync("guest image", () => GuestImage.EnsureAsync(cloud, state, Installation.Find(), cancellationToken));
        var complete = await Task.WhenAll(wanted.Select(plan => SetUpRegionAsync(plan, new RegionSetup(cloud, plan, http, token), image, cancellationToken)));
        return complete.All(c => c);
    }

    private async Task<bool> SetUpRegionAsync(RegionPlan plan, RegionSetup setup, Task<GuestImage> image, CancellationToken cancellationToken)
    {
        try
        {
            await Task.WhenAll(
                RunIfHosted("nova-api", "flavors of " + plan.Name, () => setup.FlavorsAsync(cancellationToken)),
                RunIfHosted("neutron-server", "networks of " + plan.Name, () => setup.NetworksAsync(cancellationToken)),
                RunIfHosted("glance-api", "image of " + plan.Name, async () =>
                {
                    var guest = await image;
                    await setup.ImageAsync(guest.File, guest.DiskFormat, cancellationToken);
                }));
            SetDone(plan.Name, Digest(plan.Address));
            return true;
        }
        catch (Exception exception) when (exception is SetupException or HttpRequestException or IOException or Platform.Processes.ProcessException)
        {
            steps.Warn($"{plan.Name} is not complete: {exception.Message}\n  Run `meridian up` again to go on.");
            return false;
        }
    }

    /// <summary>Each time, not only at set-up: a server that is created before the hosts have reported finds none.</summary>
    /// <returns>Null when the region has a compute host; otherwise what is wrong.</returns>
    private async Task<string?> AwaitHostAsync(RegionPlan plan, HttpClient http, string token, CancellationToken cancellationToken)
    {
        try
        {
            await RunIfHosted("nova-compute", "compute host of " + plan.Name, () => new RegionSetup(cloud, plan, http, token).HostAsync(cancellationToken));
            return null;
        }
        catch (Exception exception) when (exception is SetupException or HttpRequestException)
        {
            return $"{plan.Name}: {exception.Message}\n  {Path.Combine(state.Log(plan.Name), "nova-compute.log")} says why.";
        }
    }

    /// <summary>Tried once a kernel: another machine's, or a newer one, may have a KVM that works.</summary>
    private async Task<string> VirtTypeAsync(CancellationToken cancellationToken)
    {
        if (cloud.Simulated || !KvmProbe.HasDevice)
        {
            return "qemu";
        }

        var kernel = "virt_type on " + (await File.ReadAllTextAsync("/proc/sys/kernel/osrelease", cancellationToken)).Trim();
        if (done.TryGetValue(kernel, out var known))
        {
            return known;
        }

        var fault = await steps.RunAsync("trying KVM", () => KvmProbe.FindFaultAsync(cancellationToken));
        if (fault is not null)
        {
            steps.Say($"KVM is not used: {fault}. QEMU emulates guests: slower, but whole.");
        }

        var virtType = fault is null ? "kvm" : "qemu";
        SetDone(kernel, virtType);
        return virtType;
    }

    private Task RunIfHosted(string program, string title, Func<Task> work) =>
        ProgramTable.Services.Any(p => p.Name == program) ? steps.RunAsync(title, work) : Task.CompletedTask;

    // What is under way looks like a fault for a moment: only what both of two looks find counts.
    private async Task<List<string>> AuditAsync(Secrets secrets, CancellationToken cancellationToken)
    {
        var first = await LookAsync(secrets, cancellationToken);
        if (first.Count == 0)
        {
            return first;
        }

        await Task.Delay(TimeSpan.FromSeconds(3), cancellationToken);
        return [.. (await LookAsync(secrets, cancellationToken)).Intersect(first)];
    }

    private async Task<List<string>> LookAsync(Secrets secrets, CancellationToken cancellationToken)
    {
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false, UseCookies = false }) { Timeout = TimeSpan.FromMinutes(1) };
        try
        {
            var token = await CloudClient.LogInAsync(http, cloud, "admin", secrets.Admin, "admin", cancellationToken);
            var found = await Task.WhenAll(regions.Select(region => LookAsync(region, http, token, cancellationToken)));
            return [.. found.SelectMany(f => f)];
        }
        catch (Exception exception) when (exception is SetupException or HttpRequestException or TaskCanceledException)
        {
            return [$"The audit could not log in: {exception.Message}"];
        }
    }

    // A region that cannot be looked at is a finding of its own, and the others are looked at all the same (DESIGN 26).
    private async Task<IReadOnlyList<string>> LookAsync(Region region, HttpClient http, string token, CancellationToken cancellationToken)
    {
        try
        {
            return await new RegionAudit(region.Plan, state, http, token, region.Audits).RunAsync(cancellationToken);
        }
        catch (Exception exception)
        {
            return [$"{region.Plan.Name} could not be audited: {exception.Message}"];
        }
    }

    private StatusReport Report() => new(CommandLines.Version, Environment.ProcessId, cloud.Simulated, ready, since, Programs, engines?.Status() ?? []);

    // What was done is told by what it was done for: other regions, addresses or a newer program do it again.
    private string Digest(string own) => $"{SetupVersion} {own} {cloud.KeystoneUrl} {string.Join(' ', cloud.Regions.Select(r => $"{r.Name}={r.Address}"))}";

    private bool IsDone(string what, string digest) => done.GetValueOrDefault(what) == digest;

    private void SetDone(string what, string digest)
    {
        lock (saving)
        {
            done[what] = digest;
            state.SaveMap(state.DoneFile, new(done));
        }
    }
}
