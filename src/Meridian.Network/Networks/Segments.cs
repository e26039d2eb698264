// SPDX-License-Identifier: Apache-2.0
using System.Globalization;

using LinqToDB;
using LinqToDB.Async;
using LinqToDB.Data;

using Meridian.Network.Api;
using Meridian.Platform.Config;
using Meridian.Platform.Storage;

namespace Meridian.Network.Networks;

/// <summary>What a network lies on: geneve or vxlan with an id of its own, a VLAN, or a whole physical network. Source: neutron's ml2 type drivers.</summary>
internal sealed record Segment(string Type, string? PhysicalNetwork, int? Id)
{
    public string Key => PhysicalNetwork is null ? $"{Type}:{Id}" : Id is null ? $"{Type}:{PhysicalNetwork}" : $"{Type}:{PhysicalNetwork}:{Id}";
}

internal sealed class Segments
{
    private readonly string[] types;
    private readonly string[] projectTypes;
    private readonly string[] flat;
    private readonly Dictionary<string, List<(int First, int Last)>> vlans = [];
    private readonly Dictionary<string, List<(int First, int Last)>> tunnels;
    private readonly int physnetMtu;
    private readonly int pathMtu;
    private readonly int geneveHeader;

    public Segments(ServiceConfig config)
    {
        types = config.Get(Ml2Options.TypeDrivers);
        projectTypes = config.Get(Ml2Options.ProjectNetworkTypes);
        flat = config.Get(Ml2Options.FlatNetworks);
        (physnetMtu, pathMtu, geneveHeader) = (config.Get(NetworkOptions.PhysnetMtu), config.Get(Ml2Options.PathMtu), config.Get(Ml2Options.GeneveHeader));
        tunnels = new()
        {
            ["geneve"] = [.. config.Get(Ml2Options.GeneveRanges).Select(r => Range(config, Ml2Options.GeneveRanges, r.Split(':')))],
            ["vxlan"] = [.. config.Get(Ml2Options.VxlanRanges).Select(r => Range(config, Ml2Options.VxlanRanges, r.Split(':')))],
        };
        foreach (var text in config.Get(Ml2Options.VlanRanges))
        {
            var parts = text.Split(':');
            var ranges = vlans.TryGetValue(parts[0], out var list) ? list : vlans[parts[0]] = [];
            if (parts.Length > 1)
            {
                ranges.Add(Range(config, Ml2Options.VlanRanges, parts[1..]));
            }
        }
    }

    /// <summary>Largest packet that a guest may send, in bytes.</summary>
    public int Mtu(Segment segment) => segment.Type switch
    {
        "geneve" => Tunnel(20 + geneveHeader),
        "vxlan" => Tunnel(50),
        _ => physnetMtu,
    };

    /// <summary>Takes the segment that the body names, or a free one of the project types.</summary>
    public async Task<Segment> TakeAsync(WriteConnection db, string networkId, Values values, CancellationToken cancellationToken)
    {
        var type = values.Get<string?>("provider:network_type", null);
        var physical = values.Get<string?>("provider:physical_network", null);
        var id = values.Get<int?>("provider:segmentation_id", null);
        if (type is null && (physical is not null || id is not null))
        {
            throw Errors.InvalidInput("network_type required");
        }

        var segment = type is null ? await FindFreeAsync(db, projectTypes, null, cancellationToken) : await CheckAsync(db, type, physical, id, cancellationToken);
        if (await db.GetTable<SegmentRow>().AnyAsync(s => s.Key == segment.Key, cancellationToken))
        {
            throw segment.Type switch
            {
                "flat" => Errors.Conflict($"Unable to create the flat network. Physical network {physical} is in use.", "FlatNetworkInUse"),
                "vlan" => Errors.Conflict($"Unable to create the network. The VLAN {id} on physical network {physical} is in use.", "VlanIdInUse"),
                _ => Errors.Conflict($"Unable to create the network. The tunnel ID {id} is in use.", "TunnelIdInUse"),
            };
        }

        await db.InsertAsync(new SegmentRow { Key = segment.Key, NetworkId = networkId }, token: cancellationToken);
        return segment;
    }

    private async Task<Segment> CheckAsync(WriteConnection db, string type, string? physical, int? id, CancellationToken cancellationToken)
    {
        if (!types.Contains(type, StringComparer.Ordinal))
        {
            throw Errors.InvalidInput($"network_type value '{type}' not supported");
        }

        switch (type)
        {
            case "flat":
                return physical is null ? throw Errors.InvalidInput("physical_network required for flat provider network")
                    : id is not null ? throw Errors.InvalidInput("segmentation_id prohibited for flat provider network")
                    : flat.Contains("*", StringComparer.Ordinal) || flat.Contains(physical, StringComparer.Ordinal) ? new(type, physical, null)
                    : throw Errors.InvalidInput($"physical_network '{physical}' unknown for flat provider network");
            case "vlan":
                if (physical is not null && !vlans.ContainsKey(physical))
                {
                    throw Errors.InvalidInput($"physical_network '{physical}' unknown for VLAN provider network");
                }

                return physical is null && id is not null ? throw Errors.InvalidInput("segmentation_id requires physical_network for VLAN provider network")
                    : id is < 1 or > 4094 ? throw Errors.InvalidInput("segmentation_id out of range (1 through 4094)")
                    : id is null ? await FindFreeAsync(db, [type], physical, cancellationToken)
                    : new(type, physical, id);
            case "geneve" or "vxlan":
                return physical is not null ? throw Errors.InvalidInput($"provider:physical_network specified for {type} network")
                    : id is null ? await FindFreeAsync(db, [type], null, cancellationToken)
                    : new(type, null, id is >= 1 and < 1 << 24 ? id : throw Errors.InvalidInput($"segmentation_id out of range (1 through {(1 << 24) - 1})"));
            default:
                throw Errors.InvalidInput($"network_type value '{type}' not supported");
        }
    }

    private async Task<Segment> FindFreeAsync(DataConnection db, string[] wanted, string? physical, CancellationToken cancellationToken)
    {
        foreach (var type in wanted)
        {
            var candidates = type == "vlan"
                ? vlans.Where(v => physical is null || v.Key == physical).SelectMany(v => v.Value.Select(r => (Physical: (string?)v.Key, r.First, r.Last)))
                : tunnels.TryGetValue(type, out var ranges) ? ranges.Select(r => (Physical: (string?)null, r.First, r.Last)) : [];
            foreach (var (on, first, last) in candidates)
            {
                // A few random ids, then in order: ranges are mostly empty.
                var tries = Enumerable.Range(0, 10).Select(_ => Random.Shared.Next(first, last + 1)).Concat(Enumerable.Range(first, Math.Min(last - first + 1, 70_000)));
                foreach (var id in tries)
                {
                    var segment = new Segment(type, on, id);
                    if (!await db.GetTable<SegmentRow>().AnyAsync(s => s.Key == segment.Key, cancellationToken))
                    {
                        return segment;
                    }
                }
            }
        }

        throw new Platform.Http.ApiException(503, "Unable to create the network. No project network is available for allocation.", "NoNetworkAvailable");
    }

    private int Tunnel(int overhead) => (pathMtu > 0 ? Math.Min(pathMtu, physnetMtu) : physnetMtu) - overhead;

    private static (int First, int Last) Range(ServiceConfig config, Option option, string[] parts) =>
        parts.Length == 2 && int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out var first)
        && int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var last) && first <= last
            ? (first, last)
            : throw new ConfigException($"{config.Describe(option)}: \"{string.Join(':', parts)}\" is not a range; expected first:last.");
}
