// SPDX-License-Identifier: Apache-2.0
using System.Text.Json;

using LinqToDB;
using LinqToDB.Async;
using LinqToDB.Data;

using Meridian.Network.Api;
using Meridian.Network.FloatingIps;
using Meridian.Network.Ipam;
using Meridian.Network.Networks;
using Meridian.Network.Ports;
using Meridian.Network.Subnets;
using Meridian.Platform.Http;
using Meridian.Platform.Storage;

using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Meridian.Network.Routers;

/// <summary>add_router_interface, remove_router_interface, add_extraroutes and remove_extraroutes of /routers/{id}.</summary>
internal sealed class RouterActions(RoutersResource routers, ResourceEndpoints<RouterRow> endpoints, PortStore ports, NetworkCore core)
{
    public void Map(RouteGroupBuilder api)
    {
        var router = api.MapGroup("/routers/{id}").WithTags("routers");
        router.MapPut("/add_router_interface", (RequestDelegate)(context => InterfaceAsync(context, "add_router_interface", AddAsync)));
        router.MapPut("/remove_router_interface", (RequestDelegate)(context => InterfaceAsync(context, "remove_router_interface", RemoveAsync)));
        router.MapPut("/add_extraroutes", (RequestDelegate)(context => RoutesAsync(context, "add_extraroutes", static (have, given) => have.Union(given))));
        router.MapPut("/remove_extraroutes", (RequestDelegate)(context => RoutesAsync(context, "remove_extraroutes", static (have, given) => have.Except(given))));
    }

    private async Task InterfaceAsync(HttpContext context, string action, Func<WriteConnection, Viewer, RouterRow, (string? SubnetId, string? PortId), CancellationToken, Task<(PortRow Port, string SubnetId)>> change)
    {
        var viewer = ResourceEndpoints<RouterRow>.ViewerOf(context);
        using var document = await context.Request.ReadJsonDocumentAsync(context.RequestAborted);
        var asked = Parse(document.RootElement);
        var id = (string)context.Request.RouteValues["id"]!;
        var (router, port, subnetId) = await core.WriteAsync(
            async db =>
            {
                var row = await endpoints.GetAsync(db, viewer, id, context.RequestAborted);
                viewer.Require(action, await routers.TargetAsync(db, row, context.RequestAborted));
                var (changed, subnet) = await change(db, viewer, row, asked, context.RequestAborted);
                await routers.StoreAsync(db, row, context.RequestAborted);
                return (row, changed, subnet);
            },
            context.RequestAborted);
        await context.WriteJsonAsync(200, json =>
        {
            json.WriteStartObject();
            json.WriteString("id", router.Id);
            json.WriteString("tenant_id", router.ProjectId);
            json.WriteString("project_id", router.ProjectId);
            json.WriteString("port_id", port.Id);
            json.WriteString("network_id", port.NetworkId);
            json.WriteString("subnet_id", subnetId);
            json.WritePropertyName("subnet_ids");
            StandardFields.Texts(json, [subnetId]);
            json.WritePropertyName("tags");
            StandardFields.Texts(json, []);
            json.WriteEndObject();
        });
    }

    private static (string? SubnetId, string? PortId) Parse(JsonElement body)
    {
        if (body.ValueKind != JsonValueKind.Object || body.EnumerateObject().Any(m => m.Name is not ("subnet_id" or "port_id")))
        {
            throw Errors.BadRequest("Body contains invalid data");
        }

        try
        {
            var subnet = body.TryGetProperty("subnet_id", out var s) ? (string)Read.Uuid(s)! : null;
            var port = body.TryGetProperty("port_id", out var p) ? (string)Read.Uuid(p)! : null;
            return subnet is null && port is null ? throw Errors.Bad("router", "Either subnet_id or port_id must be specified") : (subnet, port);
        }
        catch (InvalidValueException invalid)
        {
            throw Errors.BadRequest($"Invalid input for {(body.TryGetProperty("subnet_id", out _) ? "subnet_id" : "port_id")}. Reason: {invalid.Message}.");
        }
    }

    private async Task<(PortRow, string)> AddAsync(WriteConnection db, Viewer viewer, RouterRow router, (string? SubnetId, string? PortId) asked, CancellationToken cancellationToken)
    {
        if (asked is { SubnetId: not null, PortId: not null })
        {
            throw Errors.Bad("router", "Cannot specify both subnet-id and port-id");
        }

        return asked.PortId is { } portId ? await AddPortAsync(db, viewer, router, portId, cancellationToken) : await AddSubnetAsync(db, viewer, router, asked.SubnetId!, cancellationToken);
    }

