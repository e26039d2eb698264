// SPDX-License-Identifier: Apache-2.0
using LinqToDB.Mapping;

namespace Meridian.Placement.ResourceProviders;

/// <summary>What resources come from: a host, a device of it, a shared pool. Providers form trees.</summary>
[Table("resource_providers")]
internal sealed class ResourceProvider
{
    [PrimaryKey, Column("uuid")]
    public required string Uuid { get; init; }

    [Column("name")]
    public required string Name { get; set; }

    /// <summary>Rises with every change of the provider's inventories, traits, aggregates or allocations.</summary>
    [Column("generation")]
    public int Generation { get; set; }

    [Column("parent_uuid")]
    public string? ParentUuid { get; set; }

    [Column("root_uuid")]
    public required string RootUuid { get; set; }

    [Column("created_at")]
    public DateTime CreatedAt { get; init; }

    [Column("updated_at")]
    public DateTime UpdatedAt { get; set; }
}

/// <summary>A provider has a trait.</summary>
[Table("resource_provider_traits")]
internal sealed class ProviderTrait
{
    [PrimaryKey, Column("provider_uuid")]
    public required string ProviderUuid { get; init; }

    [PrimaryKey, Column("trait")]
    public required string Trait { get; init; }
}

/// <summary>A provider is in an aggregate.</summary>
[Table("resource_provider_aggregates")]
internal sealed class ProviderAggregate
{
    [PrimaryKey, Column("provider_uuid")]
    public required string ProviderUuid { get; init; }

    [PrimaryKey, Column("aggregate_uuid")]
    public required string AggregateUuid { get; init; }
}

/// <summary>One row: how often providers, inventories, traits, classes or aggregates changed.</summary>
[Table("topology")]
internal sealed class TopologyRevision
{
    [PrimaryKey, Column("id")]
    public int Id { get; init; }

    [Column("revision")]
    public long Revision { get; init; }
}
