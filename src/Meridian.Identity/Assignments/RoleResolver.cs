// SPDX-License-Identifier: Apache-2.0
using LinqToDB;
using LinqToDB.Async;
using LinqToDB.Data;

using Meridian.Identity.Groups;
using Meridian.Identity.Projects;
using Meridian.Identity.Roles;
using Meridian.Platform.Storage;

namespace Meridian.Identity.Assignments;

/// <summary>Which roles a user really has somewhere: own and by groups, inherited from above, and implied.</summary>
internal sealed class RoleResolver(Database database, RoleGraphCache graphs)
{
    public async Task<IReadOnlyList<Role>> OnProjectAsync(string userId, Project project, CancellationToken cancellationToken) =>
        (await graphs.GetAsync(cancellationToken)).Expand(await AssignedIdsOnProjectAsync(userId, project, cancellationToken));

    /// <summary>As <see cref="OnProjectAsync"/>, with the domain's own roles beside what they imply: what trusts are measured by.</summary>
    public async Task<IReadOnlySet<string>> EffectiveIdsOnProjectAsync(string userId, Project project, CancellationToken cancellationToken)
    {
        var graph = await graphs.GetAsync(cancellationToken);
        return (await AssignedIdsOnProjectAsync(userId, project, cancellationToken)).SelectMany(graph.Closure).ToHashSet(StringComparer.Ordinal);
    }

    public Task<IReadOnlyList<Role>> OnDomainAsync(string userId, string domainId, CancellationToken cancellationToken) =>
        DirectAsync(userId, domainId, AssignmentKinds.Domain, cancellationToken);

    public Task<IReadOnlyList<Role>> OnSystemAsync(string userId, CancellationToken cancellationToken) =>
        DirectAsync(userId, AssignmentKinds.SystemId, AssignmentKinds.System, cancellationToken);

    /// <summary>All projects that the user has a role on, directly or from above.</summary>
    public async Task<IReadOnlyList<string>> ProjectIdsAsync(string userId, CancellationToken cancellationToken)
    {
        await using var db = database.Open();
        var actors = await ActorsAsync(db, userId, cancellationToken);
        var rows = await Of(db, userId, actors).Where(a => a.TargetKind != AssignmentKinds.System).ToListAsync(cancellationToken);
        var found = rows.Where(a => a.TargetKind == AssignmentKinds.Project && !a.Inherited).Select(a => a.TargetId).ToHashSet(StringComparer.Ordinal);
        var roots = rows.Where(a => a.Inherited).Select(a => a.TargetId).Distinct(StringComparer.Ordinal).ToList();
        if (roots.Count > 0)
        {
            found.UnionWith(await ProjectTree.Below(db, roots).Select(b => b.Id).ToListAsync(cancellationToken));
        }

        return [.. found];
    }

    /// <summary>All domains that the user has a role on.</summary>
    public async Task<IReadOnlyList<string>> DomainIdsAsync(string userId, CancellationToken cancellationToken)
    {
        await using var db = database.Open();
        var actors = await ActorsAsync(db, userId, cancellationToken);
        return await Of(db, userId, actors).Where(a => a.TargetKind == AssignmentKinds.Domain && !a.Inherited)
            .Select(a => a.TargetId).Distinct().ToListAsync(cancellationToken);
    }

    /// <summary>The ids above a project, its domain included, nearest first.</summary>
    public static async Task<IReadOnlyList<string>> AncestorsAsync(DataConnection db, Project project, CancellationToken cancellationToken)
    {
        var above = new List<string>();
        for (var parent = project.ParentId; parent is not null && above.Count < ProjectTree.MaxDepth;)
        {
            above.Add(parent);
            var id = parent;
            parent = id == project.DomainId ? null : await db.GetTable<Project>().Where(p => p.Id == id).Select(p => p.ParentId).FirstOrDefaultAsync(cancellationToken);
        }

        return above;
    }

    private async Task<IReadOnlyList<string>> AssignedIdsOnProjectAsync(string userId, Project project, CancellationToken cancellationToken)
    {
        await using var db = database.Open();
        var above = await AncestorsAsync(db, project, cancellationToken);
        var actors = await ActorsAsync(db, userId, cancellationToken);
        var targets = above.Append(project.Id).ToList();
        var rows = await Of(db, userId, actors)
            .Where(a => targets.Contains(a.TargetId) && a.TargetKind != AssignmentKinds.System)
            .ToListAsync(cancellationToken);

        // A project's own inherited roles count below it only; what stands above counts here only when inherited.
        return [.. rows.Where(a => a.TargetId == project.Id && a.TargetKind == AssignmentKinds.Project ? !a.Inherited : a.Inherited).Select(a => a.RoleId)];
    }

    private static Task<List<string>> ActorsAsync(DataConnection db, string userId, CancellationToken cancellationToken) =>
        db.GetTable<GroupMember>().Where(m => m.UserId == userId).Select(m => m.GroupId).ToListAsync(cancellationToken);

    private static IQueryable<Assignment> Of(DataConnection db, string userId, List<string> groupIds) =>
        db.GetTable<Assignment>().Where(a =>
            (a.ActorKind == AssignmentKinds.User && a.ActorId == userId) || (a.ActorKind == AssignmentKinds.Group && groupIds.Contains(a.ActorId)));

    private async Task<IReadOnlyList<Role>> DirectAsync(string userId, string targetId, string targetKind, CancellationToken cancellationToken)
    {
        await using var db = database.Open();
        var actors = await ActorsAsync(db, userId, cancellationToken);
        var roleIds = await Of(db, userId, actors).Where(a => a.TargetId == targetId && a.TargetKind == targetKind && !a.Inherited)
            .Select(a => a.RoleId).ToListAsync(cancellationToken);
        return (await graphs.GetAsync(cancellationToken)).Expand(roleIds);
    }
}
