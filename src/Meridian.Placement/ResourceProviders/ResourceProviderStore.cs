// SPDX-License-Identifier: Apache-2.0
using LinqToDB;
using LinqToDB.Async;
using LinqToDB.Data;

using Meridian.Placement.Allocations;
using Meridian.Placement.Inventories;
using Meridian.Platform.Http;
using Meridian.Platform.Storage;

namespace Meridian.Placement.ResourceProviders;

/// <summary>All SQL about providers and their place in the tree.</summary>
internal sealed class ResourceProviderStore(Database database, TimeProvider clock)
{
    public async Task<ResourceProvider?> FindAsync(string uuid, CancellationToken cancellationToken)
    {
        await using var db = database.Open();
        return await FindAsync(db, uuid, cancellationToken);
    }

    /// <exception cref="ApiException">404.</exception>
    public async Task<ResourceProvider> GetAsync(string uuid, CancellationToken cancellationToken) =>
        await FindAsync(uuid, cancellationToken) ?? throw NotFound(uuid);

    public static Task<ResourceProvider?> FindAsync(DataConnection db, string uuid, CancellationToken cancellationToken) =>
        db.GetTable<ResourceProvider>().FirstOrDefaultAsync(p => p.Uuid == uuid, cancellationToken);

    /// <exception cref="ApiException">404.</exception>
    public static async Task<ResourceProvider> GetAsync(DataConnection db, string uuid, CancellationToken cancellationToken) =>
        await FindAsync(db, uuid, cancellationToken) ?? throw NotFound(uuid);

    public async Task<List<ResourceProvider>> ListAsync(
        string? uuid, string? name, IReadOnlyCollection<string>? among, CancellationToken cancellationToken)
    {
        await using var db = database.Open();
        IQueryable<ResourceProvider> rows = db.GetTable<ResourceProvider>();
        rows = uuid is null ? rows : rows.Where(p => p.Uuid == uuid);
        rows = name is null ? rows : rows.Where(p => p.Name == name);
        rows = among is null || among.Count > 500 ? rows : rows.Where(p => among.Contains(p.Uuid));
        var found = await rows.OrderBy(p => p.CreatedAt).ThenBy(p => p.Uuid).ToListAsync(cancellationToken);
        return among is { Count: > 500 } ? [.. found.Where(p => among.Contains(p.Uuid))] : found;
    }

    /// <exception cref="ApiException">400: the parent is unknown or the provider itself. 409: uuid or name is taken.</exception>
    public async Task<ResourceProvider> CreateAsync(string uuid, string name, string? parent, CancellationToken cancellationToken)
    {
        await using var db = await database.BeginAsync(cancellationToken);
        var root = uuid;
        if (parent is not null)
        {
            if (parent == uuid)
            {
                throw CannotCreate(name, uuid, "parent provider UUID cannot be same as UUID. Please set parent provider UUID to None if there is no parent.");
            }

            root = (await FindAsync(db, parent, cancellationToken))?.RootUuid ?? throw CannotCreate(name, uuid, "parent provider UUID does not exist.");
        }

        var now = clock.GetUtcNow().UtcDateTime;
        var provider = new ResourceProvider { Uuid = uuid, Name = name, ParentUuid = parent, RootUuid = root, CreatedAt = now, UpdatedAt = now };
        try
        {
            await db.InsertAsync(provider, token: cancellationToken);
        }
        catch (Exception exception) when (Database.IsDuplicateKey(exception))
        {
            var what = await FindAsync(uuid, cancellationToken) is null ? $"name: {name}" : $"uuid: {uuid}";
            throw new ApiException(409, $"Conflicting resource provider {what} already exists.", code: PlacementFaults.DuplicateName);
        }

        await TouchTopologyAsync(db, cancellationToken);
        await db.CommitAsync(cancellationToken);
        return provider;
    }

    /// <param name="setParent">False leaves the parent as it is.</param>
    /// <exception cref="ApiException">400: the parent may not be that one. 404. 409: the name is taken.</exception>
    public async Task<ResourceProvider> UpdateAsync(
        string uuid, string name, bool setParent, string? parent, bool mayMove, CancellationToken cancellationToken)
    {
        await using var db = await database.BeginAsync(cancellationToken);
        var provider = await GetAsync(db, uuid, cancellationToken);
        provider.Name = name;
        provider.UpdatedAt = clock.GetUtcNow().UtcDateTime;
        if (setParent && parent != provider.ParentUuid)
        {
            await MoveAsync(db, provider, parent, mayMove, cancellationToken);
        }

        try
        {
            // The name and the place in the tree don't count as a generation's change (placement's own rule).
            await db.UpdateAsync(provider, token: cancellationToken);
        }
        catch (Exception exception) when (Database.IsDuplicateKey(exception))
        {
            throw new ApiException(409, $"Conflicting resource provider {name} already exists.", code: PlacementFaults.DuplicateName);
        }

        await TouchTopologyAsync(db, cancellationToken);
        await db.CommitAsync(cancellationToken);
        return provider;
    }