    private async Task<(PortRow, string)> AddSubnetAsync(WriteConnection db, Viewer viewer, RouterRow router, string subnetId, CancellationToken cancellationToken)
    {
        var subnet = await db.GetTable<SubnetRow>().FirstOrDefaultAsync(s => s.Id == subnetId, cancellationToken);
        var network = subnet is null ? null : await db.GetTable<NetworkRow>().FirstOrDefaultAsync(n => n.Id == subnet.NetworkId, cancellationToken);
        if (subnet is null || network is null || !(viewer.SeesAll || network.Shared || network.ProjectId == viewer.ProjectId))
        {
            throw Errors.SubnetNotFound(subnetId);
        }

        await CheckOverlapAsync(db, router, [subnet], cancellationToken);
        if (subnet.GatewayIp is not { } gateway)
        {
            throw Errors.Bad("router", "Subnet for router interface must have a gateway IP");
        }

        var port = await ports.InsertAsync(
            db,
            new PortRow
            {
                Id = Guid.NewGuid().ToString("D"), ProjectId = router.ProjectId, NetworkId = subnet.NetworkId, DeviceId = router.Id, DeviceOwner = DeviceOwner.RouterInterface, PortSecurityEnabled = false,
                CreatedAt = core.Now, UpdatedAt = core.Now,
            },
            [], cancellationToken, force: true);
        var address = IpAddress.Parse(gateway);
        if (await AddressAllocator.IsTakenAsync(db, subnet.Id, address, cancellationToken))
        {
            throw Errors.IpAddressInUse(subnet.NetworkId, gateway);
        }

        await PortAddresses.InsertAsync(db, port, (subnet, address), 0, cancellationToken);
        return (port, subnet.Id);
    }

    private async Task<(PortRow, string)> AddPortAsync(WriteConnection db, Viewer viewer, RouterRow router, string portId, CancellationToken cancellationToken)
    {
        var project = viewer.ProjectId;
        var port = await db.GetTable<PortRow>().FirstOrDefaultAsync(p => p.Id == portId && (viewer.SeesAll || p.ProjectId == project), cancellationToken) ?? throw Errors.PortNotFound(portId);
        if (port.DeviceId.Length > 0)
        {
            throw Errors.Conflict(
                $"Unable to complete operation on port {port.Id} for network {port.NetworkId}. Port already has an attached device {port.DeviceId}.", "PortInUse");
        }

        var addresses = await db.GetTable<IpAllocation>().Where(a => a.PortId == port.Id).OrderBy(a => a.Position).ToListAsync(cancellationToken);
        if (addresses.Count == 0)
        {
            throw Errors.Bad("router", "Router port must have at least one fixed IP");
        }

        var subnetIds = addresses.Select(a => a.SubnetId).ToList();
        var subnets = await db.GetTable<SubnetRow>().Where(s => subnetIds.Contains(s.Id)).ToListAsync(cancellationToken);
        if (subnets.Count(s => s.IpVersion == 4) > 1)
        {
            throw Errors.Bad("router", "Cannot have multiple IPv4 subnets on router port");
        }

        await CheckOverlapAsync(db, router, subnets, cancellationToken);
        port.DeviceId = router.Id;
        port.DeviceOwner = DeviceOwner.RouterInterface;
        port.PortSecurityEnabled = false;
        port.RevisionNumber++;
        port.UpdatedAt = core.Now;
        await db.UpdateAsync(port, token: cancellationToken);
        await db.GetTable<PortSecurityGroupRow>().Where(g => g.PortId == port.Id).DeleteAsync(cancellationToken);
        await ports.PokeAsync(db, port.Id, cancellationToken);
        return (port, addresses[0].SubnetId);
    }

    /// <summary>A router never has two ways to one address.</summary>
    private static async Task CheckOverlapAsync(DataConnection db, RouterRow router, IReadOnlyList<SubnetRow> added, CancellationToken cancellationToken)
    {
        var have = await (from port in db.GetTable<PortRow>()
                          join allocation in db.GetTable<IpAllocation>() on port.Id equals allocation.PortId
                          join subnet in db.GetTable<SubnetRow>() on allocation.SubnetId equals subnet.Id
                          where port.DeviceId == router.Id && (port.DeviceOwner == DeviceOwner.RouterInterface || port.DeviceOwner == DeviceOwner.RouterGateway)
                          select subnet).ToListAsync(cancellationToken);
        foreach (var subnet in added)
        {
            if (have.Any(h => h.Id == subnet.Id))
            {
                throw Errors.Bad("router", $"Router already has a port on subnet {subnet.Id}");
            }

            if (have.FirstOrDefault(h => h.Range.Overlaps(subnet.Range)) is { } other)
            {
                throw Errors.Bad("router", $"Cidr {subnet.Cidr} of subnet {subnet.Id} overlaps with cidr {other.Cidr} of subnet {other.Id}");
            }
        }
    }

