// SPDX-License-Identifier: Apache-2.0
using LinqToDB.Mapping;

namespace Meridian.Network.Quotas;

/// <summary>A project's use of one resource, and its own limit where an admin set one (DESIGN 10).</summary>
[Table("quotas")]
internal sealed class QuotaRow
{
    [PrimaryKey(1), Column("project_id")]
    public string ProjectId { get; init; } = "";

    [PrimaryKey(2), Column("resource")]
    public string Resource { get; init; } = "";

    /// <summary>Null takes the configured default; -1 is none.</summary>
    [Column("hard_limit")]
    public int? Limit { get; init; }

    [Column("used")]
    public int Used { get; init; }
}
