// SPDX-License-Identifier: Apache-2.0
using System.Text.Json;

using LinqToDB.Data;

using Meridian.Placement.Allocations;
using Meridian.Placement.Inventories;
using Meridian.Placement.ResourceProviders;
using Meridian.Platform.Config;
using Meridian.Platform.Http;
using Meridian.Platform.Policy;

using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Meridian.Placement.Reshaper;

/// <summary>/reshaper: moves inventories and the allocations on them between providers in one transaction. Source: placement API reference, "Reshaper".</summary>
internal static class ReshaperEndpoints
{
    public static void MapReshaper(this RouteGroupBuilder api) => api.MapPost("/reshaper", ReshapeAsync).Since(1, 30).WithTags("reshaper");

    private static async Task<IResult> ReshapeAsync(
        HttpRequest request, RequestContext context, IPolicyEnforcer policy, AllocationStore allocations, InventoryStore inventories,
        ServiceConfig config, TimeProvider clock, CancellationToken cancellationToken)
    {
        policy.Require(context, PlacementPolicies.Reshape, PolicyTarget.None);
        using var document = await request.ReadBodyAsync(cancellationToken);
        var body = document.RootElement.AsObject("inventories", "allocations");
        var wanted = ReadInventories(body.Member("inventories"), context);
        var claims = AllocationBody.ReadMany(body.Member("allocations"), context, config, mayBeNone: true);
        foreach (var (provider, _, list) in wanted)
        {
            await inventories.CheckClassesAsync(provider, list, cancellationToken);
        }

        // What goes is removed last: the claims move away from it in between.
        await allocations.ReplaceAsync(claims, cancellationToken, AddAsync, RemoveAsync);
        return new EmptyAnswer(204);

        async Task AddAsync(DataConnection db)
        {
            var now = clock.GetUtcNow().UtcDateTime;
            foreach (var (provider, generation, list) in wanted)
            {
                await RaiseAsync(db, provider, generation, now, cancellationToken);
                await InventoryStore.UpsertAsync(db, provider, list, now, cancellationToken);
            }
        }

        async Task RemoveAsync(DataConnection db)
        {
            foreach (var (provider, _, list) in wanted)
            {
                await InventoryStore.RemoveOthersAsync(db, provider, [.. list.Select(i => i.ResourceClass)], cancellationToken);
            }

            await ResourceProviderStore.TouchTopologyAsync(db, cancellationToken);
        }
    }

    private static List<(string Provider, int Generation, List<Inventory> Inventories)> ReadInventories(JsonElement body, RequestContext context)
    {
        body.Expect(JsonValueKind.Object, "object");
        var wanted = new List<(string, int, List<Inventory>)>();
        foreach (var property in body.EnumerateObject())
        {
            var provider = RequestBody.TryUuid(property.Name) ?? throw RequestBody.Invalid($"'{property.Name}' does not match any of the regexes: '^[0-9a-fA-F-]{{36}}$'");
            var (generation, list) = InventoryBody.ReadAll(property.Value, provider);
            list.ForEach(inventory => InventoryBody.CheckCapacity(inventory, context));
            wanted.Add((provider, generation, list));
        }

        return wanted.Count > 0 ? wanted : throw RequestBody.Invalid("{} does not have enough properties");
    }

    private static async Task RaiseAsync(DataConnection db, string provider, int generation, DateTime now, CancellationToken cancellationToken)
    {
        var found = await ResourceProviderStore.FindAsync(db, provider, cancellationToken)
            ?? throw new ApiException(
                400, $"Resource provider {provider} in inventories not found: No resource provider with uuid {provider} found", code: PlacementFaults.ProviderNotFound);
        if (found.Generation != generation || !await ResourceProviderStore.TryRaiseGenerationAsync(db, provider, generation, now, cancellationToken))
        {
            throw new ApiException(
                409, $"resource provider generation conflict for provider {provider}: actual: {found.Generation}, given: {generation}", code: PlacementFaults.ConcurrentUpdate);
        }
    }
}
