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

    /// <summary>Unix seconds: the precision of a Fernet token.</summary>
    [Column("issued_before")]
    public long IssuedBefore { get; set; }

    [Column("revoked_at")]
    public DateTime RevokedAt { get; set; }
}
