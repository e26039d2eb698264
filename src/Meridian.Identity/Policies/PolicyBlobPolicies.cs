// SPDX-License-Identifier: Apache-2.0
using Meridian.Platform.Policy;

namespace Meridian.Identity.Policies;

/// <summary>Source: Keystone's policy defaults, "policy" and "policy_association".</summary>
internal static class PolicyBlobPolicies
{
    public static readonly PolicyRule Get = Read("get_policy", "Show a policy.");
    public static readonly PolicyRule List = Read("list_policies", "List policies.");
    public static readonly PolicyRule Create = Write("create_policy", "Create a policy.");
    public static readonly PolicyRule Update = Write("update_policy", "Change a policy.");
    public static readonly PolicyRule Delete = Write("delete_policy", "Delete a policy.");

    public static readonly PolicyRule GetForEndpoint = Read("get_policy_for_endpoint", "Show the policy of an endpoint.");
    public static readonly PolicyRule ListEndpoints = Read("list_endpoints_for_policy", "List the endpoints of a policy.");

    public static readonly PolicyRule CreateForEndpoint = Write("create_policy_association_for_endpoint", "Give a policy to an endpoint.");
    public static readonly PolicyRule CheckForEndpoint = Read("check_policy_association_for_endpoint", "Tell whether an endpoint has a policy.");
    public static readonly PolicyRule DeleteForEndpoint = Write("delete_policy_association_for_endpoint", "Take a policy from an endpoint.");
    public static readonly PolicyRule CreateForService = Write("create_policy_association_for_service", "Give a policy to a service.");
    public static readonly PolicyRule CheckForService = Read("check_policy_association_for_service", "Tell whether a service has a policy.");
    public static readonly PolicyRule DeleteForService = Write("delete_policy_association_for_service", "Take a policy from a service.");
    public static readonly PolicyRule CreateForRegion = Write("create_policy_association_for_region_and_service", "Give a policy to a service in a region.");
    public static readonly PolicyRule CheckForRegion = Read("check_policy_association_for_region_and_service", "Tell whether a service in a region has a policy.");
    public static readonly PolicyRule DeleteForRegion = Write("delete_policy_association_for_region_and_service", "Take a policy from a service in a region.");

    public static IReadOnlyList<PolicyRule> All { get; } =
    [
        Get, List, Create, Update, Delete, GetForEndpoint, ListEndpoints, CreateForEndpoint, CheckForEndpoint, DeleteForEndpoint, CreateForService, CheckForService,
        DeleteForService, CreateForRegion, CheckForRegion, DeleteForRegion,
    ];

    private static PolicyRule Read(string name, string description) => new("identity:" + name, PolicyBase.AdminOrSystemReader, description, PolicyScopes.SystemOrProject);

    private static PolicyRule Write(string name, string description) => new("identity:" + name, PolicyBase.Admin, description, PolicyScopes.SystemOrProject);
}
