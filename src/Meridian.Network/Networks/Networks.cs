// SPDX-License-Identifier: Apache-2.0
using LinqToDB;
using LinqToDB.Async;
using LinqToDB.Data;

using Meridian.Network.Api;
using Meridian.Network.Drivers;
using Meridian.Network.FloatingIps;
using Meridian.Network.Northbound;
using Meridian.Network.Ports;
using Meridian.Network.Quotas;
using Meridian.Network.Routers;
using Meridian.Network.Subnets;
using Meridian.Platform.Http;
using Meridian.Platform.Policy;
using Meridian.Platform.Storage;

namespace Meridian.Network.Networks;

/// <summary>/networks. Source: Networking API reference, "Networks".</summary>
internal sealed class NetworksResource(NetworkCore core, Segments segments, QuotaCounter quota, PortStore portStore) : NetworkResource<NetworkRow>(core)
{
    public override string Singular => "network";

    public override IReadOnlyList<Field<NetworkRow>> Fields { get; } =
    [
        StandardFields.Id<NetworkRow>(),
        StandardFields.Name<NetworkRow>(),
        new("admin_state_up", (json, n) => json.WriteBooleanValue(n.AdminStateUp)) { Post = Read.Boolean, Put = Read.Boolean, Default = true, Filter = Filter.Bool<NetworkRow>(n => n.AdminStateUp) },
        new("mtu", (json, n) => json.WriteNumberValue(n.Mtu)) { Post = Read.Integer(0), Put = Read.Integer(0), Filter = Filter.Int<NetworkRow>(n => n.Mtu), Sort = n => n.Mtu },
        new("status", (json, n) => json.WriteStringValue(n.Status)) { Filter = Filter.Text<NetworkRow>(n => n.Status), Sort = n => n.Status },
        new("subnets", (json, n) => StandardFields.Texts(json, n.Subnets)),
        new("shared", (json, n) => json.WriteBooleanValue(n.Shared)) { Post = Read.Boolean, Put = Read.Boolean, Default = false, Filter = Filter.Bool<NetworkRow>(n => n.Shared) },
        new("availability_zone_hints", (json, _) => StandardFields.Texts(json, [])) { Post = Read.List<string>(Read.Text(255)) },
        new("availability_zones", (json, _) => StandardFields.Texts(json, [])),
        new("ipv4_address_scope", (json, _) => json.WriteNullValue()),
        new("ipv6_address_scope", (json, _) => json.WriteNullValue()),
        new("router:external", (json, n) => json.WriteBooleanValue(n.External)) { Post = Read.Boolean, Put = Read.Boolean, Default = false, Filter = Filter.Bool<NetworkRow>(n => n.External) },
        new("is_default", (json, n) => json.WriteBooleanValue(n.IsDefault))
        {
            Post = Read.Boolean, Put = Read.Boolean, Default = false, Filter = Filter.Bool<NetworkRow>(n => n.IsDefault), Shown = n => n.External || n.IsFresh,
        },
        new("port_security_enabled", (json, n) => json.WriteBooleanValue(n.PortSecurityEnabled)) { Post = Read.Boolean, Put = Read.Boolean, Default = true },
        new("provider:network_type", (json, n) => json.WriteStringValue(n.NetworkType)) { Post = Read.OrNull(Read.Text(255)), Filter = Filter.Text<NetworkRow>(n => n.NetworkType) },
        new("provider:physical_network", (json, n) => json.WriteStringValue(n.PhysicalNetwork)) { Post = Read.OrNull(Read.Text(64)), Filter = Filter.Text<NetworkRow>(n => n.PhysicalNetwork) },
        new("provider:segmentation_id", (json, n) => WriteInt(json, n.SegmentationId)) { Post = Read.OrNull(Read.Integer(0)), Filter = Filter.Int<NetworkRow>(n => n.SegmentationId) },
        .. StandardFields.Rest<NetworkRow>(),
    ];

    public override IQueryable<NetworkRow> Visible(DataConnection db, Viewer viewer)
    {
        var project = viewer.ProjectId;
        return viewer.SeesAll ? db.GetTable<NetworkRow>() : db.GetTable<NetworkRow>().Where(n => n.ProjectId == project || n.Shared || n.External);
    }

    public override ApiException NotFound(string id) => Errors.NetworkNotFound(id);

