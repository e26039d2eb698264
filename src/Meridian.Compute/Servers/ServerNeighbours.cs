// SPDX-License-Identifier: Apache-2.0
using Meridian.Contracts.Image;
using Meridian.Contracts.Network;
using Meridian.Platform.Http;
using Meridian.Platform.Policy;

using Microsoft.Extensions.Caching.Memory;

namespace Meridian.Compute.Servers;

/// <summary>
/// Images, networks and security groups as the user of a request sees them. What a project may see is remembered for a few seconds, by project and role:
/// steps look again whether it exists.
/// </summary>
internal sealed class ServerNeighbours(Neighbours neighbours, IMemoryCache cache)
{
    private static readonly TimeSpan Remembered = TimeSpan.FromSeconds(5);

    /// <exception cref="ApiException">400: there is no such image for this user.</exception>
    public async Task<ImageInfo> GetImageAsync(string id, RequestContext context, CancellationToken cancellationToken)
    {
        var key = ("image", id, context.ProjectId, context.IsAdmin);
        if (!cache.TryGetValue(key, out ImageInfo? image))
        {
            image = await neighbours.ImageOf(context.TokenId!, context.GlobalRequestId ?? context.RequestId).FindAsync(id, cancellationToken)
                ?? throw new ApiException(400, $"Image {id} could not be found.");
            if (image.Status == "active")
            {
                cache.Set(key, image, Remembered);
            }
        }

        return image!;
    }

    /// <summary>The interfaces that a new server gets, each with its network or port found.</summary>
    public async Task<List<RequestedNetwork>> ResolveNetworksAsync(CreateServerRequest body, ServerContext servers, CancellationToken cancellationToken)
    {
        var context = servers.Context;
        var client = neighbours.NetworkOf(context.TokenId!, context.GlobalRequestId ?? context.RequestId);
        if (body.Networks is null)
        {
            return await ChooseAsync(client, context, cancellationToken);
        }

        if (body.MaxCount > 1 && body.Networks.Any(n => n.PortId is not null || n.FixedIp is not null))
        {
            throw new ApiException(400, "Unable to launch multiple instances with a single configured port ID. Please launch your instance one by one with different ports.");
        }

        var resolved = new List<RequestedNetwork>();
        foreach (var wanted in body.Networks)
        {
            resolved.Add(wanted.PortId is { } port
                ? wanted with { NetworkId = (await GetPortAsync(port, client, cancellationToken)).NetworkId }
                : wanted with { NetworkId = (await GetNetworkAsync(wanted.NetworkId!, client, servers, cancellationToken)).Id });
        }

        return resolved;
    }

    /// <summary>Ids of the named groups; empty for the project's default one.</summary>
    public async Task<List<string>> ResolveSecurityGroupsAsync(IReadOnlyList<string>? wanted, RequestContext context, CancellationToken cancellationToken)
    {
        if (wanted is null or { Count: 0 } || wanted is ["default"])
        {
            return [];
        }

        var client = neighbours.NetworkOf(context.TokenId!, context.GlobalRequestId ?? context.RequestId);
        var key = ("security groups", context.ProjectId, context.IsAdmin);
        if (!cache.TryGetValue(key, out IReadOnlyList<SecurityGroupInfo>? groups) || wanted.Any(w => Find(groups!, w).Count != 1))
        {
            groups = await client.ListSecurityGroupsAsync(projectId: context.ProjectId, cancellationToken: cancellationToken);
            cache.Set(key, groups, Remembered);
        }

        return
        [
            .. wanted.Select(name => Find(groups!, name) switch
            {
                [var one] => one.Id,
                [] => throw new ApiException(400, $"Security group {name} not found for project {context.ProjectId}."),
                _ => throw new ApiException(409, $"Multiple security groups found matching '{name}'. Use an ID to be more specific."),
            }).Distinct(StringComparer.Ordinal),
        ];
    }

    private static List<SecurityGroupInfo> Find(IReadOnlyList<SecurityGroupInfo> groups, string wanted) =>
        groups.FirstOrDefault(g => g.Id == wanted) is { } byId ? [byId] : [.. groups.Where(g => g.Name == wanted)];

    private async Task<List<RequestedNetwork>> ChooseAsync(NetworkClient client, RequestContext context, CancellationToken cancellationToken)
    {
        var usable = (await client.ListNetworksAsync(cancellationToken: cancellationToken))
            .Where(n => (n.ProjectId == context.ProjectId || n.Shared) && !n.External && n.Subnets.Count > 0).ToList();
        return usable.Count switch
        {
            1 => [new(usable[0].Id)],
            > 1 => throw new ApiException(409, "Multiple possible networks found, use a Network ID to be more specific."),
            _ when context.Version >= new Microversion(2, 37) => throw new ApiException(400, $"Unable to automatically allocate a network for project {context.ProjectId}"),
            _ => [],
        };
    }

    private async Task<NetworkInfo> GetNetworkAsync(string id, NetworkClient client, ServerContext servers, CancellationToken cancellationToken)
    {
        var context = servers.Context;
        var key = ("network of", id, context.ProjectId, context.IsAdmin);
        if (!cache.TryGetValue(key, out NetworkInfo? network))
        {
            network = await client.FindNetworkAsync(id, cancellationToken) ?? throw new ApiException(400, $"Network {id} could not be found.");
            if (network.Subnets.Count > 0)
            {
                cache.Set(key, network, Remembered);
            }
        }

        return network!.Subnets.Count == 0 ? throw new ApiException(400, $"Network {id} requires a subnet in order to boot instances on.")
            : network.External && !network.Shared && !servers.Policy.Allows(context, ServerPolicies.ExternalNetwork, PolicyTarget.None)
                ? throw new ApiException(403, $"It is not allowed to create an interface on external network {id}")
            : network;
    }

    private static async Task<PortInfo> GetPortAsync(string id, NetworkClient client, CancellationToken cancellationToken)
    {
        var port = await client.FindPortAsync(id, cancellationToken) ?? throw new ApiException(400, $"Port id {id} could not be found.");
        return port.DeviceId.Length > 0 ? throw new ApiException(409, $"Port {id} is still in use.")
            : port.FixedIps.Count == 0 ? throw new ApiException(400, $"Port {id} requires a FixedIP in order to be used.")
            : port;
    }
}
