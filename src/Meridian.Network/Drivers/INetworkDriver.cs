// SPDX-License-Identifier: Apache-2.0

namespace Meridian.Network.Drivers;

/// <summary>
/// Makes the backend equal to what the API stored. Each state record is the whole wanted state of one resource, so that
/// Ensure may be called again at any time, in any order that honours references (network, subnet, security group, port, router, floating IP).
/// </summary>
/// <remarks>Drivers know no database, no HTTP and no policy. One writer at a time calls Ensure and Delete.</remarks>
internal interface INetworkDriver
{
    /// <summary>What an operator sees: <c>ovn</c> or <c>simulated</c>.</summary>
    string Type { get; }

    NetworkDriverCapabilities Capabilities { get; }

    /// <returns>Whether anything had to be changed: a reconciler logs it.</returns>
    /// <exception cref="NetworkDriverException">The backend refused; trying again later may help.</exception>
    Task<bool> EnsureNetworkAsync(NetworkState network, CancellationToken cancellationToken);

    Task<bool> EnsureSubnetAsync(SubnetState subnet, CancellationToken cancellationToken);

    Task<bool> EnsureSecurityGroupAsync(SecurityGroupState group, CancellationToken cancellationToken);

    /// <summary>Fixed IPs refer to subnets, groups to security groups, that were ensured before; absent ones are left out until ensured again.</summary>
    Task<bool> EnsurePortAsync(PortState port, CancellationToken cancellationToken);

    /// <summary>The router with all its interfaces, its gateway, source NAT and routes; what is not named is removed.</summary>
    Task<bool> EnsureRouterAsync(RouterState router, CancellationToken cancellationToken);

    /// <summary>With no fixed address or no router the floating IP is unplugged.</summary>
    Task<bool> EnsureFloatingIpAsync(FloatingIpState floatingIp, CancellationToken cancellationToken);

    /// <summary>Returns normally when there is no such thing. Deleting a network deletes what is plugged into it.</summary>
    Task DeleteAsync(NetworkResourceKind kind, string id, CancellationToken cancellationToken);

    /// <summary>What of ours exists in the backend, for audit and for deleting orphans.</summary>
    Task<NetworkInventory> ListAsync(CancellationToken cancellationToken);

    /// <summary>First the state of every port there is, then each change, until cancelled. Survives reconnects (then states are repeated).</summary>
    IAsyncEnumerable<PortLinkEvent> WatchPortsAsync(CancellationToken cancellationToken);

    /// <summary>The hosts that switch packets, as <c>network agent list</c> shows them.</summary>
    Task<IReadOnlyList<NetworkHostAgent>> ListAgentsAsync(CancellationToken cancellationToken);
}

/// <param name="MetadataPorts">Each network with DHCP needs one port of owner <c>network:distributed</c>, device id <c>ovnmeta-{network id}</c>.</param>
/// <param name="EncapsulationOverhead">What the tunnel takes off a project network's MTU, in bytes (0 where there is no tunnel).</param>
internal sealed record NetworkDriverCapabilities(bool MetadataPorts, int EncapsulationOverhead);

internal enum NetworkResourceKind
{
    Network,
    Subnet,
    SecurityGroup,
    Port,
    Router,
    FloatingIp,
}

/// <param name="PhysicalNetwork">Null for a project (tunnelled) network.</param>
/// <param name="VlanId">Null for flat.</param>
internal sealed record NetworkState(
    string Id, string ProjectId, string Name, int Mtu, bool AdminStateUp = true, string? PhysicalNetwork = null, int? VlanId = null, int Revision = 0);

/// <param name="Mtu">The network's.</param>
internal sealed record SubnetState(string Id, string NetworkId, string Cidr, int Mtu)
{
    public string? GatewayIp { get; init; }
    public bool EnableDhcp { get; init; } = true;

    /// <summary>The metadata port's address on this subnet: the route to 169.254.169.254 given by DHCP.</summary>
    public string? MetadataAddress { get; init; }

    public IReadOnlyList<string> DnsServers { get; init; } = [];
    public IReadOnlyList<RouteState> HostRoutes { get; init; } = [];
    public string? DnsDomain { get; init; }

    /// <summary><c>slaac</c>, <c>dhcpv6-stateful</c>, <c>dhcpv6-stateless</c> or null.</summary>
    public string? Ipv6AddressMode { get; init; }

    public string? Ipv6RaMode { get; init; }
    public int Revision { get; init; }
}

internal sealed record RouteState(string Destination, string NextHop);

internal sealed record SecurityGroupState(string Id, string ProjectId, string Name, IReadOnlyList<SecurityGroupRuleState> Rules, bool Stateful = true, int Revision = 0);

