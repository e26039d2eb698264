// SPDX-License-Identifier: Apache-2.0
using System.Text.Json;

using Meridian.Platform.Storage;

namespace Meridian.Platform.Sagas;

internal sealed class SagaQueue(Database database, ProcessResources resources, TimeProvider clock, IEnumerable<Saga> known) : ISagaQueue
{
    private readonly SagaStore store = new(database, clock);
    private readonly SagaHub hub = SagaHub.For(resources, database);

    public async Task<string> EnqueueAsync<TInput>(
        WriteConnection db, SagaType<TInput> type, TInput input, string subject, string? requestId, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow().UtcDateTime;
        var row = new SagaRow
        {
            Id = Guid.NewGuid().ToString("D"), Name = type.Name, Version = type.Version, Subject = subject, RequestId = requestId,
            Input = JsonSerializer.Serialize(input, type.Input), DueAt = now, CreatedAt = now, UpdatedAt = now,
        };
        if (hub.Runs(type.Name))
        {
            // The runner of this process will have it: leased in the same write.
            (row.Owner, row.LeasedUntil) = (SagaOwner.Current.ToString(), now + SagaStore.Lease);
        }

        await SagaStore.InsertAsync(db, row, cancellationToken);
        return row.Id;
    }

    public Task<int> AbortAsync(WriteConnection db, string subject, CancellationToken cancellationToken) => SagaStore.AbortAsync(db, subject, cancellationToken);

    public Task WakeAsync(string sagaId, CancellationToken cancellationToken)
    {
        hub.Wake(sagaId);
        return Task.CompletedTask;
    }

    public async Task<IReadOnlyList<SagaInfo>> ListAsync(CancellationToken cancellationToken)
    {
        var sagas = known.ToDictionary(saga => saga.Name);
        return
        [
            .. from row in await store.ListAsync(cancellationToken)
               let names = sagas.GetValueOrDefault(row.Name)?.StepNames
               let step = names is not null && row.Step >= 0 && row.Step < names.Count ? names[row.Step] : null
               let failure = row.Failure is null ? null : JsonSerializer.Deserialize(row.Failure, SagaJson.Default.SagaFailure)
               select new SagaInfo(row.Id, row.Name, row.Subject, row.State, step, row.Attempts, failure, row.CreatedAt, row.UpdatedAt, row.Owner),
        ];
    }

    public async Task<bool> RetryAsync(string sagaId, CancellationToken cancellationToken)
    {
        var found = await store.RetryStuckAsync(sagaId, cancellationToken);
        if (found)
        {
            hub.Wake(sagaId);
        }

        return found;
    }
}
