// SPDX-License-Identifier: Apache-2.0
using System.Linq.Expressions;

using LinqToDB;
using LinqToDB.Async;
using LinqToDB.Data;

using Meridian.Identity.Catalog;
using Meridian.Identity.Projects;
using Meridian.Platform.Http;
using Meridian.Platform.Storage;

namespace Meridian.Identity.EndpointFilter;

/// <summary>All SQL about endpoint groups and what projects are associated with.</summary>
internal sealed class EndpointFilterStore(Database database, IdentityWriter writer)
{
    /// <exception cref="ApiException">404.</exception>
    public async Task<EndpointGroup> GetGroupAsync(string id, CancellationToken cancellationToken)
    {
        await using var db = database.Open();
        return await db.GetTable<EndpointGroup>().FirstOrDefaultAsync(g => g.Id == id, cancellationToken) ?? throw GroupNotFound(id);
    }

    public async Task<ListPage<EndpointGroup>> ListGroupsAsync(ListRequest list, CancellationToken cancellationToken)
    {
        await using var db = database.Open();
        return await list.PageAsync(list.Text(db.GetTable<EndpointGroup>(), "name", g => g.Name), g => g.Id, cancellationToken, ("name", g => g.Name));
    }

    public Task CreateGroupAsync(EndpointGroup group, CancellationToken cancellationToken) =>
        writer.WriteAsync(db => db.InsertAsync(group, token: cancellationToken), cancellationToken, catalog: true);

    public Task UpdateGroupAsync(EndpointGroup group, CancellationToken cancellationToken) => writer.WriteAsync(
        db => IdentityWriter.UpdateAsync(db, group, "endpoint_group", group.Id, cancellationToken), cancellationToken, catalog: true);

    public Task DeleteGroupAsync(string id, CancellationToken cancellationToken) => writer.WriteAsync(
        async db =>
        {
            if (await db.GetTable<EndpointGroup>().Where(g => g.Id == id).DeleteAsync(cancellationToken) == 0)
            {
                throw GroupNotFound(id);
            }

            await db.GetTable<ProjectEndpointGroup>().Where(a => a.EndpointGroupId == id).DeleteAsync(cancellationToken);
        },
        cancellationToken, catalog: true);

    public async Task<IReadOnlyList<Endpoint>> EndpointsOfGroupAsync(EndpointGroup group, CancellationToken cancellationToken)
    {
        await using var db = database.Open();
        return await EndpointFilters.Of(group).Apply(db.GetTable<Endpoint>()).OrderBy(e => e.Id).ToListAsync(cancellationToken);
    }

    public async Task<IReadOnlyList<EndpointGroup>> GroupsOfProjectAsync(string projectId, CancellationToken cancellationToken)
    {
        await using var db = database.Open();
        return await GroupsAsync(db, projectId, cancellationToken);
    }

    /// <summary>The endpoints that a project is associated with, itself or by a group, disabled ones too; none when it has the whole catalog.</summary>
    public static async Task<IReadOnlyList<Endpoint>> EndpointsOfProjectAsync(DataConnection db, string projectId, CancellationToken cancellationToken)
    {
        var own = db.GetTable<ProjectEndpoint>().Where(a => a.ProjectId == projectId);
        var found = await db.GetTable<Endpoint>().Where(e => own.Any(a => a.EndpointId == e.Id)).ToListAsync(cancellationToken);
        foreach (var group in await GroupsAsync(db, projectId, cancellationToken))
        {
            found.AddRange(await EndpointFilters.Of(group).Apply(db.GetTable<Endpoint>()).ToListAsync(cancellationToken));
        }

        return [.. found.DistinctBy(e => e.Id).OrderBy(e => e.Id, StringComparer.Ordinal)];
    }

    public async Task<IReadOnlyList<Endpoint>> EndpointsOfProjectAsync(string projectId, CancellationToken cancellationToken)
    {
        await using var db = database.Open();
        return await EndpointsOfProjectAsync(db, projectId, cancellationToken);
    }

    public async Task<IReadOnlyList<Project>> ProjectsOfEndpointAsync(string endpointId, CancellationToken cancellationToken)
    {
        await using var db = database.Open();
        var associations = db.GetTable<ProjectEndpoint>().Where(a => a.EndpointId == endpointId);
        return await db.GetTable<Project>().Where(p => associations.Any(a => a.ProjectId == p.Id)).OrderBy(p => p.Id).ToListAsync(cancellationToken);
    }

    public async Task<IReadOnlyList<Project>> ProjectsOfGroupAsync(string groupId, CancellationToken cancellationToken)
    {
        await using var db = database.Open();
        var associations = db.GetTable<ProjectEndpointGroup>().Where(a => a.EndpointGroupId == groupId);
        return await db.GetTable<Project>().Where(p => associations.Any(a => a.ProjectId == p.Id)).OrderBy(p => p.Id).ToListAsync(cancellationToken);
    }

    public async Task<bool> ExistsAsync<TRow>(Expression<Func<TRow, bool>> isIt, CancellationToken cancellationToken)
        where TRow : class
    {
        await using var db = database.Open();
        return await db.GetTable<TRow>().AnyAsync(isIt, cancellationToken);
    }

    /// <exception cref="ApiException">409 when it is there already.</exception>
    public async Task AssociateAsync<TRow>(TRow association, string kind, CancellationToken cancellationToken)
        where TRow : class
    {
        try
        {
            await writer.WriteAsync(db => db.InsertAsync(association, token: cancellationToken), cancellationToken, catalog: true);
        }
        catch (Exception exception) when (Database.IsDuplicateKey(exception))
        {
            throw Errors.Conflict(kind, "Duplicate entry");
        }
    }

    /// <returns>False when there is no such association.</returns>
    public Task<bool> TryDissociateAsync<TRow>(Expression<Func<TRow, bool>> isIt, CancellationToken cancellationToken)
        where TRow : class =>
        writer.WriteAsync(async db => await db.GetTable<TRow>().Where(isIt).DeleteAsync(cancellationToken) > 0, cancellationToken, catalog: true);

    public static async Task DeleteOfProjectsAsync(DataConnection db, IReadOnlyCollection<string> projectIds, CancellationToken cancellationToken)
    {
        await db.GetTable<ProjectEndpoint>().Where(a => projectIds.Contains(a.ProjectId)).DeleteAsync(cancellationToken);
        await db.GetTable<ProjectEndpointGroup>().Where(a => projectIds.Contains(a.ProjectId)).DeleteAsync(cancellationToken);
    }

    public static Task DeleteOfEndpointsAsync(DataConnection db, IReadOnlyCollection<string> endpointIds, CancellationToken cancellationToken) =>
        db.GetTable<ProjectEndpoint>().Where(a => endpointIds.Contains(a.EndpointId)).DeleteAsync(cancellationToken);

    private static Task<List<EndpointGroup>> GroupsAsync(DataConnection db, string projectId, CancellationToken cancellationToken)
    {
        var associations = db.GetTable<ProjectEndpointGroup>().Where(a => a.ProjectId == projectId);
        return db.GetTable<EndpointGroup>().Where(g => associations.Any(a => a.EndpointGroupId == g.Id)).OrderBy(g => g.Id).ToListAsync(cancellationToken);
    }

    private static ApiException GroupNotFound(string id) => Errors.NotFound("Endpoint Group", id);
}
