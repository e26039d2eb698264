// SPDX-License-Identifier: Apache-2.0
using LinqToDB;
using LinqToDB.Async;
using LinqToDB.Data;

using Meridian.Identity.Projects;
using Meridian.Platform.Config;
using Meridian.Platform.Http;
using Meridian.Platform.Storage;

namespace Meridian.Identity.Limits;

/// <summary>What of the limits an asker sees.</summary>
internal sealed record LimitVisibility(bool All, string? DomainId, string? ProjectId);

/// <summary>A PATCH of a limit: null leaves the value.</summary>
internal sealed record LimitChange(int? ResourceLimit, bool HasDescription, string? Description);

/// <summary>All SQL about limits.</summary>
internal sealed class LimitStore(Database database, IdentityWriter writer, ServiceConfig config)
{
    public async Task<LimitLine?> FindAsync(string id, CancellationToken cancellationToken)
    {
        await using var db = database.Open();
        return await Lines(db).FirstOrDefaultAsync(l => l.Id == id, cancellationToken);
    }

    public async Task<ListPage<LimitLine>> ListAsync(ListRequest list, LimitVisibility visible, CancellationToken cancellationToken)
    {
        await using var db = database.Open();
        var rows = See(db, visible);
        rows = list.Text(rows, "service_id", l => l.ServiceId);
        rows = list.Text(rows, "region_id", l => l.RegionId);
        rows = list.Text(rows, "resource_name", l => l.ResourceName);
        rows = list.Text(rows, "project_id", l => l.ProjectId);
        rows = list.Text(rows, "domain_id", l => l.DomainId);
        return await list.PageAsync(
            rows, l => l.Id, cancellationToken, ("service_id", l => l.ServiceId), ("region_id", l => l.RegionId), ("resource_name", l => l.ResourceName),
            ("project_id", l => l.ProjectId), ("domain_id", l => l.DomainId));
    }

    public async Task<IReadOnlyList<LimitLine>> ListOfProjectsAsync(IReadOnlyCollection<string> projectIds, CancellationToken cancellationToken)
    {
        await using var db = database.Open();
        return projectIds.Count == 0 ? [] : await Lines(db).Where(l => projectIds.Contains(l.ProjectId)).OrderBy(l => l.Id).ToListAsync(cancellationToken);
    }

    /// <summary>All of them, or none.</summary>
    /// <exception cref="ApiException">
    /// 400 for what does not exist, 403 without a registered limit or outside the hierarchy's bounds, 409 for a limit that exists.
    /// </exception>
    public async Task CreateAsync(IReadOnlyList<LimitLine> limits, CancellationToken cancellationToken)
    {
        try
        {
            await writer.WriteAsync(
                async db =>
                {
                    foreach (var limit in limits)
                    {
                        await PlaceAsync(db, limit, cancellationToken);
                    }

                    await CheckHierarchyAsync(db, limits, cancellationToken);
                    foreach (var limit in limits)
                    {
                        await db.InsertAsync(Row(limit), token: cancellationToken);
                    }
                },
                cancellationToken);
        }
        catch (Exception exception) when (Database.IsDuplicateKey(exception))
        {
            throw Errors.Conflict("limit", "Duplicate entry");
        }
    }

    /// <exception cref="ApiException">404, or 403 outside the hierarchy's bounds.</exception>
    public Task<LimitLine> UpdateAsync(string id, LimitChange change, CancellationToken cancellationToken) => writer.WriteAsync(
        async db =>
        {
            var limit = await Lines(db).FirstOrDefaultAsync(l => l.Id == id, cancellationToken) ?? throw NotFound(id);
            await RegisteredLimitStore.LockAsync(db, limit.RegisteredLimitId, cancellationToken);
            limit.ResourceLimit = change.ResourceLimit ?? limit.ResourceLimit;
            limit.Description = change.HasDescription ? change.Description : limit.Description;
            await CheckHierarchyAsync(db, [limit], cancellationToken);
            await db.GetTable<Limit>().Where(l => l.Id == id)
                .Set(l => l.ResourceLimit, limit.ResourceLimit).Set(l => l.Description, limit.Description).Set(l => l.Revision, l => l.Revision + 1).UpdateAsync(cancellationToken);
            return limit;
        },
        cancellationToken);

