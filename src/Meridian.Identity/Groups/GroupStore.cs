// SPDX-License-Identifier: Apache-2.0
using LinqToDB;
using LinqToDB.Async;
using LinqToDB.Data;

using Meridian.Identity.Assignments;
using Meridian.Identity.Projects;
using Meridian.Platform.Http;
using Meridian.Platform.Storage;

namespace Meridian.Identity.Groups;

/// <summary>All SQL about groups and who is in them.</summary>
internal sealed class GroupStore(Database database, IdentityWriter writer)
{
    public async Task<Group?> FindAsync(string id, CancellationToken cancellationToken)
    {
        await using var db = database.Open();
        return await db.GetTable<Group>().FirstOrDefaultAsync(g => g.Id == id, cancellationToken);
    }

    public async Task<ListPage<Group>> ListAsync(ListRequest list, string? domainId, CancellationToken cancellationToken)
    {
        await using var db = database.Open();
        var rows = domainId is null ? db.GetTable<Group>() : db.GetTable<Group>().Where(g => g.DomainId == domainId);
        return await PageAsync(list, rows, cancellationToken);
    }

    /// <param name="domainId">Only this domain's; null for all.</param>
    public async Task<ListPage<Group>> ListOfUserAsync(ListRequest list, string userId, string? domainId, CancellationToken cancellationToken)
    {
        await using var db = database.Open();
        var members = db.GetTable<GroupMember>().Where(m => m.UserId == userId);
        var rows = db.GetTable<Group>().Where(g => members.Any(m => m.GroupId == g.Id));
        return await PageAsync(list, domainId is null ? rows : rows.Where(g => g.DomainId == domainId), cancellationToken);
    }

    public async Task<bool> HasUserAsync(string groupId, string userId, CancellationToken cancellationToken)
    {
        await using var db = database.Open();
        return await db.GetTable<GroupMember>().AnyAsync(m => m.GroupId == groupId && m.UserId == userId, cancellationToken);
    }

    /// <exception cref="ApiException">404 for an unknown domain, 409 for a name that exists.</exception>
    public Task CreateAsync(Group group, CancellationToken cancellationToken) => StoreAsync(
        group,
        async db =>
        {
            if (!await db.GetTable<Project>().AnyAsync(p => p.Id == group.DomainId && p.IsDomain, cancellationToken))
            {
                throw Errors.NotFound("domain", group.DomainId);
            }

            await db.InsertAsync(group, token: cancellationToken);
        },
        cancellationToken);

    public Task UpdateAsync(Group group, CancellationToken cancellationToken) => StoreAsync(
        group,
        db => IdentityWriter.UpdateAsync(db, group, "group", group.Id, cancellationToken),
        cancellationToken);

    public Task DeleteAsync(string id, CancellationToken cancellationToken) => writer.WriteAsync(
        async db =>
        {
            if (await db.GetTable<Group>().Where(g => g.Id == id).DeleteAsync(cancellationToken) == 0)
            {
                throw Errors.NotFound("group", id);
            }

            await DeleteTracesAsync(db, [id], cancellationToken);
        },
        cancellationToken);

    public static async Task DeleteTracesAsync(DataConnection db, IReadOnlyCollection<string> ids, CancellationToken cancellationToken)
    {
        await db.GetTable<GroupMember>().Where(m => ids.Contains(m.GroupId)).DeleteAsync(cancellationToken);
        await db.GetTable<Assignment>().Where(a => a.ActorKind == AssignmentKinds.Group && ids.Contains(a.ActorId)).DeleteAsync(cancellationToken);
    }

    /// <summary>Idempotent.</summary>
    public Task AddUserAsync(string groupId, string userId, CancellationToken cancellationToken) => writer.WriteAsync(
        async db =>
        {
            if (!await db.GetTable<GroupMember>().AnyAsync(m => m.GroupId == groupId && m.UserId == userId, cancellationToken))
            {
                await db.InsertAsync(new GroupMember { GroupId = groupId, UserId = userId }, token: cancellationToken);
            }
        },
        cancellationToken, asksFirst: true);

    /// <exception cref="ApiException">404 when the user is not in the group.</exception>
    public Task RemoveUserAsync(string groupId, string userId, CancellationToken cancellationToken) => writer.WriteAsync(
        async db =>
        {
            if (await db.GetTable<GroupMember>().Where(m => m.GroupId == groupId && m.UserId == userId).DeleteAsync(cancellationToken) == 0)
            {
                throw new ApiException(404, $"User '{userId}' not found in group '{groupId}'");
            }
        },
        cancellationToken);

    private async Task StoreAsync(Group group, Func<WriteConnection, Task> change, CancellationToken cancellationToken)
    {
        group.NameKey = NameKey.Of(group.Name);
        try
        {
            await writer.WriteAsync(change, cancellationToken);
        }
        catch (Exception exception) when (Database.IsDuplicateKey(exception))
        {
            throw Errors.Duplicate("group", group.Name, group.DomainId);
        }
    }

    private static Task<ListPage<Group>> PageAsync(ListRequest list, IQueryable<Group> rows, CancellationToken cancellationToken)
    {
        rows = list.Text(rows, "name", g => g.Name, g => g.NameKey);
        rows = list.Text(rows, "domain_id", g => g.DomainId);
        return list.PageByNameAsync(rows, g => g.Id, g => g.NameKey, cancellationToken, ("domain_id", g => g.DomainId));
    }
}
