// SPDX-License-Identifier: Apache-2.0
using System.Buffers.Text;

namespace Meridian.Identity.Tokens;

/// <summary>The payload versions of Keystone's Fernet tokens; the number is the first item of the payload.</summary>
internal enum TokenKind
{
    Unscoped = 0,
    Domain = 1,
    Project = 2,
    Trust = 3,
    FederatedUnscoped = 4,
    FederatedProject = 5,
    FederatedDomain = 6,
    OAuth1 = 7,
    System = 8,
    ApplicationCredential = 9,
    OAuth2 = 10,
}

/// <summary>What a token says. Roles, names and the catalog are never in it: every validation computes them anew.</summary>
internal sealed record TokenPayload
{
    public required TokenKind Kind { get; init; }

    public required string UserId { get; init; }

    public required IReadOnlyList<string> Methods { get; init; }

    public required DateTimeOffset ExpiresAt { get; init; }

    /// <summary>The token's own audit id, then the id of the first token of the chain when it was rescoped.</summary>
    public required IReadOnlyList<string> AuditIds { get; init; }

    /// <summary>The time in the Fernet frame: whole seconds.</summary>
    public DateTimeOffset IssuedAt { get; init; }

    public string? ProjectId { get; init; }

    public string? DomainId { get; init; }

    /// <summary>"all", or null.</summary>
    public string? System { get; init; }

    public string? TrustId { get; init; }

    public IReadOnlyList<string> GroupIds { get; init; } = [];

    public string? IdentityProviderId { get; init; }

    public string? ProtocolId { get; init; }

    public string? AccessTokenId { get; init; }

    public string? ApplicationCredentialId { get; init; }

    public string? Thumbprint { get; init; }

    public string AuditId => AuditIds[0];

    /// <summary>The first audit id of the chain that this token came from: its own when it was not rescoped.</summary>
    public string AuditChainId => AuditIds[^1];

    /// <summary>22 characters: URL-safe base64 of a random UUID's bytes.</summary>
    public static string NewAuditId() => Base64Url.EncodeToString(Guid.NewGuid().ToByteArray());
}
