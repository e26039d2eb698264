// SPDX-License-Identifier: Apache-2.0
using Meridian.Platform.Http;

namespace Meridian.Identity.Tokens;

/// <summary>
/// What a token of a trust, an application credential or an OAuth1 access token may not do: whoever holds one must not get by it what outlives or outgrows it.
/// To be asked by every route that makes, shows or deletes something that somebody can log in with (OSSA-2013-032, 2014-018, 2014-022, 2020-004, 2026-005).
/// Source: Keystone's users, trusts and credentials APIs.
/// </summary>
internal static class Delegation
{
    public static bool IsDelegated(TokenPayload token) => (token.TrustId ?? token.ApplicationCredentialId ?? token.AccessTokenId) is not null;

    /// <summary>The project that credentials in the token's reach are of; null when it may touch any.</summary>
    public static string? Bound(TokenPayload token) => IsDelegated(token) ? token.ProjectId : null;

    /// <param name="projectId">Of a credential; null where it is the user's own, such as a TOTP seed: no delegation reaches that.</param>
    public static bool Reaches(TokenPayload token, string? projectId) => !IsDelegated(token) || (projectId is not null && projectId == token.ProjectId);

    /// <exception cref="ApiException">403.</exception>
    public static void CheckProject(TokenPayload token, string? projectId, string kind = "Credential")
    {
        if (!Reaches(token, projectId))
        {
            throw Errors.Forbidden($"{kind} project does not match the project scope of the delegated token");
        }
    }

    /// <summary>An application credential makes and deletes further ones, and keys, only where its owner made it unrestricted (OSSA-2026-005).</summary>
    /// <exception cref="ApiException">403.</exception>
    public static void CheckUnrestricted(ValidatedToken token, string kind = "application credentials")
    {
        if (token.Info.ApplicationCredential is { Restricted: not false })
        {
            throw Errors.Forbidden($"Using method 'application_credential' is not allowed for managing additional {kind}.");
        }
    }

    /// <summary>Whatever an application credential may else do.</summary>
    /// <exception cref="ApiException">403.</exception>
    public static void RefuseApplicationCredential(ValidatedToken token, string why)
    {
        if (token.Payload.ApplicationCredentialId is not null)
        {
            throw Errors.Forbidden(why);
        }
    }

    /// <summary>A trust or an OAuth consent ends; a credential made by it would not.</summary>
    /// <exception cref="ApiException">403, in Keystone's general words.</exception>
    public static void RefuseTrust(ValidatedToken token)
    {
        if (token.Payload.TrustId is not null || token.Payload.AccessTokenId is not null)
        {
            throw Errors.Forbidden();
        }
    }
}
