// SPDX-License-Identifier: Apache-2.0
using Meridian.Platform.Policy;

namespace Meridian.Compute.SecurityGroups;

/// <summary>Rules about /os-security-groups. Source: nova/policies/security_groups.py.</summary>
internal static class SecurityGroupPolicies
{
    public static readonly PolicyRule Index = Reader("os_compute_api:os-security-groups:get", "List security groups");
    public static readonly PolicyRule Show = Reader("os_compute_api:os-security-groups:show", "Show a security group");

    public static IReadOnlyList<PolicyRule> All { get; } = [Index, Show];

    private static PolicyRule Reader(string name, string description) => new(name, ComputePolicies.Reader, description, ComputePolicies.Project);
}