    public Task DeleteAsync(string id, CancellationToken cancellationToken) => writer.WriteAsync(
        async db =>
        {
            if (await db.GetTable<Limit>().Where(l => l.Id == id).DeleteAsync(cancellationToken) == 0)
            {
                throw NotFound(id);
            }
        },
        cancellationToken);

    /// <summary>Removes the limits of projects and domains that are gone.</summary>
    public static Task DeleteOfAsync(DataConnection db, IReadOnlyCollection<string> projectOrDomainIds, CancellationToken cancellationToken) =>
        db.GetTable<Limit>().Where(l => projectOrDomainIds.Contains(l.ProjectId) || projectOrDomainIds.Contains(l.DomainId)).DeleteAsync(cancellationToken);

    public static ApiException NotFound(string id) => new(404, $"Could not find limit for {id}.");

    public static IQueryable<LimitLine> Lines(DataConnection db) =>
        from limit in db.GetTable<Limit>()
        join registered in db.GetTable<RegisteredLimit>() on limit.RegisteredLimitId equals registered.Id
        select new LimitLine
        {
            Id = limit.Id,
            RegisteredLimitId = limit.RegisteredLimitId,
            ProjectId = limit.ProjectId,
            DomainId = limit.DomainId,
            ServiceId = registered.ServiceId,
            RegionId = registered.RegionId,
            ResourceName = registered.ResourceName,
            ResourceLimit = limit.ResourceLimit,
            Description = limit.Description,
        };

    private static IQueryable<LimitLine> See(DataConnection db, LimitVisibility visible)
    {
        var (lines, projects) = (Lines(db), db.GetTable<Project>());
        return visible switch
        {
            { All: true } => lines,
            { DomainId: { } domain } => lines.Where(l => l.DomainId == domain || projects.Any(p => p.Id == l.ProjectId && p.DomainId == domain)),
            { ProjectId: { } project } => lines.Where(l => l.ProjectId == project),
            _ => lines.Where(l => false),
        };
    }

    /// <summary>Checks what the limit names, finds its registered limit, and takes that for the rest of the transaction.</summary>
    private static async Task PlaceAsync(DataConnection db, LimitLine limit, CancellationToken cancellationToken)
    {
        await RegisteredLimitStore.CheckPlaceAsync(db, limit.ServiceId, limit.RegionId, "limit", cancellationToken);
        var (field, id) = limit.ProjectId.Length > 0 ? ("project_id", limit.ProjectId) : ("domain_id", limit.DomainId);
        var owner = await db.GetTable<Project>().FirstOrDefaultAsync(p => p.Id == id, cancellationToken);
        if (owner is null || (field == "domain_id" && !owner.IsDomain))
        {
            throw Errors.Expecting(field, "limit");
        }

        // A project that acts as a domain has a domain's limit.
        (limit.ProjectId, limit.DomainId) = owner.IsDomain ? ("", owner.Id) : (owner.Id, "");
        var registered = await db.GetTable<RegisteredLimit>().FirstOrDefaultAsync(
            r => r.ServiceId == limit.ServiceId && r.RegionId == limit.RegionId && r.ResourceName == limit.ResourceName, cancellationToken)
            ?? throw Errors.Refused("Unable to create a limit that has no corresponding registered limit.");
        await RegisteredLimitStore.LockAsync(db, registered.Id, cancellationToken);
        limit.RegisteredLimitId = registered.Id;
    }

    private Task CheckHierarchyAsync(DataConnection db, IReadOnlyList<LimitLine> limits, CancellationToken cancellationToken) =>
        config.Get(LimitOptions.EnforcementModel) == LimitOptions.StrictTwoLevel ? LimitHierarchy.CheckAsync(db, limits, cancellationToken) : Task.CompletedTask;

    private static Limit Row(LimitLine line) => new()
    {
        Id = line.Id,
        RegisteredLimitId = line.RegisteredLimitId,
        ProjectId = line.ProjectId,
        DomainId = line.DomainId,
        ResourceLimit = line.ResourceLimit,
        Description = line.Description,
    };
}
