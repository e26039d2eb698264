// SPDX-License-Identifier: Apache-2.0
using LinqToDB;
using LinqToDB.Async;
using LinqToDB.Data;

using Meridian.Identity.Catalog;
using Meridian.Identity.Limits;
using Meridian.Identity.Policies;
using Meridian.Platform.Http;
using Meridian.Platform.Storage;

namespace Meridian.Identity.Regions;

/// <summary>All SQL about regions. Ids are found as written; one that differs from another in case only is refused.</summary>
internal sealed class RegionStore(Database database, IdentityWriter writer)
{
    /// <exception cref="ApiException">404.</exception>
    public async Task<Region> GetAsync(string id, CancellationToken cancellationToken)
    {
        await using var db = database.Open();
        return await db.GetTable<Region>().FirstOrDefaultAsync(r => r.Id == id, cancellationToken) ?? throw Errors.NotFound("region", id);
    }

    public async Task<ListPage<Region>> ListAsync(ListRequest list, CancellationToken cancellationToken)
    {
        await using var db = database.Open();
        var rows = list.Text(db.GetTable<Region>(), "parent_region_id", r => r.ParentRegionId);
        return await list.PageAsync(rows, r => r.Id, cancellationToken);
    }

    /// <exception cref="ApiException">404 for an unknown parent, 409 for an id that exists.</exception>
    public async Task CreateAsync(Region region, CancellationToken cancellationToken)
    {
        try
        {
            await writer.WriteAsync(
                async db =>
                {
                    await CheckParentAsync(db, region, cancellationToken);
                    await InsertAsync(db, region, await IdsAsync(db, cancellationToken), cancellationToken);
                },
                cancellationToken, catalog: true);
        }
        catch (Exception exception) when (Database.IsDuplicateKey(exception))
        {
            throw Errors.Conflict("region", $"Duplicate ID, {region.Id}.");
        }
    }

    /// <summary>Adds a region in the caller's transaction, unless it is there.</summary>
    /// <exception cref="ApiException">400 for a bad id, 409 for one that differs in case only.</exception>
    public static async Task EnsureAsync(DataConnection db, string id, CancellationToken cancellationToken)
    {
        var ids = await IdsAsync(db, cancellationToken);
        if (!ids.Contains(id))
        {
            await InsertAsync(db, new Region { Id = id }, ids, cancellationToken);
        }
    }

    private static Task<List<string>> IdsAsync(DataConnection db, CancellationToken cancellationToken) => db.GetTable<Region>().Select(r => r.Id).ToListAsync(cancellationToken);

    private static async Task InsertAsync(DataConnection db, Region region, List<string> ids, CancellationToken cancellationToken)
    {
        if (!IsId(region.Id))
        {
            throw Errors.InvalidField("id", $"'{(region.Id.Length > 255 ? region.Id[..255] + "…" : region.Id)}' is not a region id: up to 255 printable characters of ASCII, without / and without blanks at its ends");
        }

        var key = NameKey.Of(region.Id);
        if (ids.Exists(id => NameKey.Of(id) == key))
        {
            throw Errors.Conflict("region", $"Duplicate ID, {region.Id}.");
        }

        await db.InsertAsync(region, token: cancellationToken);
    }

    /// <summary>Region names stand in configuration files, catalogs and commands: one must not look like another (accents, other alphabets' letters, blanks).</summary>
    private static bool IsId(string id) =>
        id.Length is > 0 and <= 255 && id[0] != ' ' && id[^1] != ' ' && !id.AsSpan().ContainsAnyExceptInRange(' ', '~') && !id.Contains('/', StringComparison.Ordinal);

    /// <exception cref="ApiException">404 for an unknown parent, 400 for a circle.</exception>
    public Task UpdateAsync(Region region, CancellationToken cancellationToken) => writer.WriteAsync(
        async db =>
        {
            await CheckParentAsync(db, region, cancellationToken);
            await IdentityWriter.UpdateAsync(db, region, "region", region.Id, cancellationToken);
        },
        cancellationToken, catalog: true);

    /// <summary>Deletes a region and those below it, unless one of them has endpoints or registered limits.</summary>
    public Task DeleteAsync(string id, CancellationToken cancellationToken) => writer.WriteAsync(
        async db =>
        {
            if (!await db.GetTable<Region>().AnyAsync(r => r.Id == id, cancellationToken))
            {
                throw Errors.NotFound("region", id);
            }

            var doomed = await BranchAsync(db, id, cancellationToken);
            if (await db.GetTable<Endpoint>().AnyAsync(e => doomed.Contains(e.RegionId!), cancellationToken))
            {
                throw Errors.Refused($"Unable to delete region {id} because it or its child regions have associated endpoints.");
            }

            await RegisteredLimitStore.CheckNoneOfAsync(db, "region", id, [], doomed, cancellationToken);
            await db.GetTable<Region>().Where(r => doomed.Contains(r.Id)).DeleteAsync(cancellationToken);
            await EndpointPolicyStore.DeleteOfAsync(db, [], [], doomed, cancellationToken);
        },
        cancellationToken, catalog: true);

    /// <summary>A region and those above it, nearest first.</summary>
    public static async Task<IReadOnlyList<string>> LineageAsync(DataConnection db, string? id, CancellationToken cancellationToken)
    {
        var line = new List<string>();
        while (id is { } region && !line.Contains(region))
        {
            line.Add(region);
            id = await db.GetTable<Region>().Where(r => r.Id == region).Select(r => r.ParentRegionId).FirstOrDefaultAsync(cancellationToken);
        }

        return line;
    }

    /// <summary>A region and those below it.</summary>
    public static async Task<HashSet<string>> BranchAsync(DataConnection db, string id, CancellationToken cancellationToken)
    {
        var branch = new HashSet<string>(StringComparer.Ordinal) { id };
        var level = new List<string> { id };
        while (level.Count > 0)
        {
            var parents = level;
            level = await db.GetTable<Region>().Where(r => parents.Contains(r.ParentRegionId!)).Select(r => r.Id).ToListAsync(cancellationToken);
            level.RemoveAll(child => !branch.Add(child));
        }

        return branch;
    }

    private static async Task CheckParentAsync(DataConnection db, Region region, CancellationToken cancellationToken)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        for (var parent = region.ParentRegionId; parent is not null;)
        {
            if (parent == region.Id || !seen.Add(parent))
            {
                throw Errors.Invalid($"The specified parent region {region.ParentRegionId} would create a circular region hierarchy.");
            }

            var id = parent;
            var row = await db.GetTable<Region>().FirstOrDefaultAsync(r => r.Id == id, cancellationToken) ?? throw Errors.NotFound("region", id);
            parent = row.ParentRegionId;
        }
    }
}
