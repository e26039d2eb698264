// SPDX-License-Identifier: Apache-2.0
using System.Text.Json;

using LinqToDB;
using LinqToDB.Async;
using LinqToDB.Data;

using Meridian.Network.Api;
using Meridian.Network.Ipam;
using Meridian.Network.Networks;
using Meridian.Network.Routers;
using Meridian.Network.SecurityGroups;
using Meridian.Network.ServerEvents;
using Meridian.Platform.Http;
using Meridian.Platform.Policy;
using Meridian.Platform.Storage;

namespace Meridian.Network.Ports;

/// <summary>/ports. Source: Networking API reference, "Ports".</summary>
internal sealed class PortsResource(NetworkCore core, PortStore store, PortBinder binder, DefaultSecurityGroup defaults, ServerEventOutbox events) : NetworkResource<PortRow>(core)
{
    private readonly int maxPairs = core.Config.Get(NetworkOptions.MaxAddressPairs);

    public override string Singular => "port";

    public override IReadOnlyList<Field<PortRow>> Fields { get; } =
    [
        StandardFields.Id<PortRow>(),
        StandardFields.Name<PortRow>(),
        new("network_id", (json, p) => json.WriteStringValue(p.NetworkId)) { Post = Read.Uuid, Required = true, Filter = Filter.Text<PortRow>(p => p.NetworkId), Sort = p => p.NetworkId },
        new("admin_state_up", (json, p) => json.WriteBooleanValue(p.AdminStateUp)) { Post = Read.Boolean, Put = Read.Boolean, Default = true, Filter = Filter.Bool<PortRow>(p => p.AdminStateUp) },
        new("mac_address", (json, p) => json.WriteStringValue(p.MacAddress)) { Post = Read.OrNull(Read.Mac), Put = Read.OrNull(Read.Mac), Filter = PortFilters.Mac, Sort = p => p.MacAddress },
        new("fixed_ips", (json, p) => WriteFixedIps(json, p.FixedIps)) { Post = PortValues.FixedIps, Put = PortValues.FixedIps, Filter = PortFilters.FixedIps },
        new("device_id", (json, p) => json.WriteStringValue(p.DeviceId)) { Post = Text255, Put = Text255, Default = "", Filter = Filter.Text<PortRow>(p => p.DeviceId), Sort = p => p.DeviceId },
        new("device_owner", (json, p) => json.WriteStringValue(p.DeviceOwner)) { Post = Text255, Put = Text255, Default = "", Filter = PortFilters.Owner, Sort = p => p.DeviceOwner },
        new("status", (json, p) => json.WriteStringValue(p.Status)) { Filter = Filter.Text<PortRow>(p => p.Status), Sort = p => p.Status },
        new("allowed_address_pairs", (json, p) => WritePairs(json, p)) { Post = PortValues.Pairs, Put = PortValues.Pairs },
        new("extra_dhcp_opts", (json, p) => WriteDhcpOptions(json, p.DhcpOptions)) { Post = PortValues.DhcpOptions, Put = PortValues.DhcpOptions },
        new("security_groups", (json, p) => StandardFields.Texts(json, p.SecurityGroups)) { Post = Read.List<string>(Read.Uuid), Put = Read.List<string>(Read.Uuid), Filter = PortFilters.SecurityGroups },
        new("port_security_enabled", (json, p) => json.WriteBooleanValue(p.PortSecurityEnabled)) { Post = Read.Boolean, Put = Read.Boolean },
        new("binding:vnic_type", (json, p) => json.WriteStringValue(p.VnicType)) { Post = Vnic, Put = Vnic, Default = "normal", Filter = Filter.Text<PortRow>(p => p.VnicType) },
        new("binding:profile", (json, p) => json.WriteRawValue(p.ProfileJson)) { Post = PortValues.Profile, Put = PortValues.Profile, Default = "{}" },
        new("binding:host_id", (json, p) => json.WriteStringValue(p.BindingHost)) { Post = Text255, Put = Text255, Default = "", Filter = Filter.Text<PortRow>(p => p.BindingHost), Sort = p => p.BindingHost },
        new("binding:vif_type", (json, p) => json.WriteStringValue(p.VifType)) { Filter = Filter.Text<PortRow>(p => p.VifType) },
        new("binding:vif_details", PortBinding.WriteDetails),
        .. StandardFields.Rest<PortRow>(),
    ];

    private static Func<JsonElement, object?> Text255 { get; } = element => element.ValueKind == JsonValueKind.Null ? "" : Read.Text(255)(element);

