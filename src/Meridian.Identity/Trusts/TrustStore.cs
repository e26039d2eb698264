// SPDX-License-Identifier: Apache-2.0
using LinqToDB;
using LinqToDB.Async;
using LinqToDB.Data;

using Meridian.Identity.Roles;
using Meridian.Identity.Tokens;
using Meridian.Identity.Users;
using Meridian.Platform.Config;
using Meridian.Platform.Http;
using Meridian.Platform.Storage;

namespace Meridian.Identity.Trusts;

/// <summary>All SQL about trusts. A trust that is over, used up, or whose chain is cut is not there for any reader of one; lists still have it.</summary>
internal sealed class TrustStore(Database database, IdentityWriter writer, RevocationStore revocations, AccountPolicy policy, ServiceConfig config, TimeProvider clock)
{
    private int MaxRedelegations => config.Get(TrustOptions.MaxRedelegationCount);

    /// <exception cref="ApiException">404, or 403 when its chain does not hold.</exception>
    public async Task<TrustChain> GetAsync(string id, CancellationToken cancellationToken)
    {
        await using var db = database.Open();
        return await GetAsync(db, id, cancellationToken);
    }

    /// <exception cref="ApiException">As of <see cref="GetAsync(string, CancellationToken)"/>.</exception>
    public async Task<TrustChain> GetAsync(DataConnection db, string id, CancellationToken cancellationToken) =>
        await FindAsync(db, id, cancellationToken) ?? throw Errors.NotFound("trust", id);

    /// <returns>Null when there is no such trust, or it is over or used up.</returns>
    /// <exception cref="ApiException">403 when its chain does not hold.</exception>
    public async Task<TrustChain?> FindAsync(DataConnection db, string id, CancellationToken cancellationToken)
    {
        var chain = await TrustChain.FindAsync(db, id, clock.GetUtcNow().UtcDateTime, cancellationToken);
        if (chain is null || chain.Trust.RemainingUses <= 0)
        {
            return null;
        }

        await chain.RequireSoundAsync(db, MaxRedelegations, policy, cancellationToken);
        return chain;
    }

    /// <summary>Those of the roles that there are.</summary>
    public async Task<IReadOnlyList<Role>> RolesAsync(IReadOnlyList<string> ids, CancellationToken cancellationToken)
    {
        await using var db = database.Open();
        return await db.GetTable<Role>().Where(r => ids.Contains(r.Id)).OrderBy(r => r.Id).ToListAsync(cancellationToken);
    }

    public async Task<ListPage<Trust>> ListAsync(ListRequest list, CancellationToken cancellationToken)
    {
        await using var db = database.Open();
        var rows = list.Text(db.GetTable<Trust>(), "trustor_user_id", t => t.TrustorUserId);
        rows = list.Text(rows, "trustee_user_id", t => t.TrusteeUserId);
        rows = list.Text(rows, "project_id", t => t.ProjectId);
        rows = list.Boolean(rows, "impersonation", t => t.Impersonation);
        return await list.PageAsync(
            rows, t => t.Id, cancellationToken, ("trustor_user_id", t => t.TrustorUserId), ("trustee_user_id", t => t.TrusteeUserId), ("project_id", t => t.ProjectId), ("expires_at", t => t.ExpiresAt));
    }

    /// <exception cref="ApiException">409 when the same two have the same trust with the same end.</exception>
    public async Task CreateAsync(Trust trust, IReadOnlyList<string> roleIds, CancellationToken cancellationToken)
    {
        try
        {
            await writer.WriteAsync(
                async db =>
                {
                    await db.InsertAsync(trust, token: cancellationToken);
                    foreach (var roleId in roleIds)
                    {
                        await db.InsertAsync(new TrustRole { TrustId = trust.Id, RoleId = roleId }, token: cancellationToken);
                    }
                },
                cancellationToken);
        }
        catch (Exception exception) when (Database.IsDuplicateKey(exception))
        {
            throw Errors.Conflict("trust", "Duplicate entry found with ID " + trust.Id);
        }
    }

