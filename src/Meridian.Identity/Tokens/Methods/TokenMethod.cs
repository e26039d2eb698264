// SPDX-License-Identifier: Apache-2.0
using System.Text.Json;

using Meridian.Identity.Tokens.Scopes;
using Meridian.Identity.Users;
using Meridian.Platform.Config;

namespace Meridian.Identity.Tokens.Methods;

/// <summary>Buys a token of another scope with a token. The new one ends when the old one does. Source: identity v3 API, "Token authentication".</summary>
internal sealed class TokenMethod(IdentityCache identities, TokenService tokens, AccountPolicy policy, ServiceConfig config) : IAuthMethod
{
    public string Name => "token";

    public AuthCheck Read(JsonElement part)
    {
        var id = AuthBody.Text(part, "id") ?? throw Errors.Expecting("id", "token");
        return (request, cancellationToken) => VerifyAsync(id, request.Scope, cancellationToken);
    }

    private async Task<AuthProof> VerifyAsync(string id, ScopeRequest? scope, CancellationToken cancellationToken)
    {
        var parent = (await tokens.GetAsync(id, cancellationToken)).Payload;
        CheckRescope(parent, scope);
        var user = await identities.UserAsync(parent.UserId, cancellationToken);
        return user is null || !policy.IsEnabled(user) ? throw Errors.Unauthorized() : new(user)
        {
            EarlierMethods = parent.Methods,
            ExpiresAt = parent.ExpiresAt,
            AuditChainId = parent.AuditChainId,
            Scope = parent.ApplicationCredentialId is null ? null : await SameScopeAsync(parent, cancellationToken),
        };
    }

    /// <summary>What is bought with an application credential's token is of the same credential: nobody leaves its bounds that way.</summary>
    private async Task<TokenScope> SameScopeAsync(TokenPayload parent, CancellationToken cancellationToken) => new(TokenKind.ApplicationCredential)
    {
        Project = await identities.ProjectAsync(parent.ProjectId!, cancellationToken) ?? throw Errors.Unauthorized(),
        ApplicationCredentialId = parent.ApplicationCredentialId,
    };

    private void CheckRescope(TokenPayload parent, ScopeRequest? scope)
    {
        if (parent.TrustId is not null)
        {
            throw Errors.Forbidden("Using trust-scoped token to create another token. Create a new trust-scoped token instead");
        }

        if (parent.ApplicationCredentialId is not null && scope is not null)
        {
            throw Errors.Forbidden("Using an application credential token to create a scoped token is not allowed.");
        }

        if (parent.Kind == TokenKind.System && scope is { Kind: ProjectScope.Kind or DomainScope.Kind })
        {
            throw Errors.Forbidden("Using a system-scoped token to create a project-scoped or domain-scoped token is not allowed.");
        }

        if (!config.Get(IdentityOptions.AllowRescope) && parent.Kind != TokenKind.Unscoped)
        {
            throw Errors.Forbidden("rescope a scoped token");
        }
    }
}
