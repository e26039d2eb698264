// SPDX-License-Identifier: Apache-2.0
using LinqToDB.Mapping;

namespace Meridian.Identity.Regions;

/// <summary>A region; regions nest.</summary>
[Table("region")]
internal sealed class Region
{
    [PrimaryKey, Column("id")]
    public string Id { get; set; } = "";

    [Column("parent_region_id")]
    public string? ParentRegionId { get; set; }

    [Column("description")]
    public string Description { get; set; } = "";

    [Column("extra")]
    public string? Extra { get; set; }

    [Column("revision"), OptimisticLockProperty(VersionBehavior.AutoIncrement)]
    public int Revision { get; set; }
}
