// SPDX-License-Identifier: Apache-2.0
using LinqToDB.Mapping;

namespace Meridian.Identity.Groups;

/// <summary>A group of users.</summary>
[Table("identity_group")]
internal sealed class Group
{
    [PrimaryKey, Column("id")]
    public string Id { get; set; } = "";

    [Column("domain_id")]
    public string DomainId { get; set; } = "";

    [Column("name")]
    public string Name { get; set; } = "";

    [Column("name_key")]
    public string NameKey { get; set; } = "";

    [Column("description")]
    public string? Description { get; set; }

    [Column("extra")]
    public string? Extra { get; set; }

    [Column("revision"), OptimisticLockProperty(VersionBehavior.AutoIncrement)]
    public int Revision { get; set; }
}
