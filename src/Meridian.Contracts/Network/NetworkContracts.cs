// SPDX-License-Identifier: Apache-2.0
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Meridian.Contracts.Network;

/// <summary>A network as the Networking API shows it; members that the caller's role may not see are null.</summary>
public sealed record NetworkInfo
{
    public required string Id { get; init; }

    public string Name { get; init; } = "";

    public string? ProjectId { get; init; }

    public bool AdminStateUp { get; init; }

    public bool Shared { get; init; }

    public int Mtu { get; init; }

    [JsonPropertyName("router:external")]
    public bool External { get; init; }

    public bool PortSecurityEnabled { get; init; } = true;

    public IReadOnlyList<string> Subnets { get; init; } = [];

    public string? DnsDomain { get; init; }

    [JsonPropertyName("provider:network_type")]
    public string? NetworkType { get; init; }

    [JsonPropertyName("provider:physical_network")]
    public string? PhysicalNetwork { get; init; }
}

public sealed record SubnetInfo
{
    public required string Id { get; init; }

    public required string NetworkId { get; init; }

    public required string Cidr { get; init; }

    public int IpVersion { get; init; }

    public string? GatewayIp { get; init; }

    public bool EnableDhcp { get; init; }

    public IReadOnlyList<string> DnsNameservers { get; init; } = [];

    public IReadOnlyList<SubnetRoute> HostRoutes { get; init; } = [];

    public string? Ipv6AddressMode { get; init; }

    public string? Ipv6RaMode { get; init; }
}

public sealed record SubnetRoute(string Destination, string Nexthop);

public sealed record FixedIp(string SubnetId, string IpAddress);

public sealed record PortInfo
{
    public required string Id { get; init; }

    public required string NetworkId { get; init; }

    public string? ProjectId { get; init; }

    public string Name { get; init; } = "";

    public string MacAddress { get; init; } = "";

    /// <summary>ACTIVE once the port is wired on the host that it is bound to.</summary>
    public string Status { get; init; } = "";

    public bool AdminStateUp { get; init; }

    public string DeviceId { get; init; } = "";

    public string DeviceOwner { get; init; } = "";

    public IReadOnlyList<FixedIp> FixedIps { get; init; } = [];

    public IReadOnlyList<string> SecurityGroups { get; init; } = [];

    public bool PortSecurityEnabled { get; init; } = true;

    public string? DnsName { get; init; }

    [JsonPropertyName("binding:host_id")]
    public string? BindingHostId { get; init; }

    /// <summary>unbound, binding_failed, ovs …</summary>
    [JsonPropertyName("binding:vif_type")]
    public string? BindingVifType { get; init; }

    [JsonPropertyName("binding:vif_details")]
    public JsonElement? BindingVifDetails { get; init; }

    [JsonPropertyName("binding:vnic_type")]
    public string? BindingVnicType { get; init; }

    public IReadOnlyList<string> Tags { get; init; } = [];
}

/// <summary>What a caller chooses of a new port; null leaves it to the network service.</summary>
public sealed record PortCreate
{
    public required string NetworkId { get; init; }

    /// <summary>The project that the port belongs to; naming another one than the token's takes an admin or service role.</summary>
    public string? ProjectId { get; init; }

    public string? Name { get; init; }

    public string? DeviceId { get; init; }

    public string? DeviceOwner { get; init; }

    public bool? AdminStateUp { get; init; }

    public string? MacAddress { get; init; }

    public IReadOnlyList<FixedIpRequest>? FixedIps { get; init; }

    /// <summary>Ids; null takes the project's default group, an empty list none.</summary>
    public IReadOnlyList<string>? SecurityGroups { get; init; }

    public string? DnsName { get; init; }

    [JsonPropertyName("binding:host_id")]
    public string? BindingHostId { get; init; }
}

public sealed record FixedIpRequest(string? SubnetId = null, string? IpAddress = null);

/// <summary>What is to change of a port; null leaves it. An empty <see cref="BindingHostId"/> unbinds.</summary>
public sealed record PortUpdate
{
    public string? Name { get; init; }

    public string? DeviceId { get; init; }

    public string? DeviceOwner { get; init; }

    public bool? AdminStateUp { get; init; }

    public IReadOnlyList<FixedIpRequest>? FixedIps { get; init; }

    public IReadOnlyList<string>? SecurityGroups { get; init; }

    public string? DnsName { get; init; }

    [JsonPropertyName("binding:host_id")]
    public string? BindingHostId { get; init; }
}

public sealed record SecurityGroupInfo
{
    public required string Id { get; init; }

    public string Name { get; init; } = "";

    public string? ProjectId { get; init; }

    public string? Description { get; init; }

    /// <summary>Null where they were not asked for.</summary>
    public IReadOnlyList<SecurityGroupRuleInfo>? SecurityGroupRules { get; init; }
}

public sealed record SecurityGroupRuleInfo
{
    public required string Id { get; init; }

    /// <summary>ingress or egress.</summary>
    public required string Direction { get; init; }

    /// <summary>IPv4 or IPv6.</summary>
    public string? Ethertype { get; init; }

    public string? Protocol { get; init; }

    public int? PortRangeMin { get; init; }

    public int? PortRangeMax { get; init; }

    public string? RemoteGroupId { get; init; }

    public string? RemoteIpPrefix { get; init; }
}

public sealed record FloatingIpInfo
{
    public required string Id { get; init; }

    public string FloatingIpAddress { get; init; } = "";

    public string? FixedIpAddress { get; init; }

    public string? PortId { get; init; }

    public string? ProjectId { get; init; }

    public string Status { get; init; } = "";
}

/// <summary>Limit and use of one resource; a limit of -1 is none.</summary>
public sealed record QuotaUse(int Limit, int Used, int Reserved)
{
    /// <returns>False when so many more would pass the limit.</returns>
    public bool Allows(int more) => Limit < 0 || Used + Reserved + more <= Limit;
}

internal sealed record NetworkList(IReadOnlyList<NetworkInfo> Networks);

internal sealed record SubnetList(IReadOnlyList<SubnetInfo> Subnets);

internal sealed record PortList(IReadOnlyList<PortInfo> Ports);

internal sealed record FloatingIpList(IReadOnlyList<FloatingIpInfo> Floatingips);

internal sealed record SecurityGroupList(IReadOnlyList<SecurityGroupInfo> SecurityGroups);

internal sealed record NetworkEnvelope(NetworkInfo Network);

internal sealed record PortEnvelope(PortInfo Port);

internal sealed record PortCreateEnvelope(PortCreate Port);

internal sealed record PortUpdateEnvelope(PortUpdate Port);

internal sealed record QuotaEnvelope(IReadOnlyDictionary<string, QuotaUse> Quota);

internal sealed record ErrorEnvelope([property: JsonPropertyName("NeutronError")] NetworkError? NeutronError);

internal sealed record NetworkError(string? Type, string? Message);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(NetworkList))]
[JsonSerializable(typeof(SubnetList))]
[JsonSerializable(typeof(PortList))]
[JsonSerializable(typeof(FloatingIpList))]
[JsonSerializable(typeof(SecurityGroupList))]
[JsonSerializable(typeof(NetworkEnvelope))]
[JsonSerializable(typeof(PortEnvelope))]
[JsonSerializable(typeof(PortCreateEnvelope))]
[JsonSerializable(typeof(PortUpdateEnvelope))]
[JsonSerializable(typeof(QuotaEnvelope))]
[JsonSerializable(typeof(ErrorEnvelope))]
internal sealed partial class NetworkContractsJson : JsonSerializerContext;
