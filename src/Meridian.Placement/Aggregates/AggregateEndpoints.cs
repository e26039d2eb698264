// SPDX-License-Identifier: Apache-2.0
using System.Text.Json;

using Meridian.Placement.ResourceProviders;
using Meridian.Placement.Traits;
using Meridian.Platform.Http;
using Meridian.Platform.Policy;

using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Meridian.Placement.Aggregates;

/// <summary>/resource_providers/{uuid}/aggregates. Source: placement API reference, "Resource provider aggregates".</summary>
internal static class AggregateEndpoints
{
    public static void MapAggregates(this RouteGroupBuilder api)
    {
        var aggregates = api.MapGroup("/resource_providers/{uuid}/aggregates").WithTags("aggregates");
        aggregates.MapGet("", ListAsync).Since(1, 1);
        aggregates.MapPut("", ReplaceAsync).Since(1, 1);
    }

    private static async Task<IResult> ListAsync(
        string uuid, HttpRequest request, RequestContext context, IPolicyEnforcer policy, ResourceProviderStore providers, AggregateStore store,
        TimeProvider clock, CancellationToken cancellationToken)
    {
        policy.Require(context, PlacementPolicies.ListAggregates, PolicyTarget.None);
        JsonAnswer.CheckAccept(request);
        var provider = await providers.GetAsync(uuid, cancellationToken);
        return Answer(await store.ListAsync(uuid, cancellationToken), provider.Generation, context, clock);
    }

    private static async Task<IResult> ReplaceAsync(
        string uuid, HttpRequest request, RequestContext context, IPolicyEnforcer policy, ResourceProviderStore providers, AggregateStore store,
        TimeProvider clock, CancellationToken cancellationToken)
    {
        policy.Require(context, PlacementPolicies.UpdateAggregates, PolicyTarget.None);
        var provider = await providers.GetAsync(uuid, cancellationToken);
        using var document = await request.ReadBodyAsync(cancellationToken);
        var list = document.RootElement;
        int? generation = null;
        if (context.AtLeast(19))
        {
            var body = document.RootElement.AsObject("aggregates", "resource_provider_generation");
            list = body.Member("aggregates");
            generation = (int)body.Member("resource_provider_generation").AsInteger();
            if (generation != provider.Generation)
            {
                throw TraitStore.Conflict();
            }
        }

        list.Expect(JsonValueKind.Array, "array");
        var aggregates = list.EnumerateArray().Select(a => a.AsUuid()).ToList();
        if (aggregates.Distinct(StringComparer.Ordinal).Count() < aggregates.Count)
        {
            throw RequestBody.Invalid($"{list.GetRawText()} has non-unique elements");
        }

        var now = await store.ReplaceAsync(provider, generation, aggregates, cancellationToken);
        return Answer(aggregates, now, context, clock);
    }

    private static JsonAnswer Answer(IReadOnlyList<string> aggregates, int generation, RequestContext context, TimeProvider clock) => new(
        json =>
        {
            json.WriteStartObject();
            json.WriteStartArray("aggregates");
            foreach (var aggregate in aggregates)
            {
                json.WriteStringValue(aggregate);
            }

            json.WriteEndArray();
            if (context.AtLeast(19))
            {
                json.WriteNumber("resource_provider_generation", generation);
            }

            json.WriteEndObject();
        },
        clock.GetUtcNow().UtcDateTime);
}
