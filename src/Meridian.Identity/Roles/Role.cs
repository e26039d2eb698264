// SPDX-License-Identifier: Apache-2.0
using LinqToDB.Mapping;

namespace Meridian.Identity.Roles;

/// <summary>A role.</summary>
[Table("identity_role")]
internal sealed class Role
{
    [PrimaryKey, Column("id")]
    public string Id { get; set; } = "";

    /// <summary>Empty for a global role.</summary>
    [Column("domain_id")]
    public string DomainId { get; set; } = "";

    [Column("name")]
    public string Name { get; set; } = "";

    [Column("name_key")]
    public string NameKey { get; set; } = "";

    [Column("description")]
    public string? Description { get; set; }

    [Column("options")]
    public string? Options { get; set; }

    [Column("extra")]
    public string? Extra { get; set; }

    [Column("revision"), OptimisticLockProperty(VersionBehavior.AutoIncrement)]
    public int Revision { get; set; }
}
