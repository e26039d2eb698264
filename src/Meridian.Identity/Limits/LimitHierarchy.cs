// SPDX-License-Identifier: Apache-2.0
using LinqToDB;
using LinqToDB.Async;
using LinqToDB.Data;

using Meridian.Identity.Projects;
using Meridian.Platform.Http;

namespace Meridian.Identity.Limits;

/// <summary>
/// The model <c>strict_two_level</c>: what a project may have is at most what its domain may, whose limit is its own or the registered one.
/// Source: Keystone's unified limits, "Strict Two Level".
/// </summary>
internal static class LimitHierarchy
{
    /// <summary>Levels of projects below a domain that the model admits at most. Source: what Keystone lets be created under it.</summary>
    public const int MaxTreeDepth = 2;

    public static string Describe(string model) => model == LimitOptions.StrictTwoLevel
        ? "This model requires project hierarchy never exceeds a depth of two"
        : "Limit enforcement and validation does not take project hierarchy into consideration.";

    /// <param name="limits">New or changed ones, which bear on each other too.</param>
    /// <exception cref="ApiException">403.</exception>
    public static async Task CheckAsync(DataConnection db, IReadOnlyList<LimitLine> limits, CancellationToken cancellationToken)
    {
        foreach (var limit in limits)
        {
            if (!await (limit.ProjectId.Length > 0 ? FitsParentAsync(db, limit, limits, cancellationToken) : HoldsChildrenAsync(db, limit, limits, cancellationToken)))
            {
                throw Refused(limit);
            }
        }
    }

    private static async Task<bool> FitsParentAsync(DataConnection db, LimitLine limit, IReadOnlyList<LimitLine> limits, CancellationToken cancellationToken)
    {
        var parentId = await db.GetTable<Project>().Where(p => p.Id == limit.ProjectId).Select(p => p.ParentId).FirstOrDefaultAsync(cancellationToken);
        if (limits.FirstOrDefault(l => l.DomainId == parentId && l.RegisteredLimitId == limit.RegisteredLimitId) is { } together)
        {
            return Fits(limit.ResourceLimit, together.ResourceLimit);
        }

        var bound = await db.GetTable<Limit>().Where(l => l.DomainId == parentId && l.RegisteredLimitId == limit.RegisteredLimitId)
            .Select(l => (int?)l.ResourceLimit).FirstOrDefaultAsync(cancellationToken)
            ?? await db.GetTable<RegisteredLimit>().Where(r => r.Id == limit.RegisteredLimitId).Select(r => r.DefaultLimit).FirstAsync(cancellationToken);
        return Fits(limit.ResourceLimit, bound);
    }

    private static async Task<bool> HoldsChildrenAsync(DataConnection db, LimitLine limit, IReadOnlyList<LimitLine> limits, CancellationToken cancellationToken)
    {
        var projects = db.GetTable<Project>().Where(p => p.DomainId == limit.DomainId);
        var stored = await db.GetTable<Limit>().Where(l => l.RegisteredLimitId == limit.RegisteredLimitId && projects.Any(p => p.Id == l.ProjectId))
            .Select(l => new { l.Id, l.ResourceLimit }).ToListAsync(cancellationToken);
        return stored.All(child => limits.Any(l => l.Id == child.Id) || Fits(child.ResourceLimit, limit.ResourceLimit));
    }

    /// <summary>-1 is more than any number.</summary>
    private static bool Fits(int child, int parent) => parent == -1 || (child != -1 && child <= parent);

    private static ApiException Refused(LimitLine limit)
    {
        var owner = limit.ProjectId.Length > 0 ? $"project_id: {limit.ProjectId}" : $"domain_id: {limit.DomainId}";
        var region = limit.RegionId.Length == 0 ? "None" : limit.RegionId;
        return Errors.Refused(
            $"Invalid resource limit: The resource limit ({owner}, resource_name: {limit.ResourceName}, resource_limit: {limit.ResourceLimit}, "
            + $"service_id: {limit.ServiceId}, region_id: {region}) doesn't satisfy current hierarchy model..");
    }
}