    public override Task<PolicyTarget> TargetAsync(DataConnection db, NetworkRow row, CancellationToken cancellationToken) => Task.FromResult(Target(row));

    public static PolicyTarget Target(NetworkRow row) => new(row.ProjectId, attributes: new Dictionary<string, object?> { ["shared"] = row.Shared, ["router:external"] = row.External });

    public override async Task LoadAsync(DataConnection db, IReadOnlyList<NetworkRow> rows, CancellationToken cancellationToken)
    {
        await LoadTagsAsync(db, rows, cancellationToken);
        var ids = rows.Select(r => r.Id).ToList();
        var subnets = (await db.GetTable<SubnetRow>().Where(s => ids.Contains(s.NetworkId)).OrderBy(s => s.CreatedAt).ThenBy(s => s.Id).Select(s => new { s.NetworkId, s.Id })
            .ToListAsync(cancellationToken)).ToLookup(s => s.NetworkId);
        foreach (var row in rows)
        {
            row.Subnets = [.. subnets[row.Id].Select(s => s.Id)];
        }
    }

    public override async Task<NetworkRow> CreateAsync(WriteConnection db, Viewer viewer, string projectId, Values values, CancellationToken cancellationToken)
    {
        await quota.TakeAsync(db, projectId, "network", 1, cancellationToken);
        var id = Guid.NewGuid().ToString("D");
        var segment = await segments.TakeAsync(db, id, values, cancellationToken);
        var now = Core.Now;
        var row = new NetworkRow
        {
            Id = id, ProjectId = projectId, Name = values.Get("name", ""), Description = values.Get("description", ""), AdminStateUp = values.Get("admin_state_up", true),
            Shared = values.Get("shared", false), External = values.Get("router:external", false), IsDefault = values.Get("is_default", false),
            PortSecurityEnabled = values.Get("port_security_enabled", true), Mtu = CheckMtu(values.Get("mtu", 0), segments.Mtu(segment)), NetworkType = segment.Type,
            PhysicalNetwork = segment.PhysicalNetwork, SegmentationId = segment.Id, CreatedAt = now, UpdatedAt = now, IsFresh = true,
        };
        await CheckDefaultAsync(db, row, cancellationToken);
        await db.InsertAsync(row, token: cancellationToken);
        await Pending.AddAsync(db, NetworkResourceKind.Network, id, now, cancellationToken);
        return row;
    }

    public override async Task UpdateAsync(WriteConnection db, Viewer viewer, NetworkRow row, Values values, CancellationToken cancellationToken)
    {
        await CheckSharingAsync(db, row, values, cancellationToken);
        row.Name = values.Get("name", row.Name);
        row.Description = values.Get("description", row.Description);
        row.AdminStateUp = values.Get("admin_state_up", row.AdminStateUp);
        row.Shared = values.Get("shared", row.Shared);
        row.External = values.Get("router:external", row.External);
        row.IsDefault = values.Get("is_default", row.IsDefault);
        row.PortSecurityEnabled = values.Get("port_security_enabled", row.PortSecurityEnabled);
        var remtu = values.Has("mtu");
        row.Mtu = remtu ? CheckMtu(values.Get("mtu", 0), segments.Mtu(new(row.NetworkType, row.PhysicalNetwork, row.SegmentationId))) : row.Mtu;
        await CheckDefaultAsync(db, row, cancellationToken);
        await SaveAsync(db, row, cancellationToken);
        await Pending.AddAsync(db, NetworkResourceKind.Network, row.Id, Core.Now, cancellationToken);
        if (remtu)
        {
            // DHCP and router interfaces tell the MTU as well.
            foreach (var subnet in await db.GetTable<SubnetRow>().Where(s => s.NetworkId == row.Id).Select(s => s.Id).ToListAsync(cancellationToken))
            {
                await Pending.AddAsync(db, NetworkResourceKind.Subnet, subnet, Core.Now, cancellationToken);
            }
        }
    }

