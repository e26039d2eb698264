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

/// <summary>GET /v3/role_assignments: stored assignments, or what they come to.</summary>
internal sealed class RoleAssignmentQuery(Database database, RoleGraphCache graphs)
{
    public async Task<IReadOnlyList<AssignmentLine>> ListAsync(AssignmentFilter filter, CancellationToken cancellationToken)
    {
        await using var db = database.Open();
        var below = filter is { IncludeSubtree: true, ProjectId: { } root } ? await BelowAsync(db, [root], cancellationToken) : [];
        return filter.Effective
            ? await EffectiveAsync(db, filter, below, cancellationToken)
            : await StoredAsync(db, filter, below, cancellationToken);
    }

    private static async Task<IReadOnlyList<AssignmentLine>> StoredAsync(
        DataConnection db, AssignmentFilter filter, IReadOnlyCollection<string> below, CancellationToken cancellationToken)
    {
        IQueryable<Assignment> rows = db.GetTable<Assignment>();
        rows = filter.UserId is { } user ? rows.Where(a => a.ActorKind == AssignmentKinds.User && a.ActorId == user) : rows;
        rows = filter.GroupId is { } group ? rows.Where(a => a.ActorKind == AssignmentKinds.Group && a.ActorId == group) : rows;
        rows = filter.ProjectId is { } project ? rows.Where(a => a.TargetKind == AssignmentKinds.Project && (a.TargetId == project || below.Contains(a.TargetId))) : rows;
        rows = filter.DomainId is { } domain ? rows.Where(a => a.TargetKind == AssignmentKinds.Domain && a.TargetId == domain) : rows;
        rows = filter.System ? rows.Where(a => a.TargetKind == AssignmentKinds.System) : rows;
        rows = filter.RoleId is { } role ? rows.Where(a => a.RoleId == role) : rows;
        rows = filter.Inherited is { } inherited ? rows.Where(a => a.Inherited == inherited) : rows;
        var found = await rows.OrderBy(a => a.TargetId).ThenBy(a => a.ActorId).ThenBy(a => a.RoleId).ToListAsync(cancellationToken);
        return [.. found.Select(a => new AssignmentLine(a.ActorKind, a.ActorId, a.TargetKind, a.TargetId, a.RoleId, null, a))];
    }

    private async Task<IReadOnlyList<AssignmentLine>> EffectiveAsync(
        DataConnection db, AssignmentFilter filter, IReadOnlyCollection<string> below, CancellationToken cancellationToken)
    {
        var members = await MembersAsync(db, filter.UserId, cancellationToken);
        IQueryable<Assignment> rows = db.GetTable<Assignment>();
        if (filter.UserId is { } user)
        {
            var groups = members.Select(m => m.Key).ToList();
            rows = rows.Where(a => (a.ActorKind == AssignmentKinds.User && a.ActorId == user) || (a.ActorKind == AssignmentKinds.Group && groups.Contains(a.ActorId)));
        }

        var stored = await rows.OrderBy(a => a.TargetId).ThenBy(a => a.ActorId).ThenBy(a => a.RoleId).ToListAsync(cancellationToken);
        var reached = await ReachAsync(db, stored, cancellationToken);
        var graph = await graphs.GetAsync(cancellationToken);
        var seen = new HashSet<(string, string, string)>();
        var lines = new List<AssignmentLine>();
        foreach (var row in stored)
        {
            var targets = row.Inherited ? reached[row.TargetId].Select(id => (AssignmentKinds.Project, id)) : [(row.TargetKind, row.TargetId)];
            var actors = row.ActorKind == AssignmentKinds.Group ? members[row.ActorId].Select(id => (id, (string?)row.ActorId)) : [(row.ActorId, null)];
            foreach (var ((kind, target), (actor, group), role) in
                from t in targets from a in actors from r in graph.Closure(row.RoleId) where graph.Find(r) is { DomainId: "" } select (t, a, r))
            {
                var line = new AssignmentLine(AssignmentKinds.User, actor, kind, target, role, group, row);
                if (Matches(line, filter, below) && seen.Add((actor, target, role)))
                {
                    lines.Add(line);
                }
            }
        }

        return lines;
    }

    private static bool Matches(AssignmentLine line, AssignmentFilter filter, IReadOnlyCollection<string> below) =>
        (filter.RoleId is null || line.RoleId == filter.RoleId)
        && (filter.ProjectId is null || (line.TargetKind == AssignmentKinds.Project && (line.TargetId == filter.ProjectId || below.Contains(line.TargetId))))
        && (filter.DomainId is null || (line.TargetKind == AssignmentKinds.Domain && line.TargetId == filter.DomainId))
        && (!filter.System || line.TargetKind == AssignmentKinds.System)
        && (filter.Inherited is null || line.IsInherited == filter.Inherited);

    /// <summary>Users by group; only that user's memberships when one is asked for.</summary>
    private static async Task<ILookup<string, string>> MembersAsync(DataConnection db, string? userId, CancellationToken cancellationToken)
    {
        IQueryable<GroupMember> rows = db.GetTable<GroupMember>();
        rows = userId is null ? rows : rows.Where(m => m.UserId == userId);
        var members = await rows.OrderBy(m => m.UserId).ToListAsync(cancellationToken);
        return members.ToLookup(m => m.GroupId, m => m.UserId);
    }

    /// <summary>The projects below each target of an inherited row.</summary>
    private static async Task<ILookup<string, string>> ReachAsync(DataConnection db, IEnumerable<Assignment> rows, CancellationToken cancellationToken)
    {
        var reached = new List<(string Root, string Id)>();
        foreach (var root in rows.Where(r => r.Inherited).Select(r => r.TargetId).Distinct(StringComparer.Ordinal))
        {
            reached.AddRange((await BelowAsync(db, [root], cancellationToken)).Select(id => (root, id)));
        }

        return reached.ToLookup(r => r.Root, r => r.Id);
    }

    private static async Task<IReadOnlyCollection<string>> BelowAsync(DataConnection db, List<string> level, CancellationToken cancellationToken)
    {
        var found = new List<string>();
        for (var depth = 0; level.Count > 0 && depth < 32; depth++)
        {
            var parents = level;
            level = await db.GetTable<Project>().Where(p => parents.Contains(p.ParentId!)).OrderBy(p => p.Id).Select(p => p.Id).ToListAsync(cancellationToken);
            found.AddRange(level);
        }

        return found;
    }
}
