// SPDX-License-Identifier: Apache-2.0

using System.Security.Cryptography;
using System.Text;

namespace Meridian.Network.Drivers.Ovn;

/// <summary>The names and external ids that neutron's OVN driver gives its northbound rows: tools and a real neutron find ours by them.</summary>
internal static class OvnNames
{
    public const string DropGroup = "neutron_pg_drop";
    public const string Prefix = "neutron-";
    public const string GroupPrefix = "pg_";
    public const string RouterPortPrefix = "lrp-";
    public const string Revision = "neutron:revision_number";
    public const string ProjectId = "neutron:project_id";
    public const string DeviceId = "neutron:device_id";
    public const string DeviceOwner = "neutron:device_owner";
    public const string HostId = "neutron:host_id";
    public const string MetadataAgentId = "neutron:ovn-metadata-id";
    public const string MetadataAgentAnswer = "neutron:ovn-metadata-sb-cfg";
    public const string NetworkName = "neutron:network_name";
    public const string SubnetId = "subnet_id";
    public const string NetworkId = "neutron:network_id";
    public const string DhcpEnabled = "neutron:dhcp_enabled";
    public const string FloatingIpId = "neutron:fip_id";
    public const string RuleId = "neutron:security_group_rule_id";
    public const string GroupId = "neutron:security_group_id";
    public const string IsGateway = "neutron:is_ext_gw";

    /// <summary>Of a logical switch or router.</summary>
    public static string Of(string id) => Prefix + id;

    public static string LocalnetPort(string networkId) => $"provnet-{networkId}";

    public static string RouterPort(string portId) => RouterPortPrefix + portId;

    /// <summary>Names of port groups are identifiers: no dashes.</summary>
    public static string PortGroup(string securityGroupId) => GroupPrefix + securityGroupId.Replace('-', '_');

    /// <summary>A locally administered-looking MAC in neutron's range, the same each time for the same id.</summary>
    public static string MacFor(string id)
    {
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes(id));
        return $"fa:16:3e:{hash[0]:x2}:{hash[1]:x2}:{hash[2]:x2}";
    }
}
