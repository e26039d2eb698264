// SPDX-License-Identifier: Apache-2.0
using LinqToDB.Mapping;

namespace Meridian.Placement.Allocations;

/// <summary>What a consumer holds of one provider's resource class.</summary>
[Table("allocations")]
internal sealed class Allocation
{
    [PrimaryKey, Column("consumer_uuid")]
    public required string ConsumerUuid { get; init; }

    [PrimaryKey, Column("provider_uuid")]
    public required string ProviderUuid { get; init; }

    [PrimaryKey, Column("resource_class")]
    public required string ResourceClass { get; init; }

    [Column("used")]
    public long Used { get; init; }

    [Column("created_at")]
    public DateTime CreatedAt { get; init; }
}

/// <summary>Who holds allocations: a server, a migration. It exists while it holds any.</summary>
[Table("consumers")]
internal sealed class Consumer
{
    [PrimaryKey, Column("uuid")]
    public required string Uuid { get; init; }

    [Column("generation")]
    public int Generation { get; set; }

    [Column("project_id")]
    public required string ProjectId { get; set; }

    [Column("user_id")]
    public required string UserId { get; set; }

    /// <summary>Null ("unknown") for one made before API version 1.38.</summary>
    [Column("consumer_type")]
    public string? ConsumerType { get; set; }

    [Column("created_at")]
    public DateTime CreatedAt { get; init; }
}
