// SPDX-License-Identifier: Apache-2.0
using LinqToDB;
using LinqToDB.Async;
using LinqToDB.Data;

using Meridian.Identity.Users;
using Meridian.Platform.Http;

namespace Meridian.Identity.Trusts;

/// <summary>
/// A trust and the trusts that it was redelegated from, up to the first one's trustor. A chain is as strong as its weakest link: an end, a use or a role that
/// one above does not have, no trust below has. Source: Keystone's trust manager.
/// </summary>
internal sealed class TrustChain
{
    /// <summary>Chains are as long as [trust] max_redelegation_count allowed; a longer one is a damaged one.</summary>
    private const int MaxLength = 100;

    private TrustChain(IReadOnlyList<Trust> trusts, ILookup<string, string> roles) => (Trusts, RoleIds) = (trusts, roles);

    /// <summary>The trust itself first.</summary>
    public IReadOnlyList<Trust> Trusts { get; }

    /// <summary>What each of them gives, by its id.</summary>
    public ILookup<string, string> RoleIds { get; }

    public Trust Trust => Trusts[0];

    /// <summary>What the trust itself gives.</summary>
    public IReadOnlyList<string> TrustRoleIds => [.. RoleIds[Trust.Id]];

    /// <summary>Whose roles it all comes from.</summary>
    public string OriginalTrustorId => Trusts[^1].TrustorUserId;

    /// <summary>When the first link breaks by itself.</summary>
    public DateTimeOffset? EndsAt => Trusts.Min(t => t.ExpiresAt) is { } end ? new DateTimeOffset(end, TimeSpan.Zero) : null;

    /// <returns>Null when one of them is gone or over: the trust is not to be found then.</returns>
    public static async Task<TrustChain?> FindAsync(DataConnection db, string id, DateTime now, CancellationToken cancellationToken)
    {
        var trusts = new List<Trust>();
        for (var next = id; next is not null; next = trusts[^1].RedelegatedTrustId)
        {
            var wanted = next;
            var trust = await db.GetTable<Trust>().FirstOrDefaultAsync(t => t.Id == wanted, cancellationToken);
            if (trust is null || trust.ExpiresAt < now || trusts.Count == MaxLength)
            {
                return null;
            }

            trusts.Add(trust);
        }

        var ids = trusts.ConvertAll(t => t.Id);
        var roles = await db.GetTable<TrustRole>().Where(r => ids.Contains(r.TrustId)).OrderBy(r => r.RoleId).ToListAsync(cancellationToken);
        return new(trusts, roles.ToLookup(r => r.TrustId, r => r.RoleId));
    }

    /// <summary>What every reader of a trust checks: that each link still allows the next, and that everybody between is there.</summary>
    /// <exception cref="ApiException">403.</exception>
    public async Task RequireSoundAsync(DataConnection db, int maxCount, AccountPolicy policy, CancellationToken cancellationToken)
    {
        for (var i = 1; i < Trusts.Count; i++)
        {
            RequireRedelegable(Trusts[i], [.. RoleIds[Trusts[i].Id]], Trusts[i - 1], RoleIds[Trusts[i - 1].Id], maxCount);
            var agent = Trusts[i].TrusteeUserId;
            if (await db.GetTable<User>().FirstOrDefaultAsync(u => u.Id == agent, cancellationToken) is not { } user || !policy.IsEnabled(user))
            {
                throw Errors.Forbidden();
            }
        }
    }

    /// <summary>Whether a trust may follow: as deep as allowed, for as long, with no more roles, and impersonating only where the ones before do.</summary>
    /// <exception cref="ApiException">403, which as in Keystone does not tell which of them.</exception>
    public void RequireMayFollow(Trust trust, IReadOnlyList<string> roleIds, int maxCount)
    {
        foreach (var parent in Trusts)
        {
            RequireRedelegable(parent, [.. RoleIds[parent.Id]], trust, roleIds, maxCount);
        }
    }

    private static void RequireRedelegable(Trust parent, HashSet<string> parentRoles, Trust child, IEnumerable<string> childRoles, int maxCount)
    {
        var sound = parent.RedelegationCount > 0 && parent.RedelegationCount <= maxCount
            && child.RemainingUses is null
            && (parent.ExpiresAt is null || child.ExpiresAt <= parent.ExpiresAt)
            && child.ProjectId == parent.ProjectId
            && (parent.Impersonation || !child.Impersonation)
            && childRoles.All(parentRoles.Contains);
        if (!sound)
        {
            throw Errors.Forbidden();
        }
    }
}
