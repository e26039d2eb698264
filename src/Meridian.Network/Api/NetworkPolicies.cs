// SPDX-License-Identifier: Apache-2.0
using Meridian.Platform.Policy;

namespace Meridian.Network.Api;

/// <summary>
/// The rules of the routes that exist, with today's defaults (neutron/conf/policies). A rule named <c>create_port:binding:host_id</c> guards one attribute:
/// for a create when it differs from its default, for an update whenever it is present (OSSA-2014-031), for a read it decides whether it is shown.
/// </summary>
internal static class NetworkPolicies
{
    private const string Admin = "rule:admin_only";
    private const string Member = "(rule:admin_only) or (role:member and rule:owner)";
    private const string Reader = "(rule:admin_only) or (role:reader and rule:owner)";
    private const string Manager = "(rule:admin_only) or (role:manager and project_id:%(project_id)s)";
    private const string Service = "rule:service_api";
    private const string AdminOrService = "(rule:admin_only) or (rule:service_api)";
    private const string NetworkMember = "(role:member and rule:network_owner)";
    private const string NetworkManager = "(role:manager and rule:network_owner)";
    private const string NetworkReader = "(role:reader and rule:network_owner)";
    private const string Shared = "rule:shared";

    public static IReadOnlyList<PolicyRule> All { get; } =
    [
        Rule("context_is_admin", "role:admin"), Rule("admin_only", "rule:context_is_admin"), Rule("service_api", "role:service"), Rule("owner", "project_id:%(project_id)s"),
        Rule("network_owner", "project_id:%(network:project_id)s"), Rule("sg_owner", "project_id:%(security_group:project_id)s"), Rule("regular_user", ""),
        Rule("shared", "field:networks:shared=True"), Rule("external", "field:networks:router:external=True"), Rule("network_device", "field:port:device_owner=~^network:"),
        Rule("default", "rule:admin_only or rule:owner"),

        Rule("create_network", Member), Rule("create_network:shared", Admin), Rule("create_network:router:external", Admin), Rule("create_network:is_default", Admin),
        Rule("create_network:port_security_enabled", Member), Rule("create_network:provider:network_type", Admin), Rule("create_network:provider:physical_network", Admin),
        Rule("create_network:provider:segmentation_id", Admin), Rule("get_network", $"({Reader}) or {Service} or {Shared} or rule:external"),
        Rule("get_network:provider:network_type", Admin), Rule("get_network:provider:physical_network", Admin), Rule("get_network:provider:segmentation_id", Admin),
        Rule("update_network", Member), Rule("update_network:shared", Admin), Rule("update_network:router:external", Admin), Rule("update_network:is_default", Admin),
        Rule("update_network:port_security_enabled", Member), Rule("update_network:tags", Member), Rule("delete_network:tags", Member), Rule("delete_network", Member),

        Rule("create_subnet", $"({Member}) or {NetworkMember}"), Rule("create_subnet:service_types", Admin), Rule("get_subnet", $"({Reader}) or {NetworkReader} or {Service} or {Shared}"),
        Rule("update_subnet", $"({Member}) or {NetworkMember}"), Rule("update_subnet:service_types", Admin), Rule("update_subnet:tags", $"({Member}) or {NetworkMember}"),
        Rule("delete_subnet:tags", $"({Member}) or {NetworkMember}"), Rule("delete_subnet", $"({Member}) or {NetworkMember}"),

        Rule("create_port", $"{AdminOrService} or {NetworkMember} or (role:member and rule:owner and {Shared})"),
        Rule("create_port:device_owner", $"not rule:network_device or {AdminOrService} or {NetworkMember}"),
        Rule("create_port:mac_address", $"{AdminOrService} or {NetworkMember}"), Rule("create_port:fixed_ips", $"{AdminOrService} or {NetworkMember} or {Shared}"),
        Rule("create_port:fixed_ips:ip_address", $"{AdminOrService} or {NetworkMember}"), Rule("create_port:fixed_ips:subnet_id", $"{AdminOrService} or {NetworkMember} or {Shared}"),
        Rule("create_port:port_security_enabled", $"{AdminOrService} or {NetworkMember}"), Rule("create_port:binding:host_id", AdminOrService), Rule("create_port:binding:profile", $"{AdminOrService}"),
        Rule("create_port:allowed_address_pairs", $"{AdminOrService} or {NetworkMember}"),
        Rule("get_port", $"{AdminOrService} or {NetworkReader} or ({Reader})"), Rule("get_port:binding:vif_type", AdminOrService), Rule("get_port:binding:vif_details", AdminOrService),
        Rule("get_port:binding:host_id", AdminOrService), Rule("get_port:binding:profile", AdminOrService),
        Rule("update_port", $"({Member}) or {Service}"), Rule("update_port:device_owner", $"not rule:network_device or {AdminOrService} or {NetworkMember}"),
        Rule("update_port:mac_address", $"{AdminOrService} or {NetworkManager}"), Rule("update_port:fixed_ips", $"{AdminOrService} or {NetworkMember}"),
        Rule("update_port:fixed_ips:ip_address", $"{AdminOrService} or {NetworkMember}"), Rule("update_port:fixed_ips:subnet_id", $"{AdminOrService} or {NetworkMember} or {Shared}"),
        Rule("update_port:port_security_enabled", $"{AdminOrService} or {NetworkMember}"), Rule("update_port:binding:host_id", AdminOrService), Rule("update_port:binding:profile", AdminOrService),
        Rule("update_port:allowed_address_pairs", $"{AdminOrService} or {NetworkMember}"), Rule("update_port:tags", Member), Rule("delete_port:tags", Member),
        Rule("delete_port", $"{AdminOrService} or {NetworkMember} or ({Member})"),

        Rule("create_router", Member), Rule("create_router:distributed", Admin), Rule("create_router:ha", Admin), Rule("create_router:external_gateway_info", Member),
        Rule("create_router:external_gateway_info:enable_snat", Admin), Rule("create_router:external_gateway_info:external_fixed_ips", Admin),
        Rule("get_router", $"({Reader}) or {Service}"), Rule("get_router:distributed", Admin), Rule("get_router:ha", Admin), Rule("update_router", Member), Rule("update_router:distributed", Admin),
        Rule("update_router:ha", Admin), Rule("update_router:external_gateway_info", Member), Rule("update_router:external_gateway_info:enable_snat", Admin),
        Rule("update_router:external_gateway_info:external_fixed_ips", Admin), Rule("update_router:tags", Member), Rule("delete_router:tags", Member), Rule("delete_router", Member),
        Rule("add_router_interface", Member), Rule("remove_router_interface", Member), Rule("add_extraroutes", Member), Rule("remove_extraroutes", Member),

        Rule("create_floatingip", Member), Rule("create_floatingip:floating_ip_address", Admin), Rule("get_floatingip", $"({Reader}) or {Service}"), Rule("update_floatingip", Member),
        Rule("update_floatingip:tags", Member), Rule("delete_floatingip:tags", Member), Rule("delete_floatingip", Member),

        Rule("create_security_group", Member), Rule("get_security_group", $"({Reader}) or {Service}"), Rule("update_security_group", Member), Rule("update_security_group:tags", Member),
        Rule("delete_security_group:tags", Member), Rule("delete_security_group", Member), Rule("create_security_group_rule", Member),
        Rule("get_security_group_rule", $"({Reader}) or {Service} or (role:reader and rule:sg_owner)"), Rule("delete_security_group_rule", Member),

        Rule("get_quota", Manager), Rule("update_quota", Admin), Rule("delete_quota", Admin), Rule("get_agent", Admin), Rule("update_agent", Admin), Rule("delete_agent", Admin),
        Rule("get_availability_zone", "(rule:admin_only) or role:reader"), Rule("get_network_ip_availability", AdminOrService), Rule("get_service_provider", "(rule:admin_only) or role:reader"),
    ];

    private static readonly Dictionary<string, PolicyRule> ByName = All.ToDictionary(r => r.Name);

    public static PolicyRule Get(string name) => ByName[name];

    public static PolicyRule? Find(string name) => ByName.GetValueOrDefault(name);

    private static PolicyRule Rule(string name, string check) => new(name, check, $"{name.Split(':')[0].Replace('_', ' ')}{(name.Contains(':') ? ", attribute " + name[(name.IndexOf(':') + 1)..] : "")}");
}
