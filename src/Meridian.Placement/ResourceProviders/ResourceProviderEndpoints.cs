// SPDX-License-Identifier: Apache-2.0
using System.Text.Json;

using Meridian.Placement.AllocationCandidates;
using Meridian.Platform.Http;
using Meridian.Platform.Policy;

using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Meridian.Placement.ResourceProviders;

/// <summary>/resource_providers. Source: placement API reference, "Resource providers".</summary>
internal static class ResourceProviderEndpoints
{
    private static readonly (string Name, int Since)[] Links = [("inventories", 0), ("usages", 0), ("aggregates", 1), ("traits", 6), ("allocations", 11)];

    public static void MapResourceProviders(this RouteGroupBuilder api)
    {
        var providers = api.MapGroup("/resource_providers").WithTags("resource_providers");
        providers.MapGet("", ListAsync);
        providers.MapPost("", CreateAsync);
        providers.MapGet("/{uuid}", ShowAsync);
        providers.MapPut("/{uuid}", UpdateAsync);
        providers.MapDelete("/{uuid}", DeleteAsync);
    }

    private static async Task<IResult> ListAsync(
        HttpRequest request, RequestContext context, IPolicyEnforcer policy, ResourceProviderStore store, TopologyCache topologies,
        TimeProvider clock, CancellationToken cancellationToken)
    {
        policy.Require(context, PlacementPolicies.ListProviders, PolicyTarget.None);
        JsonAnswer.CheckAccept(request);
        var query = ProviderQuery.Parse(request.Query, context);
        HashSet<string>? among = null;
        if (query.LooksInside)
        {
            var snapshot = await topologies.GetAsync(withUsage: query.Resources.Count > 0, cancellationToken);
            among = query.Filter(snapshot);
        }

        var providers = await store.ListAsync(query.Uuid, query.Name, among, cancellationToken);
        return new JsonAnswer(
            json =>
            {
                json.WriteStartObject();
                json.WriteStartArray("resource_providers");
                foreach (var provider in providers)
                {
                    Write(json, provider, context);
                }

                json.WriteEndArray();
                json.WriteEndObject();
            },
            providers.Count == 0 ? clock.GetUtcNow().UtcDateTime : providers.Max(p => p.UpdatedAt));
    }

    private static async Task<IResult> CreateAsync(
        HttpRequest request, RequestContext context, IPolicyEnforcer policy, ResourceProviderStore store, CancellationToken cancellationToken)
    {
        policy.Require(context, PlacementPolicies.CreateProvider, PolicyTarget.None);
        using var document = await request.ReadBodyAsync(cancellationToken);
        var body = context.AtLeast(14)
            ? document.RootElement.AsObject("name", "uuid", "parent_provider_uuid")
            : document.RootElement.AsObject("name", "uuid");
        var name = body.Member("name").AsText(maxLength: 200);
        if (name.Length == 0)
        {
            throw new ApiException(400, "Unable to create resource provider \"\": Object action create failed because: name is required");
        }

        var uuid = body.TryGetProperty("uuid", out var given) ? given.AsUuid() : Guid.NewGuid().ToString("D");
        var provider = await store.CreateAsync(uuid, name, Parent(body), cancellationToken);
        var location = "/resource_providers/" + provider.Uuid;
        return context.AtLeast(20)
            ? new JsonAnswer(json => Write(json, provider, context), provider.UpdatedAt, location: location)
            : new EmptyAnswer(201, location: location);
    }

    private static async Task<IResult> ShowAsync(
        string uuid, HttpRequest request, RequestContext context, IPolicyEnforcer policy, ResourceProviderStore store, CancellationToken cancellationToken)
    {
        policy.Require(context, PlacementPolicies.ShowProvider, PolicyTarget.None);
        JsonAnswer.CheckAccept(request);
        var provider = await store.GetAsync(uuid, cancellationToken);
        return new JsonAnswer(json => Write(json, provider, context), provider.UpdatedAt);
    }

    private static async Task<IResult> UpdateAsync(
        string uuid, HttpRequest request, RequestContext context, IPolicyEnforcer policy, ResourceProviderStore store, CancellationToken cancellationToken)
    {
        policy.Require(context, PlacementPolicies.UpdateProvider, PolicyTarget.None);
        using var document = await request.ReadBodyAsync(cancellationToken);
        var body = context.AtLeast(14) ? document.RootElement.AsObject("name", "parent_provider_uuid") : document.RootElement.AsObject("name");
        var name = body.Member("name").AsText(maxLength: 200);
        var provider = await store.UpdateAsync(
            uuid, name, body.TryGetProperty("parent_provider_uuid", out _), Parent(body), mayMove: context.AtLeast(37), cancellationToken);
        return new JsonAnswer(json => Write(json, provider, context), provider.UpdatedAt);
    }

    private static async Task<IResult> DeleteAsync(
        string uuid, RequestContext context, IPolicyEnforcer policy, ResourceProviderStore store, CancellationToken cancellationToken)
    {
        policy.Require(context, PlacementPolicies.DeleteProvider, PolicyTarget.None);
        await store.DeleteAsync(uuid, cancellationToken);
        return new EmptyAnswer(204);
    }

    private static string? Parent(JsonElement body) =>
        body.TryGetProperty("parent_provider_uuid", out var parent) && parent.ValueKind != JsonValueKind.Null ? parent.AsUuid() : null;

    private static void Write(Utf8JsonWriter json, ResourceProvider provider, RequestContext context)
    {
        var url = "/resource_providers/" + provider.Uuid;
        json.WriteStartObject();
        json.WriteString("uuid", provider.Uuid);
        json.WriteString("name", provider.Name);
        json.WriteNumber("generation", provider.Generation);
        json.WriteStartArray("links");
        WriteLink(json, "self", url);
        foreach (var (name, since) in Links)
        {
            if (context.AtLeast(since))
            {
                WriteLink(json, name, $"{url}/{name}");
            }
        }

        json.WriteEndArray();
        if (context.AtLeast(14))
        {
            json.WriteString("parent_provider_uuid", provider.ParentUuid);
            json.WriteString("root_provider_uuid", provider.RootUuid);
        }

        json.WriteEndObject();
    }

    private static void WriteLink(Utf8JsonWriter json, string rel, string href)
    {
        json.WriteStartObject();
        json.WriteString("rel", rel);
        json.WriteString("href", href);
        json.WriteEndObject();
    }
}
