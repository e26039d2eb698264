// SPDX-License-Identifier: Apache-2.0
using System.Text.Json;

using LinqToDB.Mapping;

namespace Meridian.Compute.Aggregates;

/// <summary>Hosts that an operator groups; metadata availability_zone makes the group a zone.</summary>
[Table("aggregates")]
internal sealed record Aggregate
{
    public const string ZoneKey = "availability_zone";

    [Column("id"), PrimaryKey, Identity]
    public int Id { get; init; }

    [Column("uuid")]
    public string Uuid { get; init; } = "";

    [Column("name")]
    public string Name { get; init; } = "";

    [Column("metadata")]
    public string MetadataJson { get; init; } = "{}";

    [Column("hosts")]
    public string HostsJson { get; init; } = "[]";

    [Column("revision")]
    public int Revision { get; init; }

    [Column("created_at")]
    public DateTime CreatedAt { get; init; }

    [Column("updated_at")]
    public DateTime? UpdatedAt { get; init; }

    public Dictionary<string, string> Metadata() => JsonSerializer.Deserialize(MetadataJson, ComputeJson.Default.DictionaryStringString)!;

    public List<string> Hosts() => JsonSerializer.Deserialize(HostsJson, ComputeJson.Default.ListString)!;

    public string? Zone() => Metadata().GetValueOrDefault(ZoneKey);
}
