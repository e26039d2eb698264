// SPDX-License-Identifier: Apache-2.0
using System.Text.Json;

using LinqToDB;
using LinqToDB.Async;

using Meridian.Identity.Groups;
using Meridian.Identity.Projects;
using Meridian.Identity.Roles;
using Meridian.Identity.Users;
using Meridian.Platform.Policy;
using Meridian.Platform.Storage;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Meridian.Identity.Assignments;

/// <summary>/v3/role_assignments. Source: identity v3 API, "Role assignments".</summary>
internal static class RoleAssignmentEndpoints
{
    public static void MapRoleAssignments(this RouteGroupBuilder api) => api.MapRead("/role_assignments", ListAsync);

    private static async Task<IResult> ListAsync(
        IdentityRequest request, RoleAssignmentQuery query, AssignmentNames names, ProjectStore projects, CancellationToken cancellationToken)
    {
        request.RequireToken();
        var list = request.List();
        var filter = Read(list);
        if (filter.IncludeSubtree)
        {
            var root = filter.ProjectId is null ? null : await projects.FindAsync(filter.ProjectId, cancellationToken);
            request.Require(AssignmentPolicies.ListAssignmentsOfTree, root is null ? PolicyTarget.None : PolicyBase.Target(("target.domain_id", root.DomainId)));
            _ = filter.ProjectId ?? throw Errors.Invalid("scope.project.id must be specified if include_subtree is also specified");
            _ = root ?? throw Errors.NotFound("project", filter.ProjectId);
        }
        else
        {
            request.Require(AssignmentPolicies.ListAssignments, request.OwnDomainTarget());
        }

        Check(filter);
        var withNames = list.IsTrue("include_names");
        var listing = await query.ListAsync(filter, cancellationToken);
        var known = await names.LoadAsync(listing, withDomains: withNames, cancellationToken);
        var shown = listing.Lines.Where(known.Knows);
        if (request.DomainScope is { } domainId && !filter.IncludeSubtree)
        {
            shown = shown.Where(l => l.TargetId == domainId || known.Find(l.TargetKind, l.TargetId)?.DomainId == domainId);
        }

        return list.Answer(
            "role_assignments", request.Url("role_assignments"), new ListPage<AssignmentLine>([.. shown], null, false),
            (writer, line) => Write(writer, line, withNames ? known : null, request));
    }

    private static AssignmentFilter Read(ListRequest list) => new()
    {
        UserId = list.Value("user.id"),
        GroupId = list.Value("group.id"),
        ProjectId = list.Value("scope.project.id"),
        DomainId = list.Value("scope.domain.id"),
        System = list.Value("scope.system") == "all",
        RoleId = list.Value("role.id"),
        Inherited = list.Value("scope.OS-INHERIT:inherited_to") is { } to ? to == "projects" : null,
        Effective = list.IsTrue("effective"),
        IncludeSubtree = list.IsTrue("include_subtree"),
    };

    private static void Check(AssignmentFilter filter)
    {
        var wrong = filter switch
        {
            { DomainId: not null, ProjectId: not null } => "Specify a domain or project, not both",
            { DomainId: not null, System: true } => "Specify system or domain, not both",
            { ProjectId: not null, System: true } => "Specify system or project, not both",
            { UserId: not null, GroupId: not null } => "Specify a user or group, not both",
            { Effective: true, GroupId: not null } => "Combining effective and group filter will always result in an empty list.",
            { Effective: true, Inherited: true, DomainId: not null } => "Combining effective, domain and inherited filters will always result in an empty list.",
            _ => null,
        };
        if (wrong is not null)
        {
            throw Errors.Invalid(wrong);
        }
    }