    private static Func<JsonElement, object?> Vnic { get; } = Read.OneOf("normal", "direct", "macvtap", "baremetal", "direct-physical", "virtio-forwarder", "smart-nic", "accelerator-direct", "accelerator-direct-physical", "remote-managed", "vdpa");

    public override IQueryable<PortRow> Visible(DataConnection db, Viewer viewer)
    {
        var project = viewer.ProjectId;
        var networks = db.GetTable<NetworkRow>();
        return viewer.SeesAll ? db.GetTable<PortRow>() : db.GetTable<PortRow>().Where(p => p.ProjectId == project || networks.Any(n => n.Id == p.NetworkId && n.ProjectId == project));
    }

    public override ApiException NotFound(string id) => Errors.PortNotFound(id);

    public override async Task<PolicyTarget> TargetAsync(DataConnection db, PortRow row, CancellationToken cancellationToken) =>
        Target(row.ProjectId, row.DeviceOwner, await db.GetTable<NetworkRow>().FirstOrDefaultAsync(n => n.Id == row.NetworkId, cancellationToken));

    public override async Task<PolicyTarget> TargetAsync(DataConnection db, Viewer viewer, string projectId, Values values, CancellationToken cancellationToken) =>
        Target(projectId, values.Get("device_owner", ""), await NetworksResource.GetVisibleAsync(db, viewer, values.Require<string>("network_id"), cancellationToken));

    public override Task PrepareAsync(Viewer viewer, string projectId, CancellationToken cancellationToken) =>
        projectId == viewer.ProjectId || viewer.SeesAll ? defaults.EnsureAsync(projectId, cancellationToken) : Task.CompletedTask;

    public override async Task LoadAsync(DataConnection db, IReadOnlyList<PortRow> rows, CancellationToken cancellationToken)
    {
        await LoadTagsAsync(db, rows, cancellationToken);
        await store.LoadAsync(db, rows, cancellationToken);
    }

    /// <summary>A new device_owner is judged as it will be, and parts of fixed_ips have rules of their own.</summary>
    public override IEnumerable<string> AttributeRules(string action, Values values, bool create)
    {
        foreach (var rule in base.AttributeRules(action, values, create))
        {
            yield return rule;
            if (rule.EndsWith(":fixed_ips", StringComparison.Ordinal) && values.Get<List<FixedIpAsk>?>("fixed_ips", null) is { } asks)
            {
                if (asks.Any(a => a.IpAddress is not null))
                {
                    yield return rule + ":ip_address";
                }

                if (asks.Any(a => a.SubnetId is not null))
                {
                    yield return rule + ":subnet_id";
                }
            }
        }
    }

    public override async Task<PortRow> CreateAsync(WriteConnection db, Viewer viewer, string projectId, Values values, CancellationToken cancellationToken)
    {
        var network = await NetworksResource.GetVisibleAsync(db, viewer, values.Require<string>("network_id"), cancellationToken);
        var port = new PortRow
        {
            Id = Guid.NewGuid().ToString("D"), ProjectId = projectId, NetworkId = network.Id, Name = values.Get("name", ""), Description = values.Get("description", ""),
            AdminStateUp = values.Get("admin_state_up", true), MacAddress = values.Get<string?>("mac_address", null) ?? "", DeviceId = values.Get("device_id", ""),
            DeviceOwner = values.Get("device_owner", ""), PortSecurityEnabled = values.Get("port_security_enabled", network.PortSecurityEnabled), BindingHost = values.Get("binding:host_id", ""),
            VnicType = values.Get("binding:vnic_type", "normal"), ProfileJson = values.Get("binding:profile", "{}"), DhcpOptions = values.Get<List<DhcpOption>>("extra_dhcp_opts", []),
            Pairs = CheckPairs(values.Get<List<AddressPair>>("allowed_address_pairs", [])), CreatedAt = Core.Now, UpdatedAt = Core.Now,
        };
        await CheckDeviceAsync(db, viewer, port, cancellationToken);
        port.VifType = await binder.BindAsync(port.BindingHost, port.VnicType, cancellationToken);
        await store.InsertAsync(db, port, values.Get<List<FixedIpAsk>?>("fixed_ips", null), cancellationToken);
        var groups = values.Get<List<string>?>("security_groups", null);
        if (groups is null && port.PortSecurityEnabled && !DeviceOwner.IsNetworks(port.DeviceOwner))
        {
            groups = [await defaults.EnsureAsync(db, projectId, cancellationToken)];
        }

        await SetGroupsAsync(db, viewer, port, groups ?? [], cancellationToken);
        CheckSecurity(port, groups ?? []);
        return port;
    }

