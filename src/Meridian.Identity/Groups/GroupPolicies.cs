// SPDX-License-Identifier: Apache-2.0
using Meridian.Identity.Users;
using Meridian.Platform.Policy;

namespace Meridian.Identity.Groups;

/// <summary>Source: Keystone's policy defaults, "group".</summary>
internal static class GroupPolicies
{
    private const string Reader = "(rule:admin_required) or (role:reader and system_scope:all) or (role:reader and domain_id:%(target.group.domain_id)s)";
    private const string Manager = "(rule:admin_required) or (role:manager and domain_id:%(target.group.domain_id)s)";
    private const string MemberManager =
        "(rule:admin_required) or (role:manager and domain_id:%(target.group.domain_id)s and domain_id:%(target.user.domain_id)s)";

    public static readonly PolicyRule Get = new("identity:get_group", Reader, "Show a group.", PolicyScopes.Any);
    public static readonly PolicyRule List = new("identity:list_groups", Reader, "List groups.", PolicyScopes.Any);
    public static readonly PolicyRule ListForUser = new(
        "identity:list_groups_for_user",
        "(rule:admin_required) or (role:reader and system_scope:all) or (role:reader and domain_id:%(target.user.domain_id)s) or user_id:%(user_id)s",
        "List a user's groups.", PolicyScopes.Any);

    public static readonly PolicyRule Create = new("identity:create_group", Manager, "Create a group.", PolicyScopes.Any);
    public static readonly PolicyRule Update = new("identity:update_group", Manager, "Change a group.", PolicyScopes.Any);
    public static readonly PolicyRule Delete = new("identity:delete_group", Manager, "Delete a group.", PolicyScopes.Any);
    public static readonly PolicyRule ListUsers = new("identity:list_users_in_group", Reader, "List the users of a group.", PolicyScopes.Any);
    public static readonly PolicyRule CheckUser = new(
        "identity:check_user_in_group",
        "(rule:admin_required) or (role:reader and system_scope:all) or (role:reader and domain_id:%(target.group.domain_id)s and domain_id:%(target.user.domain_id)s)",
        "Tell whether a user is in a group.", PolicyScopes.Any);

    public static readonly PolicyRule AddUser = new("identity:add_user_to_group", MemberManager, "Put a user into a group.", PolicyScopes.Any);
    public static readonly PolicyRule RemoveUser = new("identity:remove_user_from_group", MemberManager, "Take a user out of a group.", PolicyScopes.Any);

    public static IReadOnlyList<PolicyRule> All { get; } = [Get, List, ListForUser, Create, Update, Delete, ListUsers, CheckUser, AddUser, RemoveUser];

    public static PolicyTarget Target(Group? group, User? user = null) => (group, user) switch
    {
        ({ }, { }) => PolicyBase.Target(("target.group.id", group.Id), ("target.group.domain_id", group.DomainId), ("target.user.id", user.Id), ("target.user.domain_id", user.DomainId)),
        ({ }, null) => PolicyBase.Target(("target.group.id", group.Id), ("target.group.domain_id", group.DomainId)),
        _ => PolicyTarget.None,
    };
}
