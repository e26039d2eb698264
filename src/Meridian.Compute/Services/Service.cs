// SPDX-License-Identifier: Apache-2.0
using LinqToDB.Mapping;

namespace Meridian.Compute.Services;

/// <summary>A program of compute on a host, as it last reported.</summary>
[Table("services")]
internal sealed record Service
{
    public const string Compute = "nova-compute";

    [Column("id"), PrimaryKey, Identity]
    public int Id { get; init; }

    [Column("uuid")]
    public string Uuid { get; init; } = "";

    [Column("binary_name")]
    public string Binary { get; init; } = "";

    [Column("host")]
    public string Host { get; init; } = "";

    [Column("disabled")]
    public bool Disabled { get; init; }

    [Column("disabled_reason")]
    public string? DisabledReason { get; init; }

    [Column("forced_down")]
    public bool ForcedDown { get; init; }

    [Column("created_at")]
    public DateTime CreatedAt { get; init; }

    [Column("last_seen_at")]
    public DateTime LastSeenAt { get; init; }

    public bool IsUp(DateTime now, TimeSpan downTime) => !ForcedDown && now - LastSeenAt <= downTime;
}
