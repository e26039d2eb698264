// SPDX-License-Identifier: Apache-2.0
using LinqToDB.Mapping;

namespace Meridian.Identity.Projects;

/// <summary>A project, or a domain: a project that acts as one.</summary>
[Table("project")]
internal sealed class Project
{
    [PrimaryKey, Column("id")]
    public string Id { get; set; } = "";

    /// <summary>Empty for a domain.</summary>
    [Column("domain_id")]
    public string DomainId { get; set; } = "";

    /// <summary>The domain itself for a project at the top; null for a domain.</summary>
    [Column("parent_id")]
    public string? ParentId { get; set; }

    [Column("name")]
    public string Name { get; set; } = "";

    [Column("name_key")]
    public string NameKey { get; set; } = "";

    [Column("description")]
    public string? Description { get; set; }

    [Column("enabled")]
    public bool Enabled { get; set; }

    [Column("is_domain")]
    public bool IsDomain { get; set; }

    /// <summary>JSON object.</summary>
    [Column("options")]
    public string? Options { get; set; }

    /// <summary>JSON object of the attributes that the API does not know.</summary>
    [Column("extra")]
    public string? Extra { get; set; }

    [Column("revision"), OptimisticLockProperty(VersionBehavior.AutoIncrement)]
    public int Revision { get; set; }
}
