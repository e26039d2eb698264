// SPDX-License-Identifier: Apache-2.0
using Meridian.Platform.Policy;

namespace Meridian.Compute.Keypairs;

internal static class KeypairPolicies
{
    private const string Owner = "(rule:context_is_admin) or user_id:%(user_id)s";

    public static readonly PolicyRule Index = new("os_compute_api:os-keypairs:index", Owner, "List a user's key pairs", ComputePolicies.Project);
    public static readonly PolicyRule Create = new("os_compute_api:os-keypairs:create", Owner, "Create or import a key pair", ComputePolicies.Project);
    public static readonly PolicyRule Show = new("os_compute_api:os-keypairs:show", Owner, "Show a key pair", ComputePolicies.Project);
    public static readonly PolicyRule Delete = new("os_compute_api:os-keypairs:delete", Owner, "Delete a key pair", ComputePolicies.Project);

    public static IReadOnlyList<PolicyRule> All { get; } = [Index, Create, Show, Delete];
}
