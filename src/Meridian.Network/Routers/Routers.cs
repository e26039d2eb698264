// SPDX-License-Identifier: Apache-2.0
using System.Text.Json;

using LinqToDB;
using LinqToDB.Async;
using LinqToDB.Data;

using Meridian.Network.Api;
using Meridian.Network.Drivers;
using Meridian.Network.FloatingIps;
using Meridian.Network.Ipam;
using Meridian.Network.Networks;
using Meridian.Network.Northbound;
using Meridian.Network.Ports;
using Meridian.Network.Quotas;
using Meridian.Network.Subnets;
using Meridian.Platform.Http;
using Meridian.Platform.Storage;

namespace Meridian.Network.Routers;

/// <summary>/routers. Source: Networking API reference, "Routers". Interfaces and extra routes are in <see cref="RouterActions"/>.</summary>
internal sealed class RoutersResource(NetworkCore core, QuotaCounter quota, PortStore ports) : NetworkResource<RouterRow>(core)
{
    private readonly int maxRoutes = core.Config.Get(NetworkOptions.MaxRoutes);

    public override string Singular => "router";

    public override IReadOnlyList<Field<RouterRow>> Fields { get; } =
    [
        StandardFields.Id<RouterRow>(),
        StandardFields.Name<RouterRow>(),
        new("admin_state_up", (json, r) => json.WriteBooleanValue(r.AdminStateUp)) { Post = Read.Boolean, Put = Read.Boolean, Default = true, Filter = Filter.Bool<RouterRow>(r => r.AdminStateUp) },
        new("status", (json, r) => json.WriteStringValue(r.Status)) { Filter = Filter.Text<RouterRow>(r => r.Status), Sort = r => r.Status },
        new("external_gateway_info", WriteGateway) { Post = RouterValues.Gateway, Put = RouterValues.Gateway },
        new("distributed", (json, _) => json.WriteBooleanValue(false)) { Post = Read.Boolean, Put = Read.Boolean, Default = false },
        new("ha", (json, _) => json.WriteBooleanValue(false)) { Post = Read.Boolean, Put = Read.Boolean, Default = false },
        new("availability_zone_hints", (json, _) => StandardFields.Texts(json, [])) { Post = Read.List<string>(Read.Text(255)) },
        new("availability_zones", (json, _) => StandardFields.Texts(json, [])),
        new("routes", (json, r) => SubnetsResource.WriteRoutes(json, r.Routes)) { Put = SubnetValues.Routes },
        new("flavor_id", (json, _) => json.WriteNullValue()),
        .. StandardFields.Rest<RouterRow>(),
    ];

    public override IQueryable<RouterRow> Visible(DataConnection db, Viewer viewer)
    {
        var project = viewer.ProjectId;
        return viewer.SeesAll ? db.GetTable<RouterRow>() : db.GetTable<RouterRow>().Where(r => r.ProjectId == project);
    }

    public override ApiException NotFound(string id) => Errors.RouterNotFound(id);

    public override IEnumerable<string> AttributeRules(string action, Values values, bool create)
    {
        foreach (var rule in base.AttributeRules(action, values, create))
        {
            yield return rule;
            if (rule.EndsWith(":external_gateway_info", StringComparison.Ordinal) && values.Get<GatewayAsk?>("external_gateway_info", null) is { } gateway)
            {
                if (gateway.EnableSnat is not null)
                {
                    yield return rule + ":enable_snat";
                }

                if (gateway.FixedIps is not null)
                {
                    yield return rule + ":external_fixed_ips";
                }
            }
        }
    }

    public override async Task LoadAsync(DataConnection db, IReadOnlyList<RouterRow> rows, CancellationToken cancellationToken)
    {
        await LoadTagsAsync(db, rows, cancellationToken);
        var gateways = rows.Select(r => r.GatewayPortId).Where(id => id is not null).Select(id => id!).ToList();
        var addresses = (await db.GetTable<IpAllocation>().Where(a => gateways.Contains(a.PortId)).OrderBy(a => a.Position).ToListAsync(cancellationToken)).ToLookup(a => a.PortId);
        foreach (var row in rows)
        {
            row.GatewayIps = row.GatewayPortId is null ? [] : [.. addresses[row.GatewayPortId]];
        }
    }

