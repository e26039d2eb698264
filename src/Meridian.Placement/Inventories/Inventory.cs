// SPDX-License-Identifier: Apache-2.0
using LinqToDB.Mapping;

namespace Meridian.Placement.Inventories;

/// <summary>How much of one resource class a provider has, and how much of it is given out.</summary>
[Table("inventories")]
internal sealed class Inventory
{
    [PrimaryKey, Column("provider_uuid")]
    public required string ProviderUuid { get; init; }

    [PrimaryKey, Column("resource_class")]
    public required string ResourceClass { get; init; }

    [Column("total")]
    public long Total { get; set; }

    [Column("reserved")]
    public long Reserved { get; set; }

    [Column("min_unit")]
    public long MinUnit { get; set; } = 1;

    [Column("max_unit")]
    public long MaxUnit { get; set; } = int.MaxValue;

    [Column("step_size")]
    public long StepSize { get; set; } = 1;

    [Column("allocation_ratio")]
    public double AllocationRatio { get; set; } = 1.0;

    /// <summary>Sum of the allocations; written in the transaction that writes them.</summary>
    [Column("used")]
    public long Used { get; set; }

    [Column("created_at")]
    public DateTime CreatedAt { get; init; }

    [Column("updated_at")]
    public DateTime UpdatedAt { get; set; }

    public double Capacity => (Total - Reserved) * AllocationRatio;

    /// <summary>Whether an amount is one that may be asked for at all.</summary>
    public bool Takes(long amount) => amount >= MinUnit && amount <= MaxUnit && amount % StepSize == 0;
}
