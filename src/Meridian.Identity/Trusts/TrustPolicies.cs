// SPDX-License-Identifier: Apache-2.0
using Meridian.Platform.Policy;

namespace Meridian.Identity.Trusts;

/// <summary>Source: Keystone's policy defaults, "trust".</summary>
internal static class TrustPolicies
{
    private const string Trustor = "user_id:%(target.trust.trustor_user_id)s";
    private const string Trustee = "user_id:%(target.trust.trustee_user_id)s";
    private const string Reader = "(rule:admin_required) or (role:reader and system_scope:all)";
    private const string ReaderOrParty = $"{Reader} or {Trustor} or {Trustee}";

    private static readonly string[] Project = ["project"];

    public static readonly PolicyRule Create = new("identity:create_trust", Trustor, "Make a trust.", Project);
    public static readonly PolicyRule List = new("identity:list_trusts", PolicyBase.AdminOrSystemReader, "List all trusts.", PolicyScopes.SystemOrProject);
    public static readonly PolicyRule ListForTrustor = new("identity:list_trusts_for_trustor", $"{Reader} or {Trustor}", "List a trustor's trusts.", PolicyScopes.SystemOrProject);
    public static readonly PolicyRule ListForTrustee = new("identity:list_trusts_for_trustee", $"{Reader} or {Trustee}", "List a trustee's trusts.", PolicyScopes.SystemOrProject);
    public static readonly PolicyRule ListRoles = new("identity:list_roles_for_trust", ReaderOrParty, "List the roles that a trust gives.", PolicyScopes.SystemOrProject);
    public static readonly PolicyRule GetRole = new("identity:get_role_for_trust", ReaderOrParty, "Tell whether a trust gives a role.", PolicyScopes.SystemOrProject);
    public static readonly PolicyRule Delete = new("identity:delete_trust", $"{PolicyBase.Admin} or {Trustor}", "Delete a trust.", PolicyScopes.SystemOrProject);
    public static readonly PolicyRule Get = new("identity:get_trust", ReaderOrParty, "Show a trust.", PolicyScopes.SystemOrProject);

    public static IReadOnlyList<PolicyRule> All { get; } = [Create, List, ListForTrustor, ListForTrustee, ListRoles, GetRole, Delete, Get];

    public static PolicyTarget Target(Trust trust) =>
        PolicyBase.Target(("target.trust.trustor_user_id", trust.TrustorUserId), ("target.trust.trustee_user_id", trust.TrusteeUserId));
}