    private static void Write(Utf8JsonWriter writer, AssignmentLine line, KnownNames? names, IdentityRequest request)
    {
        writer.WriteStartObject();
        writer.WriteStartObject("scope");
        if (line.TargetKind == AssignmentKinds.System)
        {
            writer.WriteStartObject("system");
            writer.WriteBoolean("all", true);
            writer.WriteEndObject();
        }
        else
        {
            WriteEntity(writer, line.TargetKind, line.TargetId, names);
        }

        if (line.IsInherited)
        {
            writer.WriteString("OS-INHERIT:inherited_to", "projects");
        }

        writer.WriteEndObject();
        WriteEntity(writer, line.ActorKind, line.ActorId, names);
        WriteEntity(writer, "role", line.RoleId, names);
        writer.WriteStartObject("links");
        writer.WriteString("assignment", request.Url(Path(line.From)));
        if (line.GroupId is not null)
        {
            writer.WriteString("membership", request.Url($"groups/{line.GroupId}/users/{line.ActorId}"));
        }

        if (line.RoleId != line.From.RoleId)
        {
            writer.WriteString("prior_role", request.Url($"prior_role/{line.From.RoleId}/implies/{line.RoleId}"));
        }

        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    private static string Path(Assignment row)
    {
        var target = row.TargetKind == AssignmentKinds.System ? "system" : $"{row.TargetKind}s/{row.TargetId}";
        var path = $"{target}/{row.ActorKind}s/{row.ActorId}/roles/{row.RoleId}";
        return row.Inherited ? $"OS-INHERIT/{path}/inherited_to_projects" : path;
    }

    private static void WriteEntity(Utf8JsonWriter writer, string kind, string id, KnownNames? names)
    {
        writer.WriteStartObject(kind);
        writer.WriteString("id", id);
        if (names?.Find(kind, id) is { } known)
        {
            writer.WriteString("name", known.Name);
            if (known.DomainId.Length > 0)
            {
                writer.WriteStartObject("domain");
                writer.WriteString("id", known.DomainId);
                writer.WriteString("name", names.Find(AssignmentKinds.Domain, known.DomainId)?.Name);
                writer.WriteEndObject();
            }
        }

        writer.WriteEndObject();
    }
}

/// <summary>Names of what a listing refers to.</summary>
internal sealed class KnownNames(IReadOnlyDictionary<(string Kind, string Id), (string Name, string DomainId)> names)
{
    public (string Name, string DomainId)? Find(string kind, string id) => names.TryGetValue((kind, id), out var found) ? found : null;

    /// <summary>False for a line that refers to something deleted meanwhile.</summary>
    public bool Knows(AssignmentLine line) =>
        Find(line.ActorKind, line.ActorId) is not null && Find("role", line.RoleId) is not null
        && (line.TargetKind == AssignmentKinds.System || Find(line.TargetKind, line.TargetId) is not null);
}

/// <summary>Looks those names up.</summary>
internal sealed class AssignmentNames(Database database)
{
    /// <summary>As many ids as one statement names.</summary>
    private const int ChunkSize = 500;

    /// <param name="withDomains">The names of the domains, too, that what is named belongs to.</param>
    public async Task<KnownNames> LoadAsync(AssignmentListing listing, bool withDomains, CancellationToken cancellationToken)
    {
        await using var db = database.Open();
        var lines = listing.Lines;
        var names = listing.Reached.Values.ToDictionary(p => (Kind: AssignmentKinds.Project, p.Id), p => (p.Name, p.DomainId));
        await AddAsync(AssignmentKinds.User, Actors(AssignmentKinds.User), ids => db.GetTable<User>().Where(u => ids.Contains(u.Id)).Select(u => new Row(u.Id, u.Name, u.DomainId)));
        await AddAsync(AssignmentKinds.Group, Actors(AssignmentKinds.Group), ids => db.GetTable<Group>().Where(g => ids.Contains(g.Id)).Select(g => new Row(g.Id, g.Name, g.DomainId)));
        await AddAsync("role", lines.Select(l => l.RoleId), ids => db.GetTable<Role>().Where(r => ids.Contains(r.Id)).Select(r => new Row(r.Id, r.Name, r.DomainId)));

        // A domain may be a target as the project that it is, too.
        await AddAsync(AssignmentKinds.Project, Targets(AssignmentKinds.Project).Where(id => !listing.Reached.ContainsKey(id)), ids => db.GetTable<Project>().Where(p => ids.Contains(p.Id)).Select(p => new Row(p.Id, p.Name, p.DomainId)));
        await AddAsync(
            AssignmentKinds.Domain, Targets(AssignmentKinds.Domain).Concat(withDomains ? names.Values.Select(n => n.DomainId).Where(id => id.Length > 0).ToList() : []),
            ids => db.GetTable<Project>().Where(p => p.IsDomain && ids.Contains(p.Id)).Select(p => new Row(p.Id, p.Name, "")));
        return new(names);

        IEnumerable<string> Actors(string kind) => lines.Where(l => l.ActorKind == kind).Select(l => l.ActorId);

        IEnumerable<string> Targets(string kind) => lines.Where(l => l.TargetKind == kind).Select(l => l.TargetId);

        async Task AddAsync(string kind, IEnumerable<string> wanted, Func<string[], IQueryable<Row>> find)
        {
            foreach (var ids in wanted.Distinct(StringComparer.Ordinal).Chunk(ChunkSize))
            {
                foreach (var row in await find(ids).ToListAsync(cancellationToken))
                {
                    names[(kind, row.Id)] = (row.Name, row.DomainId);
                }
            }
        }
    }

    private sealed record Row(string Id, string Name, string DomainId);
}
