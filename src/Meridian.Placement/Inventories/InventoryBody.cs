// SPDX-License-Identifier: Apache-2.0
using System.Text.Json;

using Meridian.Platform.Http;

namespace Meridian.Placement.Inventories;

/// <summary>Reads inventories from bodies. Source: placement API reference; bounds of placement/schemas/inventory.py.</summary>
internal static class InventoryBody
{
    private static readonly string[] Fields = ["total", "reserved", "min_unit", "max_unit", "step_size", "allocation_ratio"];

    /// <summary>One inventory; <paramref name="further"/> are members that stand beside its own.</summary>
    public static Inventory Read(JsonElement body, string provider, string resourceClass, params ReadOnlySpan<string> further)
    {
        body.AsObject([.. Fields, .. further]);
        return new()
        {
            ProviderUuid = provider,
            ResourceClass = resourceClass,
            Total = body.Member("total").AsInteger(min: 1),
            Reserved = Optional(body, "reserved", 0, 0),
            MinUnit = Optional(body, "min_unit", 1, 1),
            MaxUnit = Optional(body, "max_unit", 1, int.MaxValue),
            StepSize = Optional(body, "step_size", 1, 1),
            AllocationRatio = Ratio(body),
        };
    }

    /// <summary>{"resource_provider_generation": n, "inventories": {class: …}}.</summary>
    public static (int Generation, List<Inventory> Inventories) ReadAll(JsonElement body, string provider)
    {
        body.AsObject("resource_provider_generation", "inventories");
        var generation = (int)body.Member("resource_provider_generation").AsInteger();
        var inventories = body.Member("inventories");
        inventories.Expect(JsonValueKind.Object, "object");
        return (generation, [.. inventories.EnumerateObject().Select(p => Read(p.Value, provider, RequestBody.CheckName(p.Name), "resource_provider_generation"))]);
    }

    /// <exception cref="ApiException">400: reserved leaves nothing (before 1.26), or exceeds total.</exception>
    public static void CheckCapacity(Inventory inventory, RequestContext context, string action = "update")
    {
        var mayBeZero = context.AtLeast(26);
        if (inventory.Capacity < 0 || (inventory.Capacity == 0 && !mayBeZero))
        {
            throw new ApiException(
                400, $"Unable to {action} inventory for resource provider {inventory.ProviderUuid}: Invalid inventory for '{inventory.ResourceClass}' on " +
                $"resource provider '{inventory.ProviderUuid}'. The reserved value is greater than {(mayBeZero ? "" : "or equal to ")}total.");
        }
    }

    private static long Optional(JsonElement body, string name, long min, long fallback) =>
        body.TryGetProperty(name, out var value) ? value.AsInteger(min) : fallback;

    private static double Ratio(JsonElement body)
    {
        if (!body.TryGetProperty("allocation_ratio", out var value))
        {
            return 1.0;
        }

        value.Expect(JsonValueKind.Number, "number");
        var ratio = value.GetDouble();
        return ratio <= 3.40282e38 ? ratio : throw RequestBody.Invalid($"{value.GetRawText()} is greater than the maximum of 3.40282e+38");
    }
}
