// SPDX-License-Identifier: Apache-2.0
using LinqToDB;
using LinqToDB.Async;
using LinqToDB.Data;

using Meridian.Identity.Groups;
using Meridian.Identity.Projects;
using Meridian.Identity.Roles;
using Meridian.Platform.Storage;

namespace Meridian.Identity.Assignments;

/// <summary>What a listing of role assignments asks for; null is "any".</summary>
internal sealed record AssignmentFilter
{
    public string? UserId { get; init; }

    public string? GroupId { get; init; }

    public string? ProjectId { get; init; }

    public string? DomainId { get; init; }

    public bool System { get; init; }

    public string? RoleId { get; init; }

    public bool? Inherited { get; init; }

    /// <summary>Groups become their users, inherited roles the projects that they reach, roles what they imply.</summary>
    public bool Effective { get; init; }

    /// <summary>The project's subtree too.</summary>
    public bool IncludeSubtree { get; init; }
}

/// <summary>One line of the listing, and where an effective one comes from.</summary>
/// <param name="GroupId">The group that a user has it by.</param>
/// <param name="From">The row that it was stored as.</param>
internal sealed record AssignmentLine(string ActorKind, string ActorId, string TargetKind, string TargetId, string RoleId, string? GroupId, Assignment From)
{
    public bool IsInherited => From.Inherited;
}

/// <param name="Reached">Projects that inherited rows reach, by id: what was found of them on the way.</param>
internal sealed record AssignmentListing(IReadOnlyList<AssignmentLine> Lines, IReadOnlyDictionary<string, ProjectBelow> Reached);

/// <summary>GET /v3/role_assignments: stored assignments, or what they come to.</summary>
internal sealed class RoleAssignmentQuery(Database database, RoleGraphCache graphs)
{
    private static readonly IReadOnlyDictionary<string, ProjectBelow> NoneReached = new Dictionary<string, ProjectBelow>();

    public async Task<AssignmentListing> ListAsync(AssignmentFilter filter, CancellationToken cancellationToken)
    {
        await using var db = database.Open();
        return filter.Effective ? await EffectiveAsync(db, filter, cancellationToken) : await StoredAsync(db, filter, cancellationToken);
    }

    private static async Task<AssignmentListing> StoredAsync(DataConnection db, AssignmentFilter filter, CancellationToken cancellationToken)
    {
        IQueryable<Assignment> rows = db.GetTable<Assignment>();
        rows = filter.UserId is { } user ? rows.Where(a => a.ActorKind == AssignmentKinds.User && a.ActorId == user) : rows;
        rows = filter.GroupId is { } group ? rows.Where(a => a.ActorKind == AssignmentKinds.Group && a.ActorId == group) : rows;
        rows = filter.ProjectId is { } project ? OnProjects(db, rows.Where(a => a.TargetKind == AssignmentKinds.Project), [project], filter) : rows;
        rows = filter.DomainId is { } domain ? rows.Where(a => a.TargetKind == AssignmentKinds.Domain && a.TargetId == domain) : rows;
        rows = filter.System ? rows.Where(a => a.TargetKind == AssignmentKinds.System) : rows;
        rows = filter.RoleId is { } role ? rows.Where(a => a.RoleId == role) : rows;
        rows = filter.Inherited is { } inherited ? rows.Where(a => a.Inherited == inherited) : rows;
        var stored = await InOrder(rows).ToListAsync(cancellationToken);
        return new([.. stored.Select(a => new AssignmentLine(a.ActorKind, a.ActorId, a.TargetKind, a.TargetId, a.RoleId, null, a))], NoneReached);
    }

    private async Task<AssignmentListing> EffectiveAsync(DataConnection db, AssignmentFilter filter, CancellationToken cancellationToken)
    {
        var own = filter.UserId is { } user ? await db.GetTable<GroupMember>().Where(m => m.UserId == user).ToListAsync(cancellationToken) : null;
        var scope = filter.ProjectId is null ? null : await ScopeAsync(db, filter, cancellationToken);
        var rows = Bearing(db, filter, own, scope);
        var stored = await InOrder(rows).ToListAsync(cancellationToken);
        var members = (own ?? await db.GetTable<GroupMember>().Where(m => rows.Any(a => a.ActorKind == AssignmentKinds.Group && a.ActorId == m.GroupId))
            .OrderBy(m => m.UserId).ToListAsync(cancellationToken)).ToLookup(m => m.GroupId, m => m.UserId);
        var above = scope?.Above ?? [];
        var roots = stored.Where(r => r.Inherited).Select(r => r.TargetId).Distinct(StringComparer.Ordinal).ToLookup(above.Contains);
        var below = await BelowAsync(db, [.. roots[false]], cancellationToken);

        // What stands above the project that was asked for reaches all that was asked for.
        var reached = below.Select(b => (b.Root, b.Id)).Concat(from root in roots[true] from id in scope!.Wanted select (root, id)).ToLookup(r => r.Item1, r => r.Item2);
        return new(
            Expand(stored, members, reached, await graphs.GetAsync(cancellationToken), filter, scope),
            below.DistinctBy(b => b.Id).ToDictionary(b => b.Id, StringComparer.Ordinal));
    }

