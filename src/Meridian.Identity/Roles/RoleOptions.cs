// SPDX-License-Identifier: Apache-2.0
using Meridian.Platform.Config;

namespace Meridian.Identity.Roles;

/// <summary>Source: Keystone's configuration reference, [role] and [assignment].</summary>
internal static class RoleOptions
{
    public static readonly Option<int> ListLimit = Opt.Integer("role", "list_limit", 0, "Most entries of a list of roles; 0 leaves it to [DEFAULT] list_limit.", 0);
    public static readonly Option<string[]> ProhibitedImpliedRoles = Opt.List("assignment", "prohibited_implied_role", ["admin"], "Names of roles that no other may imply.");

    public static IReadOnlyList<Option> All { get; } = [ListLimit, ProhibitedImpliedRoles];
}
