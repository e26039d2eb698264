// SPDX-License-Identifier: Apache-2.0
using Meridian.Compute.Drivers;
using Meridian.Compute.Servers;
using Meridian.Platform.Config;
using Meridian.Platform.Messaging;
using Meridian.Platform.Sagas;

using Microsoft.Extensions.Logging;

namespace Meridian.Compute.Agent;

/// <summary>
/// Compares the guests of the hosts with the servers that should be there: guests of deleted servers go (running_deleted_instance_action = reap), guests
/// that ran when the host went down run again, other changes of power are told to the conductor.
/// </summary>
internal sealed partial class GuestReconciler(ComputeHosts hosts, IMessageBus bus, ServiceConfig config, TimeProvider clock, ILogger<GuestReconciler> logger)
    : Reconciler(clock, logger)
{
    private bool first = true;

    protected override TimeSpan Interval => first ? TimeSpan.FromSeconds(2) : config.Get(NovaOptions.SyncPowerStateInterval);

    public override async Task<int> ReconcileAsync(CancellationToken cancellationToken)
    {
        var changed = 0;
        foreach (var host in hosts.All)
        {
            // What the host has is read before what it should have: a guest that appears in between is not taken for a leftover.
            var guests = await host.Driver.ListAsync(cancellationToken);
            ExpectedGuests expected;
            try
            {
                expected = await bus.CallAsync(ConductorTopic.Address, ConductorTopic.Expected, new HostRef(host.Identity.Host), null, null, cancellationToken);
            }
            catch (Exception exception) when (first && exception is BusTimeoutException or BusUnavailableException)
            {
                // The conductor isn't there yet: look again soon.
                return changed;
            }

            foreach (var server in expected.Guests)
            {
                changed += await CompareAsync(host, server, guests.FirstOrDefault(g => g.ServerId == server.ServerId), cancellationToken);
            }

            var wanted = expected.Guests.Select(g => g.ServerId).ToHashSet(StringComparer.Ordinal);
            foreach (var left in guests.Where(g => !wanted.Contains(g.ServerId) && !host.IsBusy(g.ServerId)))
            {
                await host.DestroyAsync(new(host.Identity.Host, left.ServerId), null, cancellationToken);
                LogReaped(logger, left.ServerId, host.Identity.Host);
                changed++;
            }
        }

        first = false;
        return changed;
    }

    private async Task<int> CompareAsync(ComputeHost host, ExpectedGuest server, GuestState? guest, CancellationToken cancellationToken)
    {
        if (server.Busy || host.IsBusy(server.ServerId))
        {
            return 0;
        }

        var power = guest?.Power ?? PowerState.NoState;
        if (first && server is { VmState: VmStates.Active, Build: { } build } && power != PowerState.Running && config.Get(NovaOptions.ResumeGuests))
        {
            try
            {
                await host.StartAsync(build, null, cancellationToken);
                LogStarted(logger, server.ServerId, host.Identity.Host);
                return 1;
            }
            catch (HypervisorException exception)
            {
                LogStartFailed(logger, exception, server.ServerId, host.Identity.Host);
            }
        }

        if ((int)power == server.Power)
        {
            return 0;
        }

        await bus.CastAsync(
            ConductorTopic.Address, ConductorTopic.PowerChanged, new GuestPower(host.Identity.Host, server.ServerId, (int)power, guest is null), null, cancellationToken);
        return 1;
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Guest {ServerId} of {Host} had no server and was removed")]
    private static partial void LogReaped(ILogger logger, string serverId, string host);

    [LoggerMessage(Level = LogLevel.Information, Message = "Guest {ServerId} of {Host} was not running and was started")]
    private static partial void LogStarted(ILogger logger, string serverId, string host);

    [LoggerMessage(Level = LogLevel.Error, Message = "Guest {ServerId} of {Host} should run and cannot be started")]
    private static partial void LogStartFailed(ILogger logger, Exception exception, string serverId, string host);
}

/// <summary>Tells the conductor at once when a guest's power changes by itself.</summary>
internal sealed class GuestWatcher(ComputeHosts hosts, IMessageBus bus) : Microsoft.Extensions.Hosting.BackgroundService
{
    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Task.WhenAll(hosts.All.Select(host => WatchAsync(host, stoppingToken)));

    private async Task WatchAsync(ComputeHost host, CancellationToken cancellationToken)
    {
        try
        {
            await foreach (var change in host.Driver.Events.ReadAllAsync(cancellationToken))
            {
                // What the host was asked for is told by its answer; only what happened by itself is news.
                if (change.Power is PowerState.Shutdown or PowerState.Crashed)
                {
                    await bus.CastAsync(
                        ConductorTopic.Address, ConductorTopic.PowerChanged, new GuestPower(host.Identity.Host, change.ServerId, (int)change.Power), null, cancellationToken);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The end of the process.
        }
        catch (BusUnavailableException)
        {
            // Events may be lost: the reconciler finds the difference.
        }
    }
}
