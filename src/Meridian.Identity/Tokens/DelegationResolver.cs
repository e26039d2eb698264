// SPDX-License-Identifier: Apache-2.0
using LinqToDB;
using LinqToDB.Async;
using LinqToDB.Data;

using Meridian.Identity.ApplicationCredentials;
using Meridian.Identity.Assignments;
using Meridian.Identity.Projects;
using Meridian.Identity.Roles;
using Meridian.Identity.Trusts;
using Meridian.Identity.Users;
using Meridian.Platform.Auth;
using Meridian.Platform.Config;
using Meridian.Platform.Http;

namespace Meridian.Identity.Tokens;

/// <summary>Tells what a delegation is worth now, at every issue and every validation anew. Source: Keystone's token model.</summary>
internal sealed class DelegationResolver(RoleResolver roles, RoleGraphCache graphs, RevocationStore revocations, AccountPolicy policy, ServiceConfig config, TimeProvider clock)
{
    private DateTime Now => clock.GetUtcNow().UtcDateTime;

    /// <returns>Null when the delegation counts no longer.</returns>
    public async Task<DelegatedScope?> FindAsync(DataConnection db, TokenPayload payload, Project project, CancellationToken cancellationToken)
    {
        try
        {
            return payload.Kind == TokenKind.Trust
                ? await GetTrustAsync(db, payload.TrustId!, payload.UserId, project, cancellationToken)
                : await FindApplicationCredentialAsync(db, payload, project, cancellationToken);
        }
        catch (ApiException refusal) when (refusal.Status is 401 or 403)
        {
            return null; // Whoever validates a token is told that it is none, not what became of the people behind it.
        }
    }

    /// <summary>What a trust gives to a trustee.</summary>
    /// <exception cref="ApiException">401 when there is no such trust now, 403 when it is another's, or its trustor is gone or lost a role of it.</exception>
    public async Task<DelegatedScope> GetTrustAsync(DataConnection db, string trustId, string trusteeId, Project project, CancellationToken cancellationToken)
    {
        var chain = await TrustChain.FindAsync(db, trustId, Now, cancellationToken) ?? throw Errors.Unauthorized();
        await chain.RequireSoundAsync(db, config.Get(TrustOptions.MaxRedelegationCount), policy, cancellationToken);
        var trust = chain.Trust;
        var trustor = await db.GetTable<User>().FirstOrDefaultAsync(u => u.Id == trust.TrustorUserId, cancellationToken);
        if (trust.TrusteeUserId != trusteeId || trust.ProjectId != project.Id || trustor is null || !policy.IsEnabled(trustor)
            || await DomainAsync(db, trustor.DomainId, cancellationToken) is not { } domain)
        {
            throw Errors.Forbidden();
        }

        var graph = await graphs.GetAsync(cancellationToken);
        var given = chain.TrustRoleIds.SelectMany(graph.Closure).ToHashSet(StringComparer.Ordinal);
        foreach (var holder in new[] { chain.OriginalTrustorId, trustor.Id }.Distinct(StringComparer.Ordinal))
        {
            if (!given.IsSubsetOf(await roles.EffectiveIdsOnProjectAsync(holder, project, cancellationToken)))
            {
                throw Errors.Forbidden();
            }
        }

        var granted = graph.Expand(chain.TrustRoleIds);
        return granted.Count == 0 ? throw Errors.Unauthorized() : new(granted)
        {
            Trust = new(trust.Id, trust.Impersonation, new(trustor.Id), new(trust.TrusteeUserId)),
            Trustor = trustor,
            TrustorDomain = domain,
            EndsAt = chain.EndsAt,
        };
    }

    /// <summary>The time that a token of a trust issued now carries: after every event that names the trustor.</summary>
    public async Task<DateTimeOffset> IssueTimeAsync(DataConnection db, TokenPayload payload, CancellationToken cancellationToken) =>
        await (from trust in db.GetTable<Trust>()
               from user in db.GetTable<User>().InnerJoin(u => u.Id == trust.TrustorUserId)
               where trust.Id == payload.TrustId
               select user).FirstOrDefaultAsync(cancellationToken) is { } trustor
            ? await revocations.IssueTimeAsync(trustor.Id, trustor.DomainId, null, null, cancellationToken)
            : DateTimeOffset.MinValue;

    private async Task<DelegatedScope?> FindApplicationCredentialAsync(DataConnection db, TokenPayload payload, Project project, CancellationToken cancellationToken)
    {
        var credential = await db.GetTable<ApplicationCredential>().FirstOrDefaultAsync(
            c => c.Id == payload.ApplicationCredentialId && c.UserId == payload.UserId && c.ProjectId == project.Id, cancellationToken);
        if (credential is null)
        {
            return null;
        }

        var detail = (await ApplicationCredentialStore.DetailsAsync(db, [credential], cancellationToken))[0];
        var held = await roles.EffectiveIdsOnProjectAsync(payload.UserId, project, cancellationToken);
        var granted = detail.Roles.Where(r => r.DomainId.Length == 0 && held.Contains(r.Id)).ToList();
        var rules = detail.AccessRules.Select(r => new TokenAccessRule(r.Id, r.Path, r.Method, r.Service)).ToList();
        return granted.Count == 0 ? null : new(granted)
        {
            ApplicationCredential = new(credential.Id, credential.Name, !credential.Unrestricted, rules.Count == 0 ? null : rules),
        };
    }

    private static async Task<TokenDomain?> DomainAsync(DataConnection db, string id, CancellationToken cancellationToken) =>
        await db.GetTable<Project>().FirstOrDefaultAsync(p => p.Id == id && p.IsDomain && p.Enabled, cancellationToken) is { } domain ? new(domain.Id, domain.Name) : null;
}
