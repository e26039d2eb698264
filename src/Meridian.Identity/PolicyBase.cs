// SPDX-License-Identifier: Apache-2.0
using Meridian.Platform.Policy;

namespace Meridian.Identity;

/// <summary>Token scopes that rules take.</summary>
internal static class PolicyScopes
{
    public static readonly string[] Any = ["system", "domain", "project"];
    public static readonly string[] SystemOrProject = ["system", "project"];
}

/// <summary>
/// Rules that others refer to. Source: Keystone's policy defaults, "base". Of the defaults before these (Keystone's deprecated rules) only those are kept that allow what
/// today's do not: all others ask for the administrator, or for an owner whom today's rule lets pass as well.
/// </summary>
internal static class PolicyBase
{
    public const string Admin = "rule:admin_required";
    public const string AdminOrSystemReader = "rule:admin_required or (role:reader and system_scope:all)";
    public const string AdminOrOwner = "rule:admin_or_owner";

    public static IReadOnlyList<PolicyRule> All { get; } =
    [
        new("admin_required", "role:admin or is_admin:1", "The admin role."),
        new("service_role", "role:service", "The service role."),
        new("service_or_admin", "rule:admin_required or rule:service_role", "A service or an administrator."),
        new("owner", "user_id:%(user_id)s", "The user concerned."),
        new("admin_or_owner", "rule:admin_required or rule:owner", "An administrator or the user concerned."),
        new("token_subject", "user_id:%(target.token.user_id)s", "The user of the token."),
        new("admin_or_token_subject", "rule:admin_required or rule:token_subject", "An administrator or the user of the token."),
        new("service_admin_or_token_subject", "rule:service_or_admin or rule:token_subject", "A service, an administrator or the user of the token."),
        new("domain_managed_target_role", "'manager':%(target.role.name)s or 'member':%(target.role.name)s or 'reader':%(target.role.name)s", "Roles that a domain manager may give."),
    ];

    /// <summary>A target of dotted attributes; those whose value is absent are left out by passing no pair.</summary>
    public static PolicyTarget Target(params (string Name, object? Value)[] attributes) =>
        new(attributes: attributes.ToDictionary(a => a.Name, a => a.Value));
}
