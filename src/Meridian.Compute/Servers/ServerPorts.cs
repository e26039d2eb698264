// SPDX-License-Identifier: Apache-2.0
using System.Text.Json;

using Meridian.Contracts.Network;
using Meridian.Platform.Sagas;

using Microsoft.Extensions.Caching.Memory;

namespace Meridian.Compute.Servers;

/// <summary>
/// The ports of servers at the network service, which chooses their ids: found again by their mark, device_id (DESIGN 19). Acts as the service user and
/// names the project.
/// </summary>
internal sealed class ServerPorts(Neighbours neighbours, IMemoryCache cache)
{
    private static readonly TimeSpan Remembered = TimeSpan.FromSeconds(10);

    /// <summary>Ensures that the server has its ports, bound to its host.</summary>
    /// <param name="maybeBegun">False when it is known that no port was made yet: saves the look.</param>
    /// <exception cref="StepFailedException">The network service refuses.</exception>
    public async Task<List<ServerInterface>> EnsureAsync(Server server, bool maybeBegun, string? requestId, CancellationToken cancellationToken)
    {
        var network = neighbours.Network(requestId);
        var existing = maybeBegun ? (await network.ListPortsAsync(deviceIds: [server.Id], cancellationToken: cancellationToken)).ToList() : [];
        var ports = new List<(PortInfo Port, RequestedNetwork Wanted)>();
        try
        {
            foreach (var wanted in server.RequestedNetworks())
            {
                var found = Take(existing, wanted);
                var port = wanted.PortId is { } id
                    ? await network.UpdatePortAsync(id, new() { DeviceId = server.Id, DeviceOwner = OwnerOf(server), BindingHostId = server.Host }, cancellationToken)
                    : found ?? await network.CreatePortAsync(NewPort(server, wanted), cancellationToken);
                ports.Add((port, wanted));
            }
        }
        catch (NetworkApiException exception) when (exception.Status is >= 400 and < 500)
        {
            throw new StepFailedException(Explain(exception), 500, exception);
        }

        // A port whose answer was lost twice: more than was asked for.
        foreach (var extra in existing)
        {
            await network.DeletePortAsync(extra.Id, cancellationToken);
        }

        return await DescribeAsync(ports, network, cancellationToken);
    }

    /// <summary>Ensures that the ports made for the server are gone, and those that its user made are free.</summary>
    public async Task ReleaseAsync(Server server, string? requestId, CancellationToken cancellationToken)
    {
        var network = neighbours.Network(requestId);
        var own = server.RequestedNetworks().Select(n => n.PortId).OfType<string>().ToHashSet(StringComparer.Ordinal);
        if (server.RequestedNetworks().Count == 0 && server.NetworkInfo().Count == 0)
        {
            return;
        }

        foreach (var port in await network.ListPortsAsync(deviceIds: [server.Id], cancellationToken: cancellationToken))
        {
            if (!own.Contains(port.Id))
            {
                await network.DeletePortAsync(port.Id, cancellationToken);
                continue;
            }

            try
            {
                await network.UpdatePortAsync(port.Id, new() { DeviceId = "", DeviceOwner = "", BindingHostId = "" }, cancellationToken);
            }
            catch (NetworkApiException exception) when (exception.Status == 404)
            {
                // Its user deleted it meanwhile.
            }
        }
    }

    /// <summary>The server's ports as the network service has them now, in the order that the server knows.</summary>
    public async Task<List<ServerInterface>> RefreshAsync(Server server, string? requestId, CancellationToken cancellationToken)
    {
        var network = neighbours.Network(requestId);
        var ports = await network.ListPortsAsync(deviceIds: [server.Id], cancellationToken: cancellationToken);
        var before = server.NetworkInfo();
        var requested = server.RequestedNetworks();
        var ordered = ports.OrderBy(p => before.FindIndex(b => b.PortId == p.Id) is >= 0 and var at ? at : int.MaxValue)
            .Select(p => (p, requested.FirstOrDefault(r => r.PortId == p.Id) ?? new RequestedNetwork(p.NetworkId, Tag: before.FirstOrDefault(b => b.PortId == p.Id)?.Tag))).ToList();
        var described = await DescribeAsync(ordered, network, cancellationToken);
        var floating = await network.ListFloatingIpsAsync(portIds: [.. ports.Select(p => p.Id)], cancellationToken: cancellationToken);
        return [.. described.Select(i => i with { FloatingIps = [.. floating.Where(f => f.PortId == i.PortId).Select(f => f.FloatingIpAddress)] })];
    }

