// SPDX-License-Identifier: Apache-2.0

using Meridian.Identity.Projects;
using Meridian.Identity.Users;
using Meridian.Platform.Auth;
using Meridian.Platform.Config;
using Meridian.Platform.Http;
using Meridian.Platform.Policy;
using Meridian.Platform.Storage;

namespace Meridian.Identity.Tokens;

/// <summary>Issues tokens and tells what a token stands for now. Tokens are nowhere stored: what they stand for is computed, and kept until anything changes.</summary>
internal sealed class TokenService(
    Database database, Revisions revisions, TokenCodec codec, TokenCache cache, IdentityCache identities, DelegationResolver delegations, RevocationStore revocations,
    AccountPolicy policy, ServiceConfig config, TimeProvider clock)
{
    public TimeSpan Expiration { get; } = config.Get(IdentityOptions.TokenExpiration);

    /// <returns>Null when the token is not valid now: foreign, expired, revoked, or of somebody or something disabled or gone.</returns>
    public async ValueTask<ValidatedToken?> FindAsync(string token, CancellationToken cancellationToken, TimeSpan allowedAge = default)
    {
        var found = await DecodeAsync(token, cancellationToken);
        var now = clock.GetUtcNow();
        return found is not null && now < found.Payload.ExpiresAt + allowedAge && (found.EndsAt is not { } end || now <= end) ? found : null;
    }

    /// <exception cref="ApiException">404, as Keystone tells of a subject token that is not valid.</exception>
    public async ValueTask<ValidatedToken> GetAsync(string token, CancellationToken cancellationToken, TimeSpan allowedAge = default) =>
        await FindAsync(token, cancellationToken, allowedAge)
        ?? throw Errors.InvalidToken(codec.Decode(token) is null ? codec.NotRecognized : "Failed to validate token");

    /// <summary>Makes a token. The caller has checked the user's credentials; scope and roles are checked here.</summary>
    /// <exception cref="ApiException">401 when the user has no role on the scope, or it is disabled.</exception>
    /// <param name="asOf">The identity revision before the credentials were looked at: while it holds, what they showed holds too. Null when it isn't known.</param>
    public async Task<(string Token, ValidatedToken State)> IssueAsync(
        TokenPayload wanted, string userDomainId, string? scopeDomainId, long? asOf, CancellationToken cancellationToken)
    {
        await revisions.ReadAsync(cancellationToken);
        var last = await identities.LastRevokedAsync(wanted.UserId, userDomainId, wanted.ProjectId, wanted.DomainId ?? scopeDomainId, cancellationToken);
        var issuedAt = revocations.IssueTime(last);
        if (wanted.Kind == TokenKind.Trust)
        {
            await using var db = database.Open();
            issuedAt = Later(issuedAt, await delegations.IssueTimeAsync(db, wanted, cancellationToken));
        }

        var payload = wanted with { IssuedAt = issuedAt };
        var token = codec.Encode(payload, issuedAt);
        payload = codec.Decode(token) ?? throw new InvalidOperationException("A token that was just made does not decode.");
        var state = await BuildAsync(payload, mayBeRevoked: asOf != revisions.IdentityRevision, cancellationToken) ?? throw Errors.Unauthorized();
        cache.Set(TokenCache.KeyOf(token), state);
        return (token, state);
    }

    /// <summary>When a token issued now ends: whole seconds, as Keystone's do.</summary>
    public DateTimeOffset NewExpiry() => DateTimeOffset.FromUnixTimeSeconds((clock.GetUtcNow() + Expiration).ToUnixTimeSeconds());

    private static DateTimeOffset Later(DateTimeOffset one, DateTimeOffset other) => one > other ? one : other;

    private async ValueTask<ValidatedToken?> DecodeAsync(string token, CancellationToken cancellationToken)
    {
        await revisions.RefreshAsync(cancellationToken);
        var key = TokenCache.KeyOf(token);
        if (cache.Find(key, revisions.IdentityRevision, codec.Generation) is { } known)
        {
            return known;
        }

        if (codec.Decode(token) is not { } payload || await BuildAsync(payload, mayBeRevoked: true, cancellationToken) is not { } built)
        {
            return null;
        }

        cache.Set(key, built);
        return built;
    }

    /// <param name="mayBeRevoked">False for a new token whose time is after every revocation that names it.</param>
    private async Task<ValidatedToken?> BuildAsync(TokenPayload payload, bool mayBeRevoked, CancellationToken cancellationToken)
    {
        // Read before the rows: a write that commits meanwhile makes this stale, never wrong for longer.
        var (revision, generation) = (revisions.IdentityRevision, codec.Generation);
        var isDelegated = payload.Kind is TokenKind.Trust or TokenKind.ApplicationCredential;
        if (!isDelegated && payload.Kind is not (TokenKind.Unscoped or TokenKind.Project or TokenKind.Domain or TokenKind.System))
        {
            return null; // Federated and OAuth tokens have no backing here yet: nobody may hold one.
        }

        if (await identities.UserAsync(payload.UserId, cancellationToken) is not { } user || !policy.IsEnabled(user)
            || await DomainAsync(user.DomainId, cancellationToken) is not { } userDomain)
        {
            return null;
        }

        var project = payload.ProjectId is null ? null : await EnabledProjectAsync(payload.ProjectId, cancellationToken);
        var scopeDomainId = payload.DomainId ?? (project is { IsDomain: true } ? project.Id : project?.DomainId);
        var scopeDomain = scopeDomainId is null ? null : await DomainAsync(scopeDomainId, cancellationToken);
        if ((payload.ProjectId is not null && project is null) || (scopeDomainId is not null && scopeDomain is null))
        {
            return null;
        }

        DelegatedScope? delegated = null;
        if (isDelegated || mayBeRevoked)
        {
            await using var db = database.Open();
            if (await RevocationStore.IsRevokedAsync(db, payload, user.DomainId, scopeDomainId, cancellationToken))
            {
                return null;
            }

            if (isDelegated && (project is null || (delegated = await delegations.FindAsync(db, payload, project, cancellationToken)) is null
                || (delegated.Trustor is { } trustor
                    && await RevocationStore.IsRevokedAsync(db, payload with { UserId = trustor.Id }, trustor.DomainId, scopeDomainId, cancellationToken))))
            {
                return null;
            }
        }

        var info = await DescribeAsync(payload, user, userDomain, project, scopeDomain, delegated, cancellationToken);
        return payload.Kind != TokenKind.Unscoped && info.Roles.Count == 0
            ? null
            : new(payload, info, TokenRenderer.Head(info), revision, generation) { EndsAt = delegated?.EndsAt };
    }

    private async Task<TokenInfo> DescribeAsync(
        TokenPayload payload, User user, TokenDomain userDomain, Project? project, TokenDomain? scopeDomain, DelegatedScope? delegated, CancellationToken cancellationToken)
    {
        if (delegated is { Trust.Impersonation: true, Trustor: { } trustor, TrustorDomain: { } trustorDomain })
        {
            (user, userDomain) = (trustor, trustorDomain);
        }

        var held = delegated is null ? await identities.RolesAsync(payload, project, cancellationToken) : IdentityCache.TokenRoles(delegated.Roles);
        return new TokenInfo
        {
            User = new(user.Id, user.Name, userDomain) { PasswordExpiresAt = UserView.Time(user.PasswordExpiresAt) },
            Project = project is null ? null : new(project.Id, project.Name, scopeDomain),
            Domain = payload.DomainId is null ? null : scopeDomain,
            System = payload.System is null ? null : new(true),
            Roles = held,
            Methods = payload.Methods,
            AuditIds = payload.AuditIds,
            ExpiresAt = payload.ExpiresAt,
            IssuedAt = payload.IssuedAt,
            Trust = delegated?.Trust,
            ApplicationCredential = delegated?.ApplicationCredential,

            // As in Keystone, a trust's token says neither.
            IsDomain = delegated?.Trust is null ? project?.IsDomain : null,
            IsAdminProject = project is null || delegated?.Trust is not null ? null : IsAdminProject(project, scopeDomain!),
        };
    }

    /// <summary>Null unless the deployment names an admin project.</summary>
    private bool? IsAdminProject(Project project, TokenDomain domain) =>
        config.Get(IdentityOptions.AdminProjectName) is { Length: > 0 } name && config.Get(IdentityOptions.AdminProjectDomainName) is { Length: > 0 } domainName
            ? project.Name == name && domain.Name == domainName
            : null;

    /// <summary>What the rules of Keystone see of a token: the token itself as well, which those of other services do not.</summary>
    public static PolicyCredentials Credentials(TokenInfo token) => token.ToPolicyCredentials() with
    {
        // Keystone's own is_admin is the admin token's, which is not served: the role is asked for by its name.
        IsAdmin = false,
        Attributes = Attributes(
            ("token.user.id", token.UserId), ("token.user.domain.id", token.User.Domain?.Id), ("token.domain.id", token.DomainId),
            ("token.project.id", token.ProjectId), ("token.project.domain.id", token.Project?.Domain?.Id),
            ("trust_id", token.Trust?.Id), ("trustor_id", token.Trust?.TrustorUser.Id), ("trustee_id", token.Trust?.TrusteeUser.Id),
            ("is_delegated_auth", token.Trust is not null)),
    };

    /// <summary>Those that the token has.</summary>
    private static Dictionary<string, object?> Attributes(params ReadOnlySpan<(string Name, object? Value)> all)
    {
        var attributes = new Dictionary<string, object?>(StringComparer.Ordinal);
        foreach (var (name, value) in all)
        {
            if (value is not null)
            {
                attributes[name] = value;
            }
        }

        return attributes;
    }

    private async ValueTask<Project?> EnabledProjectAsync(string id, CancellationToken cancellationToken) =>
        await identities.ProjectAsync(id, cancellationToken) is { Enabled: true } project ? project : null;

    private async ValueTask<TokenDomain?> DomainAsync(string id, CancellationToken cancellationToken) =>
        await identities.ProjectAsync(id, cancellationToken) is { IsDomain: true, Enabled: true } domain ? new(domain.Id, domain.Name) : null;
}
