// SPDX-License-Identifier: Apache-2.0

using Meridian.Network.Drivers;

namespace Meridian.Network.Tests.Drivers;

/// <summary>A project network behind a router on a provider network, one guest with a floating IP: each with new ids.</summary>
/// <param name="host">Where the guest is bound.</param>
/// <param name="number">Tells the provider addresses of topologies of one backend apart.</param>
internal sealed class Topology(string host = "host5", int number = 10, string outside = "172.24.5")
{
    private const string Project = "0123456789abcdef0123456789abcdef";

    public static string NewId() => Guid.NewGuid().ToString("D");

    public NetworkState Private { get; } = new(NewId(), Project, "private", 1442);

    public NetworkState Public { get; init; } = new(NewId(), Project, "public", 1500, PhysicalNetwork: "physnet1");

    public SecurityGroupState Group { get; set; } = NewGroup();

    public SubnetState Subnet => field ??= new(NewId(), Private.Id, "10.1.0.0/24", 1442)
    {
        GatewayIp = "10.1.0.1", MetadataAddress = "10.1.0.2", DnsServers = ["9.9.9.9"], HostRoutes = [new("10.77.0.0/16", "10.1.0.3")], DnsDomain = "example.org.",
    };

    public PortState Guest => field ??= NewGuest("10.1.0.11", 1);

    public PortState Metadata => field ??= new(NewId(), Private.Id, Project, "fa:16:3e:00:00:02")
    {
        DeviceOwner = "network:distributed", DeviceId = $"ovnmeta-{Private.Id}", FixedIps = [new(Subnet.Id, "10.1.0.2")],
    };

    public PortState RouterPort => field ??= new(NewId(), Private.Id, Project, "fa:16:3e:00:00:01")
    {
        DeviceOwner = "network:router_interface", DeviceId = RouterId, FixedIps = [new(Subnet.Id, "10.1.0.1")],
    };

    public PortState GatewayPort => field ??= new(NewId(), Public.Id, "", $"fa:16:3e:00:01:{number:x2}")
    {
        DeviceOwner = "network:router_gateway", DeviceId = RouterId, FixedIps = [new(NewId(), $"{outside}.{number}")],
    };

    public string RouterId => field ??= NewId();

    public RouterState Router => field ??= new(RouterId, Project, "r")
    {
        Interfaces = [new(RouterPort.Id, Private.Id, RouterPort.MacAddress, ["10.1.0.1/24"], 1442)],
        Gateway = new(GatewayPort.Id, Public.Id, GatewayPort.MacAddress, [$"{outside}.{number}/24"], [$"{outside}.1"]),
    };

    public FloatingIpState FloatingIp => field ??= new(NewId(), Project, $"{outside}.{number + 100}", Public.Id, $"fa:16:3e:00:02:{number:x2}")
    {
        RouterId = RouterId, PortId = Guest.Id, FixedIpAddress = Guest.FixedIps[0].IpAddress,
    };

    public PortState NewGuest(string address, byte mac) => new(NewId(), Private.Id, Project, $"fa:16:3e:00:00:{mac + 16:x2}")
    {
        DeviceOwner = "compute:nova", DeviceId = NewId(), FixedIps = [new(Subnet.Id, address)], SecurityGroupIds = [Group.Id], BindingHost = host,
    };

    /// <returns>Of each resource, whether it had to be changed.</returns>
    public async Task<List<bool>> EnsureAsync(INetworkDriver driver, CancellationToken cancellationToken) =>
    [
        await driver.EnsureNetworkAsync(Public, cancellationToken),
        await driver.EnsureNetworkAsync(Private, cancellationToken),
        await driver.EnsureSubnetAsync(Subnet, cancellationToken),
        await driver.EnsureSecurityGroupAsync(Group, cancellationToken),
        await driver.EnsurePortAsync(RouterPort, cancellationToken),
        await driver.EnsurePortAsync(GatewayPort, cancellationToken),
        await driver.EnsurePortAsync(Metadata, cancellationToken),
        await driver.EnsurePortAsync(Guest, cancellationToken),
        await driver.EnsureRouterAsync(Router, cancellationToken),
        await driver.EnsureFloatingIpAsync(FloatingIp, cancellationToken),
    ];

    /// <summary>As neutron makes each project's default group: everything out, everything from members of the group in.</summary>
    private static SecurityGroupState NewGroup()
    {
        var id = NewId();
        return new(id, Project, "default", [new(NewId(), "egress", "IPv4"), new(NewId(), "egress", "IPv6"), new(NewId(), "ingress", "IPv4", RemoteGroupId: id)]);
    }
}
