// SPDX-License-Identifier: Apache-2.0
using Meridian.Platform.Policy;

namespace Meridian.Compute.Flavors;

internal static class FlavorPolicies
{
    public static readonly PolicyRule Create = new("os_compute_api:os-flavor-manage:create", ComputePolicies.Admin, "Create a flavor", ComputePolicies.Project);
    public static readonly PolicyRule Update = new("os_compute_api:os-flavor-manage:update", ComputePolicies.Admin, "Update a flavor", ComputePolicies.Project);
    public static readonly PolicyRule Delete = new("os_compute_api:os-flavor-manage:delete", ComputePolicies.Admin, "Delete a flavor", ComputePolicies.Project);
    public static readonly PolicyRule Access = new("os_compute_api:os-flavor-access", ComputePolicies.Admin, "List who may use a private flavor", ComputePolicies.Project);
    public static readonly PolicyRule AddAccess = new("os_compute_api:os-flavor-access:add_tenant_access", ComputePolicies.Admin, "Let a project use a private flavor", ComputePolicies.Project);
    public static readonly PolicyRule RemoveAccess = new("os_compute_api:os-flavor-access:remove_tenant_access", ComputePolicies.Admin, "Take a private flavor from a project", ComputePolicies.Project);
    public static readonly PolicyRule IndexSpecs = new("os_compute_api:os-flavor-extra-specs:index", ComputePolicies.Reader, "List extra specs", ComputePolicies.Project);
    public static readonly PolicyRule ShowSpec = new("os_compute_api:os-flavor-extra-specs:show", ComputePolicies.Reader, "Show an extra spec", ComputePolicies.Project);
    public static readonly PolicyRule CreateSpecs = new("os_compute_api:os-flavor-extra-specs:create", ComputePolicies.Admin, "Create extra specs", ComputePolicies.Project);
    public static readonly PolicyRule UpdateSpec = new("os_compute_api:os-flavor-extra-specs:update", ComputePolicies.Admin, "Update an extra spec", ComputePolicies.Project);
    public static readonly PolicyRule DeleteSpec = new("os_compute_api:os-flavor-extra-specs:delete", ComputePolicies.Admin, "Delete an extra spec", ComputePolicies.Project);

    public static IReadOnlyList<PolicyRule> All { get; } =
        [Create, Update, Delete, Access, AddAccess, RemoveAccess, IndexSpecs, ShowSpec, CreateSpecs, UpdateSpec, DeleteSpec];
}
