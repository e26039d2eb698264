// SPDX-License-Identifier: Apache-2.0
using Microsoft.Extensions.Logging;

namespace Meridian.Platform.Sagas;

internal enum SagaOutcome
{
    Done,
    Undone,
    Stuck,

    /// <summary>A step failed and is tried again at its due time.</summary>
    Waiting,

    /// <summary>Another process has it now.</summary>
    Lost,
}

/// <summary>Runs one claimed saga until it ends or has to wait. One write a step boundary, and none before a step.</summary>
internal sealed partial class SagaEngine(SagaStore store, string owner, TimeProvider clock, IReadOnlyList<ISagaObserver> observers, ILogger logger)
{
    private static readonly TimeSpan FirstWait = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(1);

    /// <exception cref="OperationCanceledException">The process stops; the saga goes on in the next one.</exception>
    /// <exception cref="SagaInterruptedException">A test's kill.</exception>
    public async Task<SagaOutcome> RunAsync(Saga saga, SagaRow row, CancellationToken cancellationToken)
    {
        SagaContext context;
        try
        {
            context = saga.Open(row);
        }
        catch (Exception e)
        {
            LogUnreadable(logger, e, saga.Name, row.Id);
            row.State = SagaState.Stuck;
            row.Failure = Write(new("", "The saga's input can't be read.", 500, Summary(e)));
            return await store.TrySaveAsync(row, owner, evenIfAborted: true, cancellationToken) ? SagaOutcome.Stuck : SagaOutcome.Lost;
        }

        SagaOutcome? outcome = null;
        while (outcome is null)
        {
            outcome = row.State == SagaState.Running
                ? await DoNextAsync(saga, row, context, cancellationToken)
                : await UndoNextAsync(saga, row, context, cancellationToken);
        }

        return outcome.Value;
    }

    /// <returns>Null to go on.</returns>
    private async Task<SagaOutcome?> DoNextAsync(Saga saga, SagaRow row, SagaContext context, CancellationToken cancellationToken)
    {
        var step = saga.StepNames[row.Step];
        if (row.Abort)
        {
            return await UnwindAsync(row, context, Aborted(step), cancellationToken);
        }

        try
        {
            await ObserveAsync(saga, row, step, SagaPoint.BeforeDo, cancellationToken);
            await saga.DoAsync(row.Step, context, cancellationToken);
            await ObserveAsync(saga, row, step, SagaPoint.AfterDo, cancellationToken);
        }
        catch (StepFailedException e)
        {
            LogFailed(logger, e, saga.Name, row.Id, row.Subject, step);
            return await UnwindAsync(row, context, new(step, e.Message, e.Code, Summary(e)), cancellationToken);
        }
        catch (Exception e) when (!IsEnd(e, cancellationToken))
        {
            if (++row.Attempts < saga.RetryLimit)
            {
                return await WaitAsync(saga, row, step, e, evenIfAborted: false, cancellationToken) ?? await UnwindAsync(row, context, Aborted(step), cancellationToken);
            }

            LogFailed(logger, e, saga.Name, row.Id, row.Subject, step);
            return await UnwindAsync(row, context, new(step, "An unexpected error prevented the operation.", 500, Summary(e)), cancellationToken);
        }

        (row.Attempts, row.Bag) = (0, context.WriteBag());
        if (++row.Step == saga.StepNames.Count)
        {
            await store.DeleteAsync(row, owner, cancellationToken);
            await ObserveAsync(saga, row, step, SagaPoint.AfterPersist, cancellationToken);
            return SagaOutcome.Done;
        }

        if (!await store.TrySaveAsync(row, owner, evenIfAborted: false, cancellationToken))
        {
            // The step just done is the last that began.
            row.Step--;
            return await UnwindAsync(row, context, Aborted(step), cancellationToken);
        }

        await ObserveAsync(saga, row, step, SagaPoint.AfterPersist, cancellationToken);
        return null;
    }

