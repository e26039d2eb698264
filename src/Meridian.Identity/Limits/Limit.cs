// SPDX-License-Identifier: Apache-2.0
using LinqToDB.Mapping;

namespace Meridian.Identity.Limits;

/// <summary>What one project, or one domain, may have in place of the registered default.</summary>
[Table("resource_limit")]
internal sealed class Limit
{
    [PrimaryKey, Column("id")]
    public string Id { get; set; } = "";

    [Column("registered_limit_id")]
    public string RegisteredLimitId { get; set; } = "";

    /// <summary>Empty for a domain's limit.</summary>
    [Column("project_id")]
    public string ProjectId { get; set; } = "";

    /// <summary>Empty for a project's limit.</summary>
    [Column("domain_id")]
    public string DomainId { get; set; } = "";

    /// <summary>-1 is no limit.</summary>
    [Column("resource_limit")]
    public int ResourceLimit { get; set; }

    [Column("description")]
    public string? Description { get; set; }

    [Column("revision"), OptimisticLockProperty(VersionBehavior.AutoIncrement)]
    public int Revision { get; set; }
}

/// <summary>A limit with what its registered limit says about it.</summary>
internal sealed class LimitLine
{
    public string Id { get; set; } = "";

    public string RegisteredLimitId { get; set; } = "";

    public string ProjectId { get; set; } = "";

    public string DomainId { get; set; } = "";

    public string ServiceId { get; set; } = "";

    public string RegionId { get; set; } = "";

    public string ResourceName { get; set; } = "";

    public int ResourceLimit { get; set; }

    public string? Description { get; set; }
}
