// SPDX-License-Identifier: Apache-2.0
using System.Threading.Channels;

using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Meridian.Platform.Sagas;

/// <summary>
/// What must become true in the end: compares wanted with actual, on a timer or when poked, and logs what it changed. Runs never overlap; pokes during one
/// give one more after it.
/// </summary>
public abstract partial class Reconciler(TimeProvider clock, ILogger logger) : BackgroundService
{
    private readonly Channel<bool> pokes = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    protected abstract TimeSpan Interval { get; }

    protected TimeProvider Clock => clock;

    /// <summary>Asks for a run soon.</summary>
    public void Poke() => pokes.Writer.TryWrite(true);

    /// <summary>One comparison. Throwing is a failed run, logged and tried again at the next interval.</summary>
    /// <returns>How many things it changed.</returns>
    public abstract Task<int> ReconcileAsync(CancellationToken cancellationToken);

    protected sealed override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                var changed = await ReconcileAsync(stoppingToken);
                if (changed > 0)
                {
                    LogChanged(logger, GetType().Name, changed);
                }
            }
            catch (Exception e) when (e is not OperationCanceledException || !stoppingToken.IsCancellationRequested)
            {
                LogFailed(logger, e, GetType().Name);
            }

            await WaitAsync(stoppingToken);
        }
    }

    private async Task WaitAsync(CancellationToken stoppingToken)
    {
        using var timer = new CancellationTokenSource(Interval, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timer.Token, stoppingToken);
        try
        {
            await pokes.Reader.ReadAsync(either.Token);
        }
        catch (OperationCanceledException)
        {
            // The interval has passed, or the process stops.
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "{Reconciler} changed {Count} things")]
    private static partial void LogChanged(ILogger logger, string reconciler, int count);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Reconciler} failed; it runs again at its next interval")]
    private static partial void LogFailed(ILogger logger, Exception exception, string reconciler);
}
