// SPDX-License-Identifier: Apache-2.0
using System.Text.Json;

using Meridian.Platform.Config;
using Meridian.Platform.Http;

namespace Meridian.Placement.Allocations;

/// <summary>What a consumer is to hold, replacing what it holds.</summary>
internal sealed record ConsumerClaim
{
    public required string Consumer { get; init; }

    public required string ProjectId { get; init; }

    public required string UserId { get; init; }

    /// <summary>True from 1.28 on: the generation must be the consumer's, or null for a new one.</summary>
    public bool ChecksGeneration { get; init; }

    public int? Generation { get; init; }

    /// <summary>Null before 1.38: leaves the type as it is.</summary>
    public string? ConsumerType { get; init; }

    /// <summary>Amounts by provider and class; empty frees everything.</summary>
    public required Dictionary<string, Dictionary<string, long>> Allocations { get; init; }
}

/// <summary>Reads claims, whose form changed at 1.8, 1.12, 1.28, 1.34 and 1.38. Source: placement API reference; placement/schemas/allocation.py.</summary>
internal static class AllocationBody
{
    private static readonly string[] Members12 = ["allocations", "project_id", "user_id"];

    /// <param name="mayBeEmpty">An empty "allocations" frees: POST always, PUT from 1.28 on.</param>
    public static ConsumerClaim Read(JsonElement body, string consumer, RequestContext context, ServiceConfig config, bool mayBeEmpty)
    {
        body.AsObject(Members(context));
        var hasOwner = context.AtLeast(8);
        var list = body.Member("allocations");
        var allocations = context.AtLeast(12) ? ReadObject(list) : ReadList(list);
        if (allocations.Count == 0 && !mayBeEmpty)
        {
            throw RequestBody.Invalid("{} does not have enough properties");
        }

        if (context.AtLeast(34) && body.TryGetProperty("mappings", out var mappings))
        {
            CheckMappings(mappings);
        }

        return new()
        {
            Consumer = consumer,
            Allocations = allocations,
            ProjectId = hasOwner ? body.Member("project_id").AsText(1, 255) : config.Get(PlacementOptions.IncompleteConsumerProjectId)!,
            UserId = hasOwner ? body.Member("user_id").AsText(1, 255) : config.Get(PlacementOptions.IncompleteConsumerUserId)!,
            ChecksGeneration = context.AtLeast(28),
            Generation = context.AtLeast(28) ? ReadGeneration(body.Member("consumer_generation")) : null,
            ConsumerType = context.AtLeast(38) ? ReadType(body.Member("consumer_type")) : null,
        };
    }

    /// <summary>{consumer: claim, …}.</summary>
    public static List<ConsumerClaim> ReadMany(JsonElement body, RequestContext context, ServiceConfig config, bool mayBeNone)
    {
        body.Expect(JsonValueKind.Object, "object");
        var claims = new List<ConsumerClaim>();
        foreach (var property in body.EnumerateObject())
        {
            claims.Add(Read(property.Value, CheckKey(property.Name), context, config, mayBeEmpty: true));
        }

        return claims.Count > 0 || mayBeNone ? claims : throw RequestBody.Invalid("{} does not have enough properties");
    }

    private static string[] Members(RequestContext context) =>
        context.AtLeast(38) ? [.. Members12, "consumer_generation", "mappings", "consumer_type"]
        : context.AtLeast(34) ? [.. Members12, "consumer_generation", "mappings"]
        : context.AtLeast(28) ? [.. Members12, "consumer_generation"]
        : context.AtLeast(8) ? Members12
        : ["allocations"];

    private static Dictionary<string, Dictionary<string, long>> ReadObject(JsonElement list)
    {
        list.Expect(JsonValueKind.Object, "object");
        var allocations = new Dictionary<string, Dictionary<string, long>>(StringComparer.Ordinal);
        foreach (var property in list.EnumerateObject())
        {
            var entry = property.Value.AsObject("generation", "resources");
            allocations[CheckKey(property.Name)] = ReadResources(entry.Member("resources"));
        }

        return allocations;
    }

    private static Dictionary<string, Dictionary<string, long>> ReadList(JsonElement list)
    {
        list.Expect(JsonValueKind.Array, "array");
        var allocations = new Dictionary<string, Dictionary<string, long>>(StringComparer.Ordinal);
        foreach (var item in list.EnumerateArray())
        {
            item.AsObject("resource_provider", "resources");
            allocations[item.Member("resource_provider").AsObject("uuid").Member("uuid").AsUuid()] = ReadResources(item.Member("resources"));
        }

        return allocations.Count > 0 ? allocations : throw RequestBody.Invalid("[] is too short");
    }

    private static Dictionary<string, long> ReadResources(JsonElement resources)
    {
        resources.Expect(JsonValueKind.Object, "object");
        var amounts = resources.EnumerateObject().ToDictionary(p => RequestBody.CheckName(p.Name), p => p.Value.AsInteger(min: 1), StringComparer.Ordinal);
        return amounts.Count > 0 ? amounts : throw RequestBody.Invalid("{} does not have enough properties");
    }

    private static void CheckMappings(JsonElement mappings)
    {
        mappings.Expect(JsonValueKind.Object, "object");
        foreach (var mapping in mappings.EnumerateObject())
        {
            mapping.Value.Expect(JsonValueKind.Array, "array");
            foreach (var provider in mapping.Value.EnumerateArray())
            {
                provider.AsUuid();
            }
        }
    }

    private static int? ReadGeneration(JsonElement value) => value.ValueKind == JsonValueKind.Null ? null : (int)value.AsInteger();

    private static string ReadType(JsonElement value)
    {
        var name = value.AsText(1, 255);
        return RequestBody.IsName(name) ? name : throw RequestBody.Invalid($"'{name}' does not match '^[A-Z0-9_]+$'");
    }

    private static string CheckKey(string name) =>
        name.Length == 36 && RequestBody.TryUuid(name) is { } uuid ? uuid : throw RequestBody.Invalid($"'{name}' does not match any of the regexes: '^[0-9a-fA-F-]{{36}}$'");
}
