// SPDX-License-Identifier: Apache-2.0
using LinqToDB.Mapping;

namespace Meridian.Identity.Trusts;

/// <summary>What the trustor lets the trustee do in a project. Immutable but for its uses.</summary>
[Table("trust")]
internal sealed class Trust
{
    [PrimaryKey, Column("id")]
    public string Id { get; set; } = "";

    [Column("trustor_user_id")]
    public string TrustorUserId { get; set; } = "";

    [Column("trustee_user_id")]
    public string TrusteeUserId { get; set; } = "";

    /// <summary>Null for a trust that gives no roles.</summary>
    [Column("project_id")]
    public string? ProjectId { get; set; }

    /// <summary>Whether its tokens are the trustor's in the eyes of services.</summary>
    [Column("impersonation")]
    public bool Impersonation { get; set; }

    [Column("expires_at")]
    public DateTime? ExpiresAt { get; set; }

    /// <summary>How many tokens it still gives; null for any number.</summary>
    [Column("remaining_uses")]
    public int? RemainingUses { get; set; }

    /// <summary>The trust that this one was made with.</summary>
    [Column("redelegated_trust_id")]
    public string? RedelegatedTrustId { get; set; }

    /// <summary>How many trusts may follow in the chain; 0 ends it.</summary>
    [Column("redelegation_count")]
    public int RedelegationCount { get; set; }

    /// <summary>JSON object of the attributes that the API does not know.</summary>
    [Column("extra")]
    public string? Extra { get; set; }
}

/// <summary>A role that a trust gives. It outlives its role, so that a trust that lost one is refused and not quietly smaller.</summary>
[Table("trust_role")]
internal sealed class TrustRole
{
    [PrimaryKey, Column("trust_id")]
    public string TrustId { get; set; } = "";

    [PrimaryKey, Column("role_id")]
    public string RoleId { get; set; } = "";
}
