// SPDX-License-Identifier: Apache-2.0
using LinqToDB;
using LinqToDB.Async;

using Meridian.Identity.Limits;
using Meridian.Identity.Policies;
using Meridian.Platform.Http;
using Meridian.Platform.Storage;

namespace Meridian.Identity.Catalog;

/// <summary>All SQL about services.</summary>
internal sealed class ServiceStore(Database database, IdentityWriter writer)
{
    /// <exception cref="ApiException">404.</exception>
    public async Task<Service> GetAsync(string id, CancellationToken cancellationToken)
    {
        await using var db = database.Open();
        return await db.GetTable<Service>().FirstOrDefaultAsync(s => s.Id == id, cancellationToken) ?? throw Errors.NotFound("service", id);
    }

    public async Task<ListPage<Service>> ListAsync(ListRequest list, CancellationToken cancellationToken)
    {
        await using var db = database.Open();
        var rows = list.Text(db.GetTable<Service>(), "type", s => s.Type);
        rows = list.Text(rows, "name", s => s.Name);
        return await list.PageAsync(rows, s => s.Id, cancellationToken, ("type", s => s.Type), ("name", s => s.Name));
    }

    public Task CreateAsync(Service service, CancellationToken cancellationToken) =>
        writer.WriteAsync(db => db.InsertAsync(service, token: cancellationToken), cancellationToken, catalog: true);

    public Task UpdateAsync(Service service, CancellationToken cancellationToken) => writer.WriteAsync(
        db => IdentityWriter.UpdateAsync(db, service, "service", service.Id, cancellationToken),
        cancellationToken, catalog: true);

    /// <summary>Deletes the service with its endpoints.</summary>
    /// <exception cref="ApiException">403 while registered limits name it.</exception>
    public Task DeleteAsync(string id, CancellationToken cancellationToken) => writer.WriteAsync(
        async db =>
        {
            if (await db.GetTable<Service>().Where(s => s.Id == id).DeleteAsync(cancellationToken) == 0)
            {
                throw Errors.NotFound("service", id);
            }

            await RegisteredLimitStore.CheckNoneOfAsync(db, "service", id, [id], [], cancellationToken);
            var endpoints = await db.GetTable<Endpoint>().Where(e => e.ServiceId == id).Select(e => e.Id).ToListAsync(cancellationToken);
            await db.GetTable<Endpoint>().Where(e => e.ServiceId == id).DeleteAsync(cancellationToken);
            await EndpointStore.DeleteTracesAsync(db, endpoints, cancellationToken);
            await EndpointPolicyStore.DeleteOfAsync(db, [], [id], [], cancellationToken);
        },
        cancellationToken, catalog: true);
}
