// SPDX-License-Identifier: Apache-2.0
using System.Text.Json;

using Meridian.Placement.ResourceProviders;
using Meridian.Platform.Http;
using Meridian.Platform.Policy;

using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Meridian.Placement.Inventories;

/// <summary>/resource_providers/{uuid}/inventories. Source: placement API reference, "Resource provider inventories".</summary>
internal static class InventoryEndpoints
{
    public static void MapInventories(this RouteGroupBuilder api)
    {
        var inventories = api.MapGroup("/resource_providers/{uuid}/inventories").WithTags("inventories");
        inventories.MapGet("", ListAsync);
        inventories.MapPost("", CreateAsync);
        inventories.MapPut("", ReplaceAsync);
        inventories.MapDelete("", DeleteAllAsync);
        inventories.MapGet("/{resource_class}", ShowAsync);
        inventories.MapPut("/{resource_class}", UpdateAsync);
        inventories.MapDelete("/{resource_class}", DeleteAsync);
    }

    private static async Task<IResult> ListAsync(
        string uuid, HttpRequest request, RequestContext context, IPolicyEnforcer policy, ResourceProviderStore providers, InventoryStore store,
        CancellationToken cancellationToken)
    {
        policy.Require(context, PlacementPolicies.ListInventories, PolicyTarget.None);
        JsonAnswer.CheckAccept(request);
        var provider = await providers.FindAsync(uuid, cancellationToken)
            ?? throw new ApiException(404, $"No resource provider with uuid {uuid} found : No resource provider with uuid {uuid} found");
        return Answer(await store.ListAsync(uuid, cancellationToken), provider.Generation, provider.UpdatedAt);
    }

    private static async Task<IResult> ShowAsync(
        string uuid, [Microsoft.AspNetCore.Mvc.FromRoute(Name = "resource_class")] string resourceClass, HttpRequest request, RequestContext context, IPolicyEnforcer policy,
        ResourceProviderStore providers, InventoryStore store, CancellationToken cancellationToken)
    {
        policy.Require(context, PlacementPolicies.ShowInventory, PolicyTarget.None);
        JsonAnswer.CheckAccept(request);
        var provider = await providers.FindAsync(uuid, cancellationToken)
            ?? throw new ApiException(404, $"No resource provider with uuid {uuid} found : No resource provider with uuid {uuid} found");
        var found = (await store.ListAsync(uuid, cancellationToken)).Find(i => i.ResourceClass == resourceClass)
            ?? throw new ApiException(404, $"No inventory of class {resourceClass} for {uuid}");
        return Answer(found, provider.Generation, found.UpdatedAt);
    }

    private static async Task<IResult> CreateAsync(
        string uuid, HttpRequest request, RequestContext context, IPolicyEnforcer policy, ResourceProviderStore providers, InventoryStore store,
        TimeProvider clock, CancellationToken cancellationToken)
    {
        policy.Require(context, PlacementPolicies.CreateInventory, PolicyTarget.None);
        await providers.GetAsync(uuid, cancellationToken);
        using var document = await request.ReadBodyAsync(cancellationToken);
        var body = document.RootElement;
        body.Expect(JsonValueKind.Object, "object");
        var resourceClass = RequestBody.CheckName(body.Member("resource_class").AsText());
        var inventory = InventoryBody.Read(body, uuid, resourceClass, "resource_class", "resource_provider_generation");
        InventoryBody.CheckCapacity(inventory, context, "create");
        var generation = await store.AddAsync(inventory, cancellationToken);
        return Answer(inventory, generation, clock.GetUtcNow().UtcDateTime, 201, $"/resource_providers/{uuid}/inventories/{resourceClass}");
    }

    private static async Task<IResult> ReplaceAsync(
        string uuid, HttpRequest request, RequestContext context, IPolicyEnforcer policy, ResourceProviderStore providers, InventoryStore store,
        TimeProvider clock, CancellationToken cancellationToken)
    {
        policy.Require(context, PlacementPolicies.UpdateInventory, PolicyTarget.None);
        await providers.GetAsync(uuid, cancellationToken);
        using var document = await request.ReadBodyAsync(cancellationToken);
        var (generation, inventories) = InventoryBody.ReadAll(document.RootElement, uuid);
        foreach (var inventory in inventories)
        {
            InventoryBody.CheckCapacity(inventory, context);
        }

        generation = await store.ReplaceAsync(uuid, generation, inventories, cancellationToken);
        return Answer(inventories, generation, clock.GetUtcNow().UtcDateTime);
    }

