// SPDX-License-Identifier: Apache-2.0
using Meridian.Placement.ResourceProviders;
using Meridian.Platform.Config;
using Meridian.Platform.Http;
using Meridian.Platform.Policy;

using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Meridian.Placement.Allocations;

/// <summary>/allocations and the allocations of providers. Source: placement API reference, "Allocations".</summary>
internal static class AllocationEndpoints
{
    public static void MapAllocations(this RouteGroupBuilder api)
    {
        var allocations = api.MapGroup("/allocations").WithTags("allocations");
        allocations.MapPost("", ManageAsync).Since(1, 13);
        allocations.MapGet("/{consumer_uuid}", ListAsync);
        allocations.MapPut("/{consumer_uuid}", ReplaceAsync);
        allocations.MapDelete("/{consumer_uuid}", DeleteAsync);
        api.MapGet("/resource_providers/{uuid}/allocations", ListOfProviderAsync).WithTags("allocations");
    }

    private static async Task<IResult> ManageAsync(
        HttpRequest request, RequestContext context, IPolicyEnforcer policy, AllocationStore store, ServiceConfig config, CancellationToken cancellationToken)
    {
        policy.Require(context, PlacementPolicies.ManageAllocations, PolicyTarget.None);
        using var document = await request.ReadBodyAsync(cancellationToken);
        await store.ReplaceAsync(AllocationBody.ReadMany(document.RootElement, context, config, mayBeNone: false), cancellationToken);
        return new EmptyAnswer(204);
    }

    private static async Task<IResult> ListAsync(
        [Microsoft.AspNetCore.Mvc.FromRoute(Name = "consumer_uuid")] string consumerUuid, HttpRequest request, RequestContext context, IPolicyEnforcer policy,
        AllocationStore store, TimeProvider clock, CancellationToken cancellationToken)
    {
        policy.Require(context, PlacementPolicies.ListAllocations, PolicyTarget.None);
        JsonAnswer.CheckAccept(request);
        var (consumer, allocations, generations) = await store.FindAsync(consumerUuid, cancellationToken);
        return new JsonAnswer(
            json =>
            {
                json.WriteStartObject();
                json.WriteStartObject("allocations");
                foreach (var provider in allocations.GroupBy(a => a.ProviderUuid, StringComparer.Ordinal))
                {
                    json.WriteStartObject(provider.Key);
                    WriteResources(json, provider);
                    json.WriteNumber("generation", generations[provider.Key]);
                    json.WriteEndObject();
                }

                json.WriteEndObject();
                if (consumer is not null && context.AtLeast(12))
                {
                    WriteConsumer(json, consumer, context);
                }

                json.WriteEndObject();
            },
            allocations.Count == 0 ? clock.GetUtcNow().UtcDateTime : allocations.Max(a => a.CreatedAt));
    }

    private static async Task<IResult> ReplaceAsync(
        [Microsoft.AspNetCore.Mvc.FromRoute(Name = "consumer_uuid")] string consumerUuid, HttpRequest request, RequestContext context, IPolicyEnforcer policy,
        AllocationStore store, ServiceConfig config, CancellationToken cancellationToken)
    {
        policy.Require(context, PlacementPolicies.UpdateAllocations, PolicyTarget.None);
        var consumer = RequestBody.TryUuid(consumerUuid) ?? throw new ApiException(400, $"Malformed consumer_uuid: {consumerUuid}");
        using var document = await request.ReadBodyAsync(cancellationToken);
        await store.ReplaceAsync([AllocationBody.Read(document.RootElement, consumer, context, config, mayBeEmpty: context.AtLeast(28))], cancellationToken);
        return new EmptyAnswer(204);
    }

    private static async Task<IResult> DeleteAsync(
        [Microsoft.AspNetCore.Mvc.FromRoute(Name = "consumer_uuid")] string consumerUuid, RequestContext context, IPolicyEnforcer policy, AllocationStore store,
        CancellationToken cancellationToken)
    {
        policy.Require(context, PlacementPolicies.DeleteAllocations, PolicyTarget.None);
        return await store.DeleteAsync(consumerUuid, cancellationToken)
            ? new EmptyAnswer(204)
            : throw new ApiException(404, $"No allocations for consumer '{consumerUuid}'");
    }

    private static async Task<IResult> ListOfProviderAsync(
        string uuid, HttpRequest request, RequestContext context, IPolicyEnforcer policy, ResourceProviderStore providers, AllocationStore store,
        TimeProvider clock, CancellationToken cancellationToken)
    {
        policy.Require(context, PlacementPolicies.ListProviderAllocations, PolicyTarget.None);
        JsonAnswer.CheckAccept(request);
        var provider = await providers.FindAsync(uuid, cancellationToken)
            ?? throw new ApiException(404, $"Resource provider '{uuid}' not found: No resource provider with uuid {uuid} found");
        var allocations = await store.ListOfProviderAsync(uuid, cancellationToken);
        return new JsonAnswer(
            json =>
            {
                json.WriteStartObject();
                json.WriteStartObject("allocations");
                foreach (var consumer in allocations.GroupBy(a => a.Allocation.ConsumerUuid, StringComparer.Ordinal))
                {
                    json.WriteStartObject(consumer.Key);
                    WriteResources(json, consumer.Select(a => a.Allocation));
                    if (context.AtLeast(28))
                    {
                        json.WriteNumber("consumer_generation", consumer.First().ConsumerGeneration);
                    }

                    json.WriteEndObject();
                }

                json.WriteEndObject();
                json.WriteNumber("resource_provider_generation", provider.Generation);
                json.WriteEndObject();
            },
            allocations.Count == 0 ? clock.GetUtcNow().UtcDateTime : allocations.Max(a => a.Allocation.CreatedAt));
    }

    private static void WriteResources(System.Text.Json.Utf8JsonWriter json, IEnumerable<Allocation> allocations)
    {
        json.WriteStartObject("resources");
        foreach (var allocation in allocations)
        {
            json.WriteNumber(allocation.ResourceClass, allocation.Used);
        }

        json.WriteEndObject();
    }

    private static void WriteConsumer(System.Text.Json.Utf8JsonWriter json, Consumer consumer, RequestContext context)
    {
        json.WriteString("project_id", consumer.ProjectId);
        json.WriteString("user_id", consumer.UserId);
        if (context.AtLeast(28))
        {
            json.WriteNumber("consumer_generation", consumer.Generation);
        }

        if (context.AtLeast(38))
        {
            json.WriteString("consumer_type", consumer.ConsumerType ?? "unknown");
        }
    }
}
