// SPDX-License-Identifier: Apache-2.0
using Meridian.Platform.Policy;

namespace Meridian.Identity.Roles;

/// <summary>Source: Keystone's policy defaults, "role" and "implied_role".</summary>
internal static class RolePolicies
{
    public static readonly PolicyRule Get = new(
        "identity:get_role", "(rule:admin_required or (role:reader and system_scope:all)) or (role:manager and rule:domain_managed_target_role)", "Show a role.", PolicyScopes.Any);

    public static readonly PolicyRule List = new(
        "identity:list_roles", "(rule:admin_required or (role:reader and system_scope:all)) or (role:manager and not domain_id:None)", "List roles.", PolicyScopes.Any);

    public static readonly PolicyRule Create = new("identity:create_role", PolicyBase.Admin, "Create a role.", PolicyScopes.SystemOrProject);
    public static readonly PolicyRule Update = new("identity:update_role", PolicyBase.Admin, "Change a role.", PolicyScopes.SystemOrProject);
    public static readonly PolicyRule Delete = new("identity:delete_role", PolicyBase.Admin, "Delete a role.", PolicyScopes.SystemOrProject);
    public static readonly PolicyRule GetOfDomain = new("identity:get_domain_role", PolicyBase.AdminOrSystemReader, "Show a domain's role.", PolicyScopes.SystemOrProject);
    public static readonly PolicyRule ListOfDomain = new("identity:list_domain_roles", PolicyBase.AdminOrSystemReader, "List a domain's roles.", PolicyScopes.SystemOrProject);
    public static readonly PolicyRule CreateOfDomain = new("identity:create_domain_role", PolicyBase.Admin, "Create a domain's role.", PolicyScopes.SystemOrProject);
    public static readonly PolicyRule UpdateOfDomain = new("identity:update_domain_role", PolicyBase.Admin, "Change a domain's role.", PolicyScopes.SystemOrProject);
    public static readonly PolicyRule DeleteOfDomain = new("identity:delete_domain_role", PolicyBase.Admin, "Delete a domain's role.", PolicyScopes.SystemOrProject);

    public static readonly PolicyRule GetImplied = new("identity:get_implied_role", PolicyBase.AdminOrSystemReader, "Show an implied role.", PolicyScopes.SystemOrProject);
    public static readonly PolicyRule ListImplied = new("identity:list_implied_roles", PolicyBase.AdminOrSystemReader, "List implied roles.", PolicyScopes.SystemOrProject);
    public static readonly PolicyRule CheckImplied = new("identity:check_implied_role", PolicyBase.AdminOrSystemReader, "Check an implied role.", PolicyScopes.SystemOrProject);
    public static readonly PolicyRule CreateImplied = new("identity:create_implied_role", PolicyBase.Admin, "Let a role imply another.", PolicyScopes.SystemOrProject);
    public static readonly PolicyRule DeleteImplied = new("identity:delete_implied_role", PolicyBase.Admin, "Let a role imply another no longer.", PolicyScopes.SystemOrProject);
    public static readonly PolicyRule ListInferences = new(
        "identity:list_role_inference_rules", PolicyBase.AdminOrSystemReader, "List what all roles imply.", PolicyScopes.SystemOrProject);

    public static IReadOnlyList<PolicyRule> All { get; } =
    [
        Get, List, Create, Update, Delete, GetOfDomain, ListOfDomain, CreateOfDomain, UpdateOfDomain, DeleteOfDomain,
        GetImplied, ListImplied, CheckImplied, CreateImplied, DeleteImplied, ListInferences,
    ];
}
