// SPDX-License-Identifier: Apache-2.0
using Meridian.Platform.Sagas;
using Meridian.Platform.Storage;

using Microsoft.Extensions.Logging.Abstractions;

namespace Meridian.Testing;

/// <summary>Runs one stored saga to its end without runner, leases or waits; faults are put at its boundaries.</summary>
public static class SagaDriver
{
    /// <param name="fault">Called at each boundary; throws to fail the step, or <see cref="SagaInterruptedException"/> to end the process there. It's restarted then.</param>
    /// <returns>How it ended: <see cref="SagaState.Undone"/>, <see cref="SagaState.Stuck"/>, or "done".</returns>
    public static async Task<string> RunToEndAsync(
        Saga saga, Database database, string sagaId, Action<SagaMoment>? fault, CancellationToken cancellationToken)
    {
        const string Owner = "driver";
        var clock = TimeProvider.System;
        var store = new SagaStore(database, clock);
        var engine = new SagaEngine(store, Owner, clock, fault is null ? [] : [new Fault(fault)], NullLogger.Instance);
        for (var round = 0; round < 200; round++)
        {
            // As the runner of the next process would: whatever lease there was has run out.
            await store.SetOwnerAsync(sagaId, Owner, cancellationToken);
            if (await store.FindAsync(sagaId, cancellationToken) is not { } row)
            {
                return "done";
            }

            if (!row.IsActive)
            {
                return row.State;
            }

            try
            {
                await engine.RunAsync(saga, row, cancellationToken);
            }
            catch (SagaInterruptedException)
            {
                // Read it again, as a new process does.
            }
        }

        throw new InvalidOperationException($"Saga {saga.Name} {sagaId} does not come to an end.");
    }

    private sealed class Fault(Action<SagaMoment> fault) : ISagaObserver
    {
        public Task AtAsync(SagaMoment moment, CancellationToken cancellationToken)
        {
            fault(moment);
            return Task.CompletedTask;
        }
    }
}
