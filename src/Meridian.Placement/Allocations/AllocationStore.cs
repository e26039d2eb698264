// SPDX-License-Identifier: Apache-2.0
using LinqToDB;
using LinqToDB.Async;
using LinqToDB.Data;

using Meridian.Placement.AllocationCandidates;
using Meridian.Placement.Inventories;
using Meridian.Placement.ResourceProviders;
using Meridian.Platform.Config;
using Meridian.Platform.Http;
using Meridian.Platform.Storage;

namespace Meridian.Placement.Allocations;

/// <summary>
/// All SQL about allocations. A claim raises the generation of every provider that it touches before it looks at what is left there; that takes the
/// rows, so of two claims on one provider the second sees what the first took. Nothing can be given out twice, on any of the databases.
/// </summary>
internal sealed class AllocationStore(Database database, TopologyCache topologies, ServiceConfig config, TimeProvider clock)
{
    private readonly int retries = config.Get(PlacementOptions.AllocationConflictRetryCount);

    public async Task<(Consumer? Consumer, List<Allocation> Allocations, Dictionary<string, int> Generations)> FindAsync(
        string consumer, CancellationToken cancellationToken)
    {
        await using var db = database.Open();
        var rows = await (
            from allocation in db.GetTable<Allocation>()
            join provider in db.GetTable<ResourceProvider>() on allocation.ProviderUuid equals provider.Uuid
            where allocation.ConsumerUuid == consumer
            select new { allocation, provider.Generation }).ToListAsync(cancellationToken);
        var owner = rows.Count == 0 ? null : await db.GetTable<Consumer>().FirstOrDefaultAsync(c => c.Uuid == consumer, cancellationToken);
        return (owner, [.. rows.Select(r => r.allocation)],
            rows.DistinctBy(r => r.allocation.ProviderUuid).ToDictionary(r => r.allocation.ProviderUuid, r => r.Generation, StringComparer.Ordinal));
    }

    public async Task<List<(Allocation Allocation, int ConsumerGeneration)>> ListOfProviderAsync(string provider, CancellationToken cancellationToken)
    {
        await using var db = database.Open();
        var rows = await (
            from allocation in db.GetTable<Allocation>()
            join consumer in db.GetTable<Consumer>() on allocation.ConsumerUuid equals consumer.Uuid
            where allocation.ProviderUuid == provider
            orderby allocation.CreatedAt, allocation.ConsumerUuid
            select new { allocation, consumer.Generation }).ToListAsync(cancellationToken);
        return [.. rows.Select(r => (r.allocation, r.Generation))];
    }

