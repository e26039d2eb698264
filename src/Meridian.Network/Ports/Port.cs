// SPDX-License-Identifier: Apache-2.0
using System.Text.Json;
using System.Text.Json.Serialization;

using LinqToDB.Mapping;

using Meridian.Network.Api;

namespace Meridian.Network.Ports;

[Table("ports")]
internal sealed class PortRow : StandardRow
{
    [Column("network_id")]
    public string NetworkId { get; init; } = "";

    [Column("mac_address")]
    public string MacAddress { get; set; } = "";

    [Column("admin_state_up")]
    public bool AdminStateUp { get; set; } = true;

    /// <summary>ACTIVE when the backend says that it is wired, else DOWN.</summary>
    [Column("status")]
    public string Status { get; set; } = "DOWN";

    [Column("device_id")]
    public string DeviceId { get; set; } = "";

    [Column("device_owner")]
    public string DeviceOwner { get; set; } = "";

    [Column("port_security_enabled")]
    public bool PortSecurityEnabled { get; set; } = true;

    [Column("binding_host")]
    public string BindingHost { get; set; } = "";

    [Column("binding_vif_type")]
    public string VifType { get; set; } = PortBinding.Unbound;

    [Column("binding_vnic_type")]
    public string VnicType { get; set; } = "normal";

    [Column("binding_profile")]
    public string ProfileJson { get; set; } = "{}";

    [Column("allowed_address_pairs")]
    public string PairsJson { get; set; } = "[]";

    [Column("extra_dhcp_opts")]
    public string DhcpOptionsJson { get; set; } = "[]";

    [NotColumn]
    public IReadOnlyList<Ipam.IpAllocation> FixedIps { get; set; } = [];

    [NotColumn]
    public IReadOnlyList<string> SecurityGroups { get; set; } = [];

    [NotColumn]
    public IReadOnlyList<AddressPair> Pairs
    {
        get => JsonSerializer.Deserialize(PairsJson, PortJson.Default.IReadOnlyListAddressPair)!;
        set => PairsJson = JsonSerializer.Serialize(value, PortJson.Default.IReadOnlyListAddressPair);
    }

    [NotColumn]
    public IReadOnlyList<DhcpOption> DhcpOptions
    {
        get => JsonSerializer.Deserialize(DhcpOptionsJson, PortJson.Default.IReadOnlyListDhcpOption)!;
        set => DhcpOptionsJson = JsonSerializer.Serialize(value, PortJson.Default.IReadOnlyListDhcpOption);
    }
}

[Table("port_security_groups")]
internal sealed class PortSecurityGroupRow
{
    [PrimaryKey(1), Column("port_id")]
    public string PortId { get; init; } = "";

    [PrimaryKey(2), Column("security_group_id")]
    public string SecurityGroupId { get; init; } = "";
}

/// <summary>What a port may send and receive besides its own addresses.</summary>
internal sealed record AddressPair(string IpAddress, string MacAddress);

internal sealed record DhcpOption(string OptName, string? OptValue, int IpVersion);

/// <summary>device_owner values that mean something to the service itself. Source: neutron_lib.constants.</summary>
internal static class DeviceOwner
{
    public const string RouterInterface = "network:router_interface";
    public const string RouterGateway = "network:router_gateway";
    public const string FloatingIp = "network:floatingip";
    public const string Distributed = "network:distributed";
    public const string ComputePrefix = "compute:";

    /// <summary>Ports that go with their network or subnet and do not keep it from being deleted.</summary>
    public static bool IsAutoDeleted(string owner) => owner is Distributed or "network:dhcp";

    public static bool IsNetworks(string owner) => owner.StartsWith("network:", StringComparison.Ordinal);
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(IReadOnlyList<AddressPair>))]
[JsonSerializable(typeof(IReadOnlyList<DhcpOption>))]
internal sealed partial class PortJson : JsonSerializerContext;
