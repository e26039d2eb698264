// SPDX-License-Identifier: Apache-2.0
using LinqToDB;
using LinqToDB.Async;
using LinqToDB.Data;

using Meridian.Placement.AllocationCandidates;
using Meridian.Placement.ResourceProviders;
using Meridian.Platform.Http;
using Meridian.Platform.Storage;

namespace Meridian.Placement.Inventories;

/// <summary>All SQL that changes inventories. What is used is never changed here.</summary>
internal sealed class InventoryStore(Database database, TopologyCache topologies, TimeProvider clock)
{
    public async Task<List<Inventory>> ListAsync(string provider, CancellationToken cancellationToken)
    {
        await using var db = database.Open();
        return await db.GetTable<Inventory>().Where(i => i.ProviderUuid == provider).OrderBy(i => i.CreatedAt).ThenBy(i => i.ResourceClass).ToListAsync(cancellationToken);
    }

    /// <summary>Makes the provider's inventories exactly these.</summary>
    /// <returns>The provider's new generation.</returns>
    /// <exception cref="ApiException">400 for an unknown class; 409 when the generation moved on or a class that goes is in use.</exception>
    public async Task<int> ReplaceAsync(string provider, int generation, IReadOnlyList<Inventory> wanted, CancellationToken cancellationToken)
    {
        await CheckClassesAsync(provider, wanted, cancellationToken);
        await using var db = await database.BeginAsync(cancellationToken);
        var now = clock.GetUtcNow().UtcDateTime;
        await RaiseAsync(db, provider, generation, now, "resource provider generation conflict", cancellationToken);
        await UpsertAsync(db, provider, wanted, now, cancellationToken);
        await RemoveOthersAsync(db, provider, [.. wanted.Select(i => i.ResourceClass)], cancellationToken);
        await ResourceProviderStore.TouchTopologyAsync(db, cancellationToken);
        await db.CommitAsync(cancellationToken);
        return generation + 1;
    }

    /// <returns>The provider's new generation.</returns>
    /// <exception cref="ApiException">400 for an unknown class; 404; 409 when the provider has that class already.</exception>
    public async Task<int> AddAsync(Inventory inventory, CancellationToken cancellationToken)
    {
        var provider = inventory.ProviderUuid;
        if (!await topologies.KnowsClassAsync(inventory.ResourceClass, cancellationToken))
        {
            throw new ApiException(400, $"Unable to create inventory for resource provider {provider}: No such resource class {inventory.ResourceClass}.");
        }

        await using var db = await database.BeginAsync(cancellationToken);
        var now = clock.GetUtcNow().UtcDateTime;
        var generation = (await ResourceProviderStore.GetAsync(db, provider, cancellationToken)).Generation;
        await RaiseAsync(db, provider, generation, now, ConflictWords, cancellationToken);
        if (await db.GetTable<Inventory>().AnyAsync(i => i.ProviderUuid == provider && i.ResourceClass == inventory.ResourceClass, cancellationToken))
        {
            throw new ApiException(409, $"Update conflict: the provider has an inventory of class {inventory.ResourceClass} already.", code: PlacementFaults.ConcurrentUpdate);
        }

        await UpsertAsync(db, provider, [inventory], now, cancellationToken);
        await ResourceProviderStore.TouchTopologyAsync(db, cancellationToken);
        await db.CommitAsync(cancellationToken);
        return generation + 1;
    }

    /// <returns>The provider's new generation.</returns>
    /// <exception cref="ApiException">400 when the provider has no such class; 409 when the generation moved on.</exception>
    public async Task<int> UpdateAsync(Inventory inventory, int generation, CancellationToken cancellationToken)
    {
        await using var db = await database.BeginAsync(cancellationToken);
        var now = clock.GetUtcNow().UtcDateTime;
        await RaiseAsync(db, inventory.ProviderUuid, generation, now, "resource provider generation conflict", cancellationToken);
        if (!await db.GetTable<Inventory>().AnyAsync(i => i.ProviderUuid == inventory.ProviderUuid && i.ResourceClass == inventory.ResourceClass, cancellationToken))
        {
            throw new ApiException(
                400, $"No inventory record with resource class for resource provider {inventory.ProviderUuid}: No inventory of class {inventory.ResourceClass} found.");
        }

        await UpsertAsync(db, inventory.ProviderUuid, [inventory], now, cancellationToken);
        await ResourceProviderStore.TouchTopologyAsync(db, cancellationToken);
        await db.CommitAsync(cancellationToken);
        return generation + 1;
    }

