// SPDX-License-Identifier: Apache-2.0
using LinqToDB.Mapping;

namespace Meridian.Identity.Catalog;

/// <summary>A service of the catalog.</summary>
[Table("service")]
internal sealed class Service
{
    [PrimaryKey, Column("id")]
    public string Id { get; set; } = "";

    [Column("type")]
    public string Type { get; set; } = "";

    [Column("name")]
    public string? Name { get; set; }

    [Column("enabled")]
    public bool Enabled { get; set; }

    [Column("extra")]
    public string? Extra { get; set; }

    [Column("revision"), OptimisticLockProperty(VersionBehavior.AutoIncrement)]
    public int Revision { get; set; }
}