    private async Task<(PortRow, string)> RemoveAsync(WriteConnection db, Viewer viewer, RouterRow router, (string? SubnetId, string? PortId) asked, CancellationToken cancellationToken)
    {
        var interfaces = await (from port in db.GetTable<PortRow>()
                                join allocation in db.GetTable<IpAllocation>() on port.Id equals allocation.PortId
                                where port.DeviceId == router.Id && port.DeviceOwner == DeviceOwner.RouterInterface
                                select new { Port = port, allocation.SubnetId }).ToListAsync(cancellationToken);
        if (asked is { SubnetId: { } subnet, PortId: null } && !await db.GetTable<SubnetRow>().AnyAsync(s => s.Id == subnet, cancellationToken))
        {
            throw Errors.SubnetNotFound(subnet);
        }

        var found = interfaces.FirstOrDefault(i => (asked.PortId is null || i.Port.Id == asked.PortId) && (asked.SubnetId is null || i.SubnetId == asked.SubnetId))
            ?? throw (asked.PortId is { } portId && interfaces.All(i => i.Port.Id != portId)
                ? Errors.NotFound($"Router {router.Id} does not have an interface with id {portId}", "RouterInterfaceNotFound")
                : asked.PortId is not null ? Errors.Invalid($"Subnet on port {asked.PortId} does not match the requested subnet {asked.SubnetId}.", "SubnetMismatchForPort")
                : Errors.NotFound($"Router {router.Id} has no interface on subnet {asked.SubnetId}", "RouterInterfaceNotFoundForSubnet"));
        var inUse = await (from floating in db.GetTable<FloatingIpRow>()
                           join allocation in db.GetTable<IpAllocation>() on floating.PortId equals allocation.PortId
                           where floating.RouterId == router.Id && allocation.SubnetId == found.SubnetId && allocation.Address == floating.FixedIpAddress
                           select floating.Id).AnyAsync(cancellationToken);
        if (inUse)
        {
            throw Errors.Conflict(
                $"Router interface for subnet {found.SubnetId} on router {router.Id} cannot be deleted, as it is required by one or more floating IPs.", "RouterInterfaceInUseByFloatingIP");
        }

        var range = (await db.GetTable<SubnetRow>().FirstAsync(s => s.Id == found.SubnetId, cancellationToken)).Range;
        if (router.Routes.Any(r => range.Contains(IpAddress.Parse(r.Nexthop))))
        {
            throw Errors.Conflict($"Router interface for subnet {found.SubnetId} on router {router.Id} cannot be deleted, as it is required by one or more routes.", "RouterInterfaceInUseByRoute");
        }

        await ports.RemoveAsync(db, found.Port, cancellationToken);
        return (found.Port, found.SubnetId);
    }

    private async Task RoutesAsync(HttpContext context, string action, Func<IEnumerable<HostRoute>, IEnumerable<HostRoute>, IEnumerable<HostRoute>> merge)
    {
        var viewer = ResourceEndpoints<RouterRow>.ViewerOf(context);
        using var document = await context.Request.ReadJsonDocumentAsync(context.RequestAborted);
        var given = ParseRoutes(document.RootElement);
        var id = (string)context.Request.RouteValues["id"]!;
        var router = await core.WriteAsync(
            async db =>
            {
                var row = await endpoints.GetAsync(db, viewer, id, context.RequestAborted);
                viewer.Require(action, await routers.TargetAsync(db, row, context.RequestAborted));
                await routers.SetRoutesAsync(db, row, [.. merge(row.Routes, given)], context.RequestAborted);
                await routers.StoreAsync(db, row, context.RequestAborted);
                await routers.LoadAsync(db, [row], context.RequestAborted);
                return row;
            },
            context.RequestAborted);
        await context.WriteJsonAsync(200, json =>
        {
            json.WriteStartObject();
            json.WritePropertyName("router");
            endpoints.Write(json, viewer, router, unmasked: true);
            json.WriteEndObject();
        });
    }

    private static List<HostRoute> ParseRoutes(JsonElement body)
    {
        if (body.ValueKind != JsonValueKind.Object || !body.TryGetProperty("router", out var router) || router.ValueKind != JsonValueKind.Object || !router.TryGetProperty("routes", out var routes))
        {
            throw Errors.BadRequest("Body contains invalid data");
        }

        try
        {
            return (List<HostRoute>)SubnetValues.Routes(routes)!;
        }
        catch (InvalidValueException invalid)
        {
            throw Errors.BadRequest($"Invalid input for routes. Reason: {invalid.Message}.");
        }
    }
}
