// SPDX-License-Identifier: Apache-2.0
using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Threading.Channels;

using Meridian.Platform.Http;
using Meridian.Platform.Storage;
using Meridian.Platform.Telemetry;

using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Meridian.Platform.Sagas;

public sealed record SagaRunnerOptions
{
    /// <summary>Sagas that run at the same time; they wait for neighbours most of it.</summary>
    public int Concurrency { get; init; } = 64;

    /// <summary>How often sagas are looked for that nobody rang the bell for: of dead processes, of other programs, due for another try.</summary>
    public TimeSpan PollInterval { get; init; } = TimeSpan.FromSeconds(1);
}

/// <summary>Runs the sagas that a program registered: woken by the queue of the same process, or found in the table.</summary>
internal sealed partial class SagaRunner : BackgroundService
{
    private static readonly Meter Meter = new(MeterNames.Sagas);
    private static readonly Counter<long> Ended = Meter.CreateCounter<long>("meridian.sagas.ended", description: "Sagas that ended, by saga and outcome.");

    private readonly Dictionary<string, Saga> sagas;
    private readonly SagaRunnerOptions options;
    private readonly TimeProvider clock;
    private readonly ILogger<SagaRunner> logger;
    private readonly ServiceIdentity identity;
    private readonly SagaStore store;
    private readonly SagaHub hub;
    private readonly SagaEngine engine;
    private readonly string owner = SagaOwner.Current.ToString();
    private readonly Channel<string> wakes = Channel.CreateUnbounded<string>(new() { SingleReader = true });
    private readonly SemaphoreSlim slots;
    private readonly ConcurrentDictionary<Task, bool> tasks = new();
    private bool unreachable;

    public SagaRunner(
        IEnumerable<Saga> sagas, Database database, ProcessResources resources, TimeProvider clock, IEnumerable<ISagaObserver> observers,
        SagaRunnerOptions options, ServiceIdentity identity, ILogger<SagaRunner> logger)
    {
        this.sagas = sagas.ToDictionary(saga => saga.Name);
        (this.options, this.clock, this.identity, this.logger) = (options, clock, identity, logger);
        store = new(database, clock);
        hub = SagaHub.For(resources, database);
        engine = new(store, owner, clock, [.. observers], logger);
        slots = new(options.Concurrency, options.Concurrency);
        hub.Join(this, this.sagas.Keys, wakes.Writer);
    }

    public override void Dispose()
    {
        hub.Leave(this);
        slots.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (sagas.Count == 0)
        {
            return;
        }

        try
        {
            await Task.WhenAll(RunWokenAsync(stoppingToken), PollAsync(stoppingToken), RenewAsync(stoppingToken));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The end of the process; sagas under way release their leases below.
        }
        finally
        {
            hub.Leave(this);
            await Task.WhenAll(tasks.Keys);
        }
    }

    private async Task RunWokenAsync(CancellationToken cancellationToken)
    {
        await foreach (var id in wakes.Reader.ReadAllAsync(cancellationToken))
        {
            if (!hub.Running.TryAdd(id, this))
            {
                continue;
            }

            await slots.WaitAsync(cancellationToken);
            var task = Task.Run(() => RunAsync(id, cancellationToken), CancellationToken.None);
            tasks[task] = true;
            _ = task.ContinueWith(ended => tasks.TryRemove(ended, out _), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }
    }

    private async Task RunAsync(string id, CancellationToken cancellationToken)
    {
        string? next = null;
        try
        {
            var row = await store.TryClaimAsync(id, owner, r => sagas.TryGetValue(r.Name, out var known) && r.Version <= known.Version, cancellationToken);
            if (row is null)
            {
                return;
            }

            using (logger.BeginScope(new SagaScope(row.RequestId, row.Name, row.Subject)))
            {
                var outcome = await engine.RunAsync(sagas[row.Name], row, cancellationToken);
                if (outcome is SagaOutcome.Done or SagaOutcome.Undone or SagaOutcome.Stuck)
                {
                    Ended.Add(
                        1, new("saga", row.Name), new("outcome", outcome.ToString().ToLowerInvariant()), new("region", identity.Region), new("service", identity.Program));
                    LogEnded(logger, row.Name, row.Id, row.Subject, outcome);
                    next = await store.FindNextAsync(row.Subject, cancellationToken);
                }
                else if (outcome == SagaOutcome.Waiting)
                {
                    _ = WakeLaterAsync(id, row.DueAt, cancellationToken);
                }
            }
        }
        catch (SagaInterruptedException e)
        {
            LogInterrupted(logger, e);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            await ReleaseAsync(id);
        }
        catch (Exception e)
        {
            // The table can't be written: the lease runs out, and the saga is found again when the database is back.
            LogUnreachable(logger, e);
        }
        finally
        {
            hub.Running.TryRemove(id, out _);
            slots.Release();
            if (next is not null)
            {
                hub.Wake(next);
            }
        }
    }

    private async Task WakeLaterAsync(string id, DateTime due, CancellationToken cancellationToken)
    {
        var wait = due - clock.GetUtcNow().UtcDateTime + TimeSpan.FromMilliseconds(5);
        await Task.Delay(wait > TimeSpan.Zero ? wait : TimeSpan.Zero, clock, cancellationToken).ContinueWith(
            static _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        wakes.Writer.TryWrite(id);
    }

    private async Task ReleaseAsync(string id)
    {
        try
        {
            await store.ReleaseAsync(id, owner, CancellationToken.None);
        }
        catch (Exception e)
        {
            LogUnreachable(logger, e);
        }
    }

    private async Task PollAsync(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(options.PollInterval, clock);
        var round = 0;
        do
        {
            try
            {
                if (round++ % 5 == 0 && await store.FreeDeadAsync(SagaOwner.Current, cancellationToken) is > 0 and var freed)
                {
                    LogTakenOver(logger, freed);
                }

                foreach (var id in await store.ListFreeAsync(sagas.Values, 2 * options.Concurrency, cancellationToken))
                {
                    wakes.Writer.TryWrite(id);
                }

                if (round % 3600 == 0)
                {
                    await store.ForgetUndoneAsync(cancellationToken);
                }

                unreachable = false;
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                if (!unreachable)
                {
                    LogUnreachable(logger, e);
                }

                unreachable = true;
            }
        }
        while (await timer.WaitForNextTickAsync(cancellationToken));
    }

    private async Task RenewAsync(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(SagaStore.Lease / 3, clock);
        while (await timer.WaitForNextTickAsync(cancellationToken))
        {
            try
            {
                var own = hub.Running.Where(running => running.Value == this).Select(running => running.Key).ToList();
                if (own.Count > 0)
                {
                    await store.RenewAsync(own, owner, cancellationToken);
                }
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                LogUnreachable(logger, e);
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Saga {Saga} {SagaId} of {Subject} ended: {Outcome}")]
    private static partial void LogEnded(ILogger logger, string saga, string sagaId, string subject, SagaOutcome outcome);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Count} sagas of processes that are gone are taken over")]
    private static partial void LogTakenOver(ILogger logger, int count);

    [LoggerMessage(Level = LogLevel.Warning, Message = "A test interrupted a saga")]
    private static partial void LogInterrupted(ILogger logger, Exception exception);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The table of sagas is not reachable at this time; trying again")]
    private static partial void LogUnreachable(ILogger logger, Exception exception);
}

/// <summary>Log scope of a saga: read by the formatter.</summary>
public sealed record SagaScope(string? RequestId, string Saga, string Subject)
{
    public override string ToString() => RequestId ?? Saga;
}
