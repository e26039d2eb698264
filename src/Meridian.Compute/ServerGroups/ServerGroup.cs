// SPDX-License-Identifier: Apache-2.0
using LinqToDB.Mapping;

namespace Meridian.Compute.ServerGroups;

/// <summary>Servers that shall share a host, or shall not. Its members are the servers whose row names it.</summary>
[Table("server_groups")]
internal sealed record ServerGroup
{
    public const string Affinity = "affinity";
    public const string AntiAffinity = "anti-affinity";
    public const string SoftAffinity = "soft-affinity";
    public const string SoftAntiAffinity = "soft-anti-affinity";

    /// <summary>Given by the database: the order of lists.</summary>
    [Column("number"), PrimaryKey, Identity]
    public int Number { get; init; }

    [Column("id")]
    public string Id { get; init; } = "";

    [Column("project_id")]
    public string ProjectId { get; init; } = "";

    [Column("user_id")]
    public string UserId { get; init; } = "";

    [Column("name")]
    public string Name { get; init; } = "";

    [Column("policy")]
    public string Policy { get; init; } = AntiAffinity;

    /// <summary>Of anti-affinity; null is one.</summary>
    [Column("max_server_per_host")]
    public int? MaxServerPerHost { get; init; }

    /// <summary>Raised by each placement of a member: whoever holds the row's lock sees all placements before its own.</summary>
    [Column("revision")]
    public int Revision { get; init; }
}
