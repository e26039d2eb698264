// SPDX-License-Identifier: Apache-2.0
using LinqToDB;
using LinqToDB.Async;
using LinqToDB.Data;

using Meridian.Placement.Inventories;
using Meridian.Placement.ResourceClasses;
using Meridian.Placement.ResourceProviders;
using Meridian.Placement.Traits;
using Meridian.Platform.Storage;

namespace Meridian.Placement.AllocationCandidates;

/// <summary>
/// Keeps the last <see cref="Topology"/> and proves, with one row of the database, that it still holds: right also when other processes write.
/// The revision is read before the tables, so what is kept is never older than its number says.
/// </summary>
internal sealed class TopologyCache(Database database) : IDisposable
{
    private readonly SemaphoreSlim loading = new(1, 1);
    private volatile Topology? current;

    /// <param name="withUsage">Read what is used as well.</param>
    public async Task<Snapshot> GetAsync(bool withUsage, CancellationToken cancellationToken)
    {
        await using var db = database.Open();
        var topology = await GetTopologyAsync(db, cancellationToken);
        var used = new Dictionary<(string, string), long>();
        if (withUsage)
        {
            var rows = await db.GetTable<Inventory>().Where(i => i.Used > 0)
                .Select(i => new { i.ProviderUuid, i.ResourceClass, i.Used }).ToListAsync(cancellationToken);
            used.EnsureCapacity(rows.Count);
            foreach (var row in rows)
            {
                used[(row.ProviderUuid, row.ResourceClass)] = row.Used;
            }
        }

        return new(topology, used);
    }

    /// <summary>Whether a resource class exists; asks the database only where the copy in memory does not have it.</summary>
    public async Task<bool> KnowsClassAsync(string name, CancellationToken cancellationToken)
    {
        if (ResourceClass.IsStandard(name) || current?.CustomClasses.Contains(name) == true)
        {
            return true;
        }

        await using var db = database.Open();
        return (await GetTopologyAsync(db, cancellationToken)).CustomClasses.Contains(name);
    }

    public void Dispose() => loading.Dispose();

    private async Task<Topology> GetTopologyAsync(DataConnection db, CancellationToken cancellationToken)
    {
        var revision = await RevisionAsync(db, cancellationToken);
        if (current is { } kept && kept.Revision == revision)
        {
            return kept;
        }

        await loading.WaitAsync(cancellationToken);
        try
        {
            revision = await RevisionAsync(db, cancellationToken);
            return current is { } other && other.Revision == revision ? other : current = await LoadAsync(db, revision, cancellationToken);
        }
        finally
        {
            loading.Release();
        }
    }

    private static Task<long> RevisionAsync(DataConnection db, CancellationToken cancellationToken) =>
        db.GetTable<TopologyRevision>().Where(t => t.Id == 1).Select(t => t.Revision).FirstAsync(cancellationToken);

    private static async Task<Topology> LoadAsync(DataConnection db, long revision, CancellationToken cancellationToken)
    {
        var providers = await db.GetTable<ResourceProvider>().OrderBy(p => p.CreatedAt).ThenBy(p => p.Uuid).ToListAsync(cancellationToken);
        var nodes = providers.ToDictionary(p => p.Uuid, p => new Node { Uuid = p.Uuid, ParentUuid = p.ParentUuid, RootUuid = p.RootUuid }, StringComparer.Ordinal);
        foreach (var inventory in await db.GetTable<Inventory>().ToListAsync(cancellationToken))
        {
            nodes.GetValueOrDefault(inventory.ProviderUuid)?.Inventories.Add(inventory.ResourceClass, inventory);
        }

        foreach (var trait in await db.GetTable<ProviderTrait>().ToListAsync(cancellationToken))
        {
            nodes.GetValueOrDefault(trait.ProviderUuid)?.Traits.Add(trait.Trait);
        }

        foreach (var aggregate in await db.GetTable<ProviderAggregate>().ToListAsync(cancellationToken))
        {
            nodes.GetValueOrDefault(aggregate.ProviderUuid)?.Aggregates.Add(aggregate.AggregateUuid);
        }

        var traits = await db.GetTable<Trait>().Select(t => t.Name).ToListAsync(cancellationToken);
        var classes = await db.GetTable<ResourceClass>().Select(c => c.Name).ToListAsync(cancellationToken);
        return new(revision, nodes.Values, [.. traits], [.. classes]);
    }
}
