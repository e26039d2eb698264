// SPDX-License-Identifier: Apache-2.0
using Meridian.Platform.Policy;

namespace Meridian.Compute;

/// <summary>The checks that compute's rules are made of, and all of its rules. Source: nova/policies/base.py.</summary>
internal static class ComputePolicies
{
    public const string Any = "@";
    public const string Admin = "rule:context_is_admin";
    public const string Reader = "rule:project_reader_or_admin";
    public const string Member = "rule:project_member_or_admin";
    public const string ServiceOrAdmin = "rule:service_or_admin";

    public static readonly string[] Project = ["project"];

    public static IReadOnlyList<PolicyRule> All { get; } =
    [
        new("context_is_admin", "role:admin", "Who is admin"),
        new("project_member_api", "role:member and project_id:%(project_id)s", "Members of the resource's project"),
        new("project_reader_api", "role:reader and project_id:%(project_id)s", "Readers of the resource's project"),
        new("project_member_or_admin", "rule:project_member_api or rule:context_is_admin", "Members of the resource's project, or admins"),
        new("project_reader_or_admin", "rule:project_reader_api or rule:context_is_admin", "Readers of the resource's project, or admins"),
        new("service_or_admin", "role:service or rule:context_is_admin", "Other services, or admins"),
        .. Flavors.FlavorPolicies.All, .. Keypairs.KeypairPolicies.All, .. Servers.ServerPolicies.All, .. SecurityGroups.SecurityGroupPolicies.All, .. ServerGroups.ServerGroupPolicies.All, .. AdminPolicies.All,
    ];
}
