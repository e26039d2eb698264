// SPDX-License-Identifier: Apache-2.0
using Meridian.Placement.AllocationCandidates;
using Meridian.Placement.Inventories;
using Meridian.Placement.ResourceProviders;
using Meridian.Platform.Http;
using Meridian.Platform.Policy;

using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Meridian.Placement.Usages;

/// <summary>/usages and the usages of providers. Source: placement API reference, "Usages" and "Resource provider usages".</summary>
internal static class UsageEndpoints
{
    public static void MapUsages(this RouteGroupBuilder api)
    {
        api.MapGet("/resource_providers/{uuid}/usages", ShowOfProviderAsync).WithTags("usages");
        api.MapGet("/usages", ShowTotalAsync).Since(1, 9).WithTags("usages");
    }

    private static async Task<IResult> ShowOfProviderAsync(
        string uuid, HttpRequest request, RequestContext context, IPolicyEnforcer policy, ResourceProviderStore providers, InventoryStore inventories,
        TimeProvider clock, CancellationToken cancellationToken)
    {
        policy.Require(context, PlacementPolicies.ProviderUsages, PolicyTarget.None);
        JsonAnswer.CheckAccept(request);
        var provider = await providers.FindAsync(uuid, cancellationToken)
            ?? throw new ApiException(404, $"No resource provider with uuid {uuid} found: No resource provider with uuid {uuid} found");
        var found = await inventories.ListAsync(uuid, cancellationToken);
        return new JsonAnswer(
            json =>
            {
                json.WriteStartObject();
                json.WriteNumber("resource_provider_generation", provider.Generation);
                json.WriteStartObject("usages");
                foreach (var inventory in found)
                {
                    json.WriteNumber(inventory.ResourceClass, inventory.Used);
                }

                json.WriteEndObject();
                json.WriteEndObject();
            },
            clock.GetUtcNow().UtcDateTime);
    }

    private static async Task<IResult> ShowTotalAsync(
        HttpRequest request, RequestContext context, IPolicyEnforcer policy, UsageStore store, TimeProvider clock, CancellationToken cancellationToken)
    {
        var project = request.Query.TryGetValue("project_id", out var projects) ? projects[^1] : null;
        policy.Require(context, PlacementPolicies.TotalUsages, new PolicyTarget(projectId: project));
        JsonAnswer.CheckAccept(request);
        var byType = context.AtLeast(38);
        QueryParts.CheckNames(request.Query.Keys, name => name is "project_id" or "user_id" || (name == "consumer_type" && byType));
        var owner = Check("project_id", project) ?? throw Invalid("'project_id' is a required property");
        var user = Check("user_id", request.Query.TryGetValue("user_id", out var users) ? users[^1] : null);
        var type = Check("consumer_type", request.Query.TryGetValue("consumer_type", out var types) ? types[^1] : null);
        if (type is not (null or "all" or "unknown") && !RequestBody.IsName(type))
        {
            throw Invalid($"'{type}' does not match '^[A-Z0-9_]+$|^all|^unknown$'");
        }

        var now = clock.GetUtcNow().UtcDateTime;
        if (!byType)
        {
            var usages = await store.SumAsync(owner, user, null, cancellationToken);
            return new JsonAnswer(
                json =>
                {
                    json.WriteStartObject();
                    json.WriteStartObject("usages");
                    foreach (var row in usages.GroupBy(u => u.ResourceClass, StringComparer.Ordinal))
                    {
                        json.WriteNumber(row.Key, row.Sum(u => u.Used));
                    }

                    json.WriteEndObject();
                    json.WriteEndObject();
                },
                now);
        }

        var rows = await store.SumAsync(owner, user, type, cancellationToken);
        var counts = await store.CountConsumersAsync(owner, user, cancellationToken);
        return new JsonAnswer(
            json =>
            {
                json.WriteStartObject();
                json.WriteStartObject("usages");
                foreach (var group in rows.GroupBy(u => type == "all" ? "all" : u.ConsumerType ?? "unknown", StringComparer.Ordinal))
                {
                    json.WriteStartObject(group.Key);
                    foreach (var row in group.GroupBy(u => u.ResourceClass, StringComparer.Ordinal))
                    {
                        json.WriteNumber(row.Key, row.Sum(u => u.Used));
                    }

                    json.WriteNumber("consumer_count", group.Key == "all" ? counts.Values.Sum() : counts.GetValueOrDefault(group.Key));
                    json.WriteEndObject();
                }

                json.WriteEndObject();
                json.WriteEndObject();
            },
            now);
    }

    private static string? Check(string name, string? value) =>
        value?.Length is 0 or > 255 ? throw Invalid($"'{value}' is too {(value!.Length == 0 ? "short" : "long")} ({name})") : value;

    private static ApiException Invalid(string sentence) => new(400, "Invalid query string parameters: " + sentence);
}
