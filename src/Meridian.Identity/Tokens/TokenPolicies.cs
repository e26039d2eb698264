// SPDX-License-Identifier: Apache-2.0
using Meridian.Platform.Policy;

namespace Meridian.Identity.Tokens;

/// <summary>Source: Keystone's policy defaults, "token" and "auth".</summary>
internal static class TokenPolicies
{
    public static readonly PolicyRule Check = new(
        "identity:check_token", "rule:admin_required or (role:reader and system_scope:all) or rule:token_subject", "Check a token.", PolicyScopes.Any);

    public static readonly PolicyRule Validate = new(
        "identity:validate_token", "rule:admin_required or (role:reader and system_scope:all) or rule:service_role or rule:token_subject", "Validate a token.",
        PolicyScopes.Any);

    public static readonly PolicyRule Revoke = new("identity:revoke_token", "rule:admin_required or rule:token_subject", "Revoke a token.", PolicyScopes.Any);

    public static readonly PolicyRule Catalog = new("identity:get_auth_catalog", "", "Show the catalog of the token's scope.");

    public static readonly PolicyRule Projects = new("identity:get_auth_projects", "", "List the projects that the user can scope to.");

    public static readonly PolicyRule Domains = new("identity:get_auth_domains", "", "List the domains that the user can scope to.");

    public static readonly PolicyRule System = new("identity:get_auth_system", "", "Tell whether the user can scope to the system.");

    public static IReadOnlyList<PolicyRule> All { get; } = [Check, Validate, Revoke, Catalog, Projects, Domains, System, RevocationEndpoints.List];
}
