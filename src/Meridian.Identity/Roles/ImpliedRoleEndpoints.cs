// SPDX-License-Identifier: Apache-2.0
using System.Text.Json;

using Meridian.Platform.Http;
using Meridian.Platform.Policy;

using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Meridian.Identity.Roles;

/// <summary>/v3/roles/{id}/implies and /v3/role_inferences. Source: identity v3 API, "Roles".</summary>
internal static class ImpliedRoleEndpoints
{
    public static void MapImpliedRoles(this RouteGroupBuilder api)
    {
        api.MapRead("/role_inferences", ListAllAsync);
        var implied = api.MapGroup("/roles/{id}/implies");
        implied.MapRead("", ListAsync);
        implied.MapGet("/{impliedId}", ShowAsync);
        implied.MapMethods("/{impliedId}", [HttpMethods.Head], CheckAsync);
        implied.MapPut("/{impliedId}", CreateAsync);
        implied.MapDelete("/{impliedId}", DeleteAsync);
    }

    private static async Task<IResult> ListAllAsync(IdentityRequest request, RoleGraphCache graphs, CancellationToken cancellationToken)
    {
        request.Require(RolePolicies.ListInferences);
        var graph = await graphs.GetAsync(cancellationToken);
        return new JsonAnswer(StatusCodes.Status200OK, writer =>
        {
            writer.WriteStartObject();
            writer.WriteStartArray("role_inferences");
            foreach (var prior in graph.Priors)
            {
                writer.WriteStartObject();
                WriteInference(writer, prior, graph, request);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
            writer.WriteSelfLink(request.Url("role_inferences"));
            writer.WriteEndObject();
        });
    }

    private static async Task<IResult> ListAsync(string id, IdentityRequest request, RoleStore store, RoleGraphCache graphs, CancellationToken cancellationToken)
    {
        request.Require(RolePolicies.ListImplied);
        var prior = await store.GetAsync(id, cancellationToken);
        var graph = await graphs.GetAsync(cancellationToken);
        return new JsonAnswer(StatusCodes.Status200OK, writer =>
        {
            writer.WriteStartObject();
            writer.WriteStartObject("role_inference");
            WriteInference(writer, prior, graph, request);
            writer.WriteEndObject();
            writer.WriteSelfLink(request.Url($"roles/{id}/implies"));
            writer.WriteEndObject();
        });
    }

    private static async Task<IResult> ShowAsync(string id, string impliedId, IdentityRequest request, RoleStore store, RoleGraphCache graphs, CancellationToken cancellationToken)
    {
        var (prior, implied) = await GetBothAsync(id, impliedId, RolePolicies.GetImplied, request, store, cancellationToken);
        await CheckImpliedAsync(id, impliedId, graphs, cancellationToken);
        return Answer(StatusCodes.Status200OK, prior, implied, request);
    }

    private static async Task<IResult> CheckAsync(string id, string impliedId, IdentityRequest request, RoleStore store, RoleGraphCache graphs, CancellationToken cancellationToken)
    {
        await GetBothAsync(id, impliedId, RolePolicies.CheckImplied, request, store, cancellationToken);
        await CheckImpliedAsync(id, impliedId, graphs, cancellationToken);
        return JsonAnswer.NoContent;
    }

    private static async Task<IResult> CreateAsync(string id, string impliedId, IdentityRequest request, RoleStore store, CancellationToken cancellationToken)
    {
        var (prior, implied) = await GetBothAsync(id, impliedId, RolePolicies.CreateImplied, request, store, cancellationToken);
        await store.ImplyAsync(prior, implied, cancellationToken);
        return Answer(StatusCodes.Status201Created, prior, implied, request);
    }

    private static async Task<IResult> DeleteAsync(string id, string impliedId, IdentityRequest request, RoleStore store, CancellationToken cancellationToken)
    {
        await GetBothAsync(id, impliedId, RolePolicies.DeleteImplied, request, store, cancellationToken);
        await store.StopImplyingAsync(id, impliedId, cancellationToken);
        return JsonAnswer.NoContent;
    }

    private static async Task<(Role Prior, Role Implied)> GetBothAsync(
        string id, string impliedId, PolicyRule rule, IdentityRequest request, RoleStore store, CancellationToken cancellationToken)
    {
        request.Require(rule);
        return (await store.GetAsync(id, cancellationToken), await store.GetAsync(impliedId, cancellationToken));
    }

    private static async Task CheckImpliedAsync(string id, string impliedId, RoleGraphCache graphs, CancellationToken cancellationToken)
    {
        if (!(await graphs.GetAsync(cancellationToken)).ImpliedBy(id).Contains(impliedId))
        {
            throw new ApiException(404, $"{id} does not imply {impliedId}.");
        }
    }

    private static JsonAnswer Answer(int status, Role prior, Role implied, IdentityRequest request) => new(status, writer =>
    {
        writer.WriteStartObject();
        writer.WriteStartObject("role_inference");
        writer.WritePropertyName("prior_role");
        RoleView.WriteShort(writer, prior, request);
        writer.WritePropertyName("implies");
        RoleView.WriteShort(writer, implied, request);
        writer.WriteEndObject();
        writer.WriteSelfLink(request.Url($"roles/{prior.Id}/implies/{implied.Id}"));
        writer.WriteEndObject();
    });

    private static void WriteInference(Utf8JsonWriter writer, Role prior, RoleGraph graph, IdentityRequest request)
    {
        writer.WritePropertyName("prior_role");
        RoleView.WriteShort(writer, prior, request);
        writer.WriteStartArray("implies");
        foreach (var implied in graph.ImpliedBy(prior.Id).Select(graph.Find).OfType<Role>())
        {
            RoleView.WriteShort(writer, implied, request);
        }

        writer.WriteEndArray();
    }
}
