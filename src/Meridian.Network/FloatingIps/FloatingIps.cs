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
using Meridian.Network.Routers;
using Meridian.Network.ServerEvents;
using Meridian.Platform.Http;
using Meridian.Platform.Storage;

namespace Meridian.Network.FloatingIps;

/// <summary>/floatingips. Source: Networking API reference, "Floating IPs".</summary>
internal sealed class FloatingIpsResource(NetworkCore core, QuotaCounter quota, PortStore ports, ServerEventOutbox events) : NetworkResource<FloatingIpRow>(core)
{
    public override string Singular => "floatingip";

    public override IReadOnlyList<Field<FloatingIpRow>> Fields { get; } =
    [
        StandardFields.Id<FloatingIpRow>(),
        new("floating_ip_address", (json, f) => json.WriteStringValue(f.FloatingIpAddress)) { Post = Read.OrNull(Read.Address), Filter = Filter.Text<FloatingIpRow>(f => f.FloatingIpAddress), Sort = f => f.FloatingIpAddress },
        new("subnet_id", (json, _) => json.WriteNullValue()) { Post = Read.OrNull(Read.Uuid), Shown = _ => false },
        new("floating_network_id", (json, f) => json.WriteStringValue(f.FloatingNetworkId)) { Post = Read.Uuid, Required = true, Filter = Filter.Text<FloatingIpRow>(f => f.FloatingNetworkId), Sort = f => f.FloatingNetworkId },
        new("router_id", (json, f) => json.WriteStringValue(f.RouterId)) { Filter = Filter.Text<FloatingIpRow>(f => f.RouterId), Sort = f => f.RouterId },
        new("port_id", (json, f) => json.WriteStringValue(f.PortId)) { Post = Read.OrNull(Read.Uuid), Put = Read.OrNull(Read.Uuid), Filter = Filter.Text<FloatingIpRow>(f => f.PortId), Sort = f => f.PortId },
        new("fixed_ip_address", (json, f) => json.WriteStringValue(f.FixedIpAddress)) { Post = Read.OrNull(Read.Address), Put = Read.OrNull(Read.Address), Filter = Filter.Text<FloatingIpRow>(f => f.FixedIpAddress), Sort = f => f.FixedIpAddress },
        new("status", (json, f) => json.WriteStringValue(f.Status)) { Filter = Filter.Text<FloatingIpRow>(f => f.Status), Sort = f => f.Status },
        new("port_details", WriteDetails),
        .. StandardFields.Rest<FloatingIpRow>(),
    ];

    public override IQueryable<FloatingIpRow> Visible(DataConnection db, Viewer viewer)
    {
        var project = viewer.ProjectId;
        return viewer.SeesAll ? db.GetTable<FloatingIpRow>() : db.GetTable<FloatingIpRow>().Where(f => f.ProjectId == project);
    }

    public override ApiException NotFound(string id) => Errors.NotFound($"Floating IP {id} could not be found", "FloatingIPNotFound");

    public override async Task LoadAsync(DataConnection db, IReadOnlyList<FloatingIpRow> rows, CancellationToken cancellationToken)
    {
        await LoadTagsAsync(db, rows, cancellationToken);
        var ids = rows.Where(r => r.PortId is not null).Select(r => r.PortId!).ToList();
        var found = await db.GetTable<PortRow>().Where(p => ids.Contains(p.Id)).ToDictionaryAsync(p => p.Id, cancellationToken);
        foreach (var row in rows)
        {
            row.Port = row.PortId is null ? null : found.GetValueOrDefault(row.PortId);
        }
    }

    public override async Task<FloatingIpRow> CreateAsync(WriteConnection db, Viewer viewer, string projectId, Values values, CancellationToken cancellationToken)
    {
        await quota.TakeAsync(db, projectId, "floatingip", 1, cancellationToken);
        var network = await FindNetworkAsync(db, viewer, values.Require<string>("floating_network_id"), cancellationToken);
        var id = Guid.NewGuid().ToString("D");
        var port = await ports.InsertAsync(
            db,
            new PortRow
            {
                Id = Guid.NewGuid().ToString("D"), ProjectId = "", NetworkId = network.Id, DeviceId = id, DeviceOwner = DeviceOwner.FloatingIp, PortSecurityEnabled = false, Status = "N/A",
                CreatedAt = Core.Now, UpdatedAt = Core.Now,
            },
            await AskAsync(db, network, values, cancellationToken), cancellationToken);
        var address = await db.GetTable<IpAllocation>().Where(a => a.PortId == port.Id).Select(a => a.Address).ToListAsync(cancellationToken);
        var row = new FloatingIpRow
        {
            Id = id, ProjectId = projectId, Description = values.Get("description", ""), FloatingNetworkId = network.Id, FloatingPortId = port.Id,
            FloatingIpAddress = address.FirstOrDefault(a => a.Contains('.', StringComparison.Ordinal)) ?? throw Errors.Invalid($"Unable to find any IP address on external network {network.Id}.", "ExternalIpAddressExhausted"),
            CreatedAt = Core.Now, UpdatedAt = Core.Now,
        };
        await AssociateAsync(db, viewer, row, values, cancellationToken);
        await db.InsertAsync(row, token: cancellationToken);
        await Pending.AddAsync(db, NetworkResourceKind.FloatingIp, id, Core.Now, cancellationToken);
        return row;
    }

