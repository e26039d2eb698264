// SPDX-License-Identifier: Apache-2.0
using Meridian.Identity.Roles;
using Meridian.Identity.Users;
using Meridian.Platform.Auth;

namespace Meridian.Identity.Tokens;

/// <summary>What stands behind a token of a trust or of an application credential at this moment.</summary>
/// <param name="Roles">Never more than the delegation gives and its giver holds; never none.</param>
internal sealed record DelegatedScope(IReadOnlyList<Role> Roles)
{
    public TokenTrust? Trust { get; init; }

    public TokenApplicationCredential? ApplicationCredential { get; init; }

    /// <summary>Of a trust, whether it impersonates or not: what kills the trustor's tokens kills its tokens too.</summary>
    public User? Trustor { get; init; }

    public TokenDomain? TrustorDomain { get; init; }

    /// <summary>When the delegation ends, whatever life the token has left.</summary>
    public DateTimeOffset? EndsAt { get; init; }
}
