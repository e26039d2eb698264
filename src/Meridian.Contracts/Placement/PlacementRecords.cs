// SPDX-License-Identifier: Apache-2.0
using System.Text.Json.Serialization;

namespace Meridian.Contracts.Placement;

/// <summary>A resource provider. Source: placement API reference, "Resource providers".</summary>
public sealed record ResourceProvider(string Uuid, string Name, int Generation, string? ParentProviderUuid, string? RootProviderUuid);

/// <summary>How much of one resource class a provider has; capacity is (total - reserved) * allocation_ratio.</summary>
public sealed record Inventory
{
    public required long Total { get; init; }

    public long Reserved { get; init; }

    public long MinUnit { get; init; } = 1;

    public long MaxUnit { get; init; } = int.MaxValue;

    public long StepSize { get; init; } = 1;

    public double AllocationRatio { get; init; } = 1.0;
}

/// <summary>A provider's inventories with the generation that a change of them must name.</summary>
public sealed record ProviderInventories(int ResourceProviderGeneration, Dictionary<string, Inventory> Inventories);

/// <summary>A provider's traits with the generation that a change of them must name.</summary>
public sealed record ProviderTraits(int ResourceProviderGeneration, List<string> Traits);

/// <summary>A provider's aggregates with the generation that a change of them must name.</summary>
public sealed record ProviderAggregates(List<string> Aggregates, int ResourceProviderGeneration);

/// <summary>Amounts by resource class, of one provider.</summary>
public sealed record ProviderResources(Dictionary<string, long> Resources)
{
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? Generation { get; init; }
}

/// <summary>What a consumer (a server, a migration) holds.</summary>
public sealed record ConsumerAllocations
{
    /// <summary>By provider; empty when the consumer holds nothing.</summary>
    public Dictionary<string, ProviderResources> Allocations { get; init; } = [];

    public string? ProjectId { get; init; }

    public string? UserId { get; init; }

    /// <summary>Null for a consumer that placement does not know: what a first claim must send.</summary>
    public int? ConsumerGeneration { get; init; }

    public string? ConsumerType { get; init; }
}

/// <summary>One way to satisfy a request: what to claim of which provider.</summary>
public sealed record AllocationRequest
{
    public required Dictionary<string, ProviderResources> Allocations { get; init; }

    /// <summary>Which providers satisfied which group of the request; sent back with the claim.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public Dictionary<string, List<string>>? Mappings { get; init; }
}

/// <summary>What a provider has and has used, for weighing.</summary>
public sealed record ProviderSummary
{
    public Dictionary<string, ResourceSummary> Resources { get; init; } = [];

    public List<string> Traits { get; init; } = [];

    public string? ParentProviderUuid { get; init; }

    public string? RootProviderUuid { get; init; }
}

public sealed record ResourceSummary(long Capacity, long Used);

public sealed record AllocationCandidates(List<AllocationRequest> AllocationRequests, Dictionary<string, ProviderSummary> ProviderSummaries);

/// <summary>A question for candidates. Every list may be empty.</summary>
public sealed record CandidateQuery
{
    /// <summary>Amounts by resource class of the unnumbered group.</summary>
    public required IReadOnlyDictionary<string, long> Resources { get; init; }

    /// <summary>Traits that must be there; "!TRAIT" must not; "in:A,B" any of.</summary>
    public IReadOnlyList<string> Required { get; init; } = [];

    /// <summary>Each "in:AGG1,AGG2" or "AGG" must hold ("!in:…" must not).</summary>
    public IReadOnlyList<string> MemberOf { get; init; } = [];

    /// <summary>Only the tree of this provider.</summary>
    public string? InTree { get; init; }

    /// <summary>The most candidates to answer (nova's max_placement_results).</summary>
    public int? Limit { get; init; }

    /// <summary>Further query members as the API names them, such as resources1 or group_policy.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Further { get; init; } = [];
}

/// <summary>A claim: the whole of what the consumer holds afterwards.</summary>
public sealed record Claim
{
    public required Dictionary<string, ProviderResources> Allocations { get; init; }

    public required string ProjectId { get; init; }

    public required string UserId { get; init; }

    /// <summary>Null for a new consumer, else the one last read.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public int? ConsumerGeneration { get; init; }

    public string ConsumerType { get; init; } = "INSTANCE";

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public Dictionary<string, List<string>>? Mappings { get; init; }
}

public enum ClaimResult
{
    Claimed,

    /// <summary>No room: try another candidate.</summary>
    NoRoom,

    /// <summary>The consumer or a provider changed meanwhile: read again and decide.</summary>
    Conflict,
}

internal sealed record ProviderList(List<ResourceProvider> ResourceProviders);

internal sealed record CreateProvider(string Uuid, string Name)
{
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? ParentProviderUuid { get; init; }
}

internal sealed record ProviderAllocations(Dictionary<string, ProviderConsumer> Allocations, int ResourceProviderGeneration);

internal sealed record ProviderConsumer(Dictionary<string, long> Resources, int ConsumerGeneration);

internal sealed record PlacementErrors(List<PlacementError>? Errors);

internal sealed record PlacementError(int Status, string? Code, string? Detail);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(ResourceProvider))]
[JsonSerializable(typeof(ProviderList))]
[JsonSerializable(typeof(CreateProvider))]
[JsonSerializable(typeof(ProviderInventories))]
[JsonSerializable(typeof(ProviderTraits))]
[JsonSerializable(typeof(ProviderAggregates))]
[JsonSerializable(typeof(ConsumerAllocations))]
[JsonSerializable(typeof(AllocationCandidates))]
[JsonSerializable(typeof(Claim))]
[JsonSerializable(typeof(ProviderAllocations))]
[JsonSerializable(typeof(PlacementErrors))]
internal sealed partial class PlacementJson : JsonSerializerContext;
