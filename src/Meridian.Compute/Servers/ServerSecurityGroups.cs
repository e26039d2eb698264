// SPDX-License-Identifier: Apache-2.0
using LinqToDB;

using Meridian.Compute.SecurityGroups;
using Meridian.Contracts.Network;
using Meridian.Platform.Http;

namespace Meridian.Compute.Servers;

/// <summary>Security groups of a server's ports, changed with the rights of the user.</summary>
internal sealed class ServerSecurityGroups(Neighbours neighbours, ServerStore servers, ServerPorts ports)
{
    public async Task ChangeAsync(Server server, string name, bool add, RequestContext context, CancellationToken cancellationToken)
    {
        var client = neighbours.NetworkOf(context.TokenId!, context.GlobalRequestId ?? context.RequestId);
        var group = await FindAsync(server, name, client, cancellationToken);
        var changed = false;
        foreach (var port in await client.ListPortsAsync(deviceIds: [server.Id], cancellationToken: cancellationToken))
        {
            var has = port.SecurityGroups.Contains(group.Id, StringComparer.Ordinal);
            if (has == add || (add && !port.PortSecurityEnabled))
            {
                continue;
            }

            try
            {
                await client.UpdatePortAsync(
                    port.Id, new PortUpdate { SecurityGroups = add ? [.. port.SecurityGroups, group.Id] : [.. port.SecurityGroups.Where(g => g != group.Id)] }, cancellationToken);
            }
            catch (NetworkApiException exception)
            {
                throw new ApiException(exception.Status, exception.Message);
            }

            changed = true;
        }

        if (!add && !changed)
        {
            throw new ApiException(404, $"Security group {name} not associated with the instance {server.Id}");
        }

        var json = ServerStore.Json(await ports.RefreshAsync(server, context.GlobalRequestId ?? context.RequestId, cancellationToken));
        await servers.ChangeAsync(server.Id, _ => update => update.Set(s => s.NetworkInfoJson, json), cancellationToken);
    }

    /// <summary>The groups of a server's ports, as the user sees them.</summary>
    public async Task<(IReadOnlyList<SecurityGroupInfo> Groups, SecurityGroupView View)> ListAsync(Server server, RequestContext context, CancellationToken cancellationToken)
    {
        var client = neighbours.NetworkOf(context.TokenId!, context.GlobalRequestId ?? context.RequestId);
        var ids = (await client.ListPortsAsync(deviceIds: [server.Id], cancellationToken: cancellationToken)).SelectMany(p => p.SecurityGroups).Distinct(StringComparer.Ordinal).ToList();
        var groups = await client.ListSecurityGroupsAsync(ids: ids, rules: true, cancellationToken: cancellationToken);
        return (groups, await SecurityGroupView.CreateAsync(client, groups, cancellationToken));
    }

    private static async Task<SecurityGroupInfo> FindAsync(Server server, string name, NetworkClient client, CancellationToken cancellationToken)
    {
        if (Http.RequestObject.IsUuid(name) && (await client.ListSecurityGroupsAsync(ids: [name], cancellationToken: cancellationToken)) is [var byId])
        {
            return byId;
        }

        return await client.ListSecurityGroupsAsync(name: name, projectId: server.ProjectId, cancellationToken: cancellationToken) switch
        {
            [var one] => one,
            [] => throw new ApiException(404, $"Security group {name} not found for project {server.ProjectId}."),
            _ => throw new ApiException(409, $"Multiple security_group matches found for name '{name}', use an ID to be more specific."),
        };
    }
}
