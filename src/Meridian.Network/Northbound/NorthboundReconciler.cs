// SPDX-License-Identifier: Apache-2.0
using Meridian.Network.Audit;
using Meridian.Network.Drivers;
using Meridian.Network.Drivers.Ovn;
using Meridian.Platform.Config;
using Meridian.Platform.Storage;

using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Meridian.Network.Northbound;

/// <summary>
/// Compares what the backend has with what the database says, at start and every few minutes, and notes each difference as a pending change, which the
/// writer then settles from the database. Something seen different once may be under way; at start it is repaired at once.
/// </summary>
internal sealed partial class NorthboundReconciler(
    NetworkAudit audit, Database database, ServiceConfig config, ChangeSignal signal, TimeProvider clock, ILogger<NorthboundReconciler> logger) : BackgroundService
{
    private static readonly TimeSpan Every = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan AfterFailure = TimeSpan.FromSeconds(5);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            var wait = Every;
            try
            {
                await ReconcileAsync(stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception exception)
            {
                LogFailed(logger, exception.Message);
                wait = AfterFailure;
            }

            await Task.Delay(wait, clock, stoppingToken);
        }
    }

    /// <returns>How many differences were found.</returns>
    internal async Task<int> ReconcileAsync(CancellationToken cancellationToken)
    {
        if (config.Get(OvnOptions.SyncMode) == "off")
        {
            return 0;
        }

        var differences = await audit.CompareBackendAsync(cancellationToken);
        foreach (var difference in differences)
        {
            LogDifference(logger, difference.Kind, difference.Id, difference.InBackend ? "only in the backend" : "missing in the backend");
        }

        if (differences.Count > 0 && config.Get(OvnOptions.SyncMode) != "log")
        {
            await using var db = await database.BeginAsync(cancellationToken);
            foreach (var difference in differences)
            {
                await Pending.AddAsync(db, difference.Kind, difference.Id, clock.GetUtcNow().UtcDateTime, cancellationToken);
            }

            await db.CommitAsync(cancellationToken);
            signal.Poke();
        }

        return differences.Count;
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "{Kind} {Id} is {Where}")]
    private static partial void LogDifference(ILogger logger, NetworkResourceKind kind, string id, string where);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The network backend could not be compared with the database: {Reason}")]
    private static partial void LogFailed(ILogger logger, string reason);
}
