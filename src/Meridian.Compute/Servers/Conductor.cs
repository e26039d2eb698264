// SPDX-License-Identifier: Apache-2.0
using LinqToDB;

using Meridian.Compute.Agent;
using Meridian.Compute.Drivers;
using Meridian.Compute.Services;
using Meridian.Platform.Messaging;

using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Meridian.Compute.Servers;

/// <summary>nova-conductor's side of the bus: what compute hosts tell and ask.</summary>
internal sealed partial class Conductor(IMessageBus bus, HostStore hosts, ServerStore servers, GuestSpecs specs, TimeProvider clock, ILogger<Conductor> logger) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var endpoint = new BusEndpoint(ConductorTopic.Name)
            .On(ConductorTopic.Report, (reports, _, token) => hosts.ReportAsync(reports.Hosts, token))
            .On(ConductorTopic.PowerChanged, (power, _, token) => NotePowerAsync(power, token))
            .On(ConductorTopic.Expected, (host, _, token) => ListExpectedAsync(host.Host, token));
        await using var listener = await bus.ListenAsync(endpoint, stoppingToken);
        await Task.Delay(Timeout.InfiniteTimeSpan, clock, stoppingToken).ContinueWith(
            static _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
    }

    private async Task<ExpectedGuests> ListExpectedAsync(string host, CancellationToken cancellationToken)
    {
        var expected = new List<ExpectedGuest>();
        foreach (var server in await servers.ListOfHostAsync(host, cancellationToken))
        {
            var busy = server.TaskState is not null || server.VmState == VmStates.Building;
            var build = server.VmState == VmStates.Active && !busy ? await specs.BuildAsync(server, cancellationToken) : null;
            expected.Add(new(server.Id, server.VmState, busy, server.PowerState, build));
        }

        return new(expected);
    }

    /// <summary>A guest went off by itself, or came on: the server follows, unless an operation is under way.</summary>
    private async Task NotePowerAsync(GuestPower power, CancellationToken cancellationToken)
    {
        var before = await servers.ChangeAsync(
            power.ServerId,
            server => server.Host != power.Host || server.TaskState is not null || server.PowerState == power.Power ? null
                : (server.VmState, (PowerState)power.Power) switch
                {
                    (VmStates.Active, PowerState.Shutdown or PowerState.Crashed or PowerState.NoState) =>
                        update => update.Set(s => s.PowerState, power.Power).Set(s => s.VmState, VmStates.Stopped),
                    (VmStates.Stopped, PowerState.Running) => update => update.Set(s => s.PowerState, power.Power).Set(s => s.VmState, VmStates.Active),
                    _ => update => update.Set(s => s.PowerState, power.Power),
                },
            cancellationToken);
        if (before is not null)
        {
            LogPower(logger, power.ServerId, before.PowerState, power.Power, power.Host);
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Guest of server {ServerId} changed from power state {Before} to {After} by itself on {Host}")]
    private static partial void LogPower(ILogger logger, string serverId, int before, int after, string host);
}
