// SPDX-License-Identifier: Apache-2.0
using Meridian.Platform.Policy;

namespace Meridian.Compute;

/// <summary>Rules about hosts, zones, quotas and what else is not a server's.</summary>
internal static class AdminPolicies
{
    public static readonly PolicyRule ListHypervisors = Admin("os_compute_api:os-hypervisors:list", "List hypervisors");
    public static readonly PolicyRule ListHypervisorsDetail = Admin("os_compute_api:os-hypervisors:list-detail", "List hypervisors with details");
    public static readonly PolicyRule HypervisorStatistics = Admin("os_compute_api:os-hypervisors:statistics", "Sum up hypervisors");
    public static readonly PolicyRule ShowHypervisor = Admin("os_compute_api:os-hypervisors:show", "Show a hypervisor");
    public static readonly PolicyRule HypervisorUptime = Admin("os_compute_api:os-hypervisors:uptime", "Show a hypervisor's uptime");
    public static readonly PolicyRule SearchHypervisors = Admin("os_compute_api:os-hypervisors:search", "Search hypervisors");
    public static readonly PolicyRule HypervisorServers = Admin("os_compute_api:os-hypervisors:servers", "List servers of hypervisors");
    public static readonly PolicyRule ListServices = Admin("os_compute_api:os-services:list", "List compute services");
    public static readonly PolicyRule UpdateService = Admin("os_compute_api:os-services:update", "Change a compute service");
    public static readonly PolicyRule DeleteService = Admin("os_compute_api:os-services:delete", "Delete a compute service");
    public static readonly PolicyRule ListZones = new("os_compute_api:os-availability-zone:list", ComputePolicies.Any, "List availability zones", ComputePolicies.Project);
    public static readonly PolicyRule ListZonesDetail = Admin("os_compute_api:os-availability-zone:detail", "List availability zones with hosts");
    public static readonly PolicyRule ListAggregates = Admin("os_compute_api:os-aggregates:index", "List aggregates");
    public static readonly PolicyRule CreateAggregate = Admin("os_compute_api:os-aggregates:create", "Create an aggregate");
    public static readonly PolicyRule ShowAggregate = Admin("os_compute_api:os-aggregates:show", "Show an aggregate");
    public static readonly PolicyRule UpdateAggregate = Admin("os_compute_api:os-aggregates:update", "Change an aggregate");
    public static readonly PolicyRule DeleteAggregate = Admin("os_compute_api:os-aggregates:delete", "Delete an aggregate");
    public static readonly PolicyRule AddAggregateHost = Admin("os_compute_api:os-aggregates:add_host", "Add a host to an aggregate");
    public static readonly PolicyRule RemoveAggregateHost = Admin("os_compute_api:os-aggregates:remove_host", "Remove a host from an aggregate");
    public static readonly PolicyRule SetAggregateMetadata = Admin("os_compute_api:os-aggregates:set_metadata", "Set an aggregate's metadata");
    public static readonly PolicyRule Limits = new("os_compute_api:limits", ComputePolicies.Any, "Show limits", ComputePolicies.Project);
    public static readonly PolicyRule LimitsOfOthers = Admin("os_compute_api:limits:other_project", "Show limits of another project");
    public static readonly PolicyRule ShowQuota = new("os_compute_api:os-quota-sets:show", ComputePolicies.Reader, "Show a quota", ComputePolicies.Project);
    public static readonly PolicyRule QuotaDetail = new("os_compute_api:os-quota-sets:detail", ComputePolicies.Reader, "Show a quota with its use", ComputePolicies.Project);
    public static readonly PolicyRule QuotaDefaults = new("os_compute_api:os-quota-sets:defaults", ComputePolicies.Any, "Show default quotas", ComputePolicies.Project);
    public static readonly PolicyRule UpdateQuota = Admin("os_compute_api:os-quota-sets:update", "Change a quota");
    public static readonly PolicyRule DeleteQuota = Admin("os_compute_api:os-quota-sets:delete", "Reset a quota");
    public static readonly PolicyRule ShowQuotaClass = Admin("os_compute_api:os-quota-class-sets:show", "Show a quota class");
    public static readonly PolicyRule UpdateQuotaClass = Admin("os_compute_api:os-quota-class-sets:update", "Change a quota class");
    public static readonly PolicyRule ExternalEvents = new("os_compute_api:os-server-external-events:create", ComputePolicies.ServiceOrAdmin, "Tell of events at other services", ComputePolicies.Project);
    public static readonly PolicyRule Extensions = new("os_compute_api:extensions", ComputePolicies.Any, "List extensions", ComputePolicies.Project);

    public static IReadOnlyList<PolicyRule> All { get; } =
    [
        ListHypervisors, ListHypervisorsDetail, HypervisorStatistics, ShowHypervisor, HypervisorUptime, SearchHypervisors, HypervisorServers, ListServices,
        UpdateService, DeleteService, ListZones, ListZonesDetail, ListAggregates, CreateAggregate, ShowAggregate, UpdateAggregate, DeleteAggregate,
        AddAggregateHost, RemoveAggregateHost, SetAggregateMetadata, Limits, LimitsOfOthers, ShowQuota, QuotaDetail, QuotaDefaults, UpdateQuota, DeleteQuota,
        ShowQuotaClass, UpdateQuotaClass, ExternalEvents, Extensions,
    ];

    private static PolicyRule Admin(string name, string description) => new(name, ComputePolicies.Admin, description, ComputePolicies.Project);
}