/// <param name="Direction"><c>ingress</c> or <c>egress</c>.</param>
/// <param name="EtherType"><c>IPv4</c> or <c>IPv6</c>.</param>
/// <param name="Protocol">Name or number as the API takes it; null is any.</param>
/// <param name="PortRangeMin">ICMP: the type.</param>
/// <param name="PortRangeMax">ICMP: the code.</param>
internal sealed record SecurityGroupRuleState(
    string Id, string Direction, string EtherType, string? Protocol = null, int? PortRangeMin = null, int? PortRangeMax = null,
    string? RemoteIpPrefix = null, string? RemoteGroupId = null);

internal sealed record PortState(string Id, string NetworkId, string ProjectId, string MacAddress)
{
    public string Name { get; init; } = "";
    public string DeviceId { get; init; } = "";

    /// <summary>
    /// <c>network:router_interface</c> and <c>network:router_gateway</c> plug into a router, <c>network:distributed</c> exists on every host,
    /// <c>network:floatingip</c> has no port in the backend, everything else is a guest's.
    /// </summary>
    public string DeviceOwner { get; init; } = "";

    public IReadOnlyList<FixedIpState> FixedIps { get; init; } = [];
    public IReadOnlyList<string> SecurityGroupIds { get; init; } = [];
    public IReadOnlyList<AddressPairState> AllowedAddressPairs { get; init; } = [];
    public bool PortSecurityEnabled { get; init; } = true;
    public bool AdminStateUp { get; init; } = true;

    /// <summary>binding:host_id; empty while unbound.</summary>
    public string BindingHost { get; init; } = "";

    public int Revision { get; init; }
}

internal sealed record FixedIpState(string SubnetId, string IpAddress);

/// <param name="MacAddress">Null means the port's own.</param>
internal sealed record AddressPairState(string IpAddress, string? MacAddress = null);

internal sealed record RouterState(string Id, string ProjectId, string Name)
{
    public bool AdminStateUp { get; init; } = true;
    public RouterGatewayState? Gateway { get; init; }
    public IReadOnlyList<RouterInterfaceState> Interfaces { get; init; } = [];
    public IReadOnlyList<RouteState> Routes { get; init; } = [];
    public int Revision { get; init; }
}

/// <param name="Addresses">With prefix length: <c>172.24.4.10/24</c>.</param>
/// <param name="NextHops">The external subnets' gateway addresses, a default route each.</param>
internal sealed record RouterGatewayState(
    string PortId, string NetworkId, string MacAddress, IReadOnlyList<string> Addresses, IReadOnlyList<string> NextHops, bool EnableSnat = true);

/// <param name="Addresses">With prefix length: <c>10.0.0.1/24</c>. Source NAT covers the networks they lie in.</param>
internal sealed record RouterInterfaceState(string PortId, string NetworkId, string MacAddress, IReadOnlyList<string> Addresses, int Mtu)
{
    /// <summary>How guests get IPv6 addresses: <c>slaac</c>, <c>dhcpv6-stateful</c>, <c>dhcpv6-stateless</c>; null sends no router advertisements.</summary>
    public string? Ipv6RaMode { get; init; }
}

/// <param name="FloatingMac">The MAC of the floating IP's own port.</param>
internal sealed record FloatingIpState(string Id, string ProjectId, string FloatingIpAddress, string FloatingNetworkId, string FloatingMac)
{
    public string? RouterId { get; init; }
    public string? PortId { get; init; }
    public string? FixedIpAddress { get; init; }
    public int Revision { get; init; }
}

/// <param name="Up">Wired on the host it is bound to: the API shows ACTIVE, else DOWN.</param>
/// <param name="Host">Where it is plugged; null when unknown or nowhere.</param>
internal sealed record PortLinkEvent(string PortId, bool Up, string? Host = null);

internal sealed record NetworkInventory
{
    public IReadOnlySet<string> Networks { get; init; } = new HashSet<string>();
    public IReadOnlySet<string> Subnets { get; init; } = new HashSet<string>();
    public IReadOnlySet<string> SecurityGroups { get; init; } = new HashSet<string>();
    public IReadOnlySet<string> Ports { get; init; } = new HashSet<string>();
    public IReadOnlySet<string> Routers { get; init; } = new HashSet<string>();
    public IReadOnlySet<string> FloatingIps { get; init; } = new HashSet<string>();
}

/// <param name="Binary"><c>ovn-controller</c>, <c>neutron-ovn-metadata-agent</c>, <c>simulated</c>.</param>
internal sealed record NetworkHostAgent(string Id, string AgentType, string Binary, string Host, bool Alive, DateTime? HeartbeatAt = null);

/// <summary>The backend refused or cannot be reached. The message says what and which id.</summary>
internal sealed class NetworkDriverException(string message, Exception? inner = null) : Exception(message, inner);
