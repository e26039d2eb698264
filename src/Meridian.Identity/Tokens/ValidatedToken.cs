// SPDX-License-Identifier: Apache-2.0
using Meridian.Platform.Auth;
using Meridian.Platform.Policy;

namespace Meridian.Identity.Tokens;

/// <summary>A token together with what it stands for as of one identity revision.</summary>
/// <param name="Head">The JSON of the token's body up to the catalog, without the closing braces.</param>
/// <param name="Revision">Identity revision that this was computed under.</param>
/// <param name="KeyGeneration">Generation of the keys that decoded the token.</param>
internal sealed record ValidatedToken(TokenPayload Payload, TokenInfo Info, byte[] Head, long Revision, int KeyGeneration)
{
    /// <summary>What rules see of it: made when it first asks for something, which most tokens here never do.</summary>
    public PolicyCredentials Credentials => field ??= TokenService.Credentials(Info);

    /// <summary>When what the token stands on ends by itself, though the token would live on: a trust. Null when nothing does.</summary>
    public DateTimeOffset? EndsAt { get; init; }

    /// <summary>Whose id fills the catalog's templates: the trustor's, whether a trust impersonates or not.</summary>
    public string CatalogUserId => Info.Trust?.TrustorUser.Id ?? Payload.UserId;

    /// <summary>Unscoped tokens carry none.</summary>
    public bool HasCatalog => Payload.Kind != TokenKind.Unscoped;
}
