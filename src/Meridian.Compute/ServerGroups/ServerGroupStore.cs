// SPDX-License-Identifier: Apache-2.0
using LinqToDB;
using LinqToDB.Async;

using Meridian.Compute.QuotaSets;
using Meridian.Compute.Scheduling;
using Meridian.Compute.Servers;
using Meridian.Platform.Storage;

namespace Meridian.Compute.ServerGroups;

internal sealed class ServerGroupStore(Database database, Quotas quotas)
{
    /// <summary>A group, whosever it is: the caller compares the project.</summary>
    public async Task<ServerGroup?> FindForAllProjectsAsync(string id, CancellationToken cancellationToken)
    {
        await using var db = database.Open();
        return await db.GetTable<ServerGroup>().FirstOrDefaultAsync(g => g.Id == id, cancellationToken);
    }

    /// <param name="projectId">Null: of all projects.</param>
    public async Task<IReadOnlyList<ServerGroup>> ListAsync(string? projectId, int offset, int limit, CancellationToken cancellationToken)
    {
        await using var db = database.Open();
        return await db.GetTable<ServerGroup>().Where(g => projectId == null || g.ProjectId == projectId).OrderBy(g => g.Number).Skip(offset).Take(limit).ToListAsync(cancellationToken);
    }

    /// <summary>The ids of each group's servers, oldest first.</summary>
    public async Task<ILookup<string, string>> MembersAsync(IReadOnlyCollection<string> groupIds, CancellationToken cancellationToken)
    {
        await using var db = database.Open();
        return (await db.GetTable<Server>().Where(s => s.ServerGroupId != null && groupIds.Contains(s.ServerGroupId) && s.DeletedAt == null)
            .OrderBy(s => s.Number).Select(s => new { s.Id, Group = s.ServerGroupId! }).ToListAsync(cancellationToken)).ToLookup(s => s.Group, s => s.Id, StringComparer.Ordinal);
    }

    /// <returns>False when the project's quota of groups is used up.</returns>
    public Task<bool> TryInsertAsync(ServerGroup group, CancellationToken cancellationToken) =>
        // A duplicate key: another first group of the project made the quota's row at the same moment.
        database.WriteAsync(
            async db =>
            {
                if (!await quotas.TryTakeAsync(db, group.ProjectId, Quotas.ServerGroups, cancellationToken))
                {
                    return false;
                }

                await db.InsertAsync(group, token: cancellationToken);
                return true;
            },
            cancellationToken, Database.IsDuplicateKey);

    /// <summary>Its servers stay, and are free of it.</summary>
    public async Task<bool> DeleteAsync(ServerGroup group, CancellationToken cancellationToken)
    {
        await using var db = await database.BeginAsync(cancellationToken);
        if (await db.GetTable<ServerGroup>().DeleteAsync(g => g.Id == group.Id, cancellationToken) == 0)
        {
            return false;
        }

        await db.GetTable<Server>().Where(s => s.ServerGroupId == group.Id).Set(s => s.ServerGroupId, (string?)null).UpdateAsync(cancellationToken);
        await Quotas.ReturnAsync(db, group.ProjectId, Quotas.ServerGroups, cancellationToken);
        await db.CommitAsync(cancellationToken);
        return true;
    }

    /// <summary>How many further members a group may have by [quota] server_group_members, counted in the caller's transaction under the group's lock.</summary>
    public async Task<bool> HasRoomAsync(WriteConnection db, string groupId, string projectId, int further, CancellationToken cancellationToken)
    {
        if (!await LockAsync(db, groupId, cancellationToken))
        {
            return true;
        }

        var limit = await quotas.LimitAsync(db, projectId, Quotas.ServerGroupMembers, cancellationToken);
        return limit < 0 || await db.GetTable<Server>().CountAsync(s => s.ServerGroupId == groupId && s.DeletedAt == null, cancellationToken) + further <= limit;
    }

    /// <summary>The rule that a server's group sets for its host, with where the other members are.</summary>
    public async Task<SelectGroup?> PlacementAsync(Server server, CancellationToken cancellationToken)
    {
        if (server.ServerGroupId is null || await FindForAllProjectsAsync(server.ServerGroupId, cancellationToken) is not { } group)
        {
            return null;
        }

        await using var db = database.Open();
        return new(group.Policy, group.MaxServerPerHost ?? 1, await HostsAsync(db, server, cancellationToken));
    }

    /// <summary>
    /// Whether the host still suits the group, in the transaction that writes it: two members chosen at the same moment did not see each other.
    /// Nova has the same check on the compute host ("late affinity check").
    /// </summary>
    public static async Task<bool> StillSuitsAsync(WriteConnection db, Server server, SelectGroup group, string host, CancellationToken cancellationToken) =>
        !await LockAsync(db, server.ServerGroupId!, cancellationToken) || (group with { Hosts = await HostsAsync(db, server, cancellationToken) }).Allows(host);

    private static async Task<bool> LockAsync(WriteConnection db, string groupId, CancellationToken cancellationToken) =>
        await db.GetTable<ServerGroup>().Where(g => g.Id == groupId).Set(g => g.Revision, g => g.Revision + 1).UpdateAsync(cancellationToken) == 1;

    private static async Task<Dictionary<string, int>> HostsAsync(LinqToDB.Data.DataConnection db, Server server, CancellationToken cancellationToken) =>
        await db.GetTable<Server>().Where(s => s.ServerGroupId == server.ServerGroupId && s.Id != server.Id && s.DeletedAt == null && s.Host != null)
            .GroupBy(s => s.Host!).Select(g => new { Host = g.Key, Count = g.Count() }).ToDictionaryAsync(g => g.Host, g => g.Count, cancellationToken);
}
