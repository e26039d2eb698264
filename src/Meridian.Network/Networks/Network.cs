// SPDX-License-Identifier: Apache-2.0
using LinqToDB.Mapping;

using Meridian.Network.Api;

namespace Meridian.Network.Networks;

[Table("networks")]
internal sealed class NetworkRow : StandardRow
{
    [Column("admin_state_up")]
    public bool AdminStateUp { get; set; } = true;

    [Column("status")]
    public string Status { get; set; } = "ACTIVE";

    [Column("shared")]
    public bool Shared { get; set; }

    /// <summary>Reachable by every project's routers as their gateway network.</summary>
    [Column("external")]
    public bool External { get; set; }

    [Column("is_default")]
    public bool IsDefault { get; set; }

    [Column("mtu")]
    public int Mtu { get; set; }

    [Column("network_type")]
    public string NetworkType { get; init; } = "";

    [Column("physical_network")]
    public string? PhysicalNetwork { get; init; }

    [Column("segmentation_id")]
    public int? SegmentationId { get; init; }

    [Column("port_security_enabled")]
    public bool PortSecurityEnabled { get; set; } = true;

    [NotColumn]
    public IReadOnlyList<string> Subnets { get; set; } = [];

    /// <summary>True in the answer to a create, which alone shows is_default of a network that is not external.</summary>
    [NotColumn]
    public bool IsFresh { get; init; }

    /// <summary>Every project sees it; only its owner or an admin changes it.</summary>
    [NotColumn]
    public bool IsShared => Shared || External;
}

/// <summary>A segment that a network holds: the key is unique, so that two creates never take one VLAN or VNI.</summary>
[Table("segments")]
internal sealed class SegmentRow
{
    /// <summary><c>geneve:7</c>, <c>vlan:physnet1:7</c>, <c>flat:physnet1</c>.</summary>
    [PrimaryKey, Column("segment_key")]
    public string Key { get; init; } = "";

    [Column("network_id")]
    public string NetworkId { get; init; } = "";
}