    public override async Task UpdateAsync(WriteConnection db, Viewer viewer, FloatingIpRow row, Values values, CancellationToken cancellationToken)
    {
        row.Description = values.Get("description", row.Description);
        if (values.Has("port_id") || values.Has("fixed_ip_address"))
        {
            await TellAsync(db, row.PortId, cancellationToken);
            await AssociateAsync(db, viewer, row, values, cancellationToken);
        }

        await SaveAsync(db, row, cancellationToken);
        await Pending.AddAsync(db, NetworkResourceKind.FloatingIp, row.Id, Core.Now, cancellationToken);
    }

    public override async Task DeleteAsync(WriteConnection db, Viewer viewer, FloatingIpRow row, CancellationToken cancellationToken)
    {
        await TellAsync(db, row.PortId, cancellationToken);
        await RemoveAsync(db, row, ports, Core.Now, cancellationToken);
    }

    /// <summary>Deletes a floating IP with the port that holds its address, and gives back its place in the quota.</summary>
    public static async Task RemoveAsync(WriteConnection db, FloatingIpRow row, PortStore ports, DateTime now, CancellationToken cancellationToken)
    {
        await db.DeleteAsync(row, token: cancellationToken);
        await db.GetTable<Tags.TagRow>().Where(t => t.ResourceId == row.Id).DeleteAsync(cancellationToken);
        if (await db.GetTable<PortRow>().FirstOrDefaultAsync(p => p.Id == row.FloatingPortId, cancellationToken) is { } port)
        {
            await ports.RemoveAsync(db, port, cancellationToken);
        }

        await QuotaCounter.GiveAsync(db, row.ProjectId, "floatingip", 1, cancellationToken);
        await Pending.AddAsync(db, NetworkResourceKind.FloatingIp, row.Id, now, cancellationToken);
    }

    private static async Task<NetworkRow> FindNetworkAsync(DataConnection db, Viewer viewer, string id, CancellationToken cancellationToken)
    {
        var network = await NetworksResource.GetVisibleAsync(db, viewer, id, cancellationToken);
        return network.External ? network : throw Errors.Bad("floatingip", $"Network {id} is not a valid external network");
    }

    private static async Task<IReadOnlyList<FixedIpAsk>> AskAsync(DataConnection db, NetworkRow network, Values values, CancellationToken cancellationToken)
    {
        var subnets = (await PortAddresses.SubnetsAsync(db, network.Id, cancellationToken)).Where(s => s.IpVersion == 4).ToList();
        if (subnets.Count == 0)
        {
            throw Errors.Bad("floatingip", $"Network {network.Id} does not contain any IPv4 subnet");
        }

        var address = values.Get<string?>("floating_ip_address", null);
        if (values.Get<string?>("subnet_id", null) is { } subnet)
        {
            return [new(subnet, address)];
        }

        if (address is not null)
        {
            return [new(null, address)];
        }

        foreach (var candidate in subnets)
        {
            if (await AddressAllocator.PickAsync(db, candidate, cancellationToken) is { } free)
            {
                return [new(candidate.Id, free.ToString())];
            }
        }

        throw Errors.NoMoreAddresses(network.Id);
    }

