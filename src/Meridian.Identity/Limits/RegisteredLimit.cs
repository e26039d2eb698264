// SPDX-License-Identifier: Apache-2.0
using LinqToDB.Mapping;

namespace Meridian.Identity.Limits;

/// <summary>What every project may have of a service's resource, in one region or in all, unless a <see cref="Limit"/> says otherwise.</summary>
[Table("registered_limit")]
internal sealed class RegisteredLimit
{
    [PrimaryKey, Column("id")]
    public string Id { get; set; } = "";

    [Column("service_id")]
    public string ServiceId { get; set; } = "";

    /// <summary>Empty for a limit of no region.</summary>
    [Column("region_id")]
    public string RegionId { get; set; } = "";

    [Column("resource_name")]
    public string ResourceName { get; set; } = "";

    /// <summary>-1 is no limit.</summary>
    [Column("default_limit")]
    public int DefaultLimit { get; set; }

    [Column("description")]
    public string? Description { get; set; }

    [Column("revision"), OptimisticLockProperty(VersionBehavior.AutoIncrement)]
    public int Revision { get; set; }
}
