// SPDX-License-Identifier: Apache-2.0
using System.Text.Json;

using LinqToDB;
using LinqToDB.Async;

using Meridian.Platform.Http;
using Meridian.Platform.Storage;

namespace Meridian.Compute.Flavors;

/// <summary>What a list of flavors is to hold.</summary>
/// <param name="IsPublic">Null: public and private ones.</param>
/// <param name="ProjectId">Only private ones that this project may use; null: every private one.</param>
internal sealed record FlavorFilter(bool? IsPublic, string? ProjectId, int MinDisk = 0, int MinRam = 0);

internal sealed class FlavorStore(Database database, TimeProvider clock)
{
    public async Task<Flavor?> FindAsync(string id, CancellationToken cancellationToken)
    {
        await using var db = database.Open();
        return await db.GetTable<Flavor>().FirstOrDefaultAsync(f => f.Id == id, cancellationToken);
    }

    /// <summary>The flavor where the project may see it: public, granted to it, or asked for by an admin.</summary>
    public async Task<Flavor?> FindVisibleAsync(string id, RequestContext context, CancellationToken cancellationToken)
    {
        var flavor = await FindAsync(id, cancellationToken);
        return flavor is null || flavor.IsPublic || context.IsAdmin || await HasAccessAsync(id, context.ProjectId, cancellationToken) ? flavor : null;
    }

    public async Task<IReadOnlyList<Flavor>> ListAsync(FlavorFilter filter, IReadOnlyList<SortKey<Flavor>> keys, Flavor? marker, int limit, CancellationToken cancellationToken)
    {
        await using var db = database.Open();
        var rows = db.GetTable<Flavor>().Where(f => f.DiskGib >= filter.MinDisk && f.MemoryMib >= filter.MinRam);
        var granted = db.GetTable<FlavorAccess>();
        var project = filter.ProjectId ?? "";
        rows = (filter.IsPublic, filter.ProjectId) switch
        {
            (true, null) => rows.Where(f => f.IsPublic),
            (true, _) => rows.Where(f => f.IsPublic || granted.Any(a => a.FlavorId == f.Id && a.ProjectId == project)),
            (false, null) => rows.Where(f => !f.IsPublic),
            (false, _) => rows.Where(f => !f.IsPublic && granted.Any(a => a.FlavorId == f.Id && a.ProjectId == project)),
            (null, null) => rows,
            _ => rows.Where(f => f.IsPublic || granted.Any(a => a.FlavorId == f.Id && a.ProjectId == project)),
        };
        return await rows.Page(keys, marker, limit).ToListAsync(cancellationToken);
    }

    /// <returns>"name" or "id" when another flavor has it; null when the flavor was stored.</returns>
    public async Task<string?> TryInsertAsync(Flavor flavor, CancellationToken cancellationToken)
    {
        await using var db = await database.BeginAsync(cancellationToken);
        if (await db.GetTable<Flavor>().AnyAsync(f => f.Name == flavor.Name, cancellationToken))
        {
            return "name";
        }

        try
        {
            await db.InsertAsync(flavor, token: cancellationToken);
            await db.CommitAsync(cancellationToken);
            return null;
        }
        catch (Exception exception) when (Database.IsDuplicateKey(exception))
        {
            return "id";
        }
    }

    public async Task<bool> TryUpdateAsync(Flavor flavor, string? description, Dictionary<string, string> specs, CancellationToken cancellationToken)
    {
        await using var db = await database.BeginAsync(cancellationToken);
        var json = JsonSerializer.Serialize(specs, ComputeJson.Default.DictionaryStringString);
        var now = clock.GetUtcNow().UtcDateTime;
        var changed = await db.GetTable<Flavor>().Where(f => f.Id == flavor.Id && f.Revision == flavor.Revision)
            .Set(f => f.Description, description).Set(f => f.ExtraSpecsJson, json).Set(f => f.Revision, flavor.Revision + 1).Set(f => f.UpdatedAt, now)
            .UpdateAsync(cancellationToken);
        await db.CommitAsync(cancellationToken);
        return changed == 1;
    }

    public async Task<bool> DeleteAsync(string id, CancellationToken cancellationToken)
    {
        await using var db = await database.BeginAsync(cancellationToken);
        await db.GetTable<FlavorAccess>().DeleteAsync(a => a.FlavorId == id, cancellationToken);
        var deleted = await db.GetTable<Flavor>().DeleteAsync(f => f.Id == id, cancellationToken);
        await db.CommitAsync(cancellationToken);
        return deleted == 1;
    }

    public async Task<bool> HasAccessAsync(string id, string projectId, CancellationToken cancellationToken)
    {
        await using var db = database.Open();
        return await db.GetTable<FlavorAccess>().AnyAsync(a => a.FlavorId == id && a.ProjectId == projectId, cancellationToken);
    }

    public async Task<IReadOnlyList<FlavorAccess>> ListAccessAsync(string id, CancellationToken cancellationToken)
    {
        await using var db = database.Open();
        return await db.GetTable<FlavorAccess>().Where(a => a.FlavorId == id).OrderBy(a => a.ProjectId).ToListAsync(cancellationToken);
    }

    /// <returns>False when the project has access already.</returns>
    public async Task<bool> TryGrantAsync(string id, string projectId, CancellationToken cancellationToken)
    {
        await using var db = await database.BeginAsync(cancellationToken);
        try
        {
            await db.InsertAsync(new FlavorAccess { FlavorId = id, ProjectId = projectId }, token: cancellationToken);
            await db.CommitAsync(cancellationToken);
            return true;
        }
        catch (Exception exception) when (Database.IsDuplicateKey(exception))
        {
            return false;
        }
    }

    public async Task<bool> TryRevokeAsync(string id, string projectId, CancellationToken cancellationToken)
    {
        await using var db = await database.BeginAsync(cancellationToken);
        var deleted = await db.GetTable<FlavorAccess>().DeleteAsync(a => a.FlavorId == id && a.ProjectId == projectId, cancellationToken);
        await db.CommitAsync(cancellationToken);
        return deleted == 1;
    }
}