    private async Task AssociateAsync(WriteConnection db, Viewer viewer, FloatingIpRow row, Values values, CancellationToken cancellationToken)
    {
        var portId = values.Has("port_id") ? values.Get<string?>("port_id", null) : values.Has("fixed_ip_address") ? row.PortId : null;
        var asked = values.Get<string?>("fixed_ip_address", null);
        if (portId is null)
        {
            if (asked is not null)
            {
                throw Errors.Bad("floatingip", "fixed_ip_address cannot be specified without a port_id");
            }

            row.PortId = row.FixedIpAddress = row.RouterId = null;
            row.Status = "DOWN";
            return;
        }

        var port = await db.GetTable<PortRow>().FirstOrDefaultAsync(p => p.Id == portId, cancellationToken);
        if (port is null || !(viewer.SeesAll || port.ProjectId == viewer.ProjectId))
        {
            throw Errors.PortNotFound(portId);
        }

        if (port.ProjectId != row.ProjectId && !viewer.Context.IsAdmin)
        {
            throw Errors.Bad("floatingip", $"Cannot process floating IP association with Port {portId}, since that port is owned by a different project");
        }

        if (DeviceOwner.IsNetworks(port.DeviceOwner))
        {
            throw Errors.Bad("floatingip", $"Port {portId} is unable to be assigned a floating IP");
        }

        var allocation = await FixedAsync(db, port, asked, cancellationToken);
        row.PortId = port.Id;
        row.FixedIpAddress = allocation.Address;
        row.RouterId = await RouterOfAsync(db, row, port, allocation, cancellationToken);
        if (await db.GetTable<FloatingIpRow>().AnyAsync(
            f => f.Id != row.Id && f.PortId == port.Id && f.FixedIpAddress == allocation.Address && f.FloatingNetworkId == row.FloatingNetworkId, cancellationToken))
        {
            throw Errors.Conflict(
                $"Cannot associate floating IP {row.FloatingIpAddress} ({row.Id}) with port {port.Id} using fixed IP {allocation.Address}, as that fixed IP already has a floating IP on external network {row.FloatingNetworkId}.",
                "FloatingIPPortAlreadyAssociated");
        }

        await events.AddAsync(db, "network-changed", port, cancellationToken);
    }

    private static async Task<IpAllocation> FixedAsync(DataConnection db, PortRow port, string? asked, CancellationToken cancellationToken)
    {
        var all = await db.GetTable<IpAllocation>().Where(a => a.PortId == port.Id).OrderBy(a => a.Position).ToListAsync(cancellationToken);
        if (asked is not null)
        {
            return asked.Contains(':', StringComparison.Ordinal)
                ? throw Errors.Bad("floatingip", $"Cannot process floating IP association with {asked}, since that is not an IPv4 address")
                : all.FirstOrDefault(a => a.Address == asked) ?? throw Errors.Bad("floatingip", $"Port {port.Id} does not have fixed ip {asked}");
        }

        var v4 = all.Where(a => a.Address.Contains('.', StringComparison.Ordinal)).ToList();
        return v4.Count switch
        {
            0 => throw Errors.Bad("floatingip", $"Cannot add floating IP to port {port.Id} that has no fixed IPv4 addresses"),
            1 => v4[0],
            _ => throw Errors.Bad("floatingip", $"Port {port.Id} has multiple fixed IPv4 addresses.  Must provide a specific IPv4 address when assigning a floating IP"),
        };
    }

    /// <summary>The router that joins the port's subnet to the external network.</summary>
    private static async Task<string> RouterOfAsync(DataConnection db, FloatingIpRow row, PortRow port, IpAllocation fixedIp, CancellationToken cancellationToken)
    {
        var candidates = await (from p in db.GetTable<PortRow>()
                                join allocation in db.GetTable<IpAllocation>() on p.Id equals allocation.PortId
                                join router in db.GetTable<RouterRow>() on p.DeviceId equals router.Id
                                where allocation.SubnetId == fixedIp.SubnetId && p.DeviceOwner == DeviceOwner.RouterInterface && router.GatewayNetworkId == row.FloatingNetworkId
                                orderby router.CreatedAt
                                select router.Id).ToListAsync(cancellationToken);
        return candidates.FirstOrDefault() ?? throw Errors.NotFound(
            $"External network {row.FloatingNetworkId} is not reachable from subnet {fixedIp.SubnetId}.  Therefore, cannot associate Port {port.Id} with a Floating IP.",
            "ExternalGatewayForFloatingIPNotFound");
    }

    private async Task TellAsync(WriteConnection db, string? portId, CancellationToken cancellationToken)
    {
        if (portId is not null && await db.GetTable<PortRow>().FirstOrDefaultAsync(p => p.Id == portId, cancellationToken) is { } port)
        {
            await events.AddAsync(db, "network-changed", port, cancellationToken);
        }
    }

    private static void WriteDetails(Utf8JsonWriter json, FloatingIpRow row)
    {
        if (row.Port is not { } port)
        {
            json.WriteNullValue();
            return;
        }

        json.WriteStartObject();
        json.WriteString("name", port.Name);
        json.WriteString("network_id", port.NetworkId);
        json.WriteString("mac_address", port.MacAddress);
        json.WriteBoolean("admin_state_up", port.AdminStateUp);
        json.WriteString("status", port.Status);
        json.WriteString("device_id", port.DeviceId);
        json.WriteString("device_owner", port.DeviceOwner);
        json.WriteEndObject();
    }
}