    /// <summary>Replaces what the consumers hold, all or nothing.</summary>
    /// <param name="before">Runs in the same transaction, before the claims are judged.</param>
    /// <param name="after">Runs in the same transaction, after them.</param>
    /// <exception cref="ApiException">400: unknown provider or class. 409: a generation moved on, or no room.</exception>
    public async Task ReplaceAsync(
        IReadOnlyList<ConsumerClaim> claims, CancellationToken cancellationToken,
        Func<DataConnection, Task>? before = null, Func<DataConnection, Task>? after = null)
    {
        await CheckClassesAsync(claims, cancellationToken);
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                await using var db = await database.BeginAsync(cancellationToken);
                if (before is not null)
                {
                    await before(db);
                }

                await ReplaceOnceAsync(db, claims, cancellationToken);
                if (after is not null)
                {
                    await after(db);
                }

                await db.CommitAsync(cancellationToken);
                return;
            }
            catch (Exception exception) when (Database.IsTransient(exception))
            {
                if (attempt >= retries)
                {
                    throw Conflict("Another thread concurrently updated the data. Please retry your update");
                }
            }
            catch (Exception exception) when (Database.IsDuplicateKey(exception))
            {
                // Two requests made the same consumer: one of them was first.
                throw Conflict("consumer generation conflict");
            }
        }
    }

    /// <returns>False when the consumer holds nothing.</returns>
    public Task<bool> DeleteAsync(string consumer, CancellationToken cancellationToken) =>
        database.WriteAsync(
            async db =>
            {
                var providers = await db.GetTable<Allocation>().Where(a => a.ConsumerUuid == consumer).Select(a => a.ProviderUuid).Distinct().ToListAsync(cancellationToken);
                if (providers.Count == 0)
                {
                    return false;
                }

                await TakeAsync(db, providers, cancellationToken);
                await db.GetTable<Allocation>().DeleteAsync(a => a.ConsumerUuid == consumer, cancellationToken);
                await db.GetTable<Consumer>().DeleteAsync(c => c.Uuid == consumer, cancellationToken);
                await CountAsync(db, providers, cancellationToken);
                return true;
            },
            cancellationToken);

    private async Task ReplaceOnceAsync(DataConnection db, IReadOnlyList<ConsumerClaim> claims, CancellationToken cancellationToken)
    {
        if (claims.Count == 0)
        {
            return; // A reshape of inventories alone.
        }

        var now = clock.GetUtcNow().UtcDateTime;
        var uuids = claims.Select(c => c.Consumer).ToList();
        var consumers = (await ConsumersAmong(db, uuids).ToListAsync(cancellationToken)).ToDictionary(c => c.Uuid, StringComparer.Ordinal);
        CheckGenerations(claims, consumers);
        var old = consumers.Count == 0 ? [] : await AllocationsOf(db, uuids).ToListAsync(cancellationToken);
        var wanted = claims
            .SelectMany(c => c.Allocations.SelectMany(p => p.Value.Select(r => new Allocation
            {
                ConsumerUuid = c.Consumer, ProviderUuid = p.Key, ResourceClass = r.Key, Used = r.Value, CreatedAt = now,
            }))).ToList();
        var providers = wanted.Concat(old).Select(a => a.ProviderUuid).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).ToList();
        if (providers.Count > 0)
        {
            var taken = await TakeAsync(db, providers, cancellationToken);
            if (taken < providers.Count)
            {
                await RefuseUnknownAsync(db, providers, cancellationToken);
            }

            await CheckCapacityAsync(db, wanted, old, cancellationToken);
            if (old.Count > 0)
            {
                await AllocationsOf(db, uuids).DeleteAsync(cancellationToken);
            }

            // A few rows: one by one their statement stays prepared, where a bulk one is written anew each time.
            foreach (var allocation in wanted)
            {
                await db.InsertAsync(allocation, token: cancellationToken);
            }

            await CountAsync(db, providers, cancellationToken);
        }

        await WriteConsumersAsync(db, claims, consumers, now, cancellationToken);
    }

    private static void CheckGenerations(IReadOnlyList<ConsumerClaim> claims, Dictionary<string, Consumer> consumers)
    {
        foreach (var claim in claims.Where(c => c.ChecksGeneration))
        {
            var expected = consumers.GetValueOrDefault(claim.Consumer)?.Generation;
            if (expected != claim.Generation)
            {
                throw new ApiException(
                    409, $"consumer generation conflict - expected {expected?.ToString() ?? "null"} but got {claim.Generation?.ToString() ?? "None"}",
                    code: PlacementFaults.ConcurrentUpdate);
            }
        }
    }

    /// <summary>Raises the generations, which takes the rows until the transaction ends.</summary>
    private Task<int> TakeAsync(DataConnection db, List<string> providers, CancellationToken cancellationToken) =>
        ProvidersAmong(db, providers)
            .Set(p => p.Generation, p => p.Generation + 1).Set(p => p.UpdatedAt, clock.GetUtcNow().UtcDateTime).UpdateAsync(cancellationToken);

    private static async Task RefuseUnknownAsync(DataConnection db, List<string> providers, CancellationToken cancellationToken)
    {
        var known = await db.GetTable<ResourceProvider>().Where(p => providers.Contains(p.Uuid)).Select(p => p.Uuid).ToListAsync(cancellationToken);
        throw new ApiException(400, $"Allocation for resource provider '{providers.Except(known, StringComparer.Ordinal).First()}' that does not exist.");
    }

    private static async Task CheckCapacityAsync(DataConnection db, List<Allocation> wanted, List<Allocation> old, CancellationToken cancellationToken)
    {
        if (wanted.Count == 0)
        {
            return;
        }

        var providers = wanted.Select(a => a.ProviderUuid).Distinct(StringComparer.Ordinal).ToList();
        var inventories = (await InventoriesOf(db, providers).ToListAsync(cancellationToken))
            .ToDictionary(i => (i.ProviderUuid, i.ResourceClass));
        var freed = old.GroupBy(a => (a.ProviderUuid, a.ResourceClass)).ToDictionary(g => g.Key, g => g.Sum(a => a.Used));
        foreach (var group in wanted.GroupBy(a => (a.ProviderUuid, a.ResourceClass)))
        {
            if (!inventories.TryGetValue(group.Key, out var inventory))
            {
                throw NoRoom($"Inventory for '{group.Key.ResourceClass}' on resource provider '{group.Key.ProviderUuid}' invalid.");
            }

            if (group.Any(a => !inventory.Takes(a.Used)))
            {
                throw NoRoom(
                    $"Unable to create allocation for '{group.Key.ResourceClass}' on resource provider '{group.Key.ProviderUuid}'. " +
                    "The requested amount would violate inventory constraints.");
            }

            // Where a provider is over its capacity already (its inventory shrank), a claim that lessens it is let through.
            var usedAfter = inventory.Used - freed.GetValueOrDefault(group.Key) + group.Sum(a => a.Used);
            if (usedAfter > inventory.Capacity && usedAfter > (freed.ContainsKey(group.Key) ? inventory.Used : -1))
            {
                throw NoRoom(
                    $"Unable to create allocation for '{group.Key.ResourceClass}' on resource provider '{group.Key.ProviderUuid}'. " +
                    "The requested amount would exceed the capacity.");
            }
        }
    }

    /// <summary>Brings what the inventories say of their use up to the allocations.</summary>
    private static Task<int> CountAsync(DataConnection db, List<string> providers, CancellationToken cancellationToken) =>
        InventoriesOf(db, providers)
            .Set(i => i.Used, i => db.GetTable<Allocation>().Where(a => a.ProviderUuid == i.ProviderUuid && a.ResourceClass == i.ResourceClass).Sum(a => (long?)a.Used) ?? 0)
            .UpdateAsync(cancellationToken);

    // A claim nearly always is of one consumer on one provider: an equation is a query kept ready, a list one made for the occasion.
    private static IQueryable<Consumer> ConsumersAmong(DataConnection db, List<string> uuids)
    {
        var first = uuids[0];
        return uuids.Count == 1 ? db.GetTable<Consumer>().Where(c => c.Uuid == first) : db.GetTable<Consumer>().Where(c => uuids.Contains(c.Uuid));
    }

    private static IQueryable<Allocation> AllocationsOf(DataConnection db, List<string> consumers)
    {
        var first = consumers[0];
        return consumers.Count == 1 ? db.GetTable<Allocation>().Where(a => a.ConsumerUuid == first) : db.GetTable<Allocation>().Where(a => consumers.Contains(a.ConsumerUuid));
    }

    private static IQueryable<ResourceProvider> ProvidersAmong(DataConnection db, List<string> uuids)
    {
        var first = uuids[0];
        return uuids.Count == 1 ? db.GetTable<ResourceProvider>().Where(p => p.Uuid == first) : db.GetTable<ResourceProvider>().Where(p => uuids.Contains(p.Uuid));
    }

    private static IQueryable<Inventory> InventoriesOf(DataConnection db, List<string> providers)
    {
        var first = providers[0];
        return providers.Count == 1 ? db.GetTable<Inventory>().Where(i => i.ProviderUuid == first) : db.GetTable<Inventory>().Where(i => providers.Contains(i.ProviderUuid));
    }

    private static async Task WriteConsumersAsync(
        DataConnection db, IReadOnlyList<ConsumerClaim> claims, Dictionary<string, Consumer> consumers, DateTime now, CancellationToken cancellationToken)
    {
        foreach (var claim in claims)
        {
            var existing = consumers.GetValueOrDefault(claim.Consumer);
            if (claim.Allocations.Count == 0)
            {
                if (existing is not null)
                {
                    await db.GetTable<Consumer>().DeleteAsync(c => c.Uuid == claim.Consumer, cancellationToken);
                }
            }
            else if (existing is null)
            {
                await db.InsertAsync(
                    new Consumer { Uuid = claim.Consumer, Generation = 1, ProjectId = claim.ProjectId, UserId = claim.UserId, ConsumerType = claim.ConsumerType, CreatedAt = now },
                    token: cancellationToken);
            }
            else if (await db.GetTable<Consumer>().Where(c => c.Uuid == claim.Consumer && c.Generation == existing.Generation)
                .Set(c => c.Generation, existing.Generation + 1).Set(c => c.ProjectId, claim.ProjectId).Set(c => c.UserId, claim.UserId)
                .Set(c => c.ConsumerType, claim.ConsumerType ?? existing.ConsumerType).UpdateAsync(cancellationToken) == 0)
            {
                throw Conflict("Another thread concurrently updated the data. Please retry your update");
            }
        }
    }

    private async Task CheckClassesAsync(IReadOnlyList<ConsumerClaim> claims, CancellationToken cancellationToken)
    {
        foreach (var claim in claims)
        {
            foreach (var name in claim.Allocations.Values.SelectMany(r => r.Keys).Distinct(StringComparer.Ordinal))
            {
                if (!await topologies.KnowsClassAsync(name, cancellationToken))
                {
                    throw new ApiException(400, $"Unable to allocate inventory for consumer {claim.Consumer}: No such resource class {name}.");
                }
            }
        }
    }

    private static ApiException NoRoom(string reason) => new(409, "Unable to allocate inventory: " + reason);

    private static ApiException Conflict(string reason) => new(
        409, "Inventory and/or allocations changed while attempting to allocate: " + reason, code: PlacementFaults.ConcurrentUpdate);
}