    public override async Task DeleteAsync(WriteConnection db, Viewer viewer, NetworkRow row, CancellationToken cancellationToken)
    {
        // Floating IPs that nothing uses go with their network.
        foreach (var floating in await db.GetTable<FloatingIpRow>().Where(f => f.FloatingNetworkId == row.Id && f.PortId == null).ToListAsync(cancellationToken))
        {
            await FloatingIpsResource.RemoveAsync(db, floating, portStore, Core.Now, cancellationToken);
        }

        var ports = await db.GetTable<PortRow>().Where(p => p.NetworkId == row.Id).ToListAsync(cancellationToken);
        if (ports.Where(p => !DeviceOwner.IsAutoDeleted(p.DeviceOwner)).ToList() is { Count: > 0 } used)
        {
            throw Errors.NetworkInUse(row.Id, $"There are one or more ports still in use on the network, id for these ports is: {string.Join(',', used.Select(p => p.Id))}");
        }

        var now = Core.Now;
        foreach (var port in ports)
        {
            await portStore.RemoveAsync(db, port, cancellationToken);
        }

        foreach (var subnet in await db.GetTable<SubnetRow>().Where(s => s.NetworkId == row.Id).ToListAsync(cancellationToken))
        {
            await db.DeleteAsync(subnet, token: cancellationToken);
            await db.GetTable<Tags.TagRow>().Where(t => t.ResourceId == subnet.Id).DeleteAsync(cancellationToken);
            await QuotaCounter.GiveAsync(db, subnet.ProjectId, "subnet", 1, cancellationToken);
            await Pending.AddAsync(db, NetworkResourceKind.Subnet, subnet.Id, now, cancellationToken);
        }

        await db.GetTable<SegmentRow>().Where(s => s.NetworkId == row.Id).DeleteAsync(cancellationToken);
        await db.DeleteAsync(row, token: cancellationToken);
        await QuotaCounter.GiveAsync(db, row.ProjectId, "network", 1, cancellationToken);
        await Pending.AddAsync(db, NetworkResourceKind.Network, row.Id, now, cancellationToken);
    }

    /// <exception cref="ApiException">404: there is no such network, or this viewer does not see it.</exception>
    public static async Task<NetworkRow> GetVisibleAsync(DataConnection db, Viewer viewer, string id, CancellationToken cancellationToken) =>
        await db.GetTable<NetworkRow>().FirstOrDefaultAsync(n => n.Id == id, cancellationToken) is { } network && (viewer.SeesAll || network.IsShared || network.ProjectId == viewer.ProjectId)
            ? network
            : throw Errors.NetworkNotFound(id);

    internal static void WriteInt(System.Text.Json.Utf8JsonWriter json, int? value)
    {
        if (value is { } number)
        {
            json.WriteNumberValue(number);
        }
        else
        {
            json.WriteNullValue();
        }
    }

    private static int CheckMtu(int asked, int maximum) =>
        asked == 0 ? maximum
        : asked > maximum ? throw Errors.InvalidInput($"Requested MTU is too big, maximum is {maximum}")
        : asked < 68 ? throw Errors.InvalidInput("Requested MTU is too small, minimum is 68")
        : asked;

    private static async Task CheckDefaultAsync(DataConnection db, NetworkRow row, CancellationToken cancellationToken)
    {
        if (row is { IsDefault: true, External: true } && await db.GetTable<NetworkRow>().Where(n => n.IsDefault && n.External && n.Id != row.Id).Select(n => n.Id).FirstOrDefaultAsync(cancellationToken) is { } other)
        {
            throw Errors.Conflict($"A default external network already exists: {other}.", "DefaultExternalNetworkExists");
        }
    }

    private static async Task CheckSharingAsync(DataConnection db, NetworkRow row, Values values, CancellationToken cancellationToken)
    {
        if (row.Shared && !values.Get("shared", true)
            && await db.GetTable<PortRow>().AnyAsync(p => p.NetworkId == row.Id && p.ProjectId != row.ProjectId && p.ProjectId != "" && !p.DeviceOwner.StartsWith("network:"), cancellationToken))
        {
            throw Errors.Conflict($"Unable to reconfigure sharing settings for network {row.Id}. Multiple projects are using it.", "InvalidSharedSetting");
        }

        if (row.External && !values.Get("router:external", true)
            && (await db.GetTable<RouterRow>().AnyAsync(r => r.GatewayNetworkId == row.Id, cancellationToken) || await db.GetTable<FloatingIpRow>().AnyAsync(f => f.FloatingNetworkId == row.Id, cancellationToken)))
        {
            throw Errors.Conflict($"External network {row.Id} cannot be updated to be made non-external, since it has existing gateway ports.", "ExternalNetworkInUse");
        }
    }
}
