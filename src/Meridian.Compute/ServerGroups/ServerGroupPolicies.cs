// SPDX-License-Identifier: Apache-2.0
using Meridian.Platform.Policy;

namespace Meridian.Compute.ServerGroups;

/// <summary>Rules about server groups. Source: nova/policies/server_groups.py.</summary>
internal static class ServerGroupPolicies
{
    public static readonly PolicyRule Index = new("os_compute_api:os-server-groups:index", ComputePolicies.Reader, "List server groups", ComputePolicies.Project);
    public static readonly PolicyRule IndexAllProjects = new("os_compute_api:os-server-groups:index:all_projects", ComputePolicies.Admin, "List server groups of all projects", ComputePolicies.Project);
    public static readonly PolicyRule Show = new("os_compute_api:os-server-groups:show", ComputePolicies.Reader, "Show a server group", ComputePolicies.Project);
    public static readonly PolicyRule Create = new("os_compute_api:os-server-groups:create", ComputePolicies.Member, "Create a server group", ComputePolicies.Project);
    public static readonly PolicyRule Delete = new("os_compute_api:os-server-groups:delete", ComputePolicies.Member, "Delete a server group", ComputePolicies.Project);

    public static IReadOnlyList<PolicyRule> All { get; } = [Index, IndexAllProjects, Show, Create, Delete];
}
