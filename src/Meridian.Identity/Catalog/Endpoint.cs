// SPDX-License-Identifier: Apache-2.0
using LinqToDB.Mapping;

namespace Meridian.Identity.Catalog;

/// <summary>Where a service is reached in a region.</summary>
[Table("endpoint")]
internal sealed class Endpoint
{
    [PrimaryKey, Column("id")]
    public string Id { get; set; } = "";

    [Column("service_id")]
    public string ServiceId { get; set; } = "";

    [Column("region_id")]
    public string? RegionId { get; set; }

    [Column("interface")]
    public string Interface { get; set; } = "";

    [Column("url")]
    public string Url { get; set; } = "";

    [Column("enabled")]
    public bool Enabled { get; set; }

    [Column("extra")]
    public string? Extra { get; set; }

    [Column("revision"), OptimisticLockProperty(VersionBehavior.AutoIncrement)]
    public int Revision { get; set; }
}
