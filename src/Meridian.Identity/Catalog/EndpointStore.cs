// SPDX-License-Identifier: Apache-2.0
using LinqToDB;
using LinqToDB.Async;
using LinqToDB.Data;

using Meridian.Identity.EndpointFilter;
using Meridian.Identity.Policies;
using Meridian.Identity.Regions;
using Meridian.Platform.Http;
using Meridian.Platform.Storage;

namespace Meridian.Identity.Catalog;

/// <summary>All SQL about endpoints.</summary>
internal sealed class EndpointStore(Database database, IdentityWriter writer)
{
    /// <exception cref="ApiException">404.</exception>
    public async Task<Endpoint> GetAsync(string id, CancellationToken cancellationToken)
    {
        await using var db = database.Open();
        return await db.GetTable<Endpoint>().FirstOrDefaultAsync(e => e.Id == id, cancellationToken) ?? throw Errors.NotFound("endpoint", id);
    }

    public async Task<ListPage<Endpoint>> ListAsync(ListRequest list, CancellationToken cancellationToken)
    {
        await using var db = database.Open();
        var rows = list.Text(db.GetTable<Endpoint>(), "interface", e => e.Interface);
        rows = list.Text(rows, "service_id", e => e.ServiceId);
        rows = list.Text(rows, "region_id", e => e.RegionId);
        return await list.PageAsync(rows, e => e.Id, cancellationToken, ("interface", e => e.Interface), ("region_id", e => e.RegionId), ("service_id", e => e.ServiceId));
    }

    /// <param name="makeRegion">Whether a region that does not exist is made.</param>
    /// <exception cref="ApiException">400 when the region or the service does not exist.</exception>
    public Task CreateAsync(Endpoint endpoint, bool makeRegion, CancellationToken cancellationToken) => writer.WriteAsync(
        async db =>
        {
            await CheckAsync(db, endpoint, makeRegion, cancellationToken);
            await db.InsertAsync(endpoint, token: cancellationToken);
        },
        cancellationToken, catalog: true, asksFirst: makeRegion);

    /// <param name="makeRegion">Whether a region that does not exist is made.</param>
    /// <exception cref="ApiException">400 when the region or the service does not exist.</exception>
    public Task UpdateAsync(Endpoint endpoint, bool makeRegion, CancellationToken cancellationToken) => writer.WriteAsync(
        async db =>
        {
            await CheckAsync(db, endpoint, makeRegion, cancellationToken);
            await IdentityWriter.UpdateAsync(db, endpoint, "endpoint", endpoint.Id, cancellationToken);
        },
        cancellationToken, catalog: true, asksFirst: makeRegion);

    public Task DeleteAsync(string id, CancellationToken cancellationToken) => writer.WriteAsync(
        async db =>
        {
            if (await db.GetTable<Endpoint>().Where(e => e.Id == id).DeleteAsync(cancellationToken) == 0)
            {
                throw Errors.NotFound("endpoint", id);
            }

            await DeleteTracesAsync(db, [id], cancellationToken);
        },
        cancellationToken, catalog: true);

    /// <summary>Removes what refers to endpoints that are gone.</summary>
    public static async Task DeleteTracesAsync(DataConnection db, IReadOnlyCollection<string> ids, CancellationToken cancellationToken)
    {
        await EndpointFilterStore.DeleteOfEndpointsAsync(db, ids, cancellationToken);
        await EndpointPolicyStore.DeleteOfAsync(db, ids, [], [], cancellationToken);
    }

    private static async Task CheckAsync(DataConnection db, Endpoint endpoint, bool makeRegion, CancellationToken cancellationToken)
    {
        if (endpoint.RegionId is { } regionId && makeRegion)
        {
            // As Keystone does for the old name of the field, which `openstack endpoint create --region` still writes.
            await RegionStore.EnsureAsync(db, regionId, cancellationToken);
        }
        else if (endpoint.RegionId is { } named && !await db.GetTable<Region>().AnyAsync(r => r.Id == named, cancellationToken))
        {
            throw Errors.Expecting("endpoint region_id", "region table");
        }

        if (!await db.GetTable<Service>().AnyAsync(s => s.Id == endpoint.ServiceId, cancellationToken))
        {
            throw Errors.Expecting("endpoint service_id", "service table");
        }
    }
}