    /// <exception cref="ApiException">404; 409 while it is in use.</exception>
    public async Task DeleteAsync(string provider, string resourceClass, CancellationToken cancellationToken)
    {
        await using var db = await database.BeginAsync(cancellationToken);
        var generation = (await ResourceProviderStore.GetAsync(db, provider, cancellationToken)).Generation;
        await RaiseAsync(db, provider, generation, clock.GetUtcNow().UtcDateTime, ConflictWords, cancellationToken);
        var found = await db.GetTable<Inventory>().FirstOrDefaultAsync(i => i.ProviderUuid == provider && i.ResourceClass == resourceClass, cancellationToken)
            ?? throw new ApiException(404, $"No inventory of class {resourceClass} found for delete: No inventory of class {resourceClass} found for delete");
        if (found.Used > 0)
        {
            throw new ApiException(
                409, $"Unable to delete inventory of class {resourceClass}: Inventory for '{resourceClass}' on resource provider '{provider}' in use.",
                code: PlacementFaults.ConcurrentUpdate);
        }

        await db.GetTable<Inventory>().DeleteAsync(i => i.ProviderUuid == provider && i.ResourceClass == resourceClass, cancellationToken);
        await ResourceProviderStore.TouchTopologyAsync(db, cancellationToken);
        await db.CommitAsync(cancellationToken);
    }

    /// <exception cref="ApiException">400 with the first class that does not exist.</exception>
    public async Task CheckClassesAsync(string provider, IEnumerable<Inventory> inventories, CancellationToken cancellationToken)
    {
        foreach (var inventory in inventories)
        {
            if (!await topologies.KnowsClassAsync(inventory.ResourceClass, cancellationToken))
            {
                throw new ApiException(400, $"Unknown resource class in inventory for resource provider {provider}: No such resource class {inventory.ResourceClass}.");
            }
        }
    }

    /// <summary>Adds what is new, changes what differs; joins the caller's transaction.</summary>
    public static async Task UpsertAsync(DataConnection db, string provider, IReadOnlyList<Inventory> wanted, DateTime now, CancellationToken cancellationToken)
    {
        var existing = await db.GetTable<Inventory>().Where(i => i.ProviderUuid == provider).ToDictionaryAsync(i => i.ResourceClass, cancellationToken);
        foreach (var inventory in wanted)
        {
            if (existing.TryGetValue(inventory.ResourceClass, out var old))
            {
                // A capacity below what is used is allowed: nothing more is given out until it fits again.
                await db.UpdateAsync(Copy(inventory, old.Used, old.CreatedAt, now), token: cancellationToken);
            }
            else
            {
                await db.InsertAsync(Copy(inventory, 0, now, now), token: cancellationToken);
            }
        }
    }

    /// <exception cref="ApiException">409: one that goes is in use.</exception>
    public static async Task RemoveOthersAsync(DataConnection db, string provider, IReadOnlyCollection<string> kept, CancellationToken cancellationToken)
    {
        var going = await db.GetTable<Inventory>().Where(i => i.ProviderUuid == provider && !kept.Contains(i.ResourceClass)).ToListAsync(cancellationToken);
        if (going.Count == 0)
        {
            return;
        }

        var inUse = going.Where(i => i.Used > 0).Select(i => i.ResourceClass).ToList();
        if (inUse.Count > 0)
        {
            throw new ApiException(
                409, $"update conflict: Inventory for '{string.Join(", ", inUse)}' on resource provider '{provider}' in use.", code: PlacementFaults.InventoryInUse);
        }

        await db.GetTable<Inventory>().DeleteAsync(i => i.ProviderUuid == provider && !kept.Contains(i.ResourceClass), cancellationToken);
    }

    private const string ConflictWords = "update conflict: Another thread concurrently updated the resource provider data. Please retry your update";

    private static async Task RaiseAsync(DataConnection db, string provider, int generation, DateTime now, string words, CancellationToken cancellationToken)
    {
        if (!await ResourceProviderStore.TryRaiseGenerationAsync(db, provider, generation, now, cancellationToken))
        {
            throw new ApiException(409, words, code: PlacementFaults.ConcurrentUpdate);
        }
    }

    private static Inventory Copy(Inventory from, long used, DateTime created, DateTime now) => new()
    {
        ProviderUuid = from.ProviderUuid, ResourceClass = from.ResourceClass, Total = from.Total, Reserved = from.Reserved, MinUnit = from.MinUnit,
        MaxUnit = from.MaxUnit, StepSize = from.StepSize, AllocationRatio = from.AllocationRatio, Used = used, CreatedAt = created, UpdatedAt = now,
    };
}
