// SPDX-License-Identifier: Apache-2.0
using LinqToDB.Mapping;

using Meridian.Network.Api;

namespace Meridian.Network.SecurityGroups;

[Table("security_groups")]
internal sealed class SecurityGroupRow : StandardRow
{
    [Column("stateful")]
    public bool Stateful { get; set; } = true;

    [NotColumn]
    public IReadOnlyList<SecurityGroupRuleRow> Rules { get; set; } = [];

    [NotColumn]
    public bool IsDefault => Name == "default";
}

/// <summary>The one default group of a project: the key makes it one, however many requests make it at once.</summary>
[Table("default_security_groups")]
internal sealed class DefaultSecurityGroupRow
{
    [PrimaryKey, Column("project_id")]
    public string ProjectId { get; init; } = "";

    [Column("security_group_id")]
    public string SecurityGroupId { get; init; } = "";
}

[Table("security_group_rules")]
internal sealed class SecurityGroupRuleRow : StandardRow
{
    /// <summary>A rule never changes, so that its revision stays 0, as neutron shows it.</summary>
    public SecurityGroupRuleRow() => RevisionNumber = 0;

    /// <summary>Order of creation; shown as standard_attr_id.</summary>
    [Column("number")]
    public long Number { get; init; }

    [Column("security_group_id")]
    public string SecurityGroupId { get; init; } = "";

    [Column("direction")]
    public string Direction { get; init; } = "";

    [Column("ethertype")]
    public string Ethertype { get; init; } = "IPv4";

    [Column("protocol")]
    public string? Protocol { get; init; }

    [Column("port_range_min")]
    public int? PortRangeMin { get; init; }

    [Column("port_range_max")]
    public int? PortRangeMax { get; init; }

    [Column("remote_group_id")]
    public string? RemoteGroupId { get; init; }

    [Column("remote_ip_prefix")]
    public string? RemoteIpPrefix { get; init; }

    [Column("normalized_cidr")]
    public string? NormalizedCidr { get; init; }
}
