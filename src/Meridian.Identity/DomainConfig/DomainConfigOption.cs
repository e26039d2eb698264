// SPDX-License-Identifier: Apache-2.0
using LinqToDB.Mapping;

namespace Meridian.Identity.DomainConfig;

/// <summary>One option that a domain has set for itself.</summary>
[Table("domain_config")]
internal sealed class DomainConfigOption
{
    [PrimaryKey, Column("domain_id")]
    public string DomainId { get; set; } = "";

    [PrimaryKey, Column("option_group")]
    public string Group { get; set; } = "";

    [PrimaryKey, Column("option_name")]
    public string Name { get; set; } = "";

    /// <summary>JSON, of any kind.</summary>
    [Column("option_value")]
    public string Value { get; set; } = "null";
}
