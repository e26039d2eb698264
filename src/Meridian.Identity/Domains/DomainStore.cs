// SPDX-License-Identifier: Apache-2.0
using LinqToDB;
using LinqToDB.Async;
using LinqToDB.Data;

using Meridian.Identity.Groups;
using Meridian.Identity.Projects;
using Meridian.Identity.Roles;
using Meridian.Identity.Users;
using Meridian.Platform.Http;
using Meridian.Platform.Storage;

namespace Meridian.Identity.Domains;

/// <summary>What domains have of their own; they are stored as projects (<see cref="ProjectStore"/>).</summary>
internal sealed class DomainStore(Database database, IdentityWriter writer)
{
    public async Task<Project?> FindAsync(string id, CancellationToken cancellationToken)
    {
        await using var db = database.Open();
        return await db.GetTable<Project>().FirstOrDefaultAsync(p => p.Id == id && p.IsDomain, cancellationToken);
    }

    /// <param name="only">The one domain that a domain-scoped token sees; null for all.</param>
    public async Task<ListPage<Project>> ListAsync(ListRequest list, string? only, CancellationToken cancellationToken)
    {
        await using var db = database.Open();
        var rows = db.GetTable<Project>().Where(p => p.IsDomain);
        return await PageAsync(list, only is null ? rows : rows.Where(p => p.Id == only), cancellationToken);
    }

    public async Task<ListPage<Project>> ListByIdsAsync(ListRequest list, IReadOnlyCollection<string> ids, CancellationToken cancellationToken)
    {
        await using var db = database.Open();
        return await PageAsync(list, db.GetTable<Project>().Where(p => p.IsDomain && p.Enabled && ids.Contains(p.Id)), cancellationToken);
    }

    /// <summary>Deletes a disabled domain with everything in it.</summary>
    /// <exception cref="ApiException">403 while it is enabled.</exception>
    public Task DeleteAsync(string id, CancellationToken cancellationToken) => writer.WriteAsync(
        async db =>
        {
            var domain = await db.GetTable<Project>().FirstOrDefaultAsync(p => p.Id == id && p.IsDomain, cancellationToken) ?? throw Errors.NotFound("domain", id);
            if (domain.Enabled)
            {
                throw Errors.Refused("Cannot delete a domain that is enabled, please disable it first.");
            }

            var users = await db.GetTable<User>().Where(u => u.DomainId == id).Select(u => u.Id).ToListAsync(cancellationToken);
            var groups = await db.GetTable<Group>().Where(g => g.DomainId == id).Select(g => g.Id).ToListAsync(cancellationToken);
            var roles = await db.GetTable<Role>().Where(r => r.DomainId == id).Select(r => r.Id).ToListAsync(cancellationToken);
            var projects = await ProjectsAsync(db, id, cancellationToken);
            await db.GetTable<User>().Where(u => u.DomainId == id).DeleteAsync(cancellationToken);
            await db.GetTable<Group>().Where(g => g.DomainId == id).DeleteAsync(cancellationToken);
            await db.GetTable<Role>().Where(r => r.DomainId == id).DeleteAsync(cancellationToken);
            await db.GetTable<Project>().Where(p => p.DomainId == id || p.Id == id).DeleteAsync(cancellationToken);
            await UserStore.DeleteTracesAsync(db, users, cancellationToken);
            await GroupStore.DeleteTracesAsync(db, groups, cancellationToken);
            await RoleStore.DeleteTracesAsync(db, roles, cancellationToken);
            await ProjectStore.DeleteTracesAsync(db, [.. projects, id], cancellationToken);
        },
        cancellationToken);

    /// <exception cref="ApiException">403 when one of them is immutable.</exception>
    private static async Task<IReadOnlyList<string>> ProjectsAsync(DataConnection db, string domainId, CancellationToken cancellationToken)
    {
        var projects = await db.GetTable<Project>().Where(p => p.DomainId == domainId).Select(p => new { p.Id, p.Options }).ToListAsync(cancellationToken);
        return projects.Find(p => JsonWriting.IsImmutable(p.Options)) is { } immutable
            ? throw Errors.Immutable("delete", "project", immutable.Id)
            : [.. projects.Select(p => p.Id)];
    }

    private static Task<ListPage<Project>> PageAsync(ListRequest list, IQueryable<Project> rows, CancellationToken cancellationToken)
    {
        rows = list.Text(rows, "name", p => p.Name, p => p.NameKey);
        rows = list.Boolean(rows, "enabled", p => p.Enabled);
        return list.PageAsync(rows, p => p.Id, cancellationToken, ("name", p => p.Name));
    }
}
