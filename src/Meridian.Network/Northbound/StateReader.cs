// SPDX-License-Identifier: Apache-2.0
using LinqToDB;
using LinqToDB.Async;

using Meridian.Network.Drivers;
using Meridian.Network.FloatingIps;
using Meridian.Network.Ipam;
using Meridian.Network.Networks;
using Meridian.Network.Ports;
using Meridian.Network.Routers;
using Meridian.Network.SecurityGroups;
using Meridian.Network.Subnets;
using Meridian.Platform.Config;
using Meridian.Platform.Storage;

namespace Meridian.Network.Northbound;

/// <summary>The wanted state of resources, read from the database as it is now. A resource that is not in the answer is to be deleted.</summary>
internal sealed class StateReader(Database database, ServiceConfig config)
{
    private readonly string? dnsDomain = config.Get(NetworkOptions.DnsDomain);

    public async Task<List<NetworkState>> NetworksAsync(IReadOnlyCollection<string> ids, CancellationToken cancellationToken)
    {
        await using var db = database.Open();
        return [.. (await db.GetTable<NetworkRow>().Where(n => ids.Contains(n.Id)).ToListAsync(cancellationToken)).Select(n =>
            new NetworkState(n.Id, n.ProjectId, n.Name, n.Mtu, n.AdminStateUp, n.PhysicalNetwork, n.NetworkType == "vlan" ? n.SegmentationId : null, n.RevisionNumber))];
    }

    public async Task<List<SubnetState>> SubnetsAsync(IReadOnlyCollection<string> ids, CancellationToken cancellationToken)
    {
        await using var db = database.Open();
        var rows = await (from s in db.GetTable<SubnetRow>() join n in db.GetTable<NetworkRow>() on s.NetworkId equals n.Id where ids.Contains(s.Id) select new { Subnet = s, n.Mtu }).ToListAsync(cancellationToken);
        var metadata = await (from p in db.GetTable<PortRow>()
                              join a in db.GetTable<IpAllocation>() on p.Id equals a.PortId
                              where p.DeviceOwner == DeviceOwner.Distributed && ids.Contains(a.SubnetId)
                              select new { a.SubnetId, a.Address }).ToListAsync(cancellationToken);
        return [.. rows.Select(r => new SubnetState(r.Subnet.Id, r.Subnet.NetworkId, r.Subnet.Cidr, r.Mtu)
        {
            GatewayIp = r.Subnet.GatewayIp, EnableDhcp = r.Subnet.EnableDhcp, DnsServers = r.Subnet.Dns, HostRoutes = Routes(r.Subnet.HostRoutes), DnsDomain = dnsDomain,
            Ipv6AddressMode = r.Subnet.Ipv6AddressMode, Ipv6RaMode = r.Subnet.Ipv6RaMode, Revision = r.Subnet.RevisionNumber,
            MetadataAddress = metadata.FirstOrDefault(m => m.SubnetId == r.Subnet.Id)?.Address,
        })];
    }

    public async Task<List<SecurityGroupState>> SecurityGroupsAsync(IReadOnlyCollection<string> ids, CancellationToken cancellationToken)
    {
        await using var db = database.Open();
        var groups = await db.GetTable<SecurityGroupRow>().Where(g => ids.Contains(g.Id)).ToListAsync(cancellationToken);
        var rules = (await db.GetTable<SecurityGroupRuleRow>().Where(r => ids.Contains(r.SecurityGroupId)).OrderBy(r => r.Number).ToListAsync(cancellationToken)).ToLookup(r => r.SecurityGroupId);
        return [.. groups.Select(g => new SecurityGroupState(g.Id, g.ProjectId, g.Name, [.. rules[g.Id].Select(State)], g.Stateful, g.RevisionNumber))];
    }

    /// <summary>A rule as a driver gets it.</summary>
    public static SecurityGroupRuleState State(SecurityGroupRuleRow rule) =>
        new(rule.Id, rule.Direction, rule.Ethertype, rule.Protocol, rule.PortRangeMin, rule.PortRangeMax, rule.NormalizedCidr, rule.RemoteGroupId);

