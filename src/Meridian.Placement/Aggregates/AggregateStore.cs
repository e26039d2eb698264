// SPDX-License-Identifier: Apache-2.0
using LinqToDB;
using LinqToDB.Async;

using Meridian.Placement.ResourceProviders;
using Meridian.Placement.Traits;
using Meridian.Platform.Storage;

namespace Meridian.Placement.Aggregates;

/// <summary>All SQL about the aggregates of providers.</summary>
internal sealed class AggregateStore(Database database, TimeProvider clock)
{
    public async Task<List<string>> ListAsync(string provider, CancellationToken cancellationToken)
    {
        await using var db = database.Open();
        return await db.GetTable<ProviderAggregate>().Where(a => a.ProviderUuid == provider).OrderBy(a => a.AggregateUuid).Select(a => a.AggregateUuid).ToListAsync(cancellationToken);
    }

    /// <param name="generation">Null before 1.19: the generation neither counts nor rises.</param>
    /// <returns>The provider's generation afterwards.</returns>
    public async Task<int> ReplaceAsync(ResourceProvider provider, int? generation, IReadOnlyCollection<string> wanted, CancellationToken cancellationToken)
    {
        await using var db = await database.BeginAsync(cancellationToken);
        var uuid = provider.Uuid;
        if (generation is { } expected && !await ResourceProviderStore.TryRaiseGenerationAsync(db, uuid, expected, clock.GetUtcNow().UtcDateTime, cancellationToken))
        {
            throw TraitStore.Conflict();
        }

        await db.GetTable<ProviderAggregate>().DeleteAsync(a => a.ProviderUuid == uuid, cancellationToken);
        foreach (var aggregate in wanted)
        {
            await db.InsertAsync(new ProviderAggregate { ProviderUuid = uuid, AggregateUuid = aggregate }, token: cancellationToken);
        }

        await ResourceProviderStore.TouchTopologyAsync(db, cancellationToken);
        await db.CommitAsync(cancellationToken);
        return generation + 1 ?? provider.Generation;
    }
}
