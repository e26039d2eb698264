// SPDX-License-Identifier: Apache-2.0
using LinqToDB;
using LinqToDB.Async;
using LinqToDB.Data;

using Meridian.Identity.Assignments;
using Meridian.Identity.Projects;
using Meridian.Identity.Roles;
using Meridian.Identity.Tokens;
using Meridian.Identity.Users;
using Meridian.Platform.Config;
using Meridian.Platform.Http;
using Meridian.Platform.Storage;

namespace Meridian.Identity.Trusts;

/// <summary>
/// Judges a trust that somebody wants to make, and fills in what follows from the one that his own token stands on.
/// Source: identity v3 API, "OS-TRUST"; Keystone's trust manager for the order of the checks.
/// </summary>
internal sealed class TrustMaker(Database database, TrustStore store, RoleResolver roles, ServiceConfig config)
{
    private int MaxRedelegations => config.Get(TrustOptions.MaxRedelegationCount);

    /// <summary>Completes <see cref="NewTrust.Trust"/>.</summary>
    /// <returns>The ids of the roles that it gives.</returns>
    /// <exception cref="ApiException">400, 403 or 404.</exception>
    public async Task<IReadOnlyList<string>> PrepareAsync(NewTrust wanted, ValidatedToken token, CancellationToken cancellationToken)
    {
        var trust = wanted.Trust;
        if (trust.ProjectId is not null && wanted.Roles.Count == 0)
        {
            throw Errors.Forbidden("At least one role should be specified");
        }

        if (token.Info.UserId != trust.TrustorUserId)
        {
            throw Errors.Forbidden("The authenticated user should match the trustor");
        }

        // A parent is never taken from the body: it is what the token stands on.
        if (trust.RedelegatedTrustId is not null && trust.RedelegatedTrustId != token.Payload.TrustId)
        {
            throw Errors.Forbidden();
        }

        await using var db = database.Open();
        var roleIds = await CheckPartiesAsync(db, wanted, cancellationToken);
        SetRedelegations(wanted);
        if (token.Payload.TrustId is { } parentId)
        {
            Follow(await store.GetAsync(db, parentId, cancellationToken), wanted, roleIds);
        }

        return roleIds;
    }

    private async Task<IReadOnlyList<string>> CheckPartiesAsync(DataConnection db, NewTrust wanted, CancellationToken cancellationToken)
    {
        var trust = wanted.Trust;
        if (!await db.GetTable<User>().AnyAsync(u => u.Id == trust.TrusteeUserId, cancellationToken))
        {
            throw Errors.NotFound("user", trust.TrusteeUserId);
        }

        var roleIds = await RoleReference.ResolveAsync(db, wanted.Roles, cancellationToken);
        IReadOnlySet<string> held = new HashSet<string>();
        if (trust.ProjectId is { } projectId)
        {
            var project = await db.GetTable<Project>().FirstOrDefaultAsync(p => p.Id == projectId, cancellationToken) ?? throw Errors.NotFound("project", projectId);
            held = await roles.EffectiveIdsOnProjectAsync(trust.TrustorUserId, project, cancellationToken);
        }

        return roleIds.FirstOrDefault(r => !held.Contains(r)) is { } missing ? throw Errors.NotFound("role", missing) : roleIds;
    }

    private void SetRedelegations(NewTrust wanted)
    {
        if (!wanted.AllowRedelegation || wanted.RedelegationCount == 0)
        {
            wanted.Trust.RedelegationCount = 0;
            return;
        }

        if (wanted.RedelegationCount > MaxRedelegations)
        {
            throw Errors.Forbidden();
        }

        if (wanted.Trust.RemainingUses is not null)
        {
            throw Errors.Invalid("remaining_uses must not be set if redelegation is allowed");
        }

        wanted.Trust.RedelegationCount = wanted.RedelegationCount ?? MaxRedelegations;
    }

    private void Follow(TrustChain parents, NewTrust wanted, IReadOnlyList<string> roleIds)
    {
        var (trust, parent) = (wanted.Trust, parents.Trust);
        var remaining = parent.RedelegationCount - 1;
        if (trust.RedelegationCount > 0)
        {
            if (wanted.RedelegationCount is { } asked && asked != remaining)
            {
                throw Errors.Forbidden();
            }

            trust.RedelegationCount = Math.Max(remaining, 0);
        }

        trust.RedelegatedTrustId = parent.Id;
        trust.ExpiresAt ??= parent.ExpiresAt;
        parents.RequireMayFollow(trust, roleIds, MaxRedelegations);
    }
}