    public override async Task<RouterRow> CreateAsync(WriteConnection db, Viewer viewer, string projectId, Values values, CancellationToken cancellationToken)
    {
        await quota.TakeAsync(db, projectId, "router", 1, cancellationToken);
        RefuseKinds(values);
        var row = new RouterRow
        {
            Id = Guid.NewGuid().ToString("D"), ProjectId = projectId, Name = values.Get("name", ""), Description = values.Get("description", ""), AdminStateUp = values.Get("admin_state_up", true),
            CreatedAt = Core.Now, UpdatedAt = Core.Now,
        };
        await db.InsertAsync(row, token: cancellationToken);
        if (values.Get<GatewayAsk?>("external_gateway_info", null) is { } gateway)
        {
            await SetGatewayAsync(db, viewer, row, gateway, cancellationToken);
            await db.UpdateAsync(row, token: cancellationToken);
        }

        await Pending.AddAsync(db, NetworkResourceKind.Router, row.Id, Core.Now, cancellationToken);
        return row;
    }

    public override async Task UpdateAsync(WriteConnection db, Viewer viewer, RouterRow row, Values values, CancellationToken cancellationToken)
    {
        RefuseKinds(values);
        row.Name = values.Get("name", row.Name);
        row.Description = values.Get("description", row.Description);
        row.AdminStateUp = values.Get("admin_state_up", row.AdminStateUp);
        if (values.Has("external_gateway_info"))
        {
            await SetGatewayAsync(db, viewer, row, values.Get<GatewayAsk?>("external_gateway_info", null), cancellationToken);
        }

        if (values.Has("routes"))
        {
            await SetRoutesAsync(db, row, values.Require<List<HostRoute>>("routes"), cancellationToken);
        }

        await StoreAsync(db, row, cancellationToken);
    }

    /// <summary>Writes the router and tells the backend.</summary>
    public async Task StoreAsync(WriteConnection db, RouterRow row, CancellationToken cancellationToken)
    {
        await SaveAsync(db, row, cancellationToken);
        await Pending.AddAsync(db, NetworkResourceKind.Router, row.Id, Core.Now, cancellationToken);
    }

    public override async Task DeleteAsync(WriteConnection db, Viewer viewer, RouterRow row, CancellationToken cancellationToken)
    {
        if (await db.GetTable<PortRow>().AnyAsync(p => p.DeviceId == row.Id && p.DeviceOwner == DeviceOwner.RouterInterface, cancellationToken))
        {
            throw Errors.Conflict($"Router {row.Id} still has ports", "RouterInUse");
        }

        await ClearGatewayAsync(db, row, cancellationToken);
        await db.DeleteAsync(row, token: cancellationToken);
        await QuotaCounter.GiveAsync(db, row.ProjectId, "router", 1, cancellationToken);
        await Pending.AddAsync(db, NetworkResourceKind.Router, row.Id, Core.Now, cancellationToken);
    }

    /// <exception cref="ApiException">A next hop that no network of the router reaches, or that is the router itself; too many routes.</exception>
    public async Task SetRoutesAsync(DataConnection db, RouterRow row, IReadOnlyList<HostRoute> routes, CancellationToken cancellationToken)
    {
        if (routes.Count > maxRoutes)
        {
            throw Errors.Invalid($"Unable to complete operation for {row.Id}. The number of routes exceeds the maximum {maxRoutes}.", "RoutesExhausted");
        }

        var own = await (from port in db.GetTable<PortRow>()
                         join allocation in db.GetTable<IpAllocation>() on port.Id equals allocation.PortId
                         join subnet in db.GetTable<SubnetRow>() on allocation.SubnetId equals subnet.Id
                         where port.DeviceId == row.Id && (port.DeviceOwner == DeviceOwner.RouterInterface || port.DeviceOwner == DeviceOwner.RouterGateway)
                         select new { allocation.Address, subnet.Cidr }).ToListAsync(cancellationToken);
        foreach (var route in routes)
        {
            var hop = IpAddress.Parse(route.Nexthop);
            if (!own.Any(o => IpCidr.Parse(o.Cidr).Contains(hop)))
            {
                throw Errors.Invalid($"Invalid format for routes: {Shown(routes)}, the nexthop is not connected with router", "InvalidRoutes");
            }

            if (own.Any(o => o.Address == route.Nexthop))
            {
                throw Errors.Invalid($"Invalid format for routes: {Shown(routes)}, the nexthop is used by router", "InvalidRoutes");
            }
        }

        row.Routes = [.. routes.OrderBy(r => r.Destination, StringComparer.Ordinal).ThenBy(r => r.Nexthop, StringComparer.Ordinal)];
    }

