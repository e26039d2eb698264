// SPDX-License-Identifier: Apache-2.0
using LinqToDB.Mapping;

namespace Meridian.Identity.Projects;

/// <summary>A tag of a project.</summary>
[Table("project_tag")]
internal sealed class ProjectTag
{
    [PrimaryKey, Column("project_id")]
    public string ProjectId { get; set; } = "";

    [PrimaryKey, Column("tag")]
    public string Tag { get; set; } = "";
}