    private static async Task<IResult> UpdateAsync(
        string uuid, [Microsoft.AspNetCore.Mvc.FromRoute(Name = "resource_class")] string resourceClass, HttpRequest request, RequestContext context, IPolicyEnforcer policy,
        ResourceProviderStore providers, InventoryStore store, TimeProvider clock, CancellationToken cancellationToken)
    {
        policy.Require(context, PlacementPolicies.UpdateInventory, PolicyTarget.None);
        await providers.GetAsync(uuid, cancellationToken);
        using var document = await request.ReadBodyAsync(cancellationToken);
        var body = document.RootElement;
        body.Expect(JsonValueKind.Object, "object");
        var inventory = InventoryBody.Read(body, uuid, resourceClass, "resource_provider_generation");
        var generation = (int)body.Member("resource_provider_generation").AsInteger();
        InventoryBody.CheckCapacity(inventory, context);
        generation = await store.UpdateAsync(inventory, generation, cancellationToken);
        return Answer(inventory, generation, clock.GetUtcNow().UtcDateTime);
    }

    private static async Task<IResult> DeleteAsync(
        string uuid, [Microsoft.AspNetCore.Mvc.FromRoute(Name = "resource_class")] string resourceClass, RequestContext context, IPolicyEnforcer policy,
        InventoryStore store, CancellationToken cancellationToken)
    {
        policy.Require(context, PlacementPolicies.DeleteInventory, PolicyTarget.None);
        await store.DeleteAsync(uuid, resourceClass, cancellationToken);
        return new EmptyAnswer(204);
    }

    private static async Task<IResult> DeleteAllAsync(
        string uuid, RequestContext context, IPolicyEnforcer policy, ResourceProviderStore providers, InventoryStore store, CancellationToken cancellationToken)
    {
        if (!context.AtLeast(5))
        {
            // The one route that is 405, not 404, before its version.
            throw new ApiException(405, "") { Headers = { ["Allow"] = "GET, POST, PUT" } };
        }

        policy.Require(context, PlacementPolicies.DeleteInventory, PolicyTarget.None);
        var provider = await providers.GetAsync(uuid, cancellationToken);
        await store.ReplaceAsync(uuid, provider.Generation, [], cancellationToken);
        return new EmptyAnswer(204);
    }

    private static JsonAnswer Answer(IReadOnlyList<Inventory> inventories, int generation, DateTime modified) => new(
        json =>
        {
            json.WriteStartObject();
            json.WriteNumber("resource_provider_generation", generation);
            json.WriteStartObject("inventories");
            foreach (var inventory in inventories)
            {
                json.WriteStartObject(inventory.ResourceClass);
                WriteFields(json, inventory);
                json.WriteEndObject();
            }

            json.WriteEndObject();
            json.WriteEndObject();
        },
        modified);

    private static JsonAnswer Answer(Inventory inventory, int generation, DateTime modified, int status = 200, string? location = null) => new(
        json =>
        {
            json.WriteStartObject();
            WriteFields(json, inventory);
            json.WriteNumber("resource_provider_generation", generation);
            json.WriteEndObject();
        },
        modified, status, location);

    private static void WriteFields(Utf8JsonWriter json, Inventory inventory)
    {
        json.WriteNumber("total", inventory.Total);
        json.WriteNumber("reserved", inventory.Reserved);
        json.WriteNumber("min_unit", inventory.MinUnit);
        json.WriteNumber("max_unit", inventory.MaxUnit);
        json.WriteNumber("step_size", inventory.StepSize);
        json.WritePropertyName("allocation_ratio");

        // Python writes a float as one: 16.0, not 16.
        json.WriteRawValue(inventory.AllocationRatio == Math.Floor(inventory.AllocationRatio) && Math.Abs(inventory.AllocationRatio) < 1e15
            ? inventory.AllocationRatio.ToString("F1") : inventory.AllocationRatio.ToString("R"));
    }
}
