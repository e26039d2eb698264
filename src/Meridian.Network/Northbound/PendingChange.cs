// SPDX-License-Identifier: Apache-2.0
using LinqToDB.Mapping;

namespace Meridian.Network.Northbound;

/// <summary>A resource whose state in the backend may differ from the database's; written in the transaction that made it differ (DESIGN 23).</summary>
[Table("northbound_changes")]
internal sealed class PendingChange
{
    [PrimaryKey, Identity, Column("sequence")]
    public long Sequence { get; init; }

    /// <summary>Name of a <see cref="Drivers.NetworkResourceKind"/>.</summary>
    [Column("kind")]
    public string Kind { get; init; } = "";

    [Column("resource_id")]
    public string ResourceId { get; init; } = "";

    [Column("created_at")]
    public DateTime CreatedAt { get; init; }
}
