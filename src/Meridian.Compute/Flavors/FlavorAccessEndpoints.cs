// SPDX-License-Identifier: Apache-2.0
using Meridian.Compute.Http;
using Meridian.Platform.Http;
using Meridian.Platform.Policy;

using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Meridian.Compute.Flavors;

/// <summary>Who may use a private flavor. Source: OpenStack Compute API reference, "Flavors access".</summary>
internal static class FlavorAccessEndpoints
{
    public static void MapFlavorAccess(this RouteGroupBuilder api)
    {
        api.MapGet("/flavors/{id}/os-flavor-access", ListAsync);
        api.MapPost("/flavors/{id}/action", ActAsync);
    }

    private static async Task<IResult> ListAsync(string id, FlavorContext flavors, CancellationToken cancellationToken)
    {
        flavors.Policy.Require(flavors.Context, FlavorPolicies.Access, PolicyTarget.None);
        var flavor = await FlavorEndpoints.GetAsync(id, flavors, cancellationToken);
        return flavor.IsPublic
            ? throw new ApiException(404, "Access list not available for public flavors.")
            : await AnswerAsync(id, flavors, cancellationToken);
    }

    private static async Task<IResult> ActAsync(string id, HttpRequest http, FlavorContext flavors, CancellationToken cancellationToken)
    {
        var body = await RequestObject.ReadRootAsync(http, flavors.Context, cancellationToken);
        var names = body.Names.ToList();
        if (names.Count != 1)
        {
            throw new ApiException(400, "Malformed request body");
        }

        var action = body.Object(names[0])!;
        switch (names[0])
        {
            case "addTenantAccess":
                var added = Tenant(action);
                flavors.Policy.Require(flavors.Context, FlavorPolicies.AddAccess, PolicyTarget.None);
                var flavor = await FlavorEndpoints.GetAsync(id, flavors, cancellationToken);
                if (flavor.IsPublic && flavors.Context.Version >= new Microversion(2, 7))
                {
                    throw new ApiException(409, "Can not add access to a public flavor.");
                }

                return await flavors.Store.TryGrantAsync(id, added, cancellationToken)
                    ? await AnswerAsync(id, flavors, cancellationToken)
                    : throw new ApiException(409, $"Flavor access already exists for flavor {id} and project {added} combination.");

            case "removeTenantAccess":
                var removed = Tenant(action);
                flavors.Policy.Require(flavors.Context, FlavorPolicies.RemoveAccess, PolicyTarget.None);
                await FlavorEndpoints.GetAsync(id, flavors, cancellationToken);
                return await flavors.Store.TryRevokeAsync(id, removed, cancellationToken)
                    ? await AnswerAsync(id, flavors, cancellationToken)
                    : throw new ApiException(404, $"Flavor access not found for {id} / {removed} combination.");

            default:
                throw new ApiException(400, $"There is no such action: {names[0]}");
        }
    }

    private static string Tenant(RequestObject action)
    {
        var tenant = action.Text("tenant", 1, 255, required: true)!;
        action.Done();
        return tenant;
    }

    private static async Task<IResult> AnswerAsync(string id, FlavorContext flavors, CancellationToken cancellationToken) =>
        JsonAnswer.List("flavor_access", await flavors.Store.ListAccessAsync(id, cancellationToken), static (json, access) =>
        {
            json.WriteString("flavor_id", access.FlavorId);
            json.WriteString("tenant_id", access.ProjectId);
        });
}
