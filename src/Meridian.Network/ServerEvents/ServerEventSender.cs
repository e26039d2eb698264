// SPDX-License-Identifier: Apache-2.0
using LinqToDB;
using LinqToDB.Async;

using Meridian.Contracts.Compute;
using Meridian.Network.Northbound;
using Meridian.Platform.Auth;
using Meridian.Platform.Config;
using Meridian.Platform.Storage;

using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Meridian.Network.ServerEvents;

/// <summary>Where events go: compute's API, or a test's fake.</summary>
internal interface IServerEvents
{
    Task<IReadOnlyList<ServerExternalEventResult>> SendAsync(IReadOnlyList<ServerExternalEvent> events, CancellationToken cancellationToken);
}

/// <summary>Compute's API in the region that [nova] region_name names.</summary>
internal sealed class ComputeServerEvents(ServiceConfig config, Platform.ProcessResources resources, TimeProvider clock) : IServerEvents
{
    private readonly ServerEventsClient client = new(new ServiceLink(new KeystoneSession(config, NovaOptions.Auth, resources, clock), NovaOptions.Auth, "compute"));

    public Task<IReadOnlyList<ServerExternalEventResult>> SendAsync(IReadOnlyList<ServerExternalEvent> events, CancellationToken cancellationToken) => client.SendAsync(events, cancellationToken);
}

/// <summary>
/// Empties the outbox towards compute: at once when idle, everything that waits in one request, in order, at least once. What compute does not know (404) or
/// cannot use (422) is done with; when it does not answer all of it waits.
/// </summary>
internal sealed partial class ServerEventSender(
    Database database, IServerEvents compute, ChangeSignal signal, ServiceConfig config, TimeProvider clock, ILogger<ServerEventSender> logger) : BackgroundService
{
    private const int BatchSize = 200;
    private static readonly TimeSpan Idle = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan KeepFor = TimeSpan.FromHours(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (config.Get(NovaOptions.Auth.AuthUrl) is null && compute is ComputeServerEvents)
        {
            LogUnset(logger);
        }

        var failures = 0;
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                var sent = await SendAsync(stoppingToken);
                failures = 0;
                if (sent < BatchSize)
                {
                    await ChangeSignal.WaitAsync(signal.Events, Idle, clock, stoppingToken);
                }
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception exception)
            {
                var wait = TimeSpan.FromMilliseconds(Math.Min(LongestWait.TotalMilliseconds, 250 * Math.Pow(2, Math.Min(failures++, 10))));
                LogFailed(logger, exception is NeighbourException neighbour ? neighbour.Detail : exception.Message, wait);
                await Task.Delay(wait, clock, stoppingToken);
            }
        }
    }

    internal async Task<int> SendAsync(CancellationToken cancellationToken)
    {
        List<ServerEventRow> rows;
        await using (var db = database.Open())
        {
            rows = await db.GetTable<ServerEventRow>().OrderBy(e => e.Sequence).Take(BatchSize).ToListAsync(cancellationToken);
        }

        if (rows.Count == 0)
        {
            return 0;
        }

        // Servers do not outlive hours of silence with their ports unplugged; what is that old helps nobody.
        var fresh = rows.Where(r => clock.GetUtcNow().UtcDateTime - r.CreatedAt < KeepFor).ToList();
        if (fresh.Count > 0)
        {
            var results = await compute.SendAsync([.. fresh.Select(r => new ServerExternalEvent(r.Name, r.ServerId, r.PortId))], cancellationToken);
            foreach (var result in results.Where(r => r.Code != 200))
            {
                LogRefused(logger, result.Name, result.ServerUuid, result.Tag, result.Code);
            }
        }

        var last = rows[^1].Sequence;
        var ids = rows.ConvertAll(r => r.Sequence);
        await using var write = await database.BeginAsync(cancellationToken);
        await write.GetTable<ServerEventRow>().Where(e => e.Sequence <= last && ids.Contains(e.Sequence)).DeleteAsync(cancellationToken);
        await write.CommitAsync(cancellationToken);
        return rows.Count;
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Compute cannot be told of port changes: section [nova] has no auth_url. Servers will wait for their ports until vif_plugging_timeout")]
    private static partial void LogUnset(ILogger logger);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Compute could not be told of port changes; again in {Wait}: {Reason}")]
    private static partial void LogFailed(ILogger logger, string reason, TimeSpan wait);

    [LoggerMessage(Level = LogLevel.Debug, Message = "Compute answered {Code} to {Name} for server {Server}, port {Port}")]
    private static partial void LogRefused(ILogger logger, string name, string server, string? port, int code);
}