    /// <exception cref="ApiException">404; 409 while it has allocations or children.</exception>
    public async Task DeleteAsync(string uuid, CancellationToken cancellationToken)
    {
        await using var db = await database.BeginAsync(cancellationToken);

        // Takes the row before looking at what hangs on it, so that no claim slips in between.
        if (await db.GetTable<ResourceProvider>().Where(p => p.Uuid == uuid).Set(p => p.Generation, p => p.Generation + 1).UpdateAsync(cancellationToken) == 0)
        {
            throw new ApiException(404, $"No resource provider with uuid {uuid} found for delete");
        }

        if (await db.GetTable<ResourceProvider>().AnyAsync(p => p.ParentUuid == uuid, cancellationToken))
        {
            throw new ApiException(
                409, $"Unable to delete parent resource provider {uuid}: It has child resource providers.", code: PlacementFaults.CannotDeleteParent);
        }

        if (await db.GetTable<Allocation>().AnyAsync(a => a.ProviderUuid == uuid, cancellationToken))
        {
            throw new ApiException(
                409, $"Unable to delete resource provider {uuid}: Resource provider has allocations.", code: PlacementFaults.ProviderInUse);
        }

        await db.GetTable<Inventory>().DeleteAsync(i => i.ProviderUuid == uuid, cancellationToken);
        await db.GetTable<ProviderTrait>().DeleteAsync(t => t.ProviderUuid == uuid, cancellationToken);
        await db.GetTable<ProviderAggregate>().DeleteAsync(a => a.ProviderUuid == uuid, cancellationToken);
        await db.GetTable<ResourceProvider>().DeleteAsync(p => p.Uuid == uuid, cancellationToken);
        await TouchTopologyAsync(db, cancellationToken);
        await db.CommitAsync(cancellationToken);
    }

    /// <summary>Raises the generation by compare-and-set; the row stays locked until the transaction ends.</summary>
    /// <returns>False when it is no longer the one named.</returns>
    public static async Task<bool> TryRaiseGenerationAsync(
        DataConnection db, string uuid, int generation, DateTime now, CancellationToken cancellationToken) =>
        await db.GetTable<ResourceProvider>().Where(p => p.Uuid == uuid && p.Generation == generation)
            .Set(p => p.Generation, generation + 1).Set(p => p.UpdatedAt, now).UpdateAsync(cancellationToken) == 1;

    /// <summary>Says that what <see cref="AllocationCandidates.TopologyCache"/> holds has changed.</summary>
    public static Task TouchTopologyAsync(DataConnection db, CancellationToken cancellationToken) =>
        db.GetTable<TopologyRevision>().Where(t => t.Id == 1).Set(t => t.Revision, t => t.Revision + 1).UpdateAsync(cancellationToken);

    public static ApiException NotFound(string uuid) => new(404, $"No resource provider with uuid {uuid} found");

    private static async Task MoveAsync(DataConnection db, ResourceProvider provider, string? parent, bool mayMove, CancellationToken cancellationToken)
    {
        var tree = await db.GetTable<ResourceProvider>().Where(p => p.RootUuid == provider.RootUuid).ToListAsync(cancellationToken);
        var below = Subtree(provider.Uuid, tree);
        string root;
        if (parent is null)
        {
            root = mayMove ? provider.Uuid : throw CannotSave(provider.Uuid, "un-parenting a provider is not currently allowed.");
        }
        else
        {
            var above = await FindAsync(db, parent, cancellationToken) ?? throw CannotSave(provider.Uuid, "parent provider UUID does not exist.", "create");
            if (provider.ParentUuid is not null && !mayMove)
            {
                throw CannotSave(provider.Uuid, "re-parenting a provider is not currently allowed.");
            }

            if (below.Contains(parent))
            {
                throw CannotSave(provider.Uuid, "creating loop in the provider tree is not allowed.");
            }

            root = above.RootUuid;
        }

        provider.ParentUuid = parent;
        provider.RootUuid = root;
        await db.GetTable<ResourceProvider>().Where(p => below.Contains(p.Uuid)).Set(p => p.RootUuid, root).UpdateAsync(cancellationToken);
    }

    private static HashSet<string> Subtree(string uuid, List<ResourceProvider> tree)
    {
        var children = tree.Where(p => p.ParentUuid is not null).ToLookup(p => p.ParentUuid!, p => p.Uuid);
        var found = new HashSet<string>(StringComparer.Ordinal) { uuid };
        var open = new Queue<string>([uuid]);
        while (open.TryDequeue(out var next))
        {
            foreach (var child in children[next].Where(found.Add))
            {
                open.Enqueue(child);
            }
        }

        return found;
    }

    private static ApiException CannotCreate(string name, string uuid, string reason) =>
        new(400, $"Unable to create resource provider \"{name}\", {uuid}: Object action create failed because: {reason}");

    private static ApiException CannotSave(string uuid, string reason, string action = "update") =>
        new(400, $"Unable to save resource provider {uuid}: Object action {action} failed because: {reason}");
}
