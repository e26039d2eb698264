// SPDX-License-Identifier: Apache-2.0
using System.Text.Json;

using LinqToDB.Mapping;

namespace Meridian.Compute.Flavors;

/// <summary>A size of servers.</summary>
[Table("flavors")]
internal sealed record Flavor
{
    /// <summary>The order of creation.</summary>
    [Column("number"), PrimaryKey, Identity]
    public int Number { get; init; }

    /// <summary>What the API calls id: any text.</summary>
    [Column("id")]
    public string Id { get; init; } = "";

    [Column("name")]
    public string Name { get; init; } = "";

    [Column("vcpus")]
    public int Vcpus { get; init; }

    [Column("memory_mib")]
    public int MemoryMib { get; init; }

    [Column("disk_gib")]
    public int DiskGib { get; init; }

    [Column("ephemeral_gib")]
    public int EphemeralGib { get; init; }

    [Column("swap_mib")]
    public int SwapMib { get; init; }

    [Column("rxtx_factor")]
    public double RxtxFactor { get; init; } = 1.0;

    [Column("is_public")]
    public bool IsPublic { get; init; } = true;

    [Column("description")]
    public string? Description { get; init; }

    [Column("extra_specs")]
    public string ExtraSpecsJson { get; init; } = "{}";

    [Column("revision")]
    public int Revision { get; init; }

    [Column("created_at")]
    public DateTime CreatedAt { get; init; }

    [Column("updated_at")]
    public DateTime? UpdatedAt { get; init; }

    public Dictionary<string, string> ExtraSpecs() => JsonSerializer.Deserialize(ExtraSpecsJson, ComputeJson.Default.DictionaryStringString)!;
}

/// <summary>A project that may use a private flavor.</summary>
[Table("flavor_access")]
internal sealed class FlavorAccess
{
    [Column("flavor_id"), PrimaryKey(1)]
    public string FlavorId { get; init; } = "";

    [Column("project_id"), PrimaryKey(2)]
    public string ProjectId { get; init; } = "";
}
