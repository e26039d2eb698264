// SPDX-License-Identifier: Apache-2.0
using System.Threading.Channels;

using LinqToDB;
using LinqToDB.Async;

using Meridian.Network.Drivers;
using Meridian.Network.Ports;
using Meridian.Network.ServerEvents;
using Meridian.Platform.Storage;

using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Meridian.Network.Northbound;

/// <summary>A port is ACTIVE when the backend says that it is wired (Logical_Switch_Port.up), else DOWN; compute is told of each change.</summary>
internal sealed partial class PortStatusWatcher(
    Database database, INetworkDriver driver, ServerEventOutbox events, ChangeSignal signal, TimeProvider clock, ILogger<PortStatusWatcher> logger) : BackgroundService
{
    private const int BatchSize = 500;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var queue = Channel.CreateUnbounded<PortLinkEvent>(new() { SingleReader = true });
        var reading = ReadAsync(queue.Writer, stoppingToken);
        try
        {
            while (await queue.Reader.WaitToReadAsync(stoppingToken))
            {
                // The last word about a port counts.
                var latest = new Dictionary<string, PortLinkEvent>();
                while (latest.Count < BatchSize && queue.Reader.TryRead(out var change))
                {
                    latest[change.PortId] = change;
                }

                await StoreAsync(latest, stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // Stopping.
        }

        await reading.ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
    }

    private async Task ReadAsync(ChannelWriter<PortLinkEvent> queue, CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await foreach (var change in driver.WatchPortsAsync(stoppingToken))
                {
                    queue.TryWrite(change);
                }
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception exception)
            {
                LogWatch(logger, exception.Message);
                await Task.Delay(TimeSpan.FromSeconds(1), clock, stoppingToken);
            }
        }
    }

    private async Task StoreAsync(Dictionary<string, PortLinkEvent> changes, CancellationToken cancellationToken)
    {
        try
        {
            List<PortRow> ports;
            var ids = changes.Keys.ToList();
            await using (var read = database.Open())
            {
                ports = await read.GetTable<PortRow>().Where(p => ids.Contains(p.Id)).ToListAsync(cancellationToken);
            }

            ports.RemoveAll(p => p.Status == "N/A" || p.Status == (changes[p.Id].Up ? "ACTIVE" : "DOWN"));
            if (ports.Count == 0)
            {
                return;
            }

            await using (var db = await database.BeginAsync(cancellationToken))
            {
                foreach (var port in ports)
                {
                    var status = changes[port.Id].Up ? "ACTIVE" : "DOWN";
                    var now = clock.GetUtcNow().UtcDateTime;
                    if (await db.GetTable<PortRow>().Where(p => p.Id == port.Id && p.Status != status)
                        .Set(p => p.Status, status).Set(p => p.RevisionNumber, p => p.RevisionNumber + 1).Set(p => p.UpdatedAt, now).UpdateAsync(cancellationToken) == 1)
                    {
                        await events.AddAsync(db, status == "ACTIVE" ? "network-vif-plugged" : "network-vif-unplugged", port, cancellationToken);
                    }
                }

                await db.CommitAsync(cancellationToken);
            }

            signal.PokeEvents();
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            // The reconciler compares the statuses again.
            LogStore(logger, exception, changes.Count);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The network backend's port states cannot be watched; again in a second: {Reason}")]
    private static partial void LogWatch(ILogger logger, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Count} port states could not be stored")]
    private static partial void LogStore(ILogger logger, Exception exception, int count);
}
