// SPDX-License-Identifier: Apache-2.0
using System.Text.Json;

using LinqToDB;
using LinqToDB.Async;
using LinqToDB.Data;

using Meridian.Network.Api;
using Meridian.Network.Drivers;
using Meridian.Network.Ipam;
using Meridian.Network.Networks;
using Meridian.Network.Northbound;
using Meridian.Network.Ports;
using Meridian.Network.Quotas;
using Meridian.Platform.Http;
using Meridian.Platform.Policy;
using Meridian.Platform.Storage;

namespace Meridian.Network.Subnets;

/// <summary>/subnets. Source: Networking API reference, "Subnets".</summary>
internal sealed class SubnetsResource(NetworkCore core, QuotaCounter quota, MetadataPort metadata) : NetworkResource<SubnetRow>(core)
{
    private static readonly Func<JsonElement, object?> Mode = Read.OrNull(Read.OneOf("slaac", "dhcpv6-stateful", "dhcpv6-stateless"));

    public override string Singular => "subnet";

    public override IReadOnlyList<Field<SubnetRow>> Fields { get; } =
    [
        StandardFields.Id<SubnetRow>(),
        StandardFields.Name<SubnetRow>(),
        new("network_id", (json, s) => json.WriteStringValue(s.NetworkId)) { Post = Read.Uuid, Required = true, Filter = Filter.Text<SubnetRow>(s => s.NetworkId), Sort = s => s.NetworkId },
        new("ip_version", (json, s) => json.WriteNumberValue(s.IpVersion)) { Post = Version, Filter = Filter.Int<SubnetRow>(s => s.IpVersion), Sort = s => s.IpVersion },
        new("subnetpool_id", (json, s) => json.WriteStringValue(s.SubnetpoolId)) { Post = Read.OrNull(Read.Text(64)), Filter = Filter.Text<SubnetRow>(s => s.SubnetpoolId) },
        new("use_default_subnetpool", (json, _) => json.WriteBooleanValue(false)) { Post = Read.Boolean, Shown = _ => false },
        new("enable_dhcp", (json, s) => json.WriteBooleanValue(s.EnableDhcp)) { Post = Read.Boolean, Put = Read.Boolean, Default = true, Filter = Filter.Bool<SubnetRow>(s => s.EnableDhcp) },
        new("ipv6_ra_mode", (json, s) => json.WriteStringValue(s.Ipv6RaMode)) { Post = Mode, Filter = Filter.Text<SubnetRow>(s => s.Ipv6RaMode) },
        new("ipv6_address_mode", (json, s) => json.WriteStringValue(s.Ipv6AddressMode)) { Post = Mode, Filter = Filter.Text<SubnetRow>(s => s.Ipv6AddressMode) },
        new("gateway_ip", (json, s) => json.WriteStringValue(s.GatewayIp)) { Post = Read.OrNull(Read.Address), Put = Read.OrNull(Read.Address), Filter = Filter.Text<SubnetRow>(s => s.GatewayIp) },
        new("cidr", (json, s) => json.WriteStringValue(s.Cidr)) { Post = Read.OrNull(Read.Cidr), Filter = Filter.Text<SubnetRow>(s => s.Cidr), Sort = s => s.Cidr },
        new("allocation_pools", (json, s) => WritePools(json, s.Pools)) { Post = SubnetValues.Pools, Put = SubnetValues.Pools },
        new("host_routes", (json, s) => WriteRoutes(json, s.HostRoutes)) { Post = SubnetValues.Routes, Put = SubnetValues.Routes },
        new("dns_nameservers", (json, s) => StandardFields.Texts(json, s.Dns)) { Post = SubnetValues.Nameservers, Put = SubnetValues.Nameservers },
        new("service_types", (json, s) => StandardFields.Texts(json, s.ServiceTypes)) { Post = Read.List<string>(Read.Text(255), 50), Put = Read.List<string>(Read.Text(255), 50) },
        .. StandardFields.Rest<SubnetRow>(),
    ];