    private async Task<SagaOutcome?> UndoNextAsync(Saga saga, SagaRow row, SagaContext context, CancellationToken cancellationToken)
    {
        while (row.Step >= 0 && !saga.HasUndo(row.Step))
        {
            row.Step--;
        }

        var step = row.Step < 0 ? "" : saga.StepNames[row.Step];
        if (row.Step >= 0)
        {
            try
            {
                await ObserveAsync(saga, row, step, SagaPoint.BeforeUndo, cancellationToken);
                await saga.UndoAsync(row.Step, context, cancellationToken);
                await ObserveAsync(saga, row, step, SagaPoint.AfterUndo, cancellationToken);
            }
            catch (Exception e) when (!IsEnd(e, cancellationToken))
            {
                if (++row.Attempts < saga.RetryLimit)
                {
                    return await WaitAsync(saga, row, step, e, evenIfAborted: true, cancellationToken) ?? SagaOutcome.Lost;
                }

                LogStuck(logger, e, saga.Name, row.Id, row.Subject, step);
                row.State = SagaState.Stuck;
                row.Failure = Write(context.Failure! with { Details = $"{context.Failure!.Details}; undoing step {step}: {Summary(e)}" });
                return await store.TrySaveAsync(row, owner, evenIfAborted: true, cancellationToken) ? SagaOutcome.Stuck : SagaOutcome.Lost;
            }

            row.Step--;
        }

        while (row.Step >= 0 && !saga.HasUndo(row.Step))
        {
            row.Step--;
        }

        (row.Attempts, row.Bag) = (0, context.WriteBag());
        row.State = row.Step < 0 ? SagaState.Undone : SagaState.Unwinding;
        if (!await store.TrySaveAsync(row, owner, evenIfAborted: true, cancellationToken))
        {
            return SagaOutcome.Lost;
        }

        await ObserveAsync(saga, row, step, SagaPoint.AfterUndoPersist, cancellationToken);
        return row.Step < 0 ? SagaOutcome.Undone : null;
    }

    /// <summary>Turns around. The step at which it stands may have begun, so its undo runs first.</summary>
    private async Task<SagaOutcome?> UnwindAsync(SagaRow row, SagaContext context, SagaFailure failure, CancellationToken cancellationToken)
    {
        (row.State, row.Attempts, row.Failure, row.Bag) = (SagaState.Unwinding, 0, Write(failure), context.WriteBag());
        context.Failure = failure;
        return await store.TrySaveAsync(row, owner, evenIfAborted: true, cancellationToken) ? null : SagaOutcome.Lost;
    }

    /// <returns>Null when the saga was lost or asked to unwind meanwhile.</returns>
    private async Task<SagaOutcome?> WaitAsync(Saga saga, SagaRow row, string step, Exception exception, bool evenIfAborted, CancellationToken cancellationToken)
    {
        // Full jitter on the upper half: sagas that failed together don't come back together.
        var longest = Math.Min(LongestWait.TotalSeconds, FirstWait.TotalSeconds * Math.Pow(2, row.Attempts - 1));
        var wait = TimeSpan.FromSeconds(longest * (0.5 + (Random.Shared.NextDouble() / 2)));
        LogRetry(logger, exception, saga.Name, row.Id, row.Subject, step, row.Attempts, wait.TotalSeconds);
        row.DueAt = clock.GetUtcNow().UtcDateTime + wait;
        return await store.TrySaveAsync(row, owner, evenIfAborted, cancellationToken) ? SagaOutcome.Waiting : null;
    }

    private async Task ObserveAsync(Saga saga, SagaRow row, string step, SagaPoint point, CancellationToken cancellationToken)
    {
        foreach (var observer in observers)
        {
            await observer.AtAsync(new(row.Id, saga.Name, row.Subject, step, point), cancellationToken);
        }
    }

    private static bool IsEnd(Exception exception, CancellationToken cancellationToken) =>
        exception is SagaInterruptedException || (exception is OperationCanceledException && cancellationToken.IsCancellationRequested);

    private static SagaFailure Aborted(string step) => new(step, "The operation was aborted by a later one.", 409, null);

    private static string Write(SagaFailure failure) => System.Text.Json.JsonSerializer.Serialize(failure, SagaJson.Default.SagaFailure);

    private static string Summary(Exception exception)
    {
        var parts = new List<string>();
        for (Exception? e = exception; e is not null; e = e.InnerException)
        {
            parts.Add($"{e.GetType().Name}: {e.Message}");
        }

        return string.Join(" <- ", parts);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Saga {Saga} {SagaId} of {Subject}: step {Step} failed (try {Attempt}); next try in {Wait:F1} s")]
    private static partial void LogRetry(ILogger logger, Exception exception, string saga, string sagaId, string subject, string step, int attempt, double wait);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Saga {Saga} {SagaId} of {Subject}: step {Step} failed; undoing")]
    private static partial void LogFailed(ILogger logger, Exception exception, string saga, string sagaId, string subject, string step);

    [LoggerMessage(Level = LogLevel.Error, Message = "Saga {Saga} {SagaId} of {Subject} is stuck: undoing step {Step} fails")]
    private static partial void LogStuck(ILogger logger, Exception exception, string saga, string sagaId, string subject, string step);

    [LoggerMessage(Level = LogLevel.Error, Message = "Saga {Saga} {SagaId} is stuck: its input can't be read")]
    private static partial void LogUnreadable(ILogger logger, Exception exception, string saga, string sagaId);
}
