// SPDX-License-Identifier: Apache-2.0
using Meridian.Platform.Storage;

namespace Meridian.Platform.Sagas;

/// <summary>Starts sagas, and shows operators those that are under way.</summary>
public interface ISagaQueue
{
    /// <summary>
    /// Stores a saga in the caller's transaction, beside the record that it is about. Sagas of one subject run one after another, in this order.
    /// After the commit call <see cref="WakeAsync"/>; without it the saga still runs, some seconds later.
    /// </summary>
    /// <param name="subject">Id of the resource that the saga is about.</param>
    /// <param name="requestId">The request that began it.</param>
    /// <returns>The saga's id.</returns>
    Task<string> EnqueueAsync<TInput>(
        WriteConnection db, SagaType<TInput> type, TInput input, string subject, string? requestId, CancellationToken cancellationToken);

    /// <summary>Asks that the unfinished sagas of a subject unwind at their next step boundary: what a delete does before it enqueues its own.</summary>
    /// <returns>How many were asked.</returns>
    Task<int> AbortAsync(WriteConnection db, string subject, CancellationToken cancellationToken);

    /// <summary>Tells the runner of this process that a saga waits; processes elsewhere find it when they next look.</summary>
    Task WakeAsync(string sagaId, CancellationToken cancellationToken);

    /// <summary>Sagas that are not finished, and those undone within the last day.</summary>
    Task<IReadOnlyList<SagaInfo>> ListAsync(CancellationToken cancellationToken);

    /// <summary>Tries the undoing of a stuck saga again.</summary>
    /// <returns>False when there's no stuck saga of this id.</returns>
    Task<bool> RetryAsync(string sagaId, CancellationToken cancellationToken);
}

/// <param name="Step">Name of the step that it stands at, null when that isn't known to this process.</param>
public sealed record SagaInfo(
    string Id, string Name, string Subject, string State, string? Step, int Attempts, SagaFailure? Failure, DateTime CreatedAt, DateTime UpdatedAt, string? Owner)
{
    public bool IsActive => State is SagaState.Running or SagaState.Unwinding;
}
