// SPDX-License-Identifier: Apache-2.0
using LinqToDB;
using LinqToDB.Async;
using LinqToDB.Data;

using Meridian.Identity.Catalog;
using Meridian.Platform.Http;
using Meridian.Platform.Storage;

namespace Meridian.Identity.Regions;

/// <summary>All SQL about regions. Ids are exact: <c>regionone</c> is not <c>RegionOne</c>.</summary>
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
                    await db.InsertAsync(region, token: cancellationToken);
                },
                cancellationToken, catalog: true);
        }
        catch (Exception exception) when (Database.IsDuplicateKey(exception))
        {
            throw Errors.Conflict("region", $"Duplicate ID, {region.Id}.");
        }
    }

    /// <exception cref="ApiException">404 for an unknown parent, 400 for a circle.</exception>
    public Task UpdateAsync(Region region, CancellationToken cancellationToken) => writer.WriteAsync(
        async db =>
        {
            await CheckParentAsync(db, region, cancellationToken);
            await IdentityWriter.UpdateAsync(db, region, "region", region.Id, cancellationToken);
        },
        cancellationToken, catalog: true);

    /// <summary>Deletes a region and those below it, unless one of them has endpoints.</summary>
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

            await db.GetTable<Region>().Where(r => doomed.Contains(r.Id)).DeleteAsync(cancellationToken);
        },
        cancellationToken, catalog: true);

    private static async Task<HashSet<string>> BranchAsync(DataConnection db, string id, CancellationToken cancellationToken)
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
