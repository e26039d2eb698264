// SPDX-License-Identifier: Apache-2.0
using LinqToDB;
using LinqToDB.Async;
using LinqToDB.Data;

using Meridian.Platform.Config;
using Meridian.Platform.Storage;

namespace Meridian.Identity.Tokens;

/// <summary>
/// Revocation events. A token knows its time of issue to the second only, so that an event of the same second revokes it; whoever logs in after such an event
/// gets a token of the next second instead (OSSA-2014-026).
/// </summary>
internal sealed class RevocationStore(Database database, ServiceConfig config, TimeProvider clock)
{
    /// <summary>Kept longer than any token of today's [token] expiration lives, for those that were issued under a longer one.</summary>
    private static readonly TimeSpan Margin = TimeSpan.FromDays(7);

    public static async Task<bool> IsRevokedAsync(DataConnection db, TokenPayload token, string userDomainId, string? scopeDomainId, CancellationToken cancellationToken)
    {
        var issued = token.IssuedAt.ToUnixTimeSeconds();
        var (audit, chain, user) = (token.AuditId, token.AuditChainId, token.UserId);
        var project = token.ProjectId ?? "";
        var domain = token.DomainId ?? scopeDomainId ?? "";
        return await db.GetTable<RevocationEvent>().AnyAsync(
            e => e.IssuedBefore >= issued
                && (e.AuditId == audit || e.AuditChainId == chain || e.UserId == user || e.ProjectId == project || e.DomainId == domain || e.DomainId == userDomainId),
            cancellationToken);
    }

    /// <summary>Oldest first.</summary>
    /// <param name="since">Only later ones; all when null.</param>
    public async Task<IReadOnlyList<RevocationEvent>> ListAsync(DateTime? since, CancellationToken cancellationToken)
    {
        await using var db = database.Open();
        var rows = since is { } time ? db.GetTable<RevocationEvent>().Where(e => e.RevokedAt > time) : db.GetTable<RevocationEvent>();
        return await rows.OrderBy(e => e.RevokedAt).ThenBy(e => e.Id).ToListAsync(cancellationToken);
    }

    /// <summary>Revokes one token.</summary>
    public Task RevokeAuditIdAsync(DataConnection db, string auditId, CancellationToken cancellationToken) =>
        InsertAsync(db, new RevocationEvent { AuditId = auditId }, cancellationToken);

    /// <summary>Revokes a token and all that were bought with it.</summary>
    public Task RevokeChainAsync(DataConnection db, string auditChainId, CancellationToken cancellationToken) =>
        InsertAsync(db, new RevocationEvent { AuditChainId = auditChainId }, cancellationToken);

    /// <summary>Revokes all tokens that the user has now.</summary>
    public async Task RevokeUserAsync(DataConnection db, string userId, CancellationToken cancellationToken) =>
        await InsertAsync(db, new RevocationEvent { UserId = userId, IssuedBefore = await LastOfUserAsync(db, userId, cancellationToken) + 1 }, cancellationToken);

    /// <summary>Revokes all tokens of that scope.</summary>
    public Task RevokeProjectAsync(DataConnection db, string projectId, CancellationToken cancellationToken) =>
        InsertAsync(db, new RevocationEvent { ProjectId = projectId }, cancellationToken);

    /// <summary>Revokes all tokens scoped to the domain, or to a project in it, or of a user of it.</summary>
    public Task RevokeDomainAsync(DataConnection db, string domainId, CancellationToken cancellationToken) =>
        InsertAsync(db, new RevocationEvent { DomainId = domainId }, cancellationToken);

    /// <summary>Tells that a trust and all its tokens are gone.</summary>
    public Task RevokeTrustAsync(DataConnection db, string trustId, CancellationToken cancellationToken) =>
        InsertAsync(db, new RevocationEvent { TrustId = trustId }, cancellationToken);

    /// <summary>The time that a token issued now carries: after every event that names the user, his domain or the scope.</summary>
    public async Task<DateTimeOffset> IssueTimeAsync(string userId, string userDomainId, string? projectId, string? domainId, CancellationToken cancellationToken)
    {
        await using var db = database.Open();
        return IssueTime(await LastAsync(db, userId, userDomainId, projectId, domainId, cancellationToken));
    }

    /// <param name="last">Of <see cref="LastAsync"/>.</param>
    public DateTimeOffset IssueTime(long last) => DateTimeOffset.FromUnixTimeSeconds(Math.Max(clock.GetUtcNow().ToUnixTimeSeconds(), last + 1));

    /// <summary>The last second that events reach which name the user, his domain or the scope; 0 without any.</summary>
    public static async Task<long> LastAsync(DataConnection db, string userId, string userDomainId, string? projectId, string? domainId, CancellationToken cancellationToken)
    {
        var (project, domain) = (projectId ?? "", domainId ?? "");
        return await db.GetTable<RevocationEvent>()
            .Where(e => e.UserId == userId || e.ProjectId == project || e.DomainId == domain || e.DomainId == userDomainId)
            .MaxAsync(e => (long?)e.IssuedBefore, cancellationToken) ?? 0;
    }

    private async Task<long> LastOfUserAsync(DataConnection db, string userId, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow().ToUnixTimeSeconds();
        return await db.GetTable<RevocationEvent>().Where(e => e.UserId == userId && e.IssuedBefore >= now).MaxAsync(e => (long?)e.IssuedBefore, cancellationToken) ?? 0;
    }

    private async Task InsertAsync(DataConnection db, RevocationEvent revocation, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        revocation.Id = Guid.NewGuid().ToString("N");
        revocation.RevokedAt = DateTimeOffset.FromUnixTimeSeconds(now.ToUnixTimeSeconds()).UtcDateTime;

        // An explicit revocation also covers a token of the second to come, which IssueTimeAsync may have given.
        var covers = now.ToUnixTimeSeconds() + (revocation.AuditId is not null || revocation.AuditChainId is not null ? 60 : 0);
        revocation.IssuedBefore = Math.Max(covers, revocation.IssuedBefore);
        await db.InsertAsync(revocation, token: cancellationToken);

        // Events that no token can be older than are of no use.
        var kept = config.Get(TokenOptions.ExpirationBuffer) is var buffer && buffer > Margin ? buffer : Margin;
        var useless = (now - config.Get(IdentityOptions.TokenExpiration) - config.Get(IdentityOptions.AllowExpiredWindow) - kept).UtcDateTime;
        await db.GetTable<RevocationEvent>().Where(e => e.RevokedAt < useless).DeleteAsync(cancellationToken);
    }
}
