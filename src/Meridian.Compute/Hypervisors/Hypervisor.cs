// SPDX-License-Identifier: Apache-2.0
using System.Text.Json;

using LinqToDB.Mapping;

using Meridian.Compute.Drivers;

namespace Meridian.Compute.Hypervisors;

/// <summary>What runs guests on a host, as it last reported.</summary>
[Table("hypervisors")]
internal sealed record Hypervisor
{
    [Column("id"), PrimaryKey, Identity]
    public int Id { get; init; }

    /// <summary>Also the id of its resource provider at placement.</summary>
    [Column("uuid")]
    public string Uuid { get; init; } = "";

    [Column("host")]
    public string Host { get; init; } = "";

    [Column("hostname")]
    public string Hostname { get; init; } = "";

    [Column("host_ip")]
    public string HostIp { get; init; } = "";

    [Column("info")]
    public string InfoJson { get; init; } = "{}";

    [Column("updated_at")]
    public DateTime UpdatedAt { get; init; }

    public HypervisorInfo Info() => JsonSerializer.Deserialize(InfoJson, ComputeJson.Default.HypervisorInfo)!;
}
