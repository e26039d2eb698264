// SPDX-License-Identifier: Apache-2.0
using LinqToDB.Mapping;

namespace Meridian.Network.ServerEvents;

/// <summary>An event that compute is yet to be told of; written in the transaction that it tells of.</summary>
[Table("server_events")]
internal sealed class ServerEventRow
{
    [PrimaryKey, Identity, Column("sequence")]
    public long Sequence { get; init; }

    /// <summary>network-vif-plugged, network-vif-unplugged, network-changed or network-vif-deleted.</summary>
    [Column("name")]
    public string Name { get; init; } = "";

    [Column("server_id")]
    public string ServerId { get; init; } = "";

    [Column("tag")]
    public string PortId { get; init; } = "";

    [Column("created_at")]
    public DateTime CreatedAt { get; init; }
}
