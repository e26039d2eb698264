// SPDX-License-Identifier: Apache-2.0
using Meridian.Platform.Policy;

namespace Meridian.Identity.Assignments;

/// <summary>Source: Keystone's policy defaults, "grant" and "role_assignment".</summary>
internal static class AssignmentPolicies
{
    private const string DomainReader =
        "(role:reader and domain_id:%(target.user.domain_id)s and domain_id:%(target.project.domain_id)s) or "
        + "(role:reader and domain_id:%(target.user.domain_id)s and domain_id:%(target.domain.id)s) or "
        + "(role:reader and domain_id:%(target.group.domain_id)s and domain_id:%(target.project.domain_id)s) or "
        + "(role:reader and domain_id:%(target.group.domain_id)s and domain_id:%(target.domain.id)s)";

    private const string DomainAdmin =
        "(role:admin and domain_id:%(target.user.domain_id)s and domain_id:%(target.project.domain_id)s) or "
        + "(role:admin and domain_id:%(target.user.domain_id)s and domain_id:%(target.domain.id)s) or "
        + "(role:admin and domain_id:%(target.group.domain_id)s and domain_id:%(target.project.domain_id)s) or "
        + "(role:admin and domain_id:%(target.group.domain_id)s and domain_id:%(target.domain.id)s)";

    private const string DomainManager =
        "(role:manager and domain_id:%(target.user.domain_id)s and domain_id:%(target.project.domain_id)s) or "
        + "(role:manager and domain_id:%(target.user.domain_id)s and domain_id:%(target.domain.id)s) or "
        + "(role:manager and domain_id:%(target.group.domain_id)s and domain_id:%(target.project.domain_id)s) or "
        + "(role:manager and domain_id:%(target.group.domain_id)s and domain_id:%(target.domain.id)s)";

    private const string OwnOrGlobalRole = "(domain_id:%(target.role.domain_id)s or None:%(target.role.domain_id)s)";

    private const string Change =
        $"(rule:admin_required) or ({DomainAdmin}) and {OwnOrGlobalRole} or ({DomainManager}) and rule:domain_managed_target_role";

    public static readonly PolicyRule Check = new(
        "identity:check_grant", $"(rule:admin_required) or ((role:reader and system_scope:all) or ({DomainReader}) and {OwnOrGlobalRole})", "Check a role of an actor on a target.",
        PolicyScopes.Any);

    public static readonly PolicyRule List = new(
        "identity:list_grants", $"(rule:admin_required) or ((role:reader and system_scope:all) or {DomainReader})", "List the roles of an actor on a target.", PolicyScopes.Any);

    public static readonly PolicyRule Create = new("identity:create_grant", Change, "Give a role to an actor on a target.", PolicyScopes.Any);
    public static readonly PolicyRule Revoke = new("identity:revoke_grant", Change, "Take a role from an actor on a target.", PolicyScopes.Any);

    public static readonly PolicyRule ListSystemUser = new("identity:list_system_grants_for_user", PolicyBase.AdminOrSystemReader, "List a user's roles on the system.", PolicyScopes.SystemOrProject);
    public static readonly PolicyRule CheckSystemUser = new("identity:check_system_grant_for_user", PolicyBase.AdminOrSystemReader, "Check a user's role on the system.", PolicyScopes.SystemOrProject);
    public static readonly PolicyRule CreateSystemUser = new("identity:create_system_grant_for_user", PolicyBase.Admin, "Give a user a role on the system.", PolicyScopes.SystemOrProject);
    public static readonly PolicyRule RevokeSystemUser = new("identity:revoke_system_grant_for_user", PolicyBase.Admin, "Take a user's role on the system.", PolicyScopes.SystemOrProject);
    public static readonly PolicyRule ListSystemGroup = new("identity:list_system_grants_for_group", PolicyBase.AdminOrSystemReader, "List a group's roles on the system.", PolicyScopes.SystemOrProject);
    public static readonly PolicyRule CheckSystemGroup = new("identity:check_system_grant_for_group", PolicyBase.AdminOrSystemReader, "Check a group's role on the system.", PolicyScopes.SystemOrProject);
    public static readonly PolicyRule CreateSystemGroup = new("identity:create_system_grant_for_group", PolicyBase.Admin, "Give a group a role on the system.", PolicyScopes.SystemOrProject);
    public static readonly PolicyRule RevokeSystemGroup = new("identity:revoke_system_grant_for_group", PolicyBase.Admin, "Take a group's role on the system.", PolicyScopes.SystemOrProject);

    public static readonly PolicyRule ListAssignments = new(
        "identity:list_role_assignments", "(rule:admin_required) or (role:reader and system_scope:all) or (role:reader and domain_id:%(target.domain_id)s)", "List role assignments.",
        PolicyScopes.Any);

    public static readonly PolicyRule ListAssignmentsOfTree = new(
        "identity:list_role_assignments_for_tree",
        "(rule:admin_required) or (role:reader and system_scope:all) or (role:reader and domain_id:%(target.domain_id)s)", "List role assignments on a project and those below it.",
        PolicyScopes.Any);

    public static IReadOnlyList<PolicyRule> All { get; } =
    [
        Check, List, Create, Revoke, ListSystemUser, CheckSystemUser, CreateSystemUser, RevokeSystemUser, ListSystemGroup, CheckSystemGroup, CreateSystemGroup,
        RevokeSystemGroup, ListAssignments, ListAssignmentsOfTree,
    ];
}
