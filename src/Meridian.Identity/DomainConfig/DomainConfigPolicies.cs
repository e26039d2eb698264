// SPDX-License-Identifier: Apache-2.0
using Meridian.Platform.Policy;

namespace Meridian.Identity.DomainConfig;

/// <summary>Source: Keystone's policy defaults, "domain_config".</summary>
internal static class DomainConfigPolicies
{
    public static readonly PolicyRule Create = new("identity:create_domain_config", PolicyBase.Admin, "Set a domain's configuration.", PolicyScopes.SystemOrProject);
    public static readonly PolicyRule Get = new("identity:get_domain_config", PolicyBase.AdminOrSystemReader, "Show a domain's configuration.", PolicyScopes.SystemOrProject);
    public static readonly PolicyRule GetSecurityCompliance = new(
        "identity:get_security_compliance_domain_config", "", "Show what passwords must be like.", PolicyScopes.Any);

    public static readonly PolicyRule Update = new("identity:update_domain_config", PolicyBase.Admin, "Change a domain's configuration.", PolicyScopes.SystemOrProject);
    public static readonly PolicyRule Delete = new("identity:delete_domain_config", PolicyBase.Admin, "Delete a domain's configuration.", PolicyScopes.SystemOrProject);
    public static readonly PolicyRule GetDefault = new(
        "identity:get_domain_config_default", PolicyBase.AdminOrSystemReader, "Show what domains have unless they say otherwise.", PolicyScopes.SystemOrProject);

    public static IReadOnlyList<PolicyRule> All { get; } = [Create, Get, GetSecurityCompliance, Update, Delete, GetDefault];
}