    private static string Shown(IReadOnlyList<HostRoute> routes) => $"[{string.Join(", ", routes.Select(r => $"{{'destination': '{r.Destination}', 'nexthop': '{r.Nexthop}'}}"))}]";

    private static void RefuseKinds(Values values)
    {
        if (values.Get("distributed", false) || values.Get("ha", false))
        {
            throw Errors.Bad("router", "distributed and ha routers are not served; an OVN router is both by itself");
        }
    }

    private async Task SetGatewayAsync(WriteConnection db, Viewer viewer, RouterRow row, GatewayAsk? ask, CancellationToken cancellationToken)
    {
        if (ask is null)
        {
            row.EnableSnat = true;
            await ClearGatewayAsync(db, row, cancellationToken);
            return;
        }

        var network = await NetworksResource.GetVisibleAsync(db, viewer, ask.NetworkId, cancellationToken);

        if (!network.External)
        {
            throw Errors.Bad("router", $"Network {network.Id} is not an external network");
        }

        row.EnableSnat = ask.EnableSnat ?? true;
        var subnets = await PortAddresses.SubnetsAsync(db, network.Id, cancellationToken);
        if (ask.FixedIps?.FirstOrDefault(a => a.IpAddress is not null && subnets.Any(s => s.GatewayIp == a.IpAddress)) is { } clash)
        {
            throw Errors.Bad("router", $"External IP {clash.IpAddress} is the same as the gateway IP");
        }

        if (row.GatewayNetworkId == network.Id && row.GatewayPortId is { } portId)
        {
            if (ask.FixedIps is not null)
            {
                var port = await db.GetTable<PortRow>().FirstAsync(p => p.Id == portId, cancellationToken);
                await PortAddresses.ReplaceAsync(db, port, ask.FixedIps, cancellationToken);
                await ports.PokeAsync(db, portId, cancellationToken);
            }

            return;
        }

        if (row.GatewayPortId is not null)
        {
            await ClearGatewayAsync(db, row, cancellationToken);
        }

        if (!subnets.Any(s => s.IpVersion == 4 || !s.IsAutoAddressed))
        {
            throw Errors.Bad("router", $"No eligible IP address on external network {network.Id}");
        }

        // The gateway's port belongs to no project: nobody but admins sees it.
        var gateway = await ports.InsertAsync(
            db,
            new PortRow
            {
                Id = Guid.NewGuid().ToString("D"), ProjectId = "", NetworkId = network.Id, DeviceId = row.Id, DeviceOwner = DeviceOwner.RouterGateway, PortSecurityEnabled = false,
                CreatedAt = Core.Now, UpdatedAt = Core.Now,
            },
            ask.FixedIps, cancellationToken);
        row.GatewayPortId = gateway.Id;
        row.GatewayNetworkId = network.Id;
    }

    private async Task ClearGatewayAsync(WriteConnection db, RouterRow row, CancellationToken cancellationToken)
    {
        if (row.GatewayPortId is not { } portId)
        {
            return;
        }

        if (await db.GetTable<FloatingIpRow>().AnyAsync(f => f.RouterId == row.Id, cancellationToken))
        {
            throw Errors.Conflict(
                $"Gateway cannot be updated for router {row.Id}, since a gateway to external network {row.GatewayNetworkId} is required by one or more floating IPs.",
                "RouterExternalGatewayInUseByFloatingIp");
        }

        if (await db.GetTable<PortRow>().FirstOrDefaultAsync(p => p.Id == portId, cancellationToken) is { } port)
        {
            await ports.RemoveAsync(db, port, cancellationToken);
        }

        row.GatewayPortId = row.GatewayNetworkId = null;
    }

    private static void WriteGateway(Utf8JsonWriter json, RouterRow row)
    {
        if (row.GatewayNetworkId is null)
        {
            json.WriteNullValue();
            return;
        }

        json.WriteStartObject();
        json.WriteString("network_id", row.GatewayNetworkId);
        json.WritePropertyName("external_fixed_ips");
        PortsResource.WriteFixedIps(json, row.GatewayIps);
        json.WriteBoolean("enable_snat", row.EnableSnat);
        json.WriteEndObject();
    }
}
