// SPDX-License-Identifier: Apache-2.0
using Meridian.Platform.Policy;

namespace Meridian.Identity.Users;

/// <summary>Source: Keystone's policy defaults, "user".</summary>
internal static class UserPolicies
{
    private const string AdminOrDomainManager = "(rule:admin_required) or (role:manager and token.domain.id:%(target.user.domain_id)s)";

    public static readonly PolicyRule Get = new(
        "identity:get_user",
        "(rule:admin_required) or (role:reader and system_scope:all) or (role:reader and token.domain.id:%(target.user.domain_id)s) or user_id:%(target.user.id)s",
        "Show a user.", PolicyScopes.Any);

    public static readonly PolicyRule List = new(
        "identity:list_users", "(rule:admin_required) or (role:reader and system_scope:all) or (role:reader and domain_id:%(target.domain_id)s)", "List users.",
        PolicyScopes.Any);

    public static readonly PolicyRule Create = new("identity:create_user", AdminOrDomainManager, "Create a user.", PolicyScopes.Any);

    public static readonly PolicyRule Update = new("identity:update_user", AdminOrDomainManager, "Change a user.", PolicyScopes.Any);

    public static readonly PolicyRule Delete = new("identity:delete_user", AdminOrDomainManager, "Delete a user.", PolicyScopes.Any);

    public static readonly PolicyRule ListProjects = new(
        "identity:list_user_projects",
        "(rule:admin_required) or (role:reader and system_scope:all) or (role:reader and domain_id:%(target.user.domain_id)s) or user_id:%(target.user.id)s",
        "List the projects that a user has a role on.", PolicyScopes.Any);

    public static IReadOnlyList<PolicyRule> All { get; } = [Get, List, Create, Update, Delete, ListProjects];

    public static PolicyTarget Target(User? user) =>
        user is null ? PolicyTarget.None : PolicyBase.Target(("target.user.id", user.Id), ("target.user.domain_id", user.DomainId), ("user_id", user.Id));
}