    public override IQueryable<SubnetRow> Visible(DataConnection db, Viewer viewer)
    {
        var project = viewer.ProjectId;
        var networks = db.GetTable<NetworkRow>();
        return viewer.SeesAll ? db.GetTable<SubnetRow>() : db.GetTable<SubnetRow>().Where(s => s.ProjectId == project || networks.Any(n => n.Id == s.NetworkId && (n.Shared || n.ProjectId == project)));
    }

    public override ApiException NotFound(string id) => Errors.SubnetNotFound(id);

    public override async Task<PolicyTarget> TargetAsync(DataConnection db, SubnetRow row, CancellationToken cancellationToken)
    {
        var network = await db.GetTable<NetworkRow>().FirstOrDefaultAsync(n => n.Id == row.NetworkId, cancellationToken);
        return new(row.ProjectId, attributes: new Dictionary<string, object?> { ["shared"] = network?.Shared ?? false, ["network:project_id"] = network?.ProjectId ?? "" });
    }

    public override async Task<PolicyTarget> TargetAsync(DataConnection db, Viewer viewer, string projectId, Values values, CancellationToken cancellationToken)
    {
        var network = await NetworksResource.GetVisibleAsync(db, viewer, values.Require<string>("network_id"), cancellationToken);
        return new(projectId, attributes: new Dictionary<string, object?> { ["shared"] = network.Shared, ["network:project_id"] = network.ProjectId });
    }

    public override async Task<SubnetRow> CreateAsync(WriteConnection db, Viewer viewer, string projectId, Values values, CancellationToken cancellationToken)
    {
        var network = await NetworksResource.GetVisibleAsync(db, viewer, values.Require<string>("network_id"), cancellationToken);

        // Another project's network is seen when shared, but only its owner and admins divide it.
        if (!viewer.SeesAll && network.ProjectId != viewer.ProjectId)
        {
            throw Errors.Denied("rule:create_subnet");
        }

        await quota.TakeAsync(db, projectId, "subnet", 1, cancellationToken);
        var row = SubnetRules.Build(projectId, values, Core.Config, Core.Now);
        await CheckOverlapAsync(db, row, cancellationToken);
        await db.InsertAsync(row, token: cancellationToken);
        await Pending.AddAsync(db, NetworkResourceKind.Subnet, row.Id, Core.Now, cancellationToken);
        await AddToPortsAsync(db, row, cancellationToken);
        await metadata.EnsureAsync(db, network, Core.Now, cancellationToken);
        return row;
    }

    public override async Task UpdateAsync(WriteConnection db, Viewer viewer, SubnetRow row, Values values, CancellationToken cancellationToken)
    {
        var gateway = row.GatewayIp;
        SubnetRules.Apply(row, values, Core.Config);
        if (row.GatewayIp != gateway && gateway is not null)
        {
            await CheckGatewayUnusedAsync(db, row, gateway, cancellationToken);
        }

        await SaveAsync(db, row, cancellationToken);
        await Pending.AddAsync(db, NetworkResourceKind.Subnet, row.Id, Core.Now, cancellationToken);
        var network = await db.GetTable<NetworkRow>().FirstAsync(n => n.Id == row.NetworkId, cancellationToken);
        await metadata.EnsureAsync(db, network, Core.Now, cancellationToken);
    }

