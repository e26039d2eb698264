// SPDX-License-Identifier: Apache-2.0
using Meridian.Platform.Http;
using Meridian.Platform.Policy;

namespace Meridian.Placement;

/// <summary>Rules and today's defaults. Source: placement policy reference.</summary>
internal static class PlacementPolicies
{
    private const string AdminOrService = "rule:admin_or_service_api";

    public static readonly PolicyRule ListProviders = Rule("resource_providers:list", "List resource providers.");
    public static readonly PolicyRule CreateProvider = Rule("resource_providers:create", "Create a resource provider.");
    public static readonly PolicyRule ShowProvider = Rule("resource_providers:show", "Show a resource provider.");
    public static readonly PolicyRule UpdateProvider = Rule("resource_providers:update", "Update a resource provider.");
    public static readonly PolicyRule DeleteProvider = Rule("resource_providers:delete", "Delete a resource provider.");
    public static readonly PolicyRule ListInventories = Rule("resource_providers:inventories:list", "List a provider's inventories.");
    public static readonly PolicyRule CreateInventory = Rule("resource_providers:inventories:create", "Create one inventory.");
    public static readonly PolicyRule ShowInventory = Rule("resource_providers:inventories:show", "Show one inventory.");
    public static readonly PolicyRule UpdateInventory = Rule("resource_providers:inventories:update", "Update inventories.");
    public static readonly PolicyRule DeleteInventory = Rule("resource_providers:inventories:delete", "Delete inventories.");
    public static readonly PolicyRule ListClasses = Rule("resource_classes:list", "List resource classes.");
    public static readonly PolicyRule CreateClass = Rule("resource_classes:create", "Create a resource class.");
    public static readonly PolicyRule ShowClass = Rule("resource_classes:show", "Show a resource class.");
    public static readonly PolicyRule UpdateClass = Rule("resource_classes:update", "Update a resource class.");
    public static readonly PolicyRule DeleteClass = Rule("resource_classes:delete", "Delete a resource class.");
    public static readonly PolicyRule ListTraits = Rule("traits:list", "List traits.");
    public static readonly PolicyRule ShowTrait = Rule("traits:show", "Show a trait.");
    public static readonly PolicyRule UpdateTrait = Rule("traits:update", "Create a trait.");
    public static readonly PolicyRule DeleteTrait = Rule("traits:delete", "Delete a trait.");
    public static readonly PolicyRule ListProviderTraits = Rule("resource_providers:traits:list", "List a provider's traits.");
    public static readonly PolicyRule UpdateProviderTraits = Rule("resource_providers:traits:update", "Set a provider's traits.");
    public static readonly PolicyRule DeleteProviderTraits = Rule("resource_providers:traits:delete", "Remove a provider's traits.");
    public static readonly PolicyRule ListAggregates = Rule("resource_providers:aggregates:list", "List a provider's aggregates.");
    public static readonly PolicyRule UpdateAggregates = Rule("resource_providers:aggregates:update", "Set a provider's aggregates.");
    public static readonly PolicyRule ListProviderAllocations = Rule("resource_providers:allocations:list", "List a provider's allocations.");
    public static readonly PolicyRule ProviderUsages = Rule("resource_providers:usages", "Show a provider's usages.");
    public static readonly PolicyRule ManageAllocations = Rule("allocations:manage", "Set allocations of several consumers.");
    public static readonly PolicyRule ListAllocations = Rule("allocations:list", "List a consumer's allocations.");
    public static readonly PolicyRule UpdateAllocations = Rule("allocations:update", "Set a consumer's allocations.");
    public static readonly PolicyRule DeleteAllocations = Rule("allocations:delete", "Delete a consumer's allocations.");
    public static readonly PolicyRule ListCandidates = Rule("allocation_candidates:list", "List allocation candidates.");
    public static readonly PolicyRule TotalUsages = Rule("usages", "Show a project's usages.", "rule:admin_or_project_reader_or_service_api");
    public static readonly PolicyRule Reshape = Rule("reshaper:reshape", "Move inventories and allocations at once.", "rule:service_api");

    public static IReadOnlyList<PolicyRule> All { get; } =
    [
        new("admin_api", "role:admin", "Default rule for most placement APIs.", ["project"]),
        new("service_api", "role:service", "Default rule for service-to-service placement APIs.", ["project"]),
        new("admin_or_service_api", "role:admin or role:service", "Default rule for most placement APIs.", ["project"]),
        new("project_reader_api", "role:reader and project_id:%(project_id)s", "Default rule for project level reader APIs."),
        new("admin_or_project_reader_or_service_api", "role:admin or rule:project_reader_api or role:service", "Default rule for project level reader APIs.", ["project"]),
        ListProviders, CreateProvider, ShowProvider, UpdateProvider, DeleteProvider,
        ListInventories, CreateInventory, ShowInventory, UpdateInventory, DeleteInventory,
        ListClasses, CreateClass, ShowClass, UpdateClass, DeleteClass, ListTraits, ShowTrait, UpdateTrait, DeleteTrait,
        ListProviderTraits, UpdateProviderTraits, DeleteProviderTraits, ListAggregates, UpdateAggregates, ListProviderAllocations, ProviderUsages,
        ManageAllocations, ListAllocations, UpdateAllocations, DeleteAllocations, ListCandidates, TotalUsages, Reshape,
    ];

    /// <summary>403 in placement's words.</summary>
    public static ApiException Denied(PolicyRule rule) => new(403, $"Policy does not allow {rule.Name} to be performed.");

    private static PolicyRule Rule(string name, string description, string check = AdminOrService) => new("placement:" + name, check, description, ["project"]);
}
