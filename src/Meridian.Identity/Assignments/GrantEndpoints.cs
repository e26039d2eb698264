// SPDX-License-Identifier: Apache-2.0
using Meridian.Identity.Groups;
using Meridian.Identity.Projects;
using Meridian.Identity.Roles;
using Meridian.Identity.Users;
using Meridian.Platform.Http;
using Meridian.Platform.Policy;

using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Meridian.Identity.Assignments;

/// <summary>
/// Roles of a user or group on a project or domain, and the inherited ones under OS-INHERIT: one set of handlers for eight paths.
/// Source: identity v3 API, "Roles" and "OS-INHERIT".
/// </summary>
internal static class GrantEndpoints
{
    public static void MapGrants(this RouteGroupBuilder api)
    {
        foreach (var target in new[] { AssignmentKinds.Project, AssignmentKinds.Domain })
        {
            foreach (var actor in new[] { AssignmentKinds.User, AssignmentKinds.Group })
            {
                var path = $"/{target}s/{{targetId}}/{actor}s/{{actorId}}/roles";
                Map(api, path, path + "/{roleId}", new(target, actor, Inherited: false));
                Map(api, $"/OS-INHERIT{path}/inherited_to_projects", $"/OS-INHERIT{path}/{{roleId}}/inherited_to_projects", new(target, actor, Inherited: true));
            }
        }
    }

    private static void Map(RouteGroupBuilder api, string collection, string member, GrantKind kind)
    {
        api.MapRead(collection, (string targetId, string actorId, IdentityRequest request, GrantParties parties, AssignmentStore store, CancellationToken cancellationToken) =>
            ListAsync(kind.Of(targetId, actorId, ""), request, parties, store, cancellationToken));
        api.MapRead(member, (string targetId, string actorId, string roleId, IdentityRequest request, GrantParties parties, AssignmentStore store, CancellationToken cancellationToken) =>
            CheckAsync(kind.Of(targetId, actorId, roleId), request, parties, store, cancellationToken));
        api.MapPut(member, (string targetId, string actorId, string roleId, IdentityRequest request, GrantParties parties, AssignmentStore store, CancellationToken cancellationToken) =>
            CreateAsync(kind.Of(targetId, actorId, roleId), request, parties, store, cancellationToken));
        api.MapDelete(member, (string targetId, string actorId, string roleId, IdentityRequest request, GrantParties parties, AssignmentStore store, CancellationToken cancellationToken) =>
            RevokeAsync(kind.Of(targetId, actorId, roleId), request, parties, store, cancellationToken));
    }

    private static async Task<IResult> ListAsync(Assignment grant, IdentityRequest request, GrantParties parties, AssignmentStore store, CancellationToken cancellationToken)
    {
        await parties.RequireAsync(grant, AssignmentPolicies.List, request, needsRole: false, cancellationToken);
        return RoleList(await store.ListRolesAsync(grant, cancellationToken), request);
    }

    private static async Task<IResult> CheckAsync(Assignment grant, IdentityRequest request, GrantParties parties, AssignmentStore store, CancellationToken cancellationToken)
    {
        await parties.RequireAsync(grant, AssignmentPolicies.Check, request, needsRole: true, cancellationToken);
        return await store.ExistsAsync(grant, cancellationToken) ? JsonAnswer.NoContent : throw NotFound(grant);
    }

    private static async Task<IResult> CreateAsync(Assignment grant, IdentityRequest request, GrantParties parties, AssignmentStore store, CancellationToken cancellationToken)
    {
        await parties.RequireAsync(grant, AssignmentPolicies.Create, request, needsRole: true, cancellationToken);
        await store.EnsureAsync(grant, cancellationToken);
        return JsonAnswer.NoContent;
    }

    private static async Task<IResult> RevokeAsync(Assignment grant, IdentityRequest request, GrantParties parties, AssignmentStore store, CancellationToken cancellationToken)
    {
        await parties.RequireAsync(grant, AssignmentPolicies.Revoke, request, needsRole: true, cancellationToken);
        return await store.TryDeleteAsync(grant, cancellationToken) ? JsonAnswer.NoContent : throw NotFound(grant);
    }

    public static ApiException NotFound(Assignment grant) => new(
        404, $"Could not find role assignment with role: {grant.RoleId}, user or group: {grant.ActorId}, project, domain, or system: {grant.TargetId}.");

    public static IResult RoleList(IReadOnlyList<Role> roles, IdentityRequest request) => request.List().Answer(
        "roles", request.Root + request.HttpRequest.Path, new ListPage<Role>(roles, null, false), (writer, role) => RoleView.Write(writer, role, request));

    private sealed record GrantKind(string Target, string Actor, bool Inherited)
    {
        public Assignment Of(string targetId, string actorId, string roleId) =>
            new() { TargetKind = Target, TargetId = targetId, ActorKind = Actor, ActorId = actorId, RoleId = roleId, Inherited = Inherited };
    }
}

/// <summary>Loads who and what a grant is about, asks the policy, then tells what does not exist.</summary>
internal sealed class GrantParties(UserStore users, GroupStore groups, ProjectStore projects, RoleStore roles)
{
    public async Task RequireAsync(Assignment grant, PolicyRule rule, IdentityRequest request, bool needsRole, CancellationToken cancellationToken)
    {
        request.RequireToken();
        var attributes = new Dictionary<string, object?>();
        var target = await projects.FindAsync(grant.TargetId, cancellationToken);
        if (grant.TargetKind == AssignmentKinds.Domain && target is { IsDomain: true })
        {
            attributes["target.domain.id"] = target.Id;
        }
        else if (grant.TargetKind == AssignmentKinds.Project && target is not null)
        {
            attributes["target.project.id"] = target.Id;
            attributes["target.project.domain_id"] = target.IsDomain ? null : target.DomainId;
        }

        var actorDomain = grant.ActorKind == AssignmentKinds.User
            ? (await users.FindAsync(grant.ActorId, cancellationToken))?.DomainId
            : (await groups.FindAsync(grant.ActorId, cancellationToken))?.DomainId;
        if (actorDomain is not null)
        {
            attributes[$"target.{grant.ActorKind}.id"] = grant.ActorId;
            attributes[$"target.{grant.ActorKind}.domain_id"] = actorDomain;
        }

        var role = needsRole ? await roles.FindAsync(grant.RoleId, cancellationToken) : null;
        if (role is not null)
        {
            attributes["target.role.name"] = role.Name;
            attributes["target.role.domain_id"] = role.DomainId.Length == 0 ? null : role.DomainId;
        }

        request.Require(rule, new PolicyTarget(attributes: attributes));
        if (needsRole && role is null)
        {
            throw Errors.NotFound("role", grant.RoleId);
        }

        if (actorDomain is null)
        {
            throw Errors.NotFound(grant.ActorKind, grant.ActorId);
        }

        if (target is null || (grant.TargetKind == AssignmentKinds.Domain && !target.IsDomain))
        {
            throw Errors.NotFound(grant.TargetKind, grant.TargetId);
        }

        if (rule == AssignmentPolicies.Create && grant.TargetKind == AssignmentKinds.Project && role is { DomainId.Length: > 0 } && role.DomainId != target.DomainId)
        {
            throw Errors.Refused($"Project {target.Id} must be in the same domain as the role {role.Id} being assigned.");
        }
    }
}
