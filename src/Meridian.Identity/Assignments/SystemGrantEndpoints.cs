// SPDX-License-Identifier: Apache-2.0
using Meridian.Identity.Groups;
using Meridian.Identity.Roles;
using Meridian.Identity.Users;
using Meridian.Platform.Policy;

using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;

namespace Meridian.Identity.Assignments;

/// <summary>/v3/system/users and /v3/system/groups. Source: identity v3 API, "System role assignments".</summary>
internal static class SystemGrantEndpoints
{
    public static void MapSystemGrants(this RouteGroupBuilder api)
    {
        Map(api, AssignmentKinds.User, AssignmentPolicies.ListSystemUser, AssignmentPolicies.CheckSystemUser, AssignmentPolicies.CreateSystemUser, AssignmentPolicies.RevokeSystemUser);
        Map(api, AssignmentKinds.Group, AssignmentPolicies.ListSystemGroup, AssignmentPolicies.CheckSystemGroup, AssignmentPolicies.CreateSystemGroup, AssignmentPolicies.RevokeSystemGroup);
    }

    private static void Map(RouteGroupBuilder api, string actor, PolicyRule list, PolicyRule check, PolicyRule create, PolicyRule revoke)
    {
        var path = $"/system/{actor}s/{{actorId}}/roles";
        api.MapRead(path, async (string actorId, IdentityRequest request, SystemGrantParties parties, AssignmentStore store, CancellationToken cancellationToken) =>
        {
            request.Require(list);
            var grant = await parties.CheckAsync(actor, actorId, null, cancellationToken);
            return GrantEndpoints.RoleList(await store.ListRolesAsync(grant, cancellationToken), request);
        });
        api.MapRead(path + "/{roleId}", async (string actorId, string roleId, IdentityRequest request, SystemGrantParties parties, AssignmentStore store, CancellationToken cancellationToken) =>
        {
            request.Require(check);
            var grant = await parties.CheckAsync(actor, actorId, roleId, cancellationToken);
            return await store.ExistsAsync(grant, cancellationToken) ? JsonAnswer.NoContent : throw GrantEndpoints.NotFound(grant);
        });
        api.MapPut(path + "/{roleId}", async (string actorId, string roleId, IdentityRequest request, SystemGrantParties parties, AssignmentStore store, CancellationToken cancellationToken) =>
        {
            request.Require(create);
            await store.EnsureAsync(await parties.CheckAsync(actor, actorId, roleId, cancellationToken), cancellationToken);
            return JsonAnswer.NoContent;
        });
        api.MapDelete(path + "/{roleId}", async (string actorId, string roleId, IdentityRequest request, SystemGrantParties parties, AssignmentStore store, CancellationToken cancellationToken) =>
        {
            request.Require(revoke);
            var grant = await parties.CheckAsync(actor, actorId, roleId, cancellationToken);
            return await store.TryDeleteAsync(grant, cancellationToken) ? JsonAnswer.NoContent : throw GrantEndpoints.NotFound(grant);
        });
    }
}

/// <summary>Tells what a grant on the system names and does not exist.</summary>
internal sealed class SystemGrantParties(UserStore users, GroupStore groups, RoleStore roles)
{
    /// <param name="roleId">Null where the request is about all roles.</param>
    public async Task<Assignment> CheckAsync(string actor, string actorId, string? roleId, CancellationToken cancellationToken)
    {
        var exists = actor == AssignmentKinds.User
            ? await users.FindAsync(actorId, cancellationToken) is not null
            : await groups.FindAsync(actorId, cancellationToken) is not null;
        if (!exists)
        {
            throw Errors.NotFound(actor, actorId);
        }

        if (roleId is not null && (await roles.GetAsync(roleId, cancellationToken)).DomainId.Length > 0)
        {
            throw Errors.Invalid($"Role {roleId} is a domain-specific role. Unable to use a domain-specific role in a system assignment.");
        }

        return new() { TargetKind = AssignmentKinds.System, TargetId = AssignmentKinds.SystemId, ActorKind = actor, ActorId = actorId, RoleId = roleId ?? "" };
    }
}
