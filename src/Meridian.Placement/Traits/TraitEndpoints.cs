// SPDX-License-Identifier: Apache-2.0
using System.Text.Json;

using Meridian.Placement.AllocationCandidates;
using Meridian.Placement.ResourceProviders;
using Meridian.Platform.Http;
using Meridian.Platform.Policy;

using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Meridian.Placement.Traits;

/// <summary>/traits and the traits of providers. Source: placement API reference, "Traits".</summary>
internal static class TraitEndpoints
{
    public static void MapTraits(this RouteGroupBuilder api)
    {
        var traits = api.MapGroup("/traits").WithTags("traits");
        traits.MapGet("", ListAsync).Since(1, 6);
        traits.MapGet("/{name}", ShowAsync).Since(1, 6);
        traits.MapPut("/{name}", CreateAsync).Since(1, 6);
        traits.MapDelete("/{name}", DeleteAsync).Since(1, 6);
        var ofProvider = api.MapGroup("/resource_providers/{uuid}/traits").WithTags("traits");
        ofProvider.MapGet("", ListOfProviderAsync).Since(1, 6);
        ofProvider.MapPut("", ReplaceAsync).Since(1, 6);
        ofProvider.MapDelete("", RemoveAllAsync).Since(1, 6);
    }

    private static async Task<IResult> ListAsync(
        HttpRequest request, RequestContext context, IPolicyEnforcer policy, TraitStore store, TimeProvider clock, CancellationToken cancellationToken)
    {
        policy.Require(context, PlacementPolicies.ListTraits, PolicyTarget.None);
        JsonAnswer.CheckAccept(request);
        QueryParts.CheckNames(request.Query.Keys, name => name is "name" or "associated");
        var filter = request.Query.TryGetValue("name", out var names) ? NameFilter(names[^1]!) : _ => true;
        bool? associated = request.Query.TryGetValue("associated", out var flags)
            ? flags[^1]!.ToLowerInvariant() switch
            {
                "true" => true,
                "false" => false,
                _ => throw new ApiException(400, "The query parameter \"associated\" only accepts \"true\" or \"false\""),
            }
            : null;
        var traits = (await store.ListAsync(associated, cancellationToken)).FindAll(t => filter(t.Name));
        var modified = traits.Where(t => t.CreatedAt != default).Select(t => t.CreatedAt).DefaultIfEmpty(clock.GetUtcNow().UtcDateTime).Max();
        return Answer(traits.Select(t => t.Name), null, modified);
    }

    private static async Task<IResult> ShowAsync(string name, RequestContext context, IPolicyEnforcer policy, TraitStore store, CancellationToken cancellationToken)
    {
        policy.Require(context, PlacementPolicies.ShowTrait, PolicyTarget.None);
        var trait = await store.FindAsync(name, cancellationToken) ?? throw TraitStore.NotFound(name);
        return new EmptyAnswer(204, trait.CreatedAt);
    }

    private static async Task<IResult> CreateAsync(
        string name, RequestContext context, IPolicyEnforcer policy, TraitStore store, TimeProvider clock, CancellationToken cancellationToken)
    {
        policy.Require(context, PlacementPolicies.UpdateTrait, PolicyTarget.None);
        if (!RequestBody.IsCustomName(name))
        {
            throw new ApiException(
                400, "The trait is invalid. A valid trait must be no longer than 255 characters, start with the prefix \"CUSTOM_\" and use following characters: \"A\"-\"Z\", \"0\"-\"9\" and \"_\"");
        }

        var created = await store.TryCreateAsync(name, cancellationToken);
        return new EmptyAnswer(created ? 201 : 204, clock.GetUtcNow().UtcDateTime, "/traits/" + name);
    }

    private static async Task<IResult> DeleteAsync(string name, RequestContext context, IPolicyEnforcer policy, TraitStore store, CancellationToken cancellationToken)
    {
        policy.Require(context, PlacementPolicies.DeleteTrait, PolicyTarget.None);
        await store.DeleteAsync(name, cancellationToken);
        return new EmptyAnswer(204);
    }

    private static async Task<IResult> ListOfProviderAsync(
        string uuid, HttpRequest request, RequestContext context, IPolicyEnforcer policy, ResourceProviderStore providers, TraitStore store,
        CancellationToken cancellationToken)
    {
        policy.Require(context, PlacementPolicies.ListProviderTraits, PolicyTarget.None);
        JsonAnswer.CheckAccept(request);
        var provider = await providers.FindAsync(uuid, cancellationToken)
            ?? throw new ApiException(404, $"No resource provider with uuid {uuid} found: No resource provider with uuid {uuid} found");
        return Answer(await store.ListOfProviderAsync(uuid, cancellationToken), provider.Generation, provider.UpdatedAt);
    }

    private static async Task<IResult> ReplaceAsync(
        string uuid, HttpRequest request, RequestContext context, IPolicyEnforcer policy, ResourceProviderStore providers, TraitStore store,
        TimeProvider clock, CancellationToken cancellationToken)
    {
        policy.Require(context, PlacementPolicies.UpdateProviderTraits, PolicyTarget.None);
        using var document = await request.ReadBodyAsync(cancellationToken);
        var body = document.RootElement.AsObject("traits", "resource_provider_generation");
        var generation = (int)body.Member("resource_provider_generation").AsInteger();
        var list = body.Member("traits");
        list.Expect(JsonValueKind.Array, "array");
        var traits = list.EnumerateArray().Select(t => t.AsText(1, 255)).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).ToList();
        if ((await providers.GetAsync(uuid, cancellationToken)).Generation != generation)
        {
            throw TraitStore.Conflict();
        }

        generation = await store.ReplaceAsync(uuid, generation, traits, cancellationToken);
        return Answer(traits, generation, clock.GetUtcNow().UtcDateTime);
    }

    private static async Task<IResult> RemoveAllAsync(
        string uuid, RequestContext context, IPolicyEnforcer policy, ResourceProviderStore providers, TraitStore store, CancellationToken cancellationToken)
    {
        policy.Require(context, PlacementPolicies.DeleteProviderTraits, PolicyTarget.None);
        var provider = await providers.GetAsync(uuid, cancellationToken);
        await store.ReplaceAsync(uuid, provider.Generation, [], cancellationToken);
        return new EmptyAnswer(204);
    }

    private static Func<string, bool> NameFilter(string text)
    {
        var split = text.IndexOf(':', StringComparison.Ordinal);
        if (split < 0)
        {
            throw new ApiException(
                400, $"Badly formatted name parameter. Expected name query string parameter in form: ?name=[in|startswith]:[name1,name2|prefix]. Got: \"{text}\"");
        }

        var value = text[(split + 1)..];
        switch (text[..split])
        {
            case "in":
                var names = value.Split(',').ToHashSet(StringComparer.Ordinal);
                return names.Contains;
            case "startswith":
                return name => name.StartsWith(value, StringComparison.Ordinal);
            default:
                return _ => true;
        }
    }

    private static JsonAnswer Answer(IEnumerable<string> traits, int? generation, DateTime modified) => new(
        json =>
        {
            json.WriteStartObject();
            json.WriteStartArray("traits");
            foreach (var trait in traits)
            {
                json.WriteStringValue(trait);
            }

            json.WriteEndArray();
            if (generation is { } number)
            {
                json.WriteNumber("resource_provider_generation", number);
            }

            json.WriteEndObject();
        },
        modified);
}
