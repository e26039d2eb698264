// SPDX-License-Identifier: Apache-2.0
using System.Collections.Concurrent;

using Meridian.Compute.Drivers;
using Meridian.Platform.Config;
using Meridian.Platform.Messaging;

using Microsoft.Extensions.Logging;

namespace Meridian.Compute.Agent;

/// <summary>
/// One compute host: does to guests what comes over the bus. Operations on one server run one after another; a build that is asked for again
/// while it runs is joined, so that the caller may repeat a call whose answer it lost.
/// </summary>
internal sealed partial class ComputeHost(HostIdentity identity, IHypervisorDriver driver, IGuestImages images, ServiceConfig config, ILogger<ComputeHost> logger) : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, Task> builds = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, SemaphoreSlim> gates = new(StringComparer.Ordinal);
    private readonly TimeSpan shutdownTimeout = config.Get(NovaOptions.ShutdownTimeout);

    public HostIdentity Identity => identity;

    public IHypervisorDriver Driver => driver;

    public bool IsBusy(string serverId) => builds.ContainsKey(serverId);

    public BusEndpoint Endpoint() => new BusEndpoint(ComputeTopic.Name, identity.Host)
        .On(ComputeTopic.Build, BuildAsync)
        .On(ComputeTopic.Destroy, DestroyAsync)
        .On(ComputeTopic.Start, StartAsync)
        .On(ComputeTopic.Stop, StopAsync)
        .On(ComputeTopic.Reboot, RebootAsync)
        .On(ComputeTopic.Console, ReadConsoleAsync)
        .On(ComputeTopic.Contents, ListContentsAsync);

    public ValueTask DisposeAsync() => driver.DisposeAsync();

    /// <summary>Starts a guest that should be running; its disks must be there.</summary>
    public async Task<GuestPower> StartAsync(BuildGuest build, BusContext? context, CancellationToken cancellationToken)
    {
        using var _ = await EnterAsync(build.Spec.ServerId, cancellationToken);
        await driver.StartAsync(await WithImageAsync(build, cancellationToken), cancellationToken);
        return Running(build.Spec.ServerId);
    }

    public async Task<GuestPower> DestroyAsync(GuestRef guest, BusContext? context, CancellationToken cancellationToken)
    {
        using var _ = await EnterAsync(guest.ServerId, cancellationToken);
        await driver.DestroyAsync(guest.ServerId, cancellationToken);
        gates.TryRemove(guest.ServerId, out SemaphoreSlim? _);
        LogDone(logger, "destroy", guest.ServerId, identity.Host);
        return new(identity.Host, guest.ServerId, (int)PowerState.NoState, Gone: true);
    }

    private async Task<GuestPower> BuildAsync(BuildGuest build, BusContext context, CancellationToken cancellationToken)
    {
        var id = build.Spec.ServerId;
        while (true)
        {
            if (builds.TryGetValue(id, out var running))
            {
                await running.WaitAsync(cancellationToken);
                return Running(id);
            }

            var start = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            if (builds.TryAdd(id, start.Task))
            {
                // The build goes on where the caller gives up: it will ask again, or destroy.
                await RunBuildAsync(build, start).WaitAsync(cancellationToken);
                return Running(id);
            }
        }
    }

    private async Task RunBuildAsync(BuildGuest build, TaskCompletionSource done)
    {
        try
        {
            using (await EnterAsync(build.Spec.ServerId, CancellationToken.None))
            {
                await driver.SpawnAsync(await WithImageAsync(build, CancellationToken.None), CancellationToken.None);
            }

            LogDone(logger, "build", build.Spec.ServerId, identity.Host);
            builds.TryRemove(build.Spec.ServerId, out _);
            done.SetResult();
        }
        catch (Exception exception)
        {
            builds.TryRemove(build.Spec.ServerId, out _);
            done.SetException(exception);
            _ = done.Task.Exception; // Observed here too: nobody may have joined.
            throw;
        }
    }

    private async Task<GuestPower> StopAsync(GuestRef guest, BusContext context, CancellationToken cancellationToken)
    {
        using var _ = await EnterAsync(guest.ServerId, cancellationToken);
        await driver.StopAsync(guest.ServerId, shutdownTimeout, cancellationToken);
        return new(identity.Host, guest.ServerId, (int)PowerState.Shutdown);
    }

    private async Task<GuestPower> RebootAsync(BuildGuest build, BusContext context, CancellationToken cancellationToken)
    {
        using var _ = await EnterAsync(build.Spec.ServerId, cancellationToken);
        await driver.RebootAsync(await WithImageAsync(build, cancellationToken), build.Hard ? TimeSpan.Zero : shutdownTimeout, cancellationToken);
        return Running(build.Spec.ServerId);
    }

    private async Task<ConsoleText> ReadConsoleAsync(ReadConsole request, BusContext context, CancellationToken cancellationToken) =>
        new(await driver.ReadConsoleAsync(request.ServerId, request.MaxBytes, cancellationToken));

    private async Task<HostContents> ListContentsAsync(GuestRef request, BusContext context, CancellationToken cancellationToken) =>
        new([.. await driver.ListAsync(cancellationToken)], driver is IGuestStorage storage ? [.. await storage.ListFilesAsync(cancellationToken)] : []);

    private async Task<GuestSpec> WithImageAsync(BuildGuest build, CancellationToken cancellationToken) =>
        build.ImageId is null ? build.Spec : build.Spec with { Image = await images.GetAsync(build.ImageId, build.ImageProperties, cancellationToken) };

    private GuestPower Running(string serverId) => new(identity.Host, serverId, (int)PowerState.Running);

    private async Task<IDisposable> EnterAsync(string serverId, CancellationToken cancellationToken)
    {
        var gate = gates.GetOrAdd(serverId, static _ => new(1, 1));
        await gate.WaitAsync(cancellationToken);
        return new Leaver(gate);
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "{Operation} of server {ServerId} on {Host} is done")]
    private static partial void LogDone(ILogger logger, string operation, string serverId, string host);

    private sealed class Leaver(SemaphoreSlim gate) : IDisposable
    {
        public void Dispose() => gate.Release();
    }
}

/// <param name="Host">As os-services shows it.</param>
/// <param name="ProviderId">Of the resource provider at placement; the same in every run.</param>
internal sealed record HostIdentity(string Host, string ProviderId, string HostIp, string Directory);

/// <summary>Brings images to the host. The simulated driver needs none.</summary>
internal interface IGuestImages
{
    /// <exception cref="HypervisorException">The image is gone, damaged or not what it says.</exception>
    Task<GuestImage?> GetAsync(string imageId, IReadOnlyDictionary<string, string> properties, CancellationToken cancellationToken);
}

/// <summary>For guests that do not run: no image is fetched.</summary>
internal sealed class NoGuestImages : IGuestImages
{
    public Task<GuestImage?> GetAsync(string imageId, IReadOnlyDictionary<string, string> properties, CancellationToken cancellationToken) => Task.FromResult<GuestImage?>(null);
}
