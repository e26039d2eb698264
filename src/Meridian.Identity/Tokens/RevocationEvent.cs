// SPDX-License-Identifier: Apache-2.0
using LinqToDB.Mapping;

namespace Meridian.Identity.Tokens;

/// <summary>Tokens that count no longer. What is set must match; a token issued after <see cref="IssuedBefore"/> is not touched.</summary>
[Table("revocation_event")]
internal sealed class RevocationEvent
{
    [PrimaryKey, Column("id")]
    public string Id { get; set; } = "";

    [Column("audit_id")]
    public string? AuditId { get; set; }

    [Column("audit_chain_id")]
    public string? AuditChainId { get; set; }

    [Column("user_id")]
    public string? UserId { get; set; }

    [Column("project_id")]
    public string? ProjectId { get; set; }

    [Column("domain_id")]
    public string? DomainId { get; set; }

    /// <summary>Told to who lists events. No token is looked up by it: a trust that is gone has none that counts.</summary>
    [Column("trust_id")]
    public string? TrustId { get; set; }

    /// <summary>Unix seconds: the precision of a Fernet token.</summary>
    [Column("issued_before")]
    public long IssuedBefore { get; set; }

    /// <summary>To the second, as it is shown: who asks for what came since the last event that he was shown must not get that one again.</summary>
    [Column("revoked_at")]
    public DateTime RevokedAt { get; set; }
}