    public override async Task UpdateAsync(WriteConnection db, Viewer viewer, PortRow row, Values values, CancellationToken cancellationToken)
    {
        // The rule about device_owner looks at what it becomes (OSSA-2015-018).
        if (values.Has("device_owner"))
        {
            var network = await db.GetTable<NetworkRow>().FirstOrDefaultAsync(n => n.Id == row.NetworkId, cancellationToken);
            if (!viewer.Allows("update_port:device_owner", Target(row.ProjectId, values.Get("device_owner", ""), network)))
            {
                throw Errors.Denied("(rule:update_port and rule:update_port:device_owner)");
            }
        }

        row.Name = values.Get("name", row.Name);
        row.Description = values.Get("description", row.Description);
        row.AdminStateUp = values.Get("admin_state_up", row.AdminStateUp);
        row.DeviceId = values.Get("device_id", row.DeviceId);
        row.DeviceOwner = values.Get("device_owner", row.DeviceOwner);
        row.PortSecurityEnabled = values.Get("port_security_enabled", row.PortSecurityEnabled);
        row.ProfileJson = values.Get("binding:profile", row.ProfileJson);
        row.Pairs = values.Has("allowed_address_pairs") ? CheckPairs(values.Require<List<AddressPair>>("allowed_address_pairs")) : row.Pairs;
        row.DhcpOptions = values.Has("extra_dhcp_opts") ? MergeDhcpOptions(row.DhcpOptions, values.Require<List<DhcpOption>>("extra_dhcp_opts")) : row.DhcpOptions;
        if (values.Has("device_id") || values.Has("device_owner"))
        {
            await CheckDeviceAsync(db, viewer, row, cancellationToken);
        }

        await BindAsync(row, values, cancellationToken);
        if (values.Has("mac_address") && values.Get<string?>("mac_address", null) is var mac && mac != row.MacAddress)
        {
            await store.SetMacAsync(db, row, row.BindingHost.Length > 0
                ? throw Errors.Conflict($"Unable to complete operation on port {row.Id}, port is already bound, port type: {row.VifType}, old_mac {row.MacAddress}, new_mac {mac}.", "PortBound")
                : mac ?? "", cancellationToken);
        }

        if (values.Has("fixed_ips") && await PortAddresses.ReplaceAsync(db, row, await CheckFloatingAsync(db, row, values.Require<List<FixedIpAsk>>("fixed_ips"), cancellationToken), cancellationToken))
        {
            await events.AddAsync(db, "network-changed", row, cancellationToken);
            await Northbound.RouterPokes.OfPortAsync(db, row, Core.Now, cancellationToken);
        }

        await SaveAsync(db, row, cancellationToken);
        if (values.Has("security_groups"))
        {
            await db.GetTable<PortSecurityGroupRow>().Where(g => g.PortId == row.Id).DeleteAsync(cancellationToken);
            await SetGroupsAsync(db, viewer, row, values.Require<List<string>>("security_groups"), cancellationToken);
        }

        var groups = await db.GetTable<PortSecurityGroupRow>().Where(g => g.PortId == row.Id).Select(g => g.SecurityGroupId).ToListAsync(cancellationToken);
        CheckSecurity(row, groups);
        await store.PokeAsync(db, row.Id, cancellationToken);
    }

    public override async Task DeleteAsync(WriteConnection db, Viewer viewer, PortRow row, CancellationToken cancellationToken)
    {
        if (row.DeviceOwner is DeviceOwner.RouterInterface or DeviceOwner.RouterGateway && await db.GetTable<RouterRow>().AnyAsync(r => r.Id == row.DeviceId, cancellationToken)
            || row.DeviceOwner == DeviceOwner.FloatingIp && await db.GetTable<FloatingIps.FloatingIpRow>().AnyAsync(f => f.FloatingPortId == row.Id, cancellationToken))
        {
            throw Errors.Conflict($"Port {row.Id} cannot be deleted directly via the port API: has device owner {row.DeviceOwner}.", "ServicePortInUse");
        }

        await store.RemoveAsync(db, row, cancellationToken);
    }

    private static PolicyTarget Target(string projectId, string deviceOwner, NetworkRow? network) => new(projectId, attributes: new Dictionary<string, object?>
    {
        ["shared"] = network?.Shared ?? false, ["network:project_id"] = network?.ProjectId ?? "", ["device_owner"] = deviceOwner,
    });

    /// <summary>Nobody plugs into another project's router (OSSA-2014-008).</summary>
    private static async Task CheckDeviceAsync(DataConnection db, Viewer viewer, PortRow port, CancellationToken cancellationToken)
    {
        if (port.DeviceId.Length > 0 && !viewer.Context.IsAdmin
            && await db.GetTable<RouterRow>().AnyAsync(r => r.Id == port.DeviceId && r.ProjectId != viewer.ProjectId, cancellationToken))
        {
            throw Errors.Conflict($"The following device_id {port.DeviceId} is not owned by your project or matches another project's router.", "DeviceIDNotOwnedByTenant");
        }
    }