    public override async Task DeleteAsync(WriteConnection db, Viewer viewer, SubnetRow row, CancellationToken cancellationToken)
    {
        var holders = from allocation in db.GetTable<IpAllocation>()
                      join port in db.GetTable<PortRow>() on allocation.PortId equals port.Id
                      where allocation.SubnetId == row.Id
                      select port;
        var automatic = row.IsAutoAddressed;
        if (await holders.AnyAsync(
            p => p.DeviceOwner != DeviceOwner.Distributed && p.DeviceOwner != "network:dhcp" && (!automatic || p.DeviceOwner == DeviceOwner.RouterInterface || p.DeviceOwner == DeviceOwner.RouterGateway), cancellationToken))
        {
            throw Errors.Conflict($"Unable to complete operation on subnet {row.Id}: One or more ports have an IP allocation from this subnet.", "SubnetInUse");
        }

        var ports = await holders.Select(p => p.Id).Distinct().ToListAsync(cancellationToken);
        await db.GetTable<IpAllocation>().Where(a => a.SubnetId == row.Id).DeleteAsync(cancellationToken);
        await db.DeleteAsync(row, token: cancellationToken);
        await QuotaCounter.GiveAsync(db, row.ProjectId, "subnet", 1, cancellationToken);
        await Pending.AddAsync(db, NetworkResourceKind.Subnet, row.Id, Core.Now, cancellationToken);
        foreach (var port in ports)
        {
            await Pending.AddAsync(db, NetworkResourceKind.Port, port, Core.Now, cancellationToken);
        }
    }

    internal static void WritePools(Utf8JsonWriter json, IReadOnlyList<AllocationPool> pools)
    {
        json.WriteStartArray();
        foreach (var pool in pools)
        {
            json.WriteStartObject();
            json.WriteString("start", pool.Start);
            json.WriteString("end", pool.End);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    internal static void WriteRoutes(Utf8JsonWriter json, IReadOnlyList<HostRoute> routes)
    {
        json.WriteStartArray();
        foreach (var route in routes)
        {
            json.WriteStartObject();
            json.WriteString("destination", route.Destination);
            json.WriteString("nexthop", route.Nexthop);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static object? Version(JsonElement element) => Read.Integer()(element) is 4 or 6 ? Read.Integer()(element) : throw new InvalidValueException($"{Read.Shown(element)} is not in valid_values");

    private static async Task CheckOverlapAsync(DataConnection db, SubnetRow row, CancellationToken cancellationToken)
    {
        var others = await db.GetTable<SubnetRow>().Where(s => s.NetworkId == row.NetworkId && s.IpVersion == row.IpVersion).Select(s => s.Cidr).ToListAsync(cancellationToken);
        if (others.Any(o => IpCidr.Parse(o).Overlaps(row.Range)))
        {
            throw Errors.InvalidInput($"Requested subnet with cidr: {row.Cidr} for network: {row.NetworkId} overlaps with another subnet");
        }
    }

    /// <summary>Ports that exist have made themselves an address as soon as the prefix is advertised.</summary>
    private static async Task AddToPortsAsync(WriteConnection db, SubnetRow row, CancellationToken cancellationToken)
    {
        if (!row.IsAutoAddressed)
        {
            return;
        }

        foreach (var port in await db.GetTable<PortRow>().Where(p => p.NetworkId == row.NetworkId && !p.DeviceOwner.StartsWith("network:")).ToListAsync(cancellationToken))
        {
            await PortAddresses.InsertAsync(db, port, (row, MacAddress.Eui64(row.Range, port.MacAddress)), 100, cancellationToken);
            await Pending.AddAsync(db, NetworkResourceKind.Port, port.Id, row.CreatedAt, cancellationToken);
        }
    }

    private static async Task CheckGatewayUnusedAsync(DataConnection db, SubnetRow row, string gateway, CancellationToken cancellationToken)
    {
        var port = await (from allocation in db.GetTable<IpAllocation>()
                          join p in db.GetTable<PortRow>() on allocation.PortId equals p.Id
                          where allocation.SubnetId == row.Id && allocation.Address == gateway && p.DeviceOwner == DeviceOwner.RouterInterface
                          select p.Id).FirstOrDefaultAsync(cancellationToken);
        if (port is not null)
        {
            throw Errors.Conflict($"Current gateway ip {gateway} already in use by port {port}. Unable to update.", "GatewayIpInUse");
        }
    }
}