    public async Task<List<PortState>> PortsAsync(IReadOnlyCollection<string> ids, CancellationToken cancellationToken)
    {
        await using var db = database.Open();
        var ports = await db.GetTable<PortRow>().Where(p => ids.Contains(p.Id)).ToListAsync(cancellationToken);
        var addresses = (await db.GetTable<IpAllocation>().Where(a => ids.Contains(a.PortId)).OrderBy(a => a.Position).ToListAsync(cancellationToken)).ToLookup(a => a.PortId);
        var groups = (await db.GetTable<PortSecurityGroupRow>().Where(g => ids.Contains(g.PortId)).ToListAsync(cancellationToken)).ToLookup(g => g.PortId);
        return [.. ports.Select(p => new PortState(p.Id, p.NetworkId, p.ProjectId, p.MacAddress)
        {
            Name = p.Name, DeviceId = p.DeviceId, DeviceOwner = p.DeviceOwner, FixedIps = [.. addresses[p.Id].Select(a => new FixedIpState(a.SubnetId, a.Address))],
            SecurityGroupIds = [.. groups[p.Id].Select(g => g.SecurityGroupId)], AllowedAddressPairs = [.. p.Pairs.Select(a => new AddressPairState(a.IpAddress, a.MacAddress.Length > 0 ? a.MacAddress : null))],
            PortSecurityEnabled = p.PortSecurityEnabled && !DeviceOwner.IsNetworks(p.DeviceOwner), AdminStateUp = p.AdminStateUp,
            BindingHost = p.VifType == PortBinding.Failed ? "" : p.BindingHost, Revision = p.RevisionNumber,
        })];
    }

    public async Task<List<RouterState>> RoutersAsync(IReadOnlyCollection<string> ids, CancellationToken cancellationToken)
    {
        await using var db = database.Open();
        var routers = await db.GetTable<RouterRow>().Where(r => ids.Contains(r.Id)).ToListAsync(cancellationToken);
        var plugs = await (from p in db.GetTable<PortRow>()
                           join a in db.GetTable<IpAllocation>() on p.Id equals a.PortId
                           join s in db.GetTable<SubnetRow>() on a.SubnetId equals s.Id
                           join n in db.GetTable<NetworkRow>() on p.NetworkId equals n.Id
                           where ids.Contains(p.DeviceId) && (p.DeviceOwner == DeviceOwner.RouterInterface || p.DeviceOwner == DeviceOwner.RouterGateway)
                           orderby a.Position
                           select new Plug(p.Id, p.DeviceId, p.DeviceOwner, p.NetworkId, p.MacAddress, a.Address, s.Cidr, s.GatewayIp, n.Mtu)).ToListAsync(cancellationToken);
        var byRouter = plugs.ToLookup(p => p.RouterId);
        return [.. routers.Select(r => new RouterState(r.Id, r.ProjectId, r.Name)
        {
            AdminStateUp = r.AdminStateUp, Routes = Routes(r.Routes), Revision = r.RevisionNumber, Gateway = Gateway(r, [.. byRouter[r.Id]]),
            Interfaces = [.. byRouter[r.Id].Where(p => p.Owner == DeviceOwner.RouterInterface).GroupBy(p => p.PortId)
                .Select(g => new RouterInterfaceState(g.Key, g.First().NetworkId, g.First().Mac, [.. g.Select(p => p.WithPrefix)], g.First().Mtu))],
        })];
    }

    public async Task<List<FloatingIpState>> FloatingIpsAsync(IReadOnlyCollection<string> ids, CancellationToken cancellationToken)
    {
        await using var db = database.Open();
        var rows = await (from f in db.GetTable<FloatingIpRow>() join p in db.GetTable<PortRow>() on f.FloatingPortId equals p.Id where ids.Contains(f.Id) select new { FloatingIp = f, p.MacAddress })
            .ToListAsync(cancellationToken);
        return [.. rows.Select(r => new FloatingIpState(r.FloatingIp.Id, r.FloatingIp.ProjectId, r.FloatingIp.FloatingIpAddress, r.FloatingIp.FloatingNetworkId, r.MacAddress)
        {
            RouterId = r.FloatingIp.RouterId, PortId = r.FloatingIp.PortId, FixedIpAddress = r.FloatingIp.FixedIpAddress, Revision = r.FloatingIp.RevisionNumber,
        })];
    }

    private static RouterGatewayState? Gateway(RouterRow router, List<Plug> plugs)
    {
        var gateway = plugs.Where(p => p.Owner == DeviceOwner.RouterGateway && p.PortId == router.GatewayPortId).ToList();
        return gateway.Count == 0 ? null : new(
            gateway[0].PortId, gateway[0].NetworkId, gateway[0].Mac, [.. gateway.Select(p => p.WithPrefix)], [.. gateway.Select(p => p.GatewayIp).OfType<string>().Distinct()], router.EnableSnat);
    }

    private static List<RouteState> Routes(IReadOnlyList<HostRoute> routes) => [.. routes.Select(r => new RouteState(r.Destination, r.Nexthop))];

    private sealed record Plug(string PortId, string RouterId, string Owner, string NetworkId, string Mac, string Address, string Cidr, string? GatewayIp, int Mtu)
    {
        public string WithPrefix => $"{Address}/{Cidr.Split('/')[1]}";
    }
}
