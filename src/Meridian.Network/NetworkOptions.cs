// SPDX-License-Identifier: Apache-2.0
using Meridian.Platform.Config;

namespace Meridian.Network;

/// <summary>Options of neutron.conf. Source: neutron's configuration reference.</summary>
internal static class NetworkOptions
{
    public static readonly Option<string?> BindHost = Opt.Text("DEFAULT", "bind_host", "0.0.0.0", "Address of the API listener; honoured though neutron dropped it in 2026.2.");
    public static readonly Option<int> BindPort = Opt.Port("DEFAULT", "bind_port", 9696, "Port of the API listener.");
    public static readonly Option<string?> CorePlugin = Opt.Text("DEFAULT", "core_plugin", "ml2", "Only ml2 is known.");
    public static readonly Option<string[]> ServicePlugins = Opt.List("DEFAULT", "service_plugins", ["router"], "router (or ovn-router): always served.");
    public static readonly Option<string> AuthStrategy = Opt.Choice("DEFAULT", "auth_strategy", "keystone", "Only keystone is served.", ["keystone"]);
    public static readonly Option<bool> NotifyStatus = Opt.Boolean("DEFAULT", "notify_nova_on_port_status_changes", true, "Tell compute when a port is wired or unwired.");
    public static readonly Option<bool> NotifyData = Opt.Boolean("DEFAULT", "notify_nova_on_port_data_changes", true, "Tell compute when a port's addresses change.");
    public static readonly Option<string?> BaseMac = Opt.Text("DEFAULT", "base_mac", "fa:16:3e:00:00:00", "Prefix of generated MAC addresses: three octets, four where the fourth is not 00.");
    public static readonly Option<int> PhysnetMtu = Opt.Integer("DEFAULT", "global_physnet_mtu", 1500, "MTU of the underlying network, in bytes.", 68, deprecated: ["ml2.segment_mtu"]);
    public static readonly Option<string?> DnsDomain = Opt.Text("DEFAULT", "dns_domain", "openstacklocal", "Domain that DHCP gives guests.");
    public static readonly Option<int> MaxDnsNameservers = Opt.Integer("DEFAULT", "max_dns_nameservers", 5, "Name servers a subnet.");
    public static readonly Option<int> MaxHostRoutes = Opt.Integer("DEFAULT", "max_subnet_host_routes", 20, "Host routes a subnet.");
    public static readonly Option<int> MaxRoutes = Opt.Integer("DEFAULT", "max_routes", 30, "Extra routes a router.");
    public static readonly Option<int> MaxAddressPairs = Opt.Integer("DEFAULT", "max_allowed_address_pair", 10, "Allowed address pairs a port.");
    public static readonly Option<int> PageMaximum = Opt.Integer("DEFAULT", "pagination_max_limit", -1, "Most items of a list; -1 is no bound.", -1);
    public static readonly Option<TimeSpan> AgentDownTime = Opt.Seconds("DEFAULT", "agent_down_time", 75, "Silence after which an agent counts as down.");

    public static IReadOnlyList<Option> All { get; } =
    [
        BindHost, BindPort, CorePlugin, ServicePlugins, AuthStrategy, NotifyStatus, NotifyData, BaseMac, PhysnetMtu, DnsDomain, MaxDnsNameservers, MaxHostRoutes, MaxRoutes,
        MaxAddressPairs, PageMaximum, AgentDownTime,
    ];
}

/// <summary>[ml2] and its type sections, of neutron.conf or ml2_conf.ini.</summary>
internal static class Ml2Options
{
    public static readonly Option<string[]> MechanismDrivers = Opt.List("ml2", "mechanism_drivers", ["ovn"], "ovn, or simulated (switches no packet; for tests and scale runs).");
    public static readonly Option<string[]> TypeDrivers = Opt.List("ml2", "type_drivers", ["flat", "vlan", "geneve", "vxlan"], "Network types that an admin may name.");
    public static readonly Option<string[]> ProjectNetworkTypes = Opt.List("ml2", "project_network_types", ["geneve"], "Types of networks that projects make, the first with a free segment.", ["tenant_network_types"]);
    public static readonly Option<string[]> ExtensionDrivers = Opt.List("ml2", "extension_drivers", ["port_security"], "port_security is always served.");
    public static readonly Option<int> PathMtu = Opt.Integer("ml2", "path_mtu", 0, "Largest packet between hosts, in bytes; 0 takes global_physnet_mtu.", 0);
    public static readonly Option<string[]> FlatNetworks = Opt.List("ml2_type_flat", "flat_networks", ["*"], "Physical networks that may be flat; * is any.");
    public static readonly Option<string[]> VlanRanges = Opt.List("ml2_type_vlan", "network_vlan_ranges", [], "physical_network[:first:last], each.");
    public static readonly Option<string[]> GeneveRanges = Opt.List("ml2_type_geneve", "vni_ranges", ["1:65536"], "first:last, each.");
    public static readonly Option<int> GeneveHeader = Opt.Integer("ml2_type_geneve", "max_header_size", 38, "Geneve header in bytes; 38 for OVN.", 30);
    public static readonly Option<string[]> VxlanRanges = Opt.List("ml2_type_vxlan", "vni_ranges", ["1:65536"], "first:last, each.");
    public static readonly Option<bool> EnableSecurityGroup = Opt.Boolean("securitygroup", "enable_security_group", true, "Always on.");

    public static IReadOnlyList<Option> All { get; } =
        [MechanismDrivers, TypeDrivers, ProjectNetworkTypes, ExtensionDrivers, PathMtu, FlatNetworks, VlanRanges, GeneveRanges, GeneveHeader, VxlanRanges, EnableSecurityGroup];
}

/// <summary>[quotas]. -1 is no limit.</summary>
internal static class QuotaOptions
{
    public static readonly Option<int> Network = Limit("network", 100);
    public static readonly Option<int> Subnet = Limit("subnet", 100);
    public static readonly Option<int> Port = Limit("port", 500);
    public static readonly Option<int> Router = Limit("router", 10);
    public static readonly Option<int> FloatingIp = Limit("floatingip", 50);
    public static readonly Option<int> SecurityGroup = Limit("security_group", 10);
    public static readonly Option<int> SecurityGroupRule = Limit("security_group_rule", 100);

    public static IReadOnlyList<Option<int>> ByResource { get; } = [Network, Subnet, Port, Router, FloatingIp, SecurityGroup, SecurityGroupRule];

    public static IReadOnlyList<Option> All { get; } = [.. ByResource];

    private static Option<int> Limit(string resource, int limit) => Opt.Integer("quotas", "quota_" + resource, limit, $"{resource.Replace('_', ' ')}s a project.", -1);
}

/// <summary>[nova]: whom to tell about ports.</summary>
internal static class NovaOptions
{
    public static readonly AuthSection Auth = AuthSection.Declare("nova", "compute");
}