    private async Task BindAsync(PortRow row, Values values, CancellationToken cancellationToken)
    {
        if (!values.Has("binding:host_id") && !values.Has("binding:vnic_type"))
        {
            return;
        }

        var host = values.Get("binding:host_id", row.BindingHost);
        row.VnicType = values.Get("binding:vnic_type", row.VnicType);
        if (host != row.BindingHost)
        {
            // What hung on the old host is not wired on the new one; the backend will say when it is.
            row.Status = "DOWN";
        }

        row.BindingHost = host;
        row.VifType = await binder.BindAsync(host, row.VnicType, cancellationToken);
    }

    private static async Task SetGroupsAsync(WriteConnection db, Viewer viewer, PortRow port, IReadOnlyList<string> groups, CancellationToken cancellationToken)
    {
        foreach (var id in groups)
        {
            var owner = await db.GetTable<SecurityGroupRow>().Where(g => g.Id == id).Select(g => g.ProjectId).FirstOrDefaultAsync(cancellationToken);
            if (owner is null || (owner != port.ProjectId && !viewer.Context.IsAdmin))
            {
                throw Errors.SecurityGroupNotFound(id);
            }

            await db.InsertAsync(new PortSecurityGroupRow { PortId = port.Id, SecurityGroupId = id }, token: cancellationToken);
        }
    }

    private static void CheckSecurity(PortRow port, IReadOnlyList<string> groups)
    {
        if (port.PortSecurityEnabled)
        {
            return;
        }

        if (groups.Count > 0)
        {
            throw Errors.Conflict("Port has security group associated. Cannot disable port security or IP address until security group is removed.", "PortSecurityPortHasSecurityGroup");
        }

        if (port.Pairs.Count > 0)
        {
            throw Errors.Conflict("Port Security must be enabled in order to have allowed address pairs on a port.", "AddressPairAndPortSecurityRequired");
        }
    }

    private List<AddressPair> CheckPairs(List<AddressPair> pairs) => pairs.Count <= maxPairs
        ? pairs
        : throw Errors.Invalid($"The number of allowed address pair exceeds the maximum {maxPairs}.", "AllowedAddressPairExhausted");

    /// <summary>A floating IP's fixed address does not go away under it.</summary>
    private static async Task<List<FixedIpAsk>> CheckFloatingAsync(DataConnection db, PortRow row, List<FixedIpAsk> asks, CancellationToken cancellationToken)
    {
        var held = await db.GetTable<FloatingIps.FloatingIpRow>().Where(f => f.PortId == row.Id).Select(f => f.FixedIpAddress).ToListAsync(cancellationToken);
        return held.All(address => asks.Any(a => a.IpAddress == address || a.IpAddress is null))
            ? asks
            : throw Errors.Bad("port", $"Cannot update the fixed_ips of the port {row.Id}, because its original fixed_ip has been associated to a floating ip");
    }

    /// <summary>An option without a value is removed.</summary>
    private static List<DhcpOption> MergeDhcpOptions(IReadOnlyList<DhcpOption> have, List<DhcpOption> changes) =>
        [.. have.Where(h => !changes.Any(c => c.OptName == h.OptName && c.IpVersion == h.IpVersion)), .. changes.Where(c => c.OptValue is not null)];

    internal static void WriteFixedIps(Utf8JsonWriter json, IReadOnlyList<IpAllocation> addresses)
    {
        json.WriteStartArray();
        foreach (var address in addresses)
        {
            json.WriteStartObject();
            json.WriteString("subnet_id", address.SubnetId);
            json.WriteString("ip_address", address.Address);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WritePairs(Utf8JsonWriter json, PortRow port)
    {
        json.WriteStartArray();
        foreach (var pair in port.Pairs)
        {
            json.WriteStartObject();
            json.WriteString("ip_address", pair.IpAddress);
            json.WriteString("mac_address", pair.MacAddress.Length > 0 ? pair.MacAddress : port.MacAddress);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteDhcpOptions(Utf8JsonWriter json, IReadOnlyList<DhcpOption> options)
    {
        json.WriteStartArray();
        foreach (var option in options)
        {
            json.WriteStartObject();
            json.WriteString("opt_name", option.OptName);
            json.WriteString("opt_value", option.OptValue);
            json.WriteNumber("ip_version", option.IpVersion);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }
}
