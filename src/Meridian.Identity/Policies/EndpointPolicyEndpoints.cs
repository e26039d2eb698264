// SPDX-License-Identifier: Apache-2.0
using Meridian.Identity.Catalog;
using Meridian.Identity.Regions;
using Meridian.Platform.Http;
using Meridian.Platform.Policy;

using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Meridian.Identity.Policies;

/// <summary>
/// OS-ENDPOINT-POLICY: which policy an endpoint has, by itself, by its service, or by its service in a region. Source: identity v3 API, "OS-ENDPOINT-POLICY".
/// </summary>
internal static class EndpointPolicyEndpoints
{
    public static void MapEndpointPolicies(this RouteGroupBuilder api)
    {
        api.MapRead("/endpoints/{endpointId}/OS-ENDPOINT-POLICY/policy", ShowOfEndpointAsync);
        api.MapRead("/policies/{policyId}/OS-ENDPOINT-POLICY/endpoints", ListEndpointsAsync);
        var path = "/policies/{policyId}/OS-ENDPOINT-POLICY";
        Map(api, path + "/endpoints/{endpointId}", new(PolicyBlobPolicies.CheckForEndpoint, PolicyBlobPolicies.CreateForEndpoint, PolicyBlobPolicies.DeleteForEndpoint));
        Map(api, path + "/services/{serviceId}", new(PolicyBlobPolicies.CheckForService, PolicyBlobPolicies.CreateForService, PolicyBlobPolicies.DeleteForService));
        Map(api, path + "/services/{serviceId}/regions/{regionId}", new(PolicyBlobPolicies.CheckForRegion, PolicyBlobPolicies.CreateForRegion, PolicyBlobPolicies.DeleteForRegion));
    }

    private static void Map(RouteGroupBuilder api, string path, Rules rules)
    {
        api.MapRead(path, async (string policyId, HttpRequest http, IdentityRequest request, EndpointPolicyParties parties, EndpointPolicyStore store, CancellationToken cancellationToken) =>
        {
            var association = await parties.RequireAsync(policyId, http.RouteValues, rules.Check, request, cancellationToken);
            return await store.ExistsAsync(association, cancellationToken) ? JsonAnswer.NoContent : throw new ApiException(404, "Could not find policy association.");
        });
        api.MapPut(path, async (string policyId, HttpRequest http, IdentityRequest request, EndpointPolicyParties parties, EndpointPolicyStore store, CancellationToken cancellationToken) =>
        {
            await store.SetAsync(await parties.RequireAsync(policyId, http.RouteValues, rules.Create, request, cancellationToken), cancellationToken);
            return JsonAnswer.NoContent;
        });
        api.MapDelete(path, async (string policyId, HttpRequest http, IdentityRequest request, EndpointPolicyParties parties, EndpointPolicyStore store, CancellationToken cancellationToken) =>
        {
            await store.EnsureDeletedAsync(await parties.RequireAsync(policyId, http.RouteValues, rules.Delete, request, cancellationToken), cancellationToken);
            return JsonAnswer.NoContent;
        });
    }

    private static async Task<IResult> ShowOfEndpointAsync(
        string endpointId, IdentityRequest request, EndpointStore endpoints, EndpointPolicyStore store, CancellationToken cancellationToken)
    {
        request.Require(PolicyBlobPolicies.GetForEndpoint);
        var endpoint = await endpoints.GetAsync(endpointId, cancellationToken);
        var policy = await store.FindForEndpointAsync(endpoint, cancellationToken) ?? throw new ApiException(404, $"No policy is associated with endpoint {endpointId}.");
        return PolicyBlobEndpoints.Answer(StatusCodes.Status200OK, policy, request);
    }

    private static async Task<IResult> ListEndpointsAsync(
        string policyId, IdentityRequest request, PolicyBlobStore policies, EndpointPolicyStore store, CancellationToken cancellationToken)
    {
        request.Require(PolicyBlobPolicies.ListEndpoints);
        _ = await policies.GetAsync(policyId, cancellationToken);
        return EndpointView.Answer(await store.ListEndpointsAsync(policyId, cancellationToken), request);
    }

    private sealed record Rules(PolicyRule Check, PolicyRule Create, PolicyRule Delete);
}

/// <summary>Asks the policy, then tells what of an association does not exist.</summary>
internal sealed class EndpointPolicyParties(PolicyBlobStore policies, EndpointStore endpoints, ServiceStore services, RegionStore regions)
{
    /// <param name="path">The values of the route: <c>endpointId</c>, or <c>serviceId</c> with or without <c>regionId</c>.</param>
    /// <exception cref="ApiException">401, 403 or 404.</exception>
    public async Task<PolicyAssociation> RequireAsync(
        string policyId, RouteValueDictionary path, PolicyRule rule, IdentityRequest request, CancellationToken cancellationToken)
    {
        request.Require(rule);
        _ = await policies.GetAsync(policyId, cancellationToken);
        var association = new PolicyAssociation
        {
            PolicyId = policyId,
            EndpointId = path["endpointId"] as string ?? "",
            ServiceId = path["serviceId"] as string ?? "",
            RegionId = path["regionId"] as string ?? "",
        };
        _ = association.EndpointId.Length == 0 ? null : await endpoints.GetAsync(association.EndpointId, cancellationToken);
        _ = association.ServiceId.Length == 0 ? null : await services.GetAsync(association.ServiceId, cancellationToken);
        _ = association.RegionId.Length == 0 ? null : await regions.GetAsync(association.RegionId, cancellationToken);
        return association;
    }
}