    private static PortCreate NewPort(Server server, RequestedNetwork wanted)
    {
        var groups = server.SecurityGroups();
        return new()
        {
            NetworkId = wanted.NetworkId!, ProjectId = server.ProjectId, DeviceId = server.Id, DeviceOwner = OwnerOf(server), BindingHostId = server.Host,
            AdminStateUp = true, SecurityGroups = groups.Count == 0 ? null : groups, FixedIps = wanted.FixedIp is { } ip ? [new(IpAddress: ip)] : null,
        };
    }

    private static string OwnerOf(Server server) => "compute:" + (server.Zone ?? "nova");

    private static PortInfo? Take(List<PortInfo> existing, RequestedNetwork wanted)
    {
        var found = existing.FirstOrDefault(p => wanted.PortId is { } id ? p.Id == id
            : p.NetworkId == wanted.NetworkId && (wanted.FixedIp is null || p.FixedIps.Any(ip => ip.IpAddress == wanted.FixedIp)));
        if (found is not null)
        {
            existing.Remove(found);
        }

        return found;
    }

    private async Task<List<ServerInterface>> DescribeAsync(IReadOnlyList<(PortInfo Port, RequestedNetwork Wanted)> ports, NetworkClient client, CancellationToken cancellationToken)
    {
        var described = new List<ServerInterface>();
        foreach (var (port, wanted) in ports)
        {
            var network = await cache.GetOrCreateAsync(("network", port.NetworkId), entry =>
            {
                entry.AbsoluteExpirationRelativeToNow = Remembered;
                return client.FindNetworkAsync(port.NetworkId, cancellationToken);
            });
            described.Add(new()
            {
                PortId = port.Id,
                NetworkId = port.NetworkId,
                NetworkName = network?.Name ?? port.NetworkId,
                MacAddress = port.MacAddress,
                Mtu = network?.Mtu is > 0 and var mtu ? mtu : 1500,
                FixedIps = [.. port.FixedIps.Select(ip => new InterfaceAddress(ip.IpAddress, ip.SubnetId))],
                SecurityGroups = await NamesAsync(port.SecurityGroups, client, cancellationToken),
                Status = port.Status,
                VifType = port.BindingVifType is null or "unbound" ? "" : port.BindingVifType,
                VifDetails = Details(port.BindingVifDetails),
                Preexisting = wanted.PortId is not null,
                Tag = wanted.Tag,
            });
        }

        return described;
    }

    private async Task<List<string>> NamesAsync(IReadOnlyList<string> groups, NetworkClient client, CancellationToken cancellationToken)
    {
        var names = new List<string>();
        foreach (var group in groups)
        {
            names.Add((await cache.GetOrCreateAsync(("security group", group), async entry =>
            {
                entry.AbsoluteExpirationRelativeToNow = TimeSpan.FromMinutes(1);
                return await client.ListSecurityGroupsAsync(ids: [group], cancellationToken: cancellationToken) is [var found, ..] ? found.Name : group;
            }))!);
        }

        return names;
    }

    private static Dictionary<string, string> Details(JsonElement? details) => details is { ValueKind: JsonValueKind.Object } map
        ? map.EnumerateObject().ToDictionary(p => p.Name, p => p.Value.ValueKind == JsonValueKind.String ? p.Value.GetString()! : p.Value.GetRawText(), StringComparer.Ordinal)
        : [];

    private static string Explain(NetworkApiException exception) => exception.Type switch
    {
        "IpAddressGenerationFailure" or "OverQuota" or "IpAddressAlreadyAllocated" or "MacAddressInUse" or "PortNotFound" or "NetworkNotFound" => exception.Message,
        _ => "Failed to allocate the network(s), not rescheduling.",
    };
}