    /// <summary>Deletes a trust and all that were redelegated from it, with an event for each; their tokens are dead from then on.</summary>
    public Task DeleteAsync(string id, CancellationToken cancellationToken) => writer.WriteAsync(
        async db =>
        {
            var doomed = await WithFollowersAsync(db, [id], cancellationToken);
            if (await DeleteAsync(db, doomed, cancellationToken) == 0)
            {
                throw Errors.NotFound("trust", id);
            }

            foreach (var trustId in doomed)
            {
                await revocations.RevokeTrustAsync(db, trustId, cancellationToken);
            }
        },
        cancellationToken);

    /// <summary>Takes one use of a trust that counts them: never more are given than it had, however many ask at once.</summary>
    /// <exception cref="ApiException">403 when none is left.</exception>
    public Task ConsumeAsync(string id, CancellationToken cancellationToken) =>
        // Not by IdentityWriter: no token's meaning changes by it, so none needs be computed anew.
        database.WriteAsync(
            async db =>
            {
                if (await db.GetTable<Trust>().Where(t => t.Id == id && t.RemainingUses > 0).Set(t => t.RemainingUses, t => t.RemainingUses - 1).UpdateAsync(cancellationToken) == 0)
                {
                    throw Errors.Refused($"No remaining uses for trust: {id}.");
                }
            },
            cancellationToken);

    /// <summary>Deletes what users gave and were given, in the transaction that deletes them.</summary>
    public static async Task DeleteTracesOfUsersAsync(DataConnection db, IReadOnlyCollection<string> userIds, CancellationToken cancellationToken)
    {
        var ids = await db.GetTable<Trust>().Where(t => userIds.Contains(t.TrustorUserId) || userIds.Contains(t.TrusteeUserId)).Select(t => t.Id).ToListAsync(cancellationToken);
        await DeleteAsync(db, ids, cancellationToken);
    }

    public static async Task DeleteTracesOfProjectsAsync(DataConnection db, IReadOnlyCollection<string> projectIds, CancellationToken cancellationToken)
    {
        var ids = await db.GetTable<Trust>().Where(t => projectIds.Contains(t.ProjectId!)).Select(t => t.Id).ToListAsync(cancellationToken);
        await DeleteAsync(db, ids, cancellationToken);
    }

    /// <summary>Deletes trusts that ended before a time. Source: keystone-manage trust_flush.</summary>
    /// <param name="projectId">Only this project's, this trustor's, this trustee's; null for all.</param>
    public static async Task<int> FlushAsync(
        DataConnection db, string? projectId, string? trustorId, string? trusteeId, DateTime before, CancellationToken cancellationToken)
    {
        var rows = db.GetTable<Trust>().Where(t => t.ExpiresAt < before);
        rows = projectId is null ? rows : rows.Where(t => t.ProjectId == projectId);
        rows = trustorId is null ? rows : rows.Where(t => t.TrustorUserId == trustorId);
        rows = trusteeId is null ? rows : rows.Where(t => t.TrusteeUserId == trusteeId);
        return await DeleteAsync(db, await rows.Select(t => t.Id).ToListAsync(cancellationToken), cancellationToken);
    }

    private static async Task<int> DeleteAsync(DataConnection db, List<string> ids, CancellationToken cancellationToken) =>
        await DeleteAsync(db, await WithFollowersAsync(db, ids, cancellationToken), cancellationToken);

    /// <summary>These and what was redelegated from them.</summary>
    private static async Task<IReadOnlySet<string>> WithFollowersAsync(DataConnection db, List<string> ids, CancellationToken cancellationToken)
    {
        var doomed = new HashSet<string>(StringComparer.Ordinal);
        for (var level = ids; level.Count > 0;)
        {
            doomed.UnionWith(level);
            var parents = level;
            var children = await db.GetTable<Trust>().Where(t => parents.Contains(t.RedelegatedTrustId!)).Select(t => t.Id).ToListAsync(cancellationToken);
            level = children.FindAll(c => !doomed.Contains(c));
        }

        return doomed;
    }

    private static async Task<int> DeleteAsync(DataConnection db, IReadOnlySet<string> doomed, CancellationToken cancellationToken)
    {
        if (doomed.Count == 0)
        {
            return 0;
        }

        await db.GetTable<TrustRole>().Where(r => doomed.Contains(r.TrustId)).DeleteAsync(cancellationToken);
        return await db.GetTable<Trust>().Where(t => doomed.Contains(t.Id)).DeleteAsync(cancellationToken);
    }
}
