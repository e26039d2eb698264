// SPDX-License-Identifier: Apache-2.0
using LinqToDB.Mapping;

namespace Meridian.Identity.Roles;

/// <summary>Who has the prior role has the implied one too.</summary>
[Table("implied_role")]
internal sealed class ImpliedRole
{
    [PrimaryKey, Column("prior_role_id")]
    public string PriorRoleId { get; set; } = "";

    [PrimaryKey, Column("implied_role_id")]
    public string ImpliedRoleId { get; set; } = "";
}