    private static IReadOnlyList<AssignmentLine> Expand(
        IReadOnlyList<Assignment> stored, ILookup<string, string> members, ILookup<string, string> reached, RoleGraph graph, AssignmentFilter filter, Scope? scope)
    {
        // Fifty groups of one user may say the same: what they come to is worked out once.
        var seen = new HashSet<(string Actor, string Target, string Role, bool Inherited)>();
        var lines = new Dictionary<(string Actor, string Target, string Role), AssignmentLine>();
        foreach (var row in stored)
        {
            var actors = row.ActorKind == AssignmentKinds.Group ? members[row.ActorId].Select(id => (id, (string?)row.ActorId)) : [(row.ActorId, null)];
            var roles = graph.Closure(row.RoleId).Where(r => graph.Find(r) is { DomainId: "" }).ToList();
            foreach (var (actor, group) in actors.Where(a => seen.Add((a.Item1, row.TargetKind + row.TargetId, row.RoleId, row.Inherited))))
            {
                var targets = row.Inherited ? reached[row.TargetId].Select(id => (AssignmentKinds.Project, id)) : [(row.TargetKind, row.TargetId)];
                foreach (var ((kind, target), role) in from t in targets from r in roles select (t, r))
                {
                    var line = new AssignmentLine(AssignmentKinds.User, actor, kind, target, role, group, row);
                    if (Matches(line, filter, scope))
                    {
                        lines.TryAdd((actor, target, role), line);
                    }
                }
            }
        }

        return [.. lines.Values];
    }

    private static async Task<IReadOnlyList<ProjectBelow>> BelowAsync(DataConnection db, IReadOnlyList<string> roots, CancellationToken cancellationToken) =>
        roots.Count == 0 ? [] : await ProjectTree.Below(db, roots).OrderBy(b => b.Depth).ThenBy(b => b.Id).ToListAsync(cancellationToken);

    private static bool Matches(AssignmentLine line, AssignmentFilter filter, Scope? scope) =>
        (filter.RoleId is null || line.RoleId == filter.RoleId)
        && (scope is null || (line.TargetKind == AssignmentKinds.Project && scope.Wanted.Contains(line.TargetId)))
        && (filter.DomainId is null || (line.TargetKind == AssignmentKinds.Domain && line.TargetId == filter.DomainId))
        && (!filter.System || line.TargetKind == AssignmentKinds.System)
        && (filter.Inherited is null || line.IsInherited == filter.Inherited);

    /// <summary>The rows that can come to something that was asked for.</summary>
    private static IQueryable<Assignment> Bearing(DataConnection db, AssignmentFilter filter, IReadOnlyList<GroupMember>? own, Scope? scope)
    {
        IQueryable<Assignment> rows = db.GetTable<Assignment>();
        if (filter.UserId is { } user)
        {
            // A group may have the user's id (OSSA-2014-015).
            string[] groups = [.. own!.Select(m => m.GroupId)];
            string[] actors = [user, .. groups];
            rows = rows.Where(a => actors.Contains(a.ActorId)
                && ((a.ActorKind == AssignmentKinds.User && a.ActorId == user) || (a.ActorKind == AssignmentKinds.Group && groups.Contains(a.ActorId))));
        }

        rows = scope is null ? rows : OnProjects(db, rows.Where(a => a.TargetKind != AssignmentKinds.System), [filter.ProjectId!, .. scope.Above], filter);
        rows = filter.DomainId is { } domain ? rows.Where(a => a.TargetKind == AssignmentKinds.Domain && a.TargetId == domain) : rows;
        return filter.System ? rows.Where(a => a.TargetKind == AssignmentKinds.System) : rows;
    }

    /// <summary>Rows on these projects or domains, and on what is below the filter's project if it says so.</summary>
    private static IQueryable<Assignment> OnProjects(DataConnection db, IQueryable<Assignment> rows, string[] ids, AssignmentFilter filter)
    {
        if (!filter.IncludeSubtree)
        {
            return rows.Where(a => ids.Contains(a.TargetId));
        }

        var below = ProjectTree.Below(db, [filter.ProjectId!]);
        return rows.Where(a => ids.Contains(a.TargetId) || below.Any(b => b.Id == a.TargetId));
    }

    private static IQueryable<Assignment> InOrder(IQueryable<Assignment> rows) => rows.OrderBy(a => a.TargetId).ThenBy(a => a.ActorId).ThenBy(a => a.RoleId);

    private static async Task<Scope> ScopeAsync(DataConnection db, AssignmentFilter filter, CancellationToken cancellationToken)
    {
        var project = await db.GetTable<Project>().FirstOrDefaultAsync(p => p.Id == filter.ProjectId, cancellationToken);
        var below = filter.IncludeSubtree ? await ProjectTree.Below(db, [filter.ProjectId!]).Select(b => b.Id).ToListAsync(cancellationToken) : [];
        return new(
            project is null ? [] : await RoleResolver.AncestorsAsync(db, project, cancellationToken),
            new HashSet<string>([filter.ProjectId!, .. below], StringComparer.Ordinal));
    }

    /// <param name="Above">What stands above the project that was asked for, its domain included.</param>
    /// <param name="Wanted">That project, and its subtree if that was asked for.</param>
    private sealed record Scope(IReadOnlyList<string> Above, IReadOnlySet<string> Wanted);
}
