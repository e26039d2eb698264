// SPDX-License-Identifier: Apache-2.0
using Meridian.Compute.Http;
using Meridian.Platform.Http;
using Meridian.Platform.Policy;

using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Meridian.Compute.SecurityGroups;

/// <summary>
/// GET /os-security-groups, up to 2.35: what clients ask before they add a group to a server. It shows the network service's groups, with the user's
/// own rights there. Changing groups here is not served: that is the network service's. Source: Compute API reference, "Security groups".
/// </summary>
internal static class SecurityGroupEndpoints
{
    public static void MapSecurityGroups(this RouteGroupBuilder api)
    {
        api.MapGet("/os-security-groups", ListAsync).Until(2, 35);
        api.MapGet("/os-security-groups/{id}", ShowAsync).Until(2, 35);
    }

    private static async Task<IResult> ListAsync(
        HttpRequest http, RequestContext context, IPolicyEnforcer policy, Neighbours neighbours, ComputeRequest request, CancellationToken cancellationToken)
    {
        policy.Require(context, SecurityGroupPolicies.Index, new(context.ProjectId));
        var (limit, _) = request.Page(http);
        var offset = ComputeRequest.Offset(http);
        var ofAll = context.IsAdmin && http.Query["all_tenants"].LastOrDefault() is { } all && all is not ("0" or "false" or "False");
        var client = neighbours.NetworkOf(context.TokenId!, context.GlobalRequestId ?? context.RequestId);
        var groups = await client.ListSecurityGroupsAsync(projectId: ofAll ? null : context.ProjectId, rules: true, cancellationToken: cancellationToken);
        var page = groups.OrderBy(g => g.ProjectId, StringComparer.Ordinal).ThenBy(g => g.Name, StringComparer.Ordinal).ThenBy(g => g.Id, StringComparer.Ordinal)
            .Skip(offset).Take(limit).ToList();
        var view = await SecurityGroupView.CreateAsync(client, page, cancellationToken);
        return JsonAnswer.List("security_groups", page, view.Write);
    }

    private static async Task<IResult> ShowAsync(string id, RequestContext context, IPolicyEnforcer policy, Neighbours neighbours, CancellationToken cancellationToken)
    {
        policy.Require(context, SecurityGroupPolicies.Show, new(context.ProjectId));
        if (!RequestObject.IsUuid(id))
        {
            throw new ApiException(400, "Security group id should be uuid");
        }

        var client = neighbours.NetworkOf(context.TokenId!, context.GlobalRequestId ?? context.RequestId);
        if (await client.ListSecurityGroupsAsync(ids: [id], rules: true, cancellationToken: cancellationToken) is not [var group])
        {
            throw new ApiException(404, $"Security group {id} not found.");
        }

        var view = await SecurityGroupView.CreateAsync(client, [group], cancellationToken);
        return JsonAnswer.Member("security_group", json => view.Write(json, group));
    }
}
