// SPDX-License-Identifier: Apache-2.0
using LinqToDB.Mapping;

namespace Meridian.Identity.EndpointFilter;

/// <summary>All endpoints that have certain attributes, now and later.</summary>
[Table("endpoint_group")]
internal sealed class EndpointGroup
{
    [PrimaryKey, Column("id")]
    public string Id { get; set; } = "";

    [Column("name")]
    public string Name { get; set; } = "";

    [Column("description")]
    public string? Description { get; set; }

    /// <summary>JSON object: see <see cref="EndpointFilters"/>.</summary>
    [Column("filters")]
    public string Filters { get; set; } = "{}";

    [Column("revision"), OptimisticLockProperty(VersionBehavior.AutoIncrement)]
    public int Revision { get; set; }
}

/// <summary>An endpoint of a project's catalog.</summary>
[Table("project_endpoint")]
internal sealed class ProjectEndpoint
{
    [PrimaryKey, Column("project_id")]
    public string ProjectId { get; set; } = "";

    [PrimaryKey, Column("endpoint_id")]
    public string EndpointId { get; set; } = "";
}

/// <summary>An endpoint group of a project's catalog.</summary>
[Table("project_endpoint_group")]
internal sealed class ProjectEndpointGroup
{
    [PrimaryKey, Column("project_id")]
    public string ProjectId { get; set; } = "";

    [PrimaryKey, Column("endpoint_group_id")]
    public string EndpointGroupId { get; set; } = "";
}
