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
        var lines = await query.ListAsync(filter, cancellationToken);
        if (request.DomainScope is { } domainId && !filter.IncludeSubtree)
        {
            var own = await names.ProjectsOfDomainAsync(domainId, cancellationToken);
            lines = [.. lines.Where(l => l.TargetId == domainId || own.Contains(l.TargetId))];
        }

        var known = await names.LoadAsync(lines, cancellationToken);
        var withNames = list.IsTrue("include_names");
        return list.Answer(
            "role_assignments", request.Url("role_assignments"), new ListPage<AssignmentLine>([.. lines.Where(known.Knows)], null, false),
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
    public async Task<HashSet<string>> ProjectsOfDomainAsync(string domainId, CancellationToken cancellationToken)
    {
        await using var db = database.Open();
        return [.. await db.GetTable<Project>().Where(p => p.DomainId == domainId).Select(p => p.Id).ToListAsync(cancellationToken)];
    }

    public async Task<KnownNames> LoadAsync(IReadOnlyList<AssignmentLine> lines, CancellationToken cancellationToken)
    {
        var users = Ids(lines.Where(l => l.ActorKind == AssignmentKinds.User).Select(l => l.ActorId));
        var groups = Ids(lines.Where(l => l.ActorKind == AssignmentKinds.Group).Select(l => l.ActorId));
        var targets = Ids(lines.Where(l => l.TargetKind != AssignmentKinds.System).Select(l => l.TargetId));
        var roles = Ids(lines.Select(l => l.RoleId));
        await using var db = database.Open();
        var names = new Dictionary<(string, string), (string, string)>();
        foreach (var ids in users.Chunk(500))
        {
            foreach (var user in await db.GetTable<User>().Where(u => ids.Contains(u.Id)).ToListAsync(cancellationToken))
            {
                names[(AssignmentKinds.User, user.Id)] = (user.Name, user.DomainId);
            }
        }

        foreach (var group in await db.GetTable<Group>().Where(g => groups.Contains(g.Id)).ToListAsync(cancellationToken))
        {
            names[(AssignmentKinds.Group, group.Id)] = (group.Name, group.DomainId);
        }

        foreach (var role in await db.GetTable<Role>().Where(r => roles.Contains(r.Id)).ToListAsync(cancellationToken))
        {
            names[("role", role.Id)] = (role.Name, role.DomainId);
        }

        foreach (var ids in targets.Chunk(500))
        {
            foreach (var project in await db.GetTable<Project>().Where(p => ids.Contains(p.Id)).ToListAsync(cancellationToken))
            {
                // A domain may be a target as the project that it is, too.
                names[(AssignmentKinds.Project, project.Id)] = (project.Name, project.DomainId);
            }
        }

        foreach (var domain in await db.GetTable<Project>().Where(p => p.IsDomain).ToListAsync(cancellationToken))
        {
            names[(AssignmentKinds.Domain, domain.Id)] = (domain.Name, "");
        }

        return new(names);
    }

    private static string[] Ids(IEnumerable<string> ids) => [.. ids.Distinct(StringComparer.Ordinal)];
}
