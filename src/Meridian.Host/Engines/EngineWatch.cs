// SPDX-License-Identifier: Apache-2.0
using Microsoft.Extensions.Logging;

namespace Meridian.Host.Engines;

/// <summary>
/// Starts engines again that ended: Debian's ovs-vswitchd 3.1 now and then fails an assertion of its connection tracking, and then no guest of the
/// region has a network.
/// </summary>
internal sealed partial class EngineWatch(MachineEngines engines, ILogger<EngineWatch> logger) : IAsyncDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(3);

    private readonly CancellationTokenSource stop = new();
    private Task running = Task.CompletedTask;

    /// <summary>Call once, when the engines were started.</summary>
    public void Start() => running = Task.Run(() => RunAsync(stop.Token));

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        await running;
        stop.Dispose();
    }

    private async Task RunAsync(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(Interval);
        try
        {
            while (await timer.WaitForNextTickAsync(cancellationToken))
            {
                await TryLookAsync(cancellationToken);
            }
        }
        catch (OperationCanceledException)
        {
            // The process ends; engines go on without it.
        }
    }

    // One look that fails must not be the last: what it stumbled over may be a process that just ended.
    private async Task TryLookAsync(CancellationToken cancellationToken)
    {
        try
        {
            await LookAsync(cancellationToken);
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            LogFault(exception.Message);
        }
    }

    private async Task LookAsync(CancellationToken cancellationToken)
    {
        var ended = engines.Ended();
        if (ended.Count == 0)
        {
            return;
        }

        LogEnded(string.Join(", ", ended));
        foreach (var fault in await engines.StartAsync(cancellationToken))
        {
            LogFault(fault);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Ended by themselves: {Engines}; starting them again")]
    private partial void LogEnded(string engines);

    [LoggerMessage(Level = LogLevel.Error, Message = "Engines could not be started again: {Fault}")]
    private partial void LogFault(string fault);
}
