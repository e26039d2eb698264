// SPDX-License-Identifier: Apache-2.0
using LinqToDB;
using LinqToDB.Async;
using LinqToDB.Data;

using Meridian.Identity.Catalog;
using Meridian.Identity.Regions;
using Meridian.Platform.Http;
using Meridian.Platform.Storage;

namespace Meridian.Identity.Limits;

/// <summary>All SQL about registered limits.</summary>
internal sealed class RegisteredLimitStore(Database database, IdentityWriter writer)
{
    /// <exception cref="ApiException">404.</exception>
    public async Task<RegisteredLimit> GetAsync(string id, CancellationToken cancellationToken)
    {
        await using var db = database.Open();
        return await db.GetTable<RegisteredLimit>().FirstOrDefaultAsync(l => l.Id == id, cancellationToken) ?? throw NotFound(id);
    }

    public async Task<ListPage<RegisteredLimit>> ListAsync(ListRequest list, CancellationToken cancellationToken)
    {
        await using var db = database.Open();
        var rows = list.Text(db.GetTable<RegisteredLimit>(), "service_id", l => l.ServiceId);
        rows = list.Text(rows, "region_id", l => l.RegionId);
        rows = list.Text(rows, "resource_name", l => l.ResourceName);
        return await list.PageAsync(
            rows, l => l.Id, cancellationToken, ("service_id", l => l.ServiceId), ("region_id", l => l.RegionId), ("resource_name", l => l.ResourceName));
    }

    /// <summary>All of them, or none.</summary>
    /// <exception cref="ApiException">400 for an unknown service or region, 409 for one that exists.</exception>
    public Task CreateAsync(IReadOnlyList<RegisteredLimit> limits, CancellationToken cancellationToken) => StoreAsync(
        async db =>
        {
            foreach (var limit in limits)
            {
                await CheckPlaceAsync(db, limit.ServiceId, limit.RegionId, "registered_limit", cancellationToken);
                await db.InsertAsync(limit, token: cancellationToken);
            }
        },
        cancellationToken);

    /// <exception cref="ApiException">403 while limits refer to it.</exception>
    public Task UpdateAsync(RegisteredLimit limit, CancellationToken cancellationToken) => StoreAsync(
        async db =>
        {
            await CheckPlaceAsync(db, limit.ServiceId, limit.RegionId, "registered_limit", cancellationToken);
            await CheckUnusedAsync(db, limit.Id, cancellationToken);
            await IdentityWriter.UpdateAsync(db, limit, "registered_limit", limit.Id, cancellationToken);
        },
        cancellationToken);

    /// <exception cref="ApiException">403 while limits refer to it.</exception>
    public Task DeleteAsync(string id, CancellationToken cancellationToken) => writer.WriteAsync(
        async db =>
        {
            await LockAsync(db, id, cancellationToken);
            await CheckUnusedAsync(db, id, cancellationToken);
            if (await db.GetTable<RegisteredLimit>().Where(l => l.Id == id).DeleteAsync(cancellationToken) == 0)
            {
                throw NotFound(id);
            }
        },
        cancellationToken);

    /// <summary>Takes the row for the rest of the transaction: whoever judges by it or by the limits that refer to it comes one after the other.</summary>
    public static Task LockAsync(DataConnection db, string id, CancellationToken cancellationToken) =>
        db.GetTable<RegisteredLimit>().Where(l => l.Id == id).Set(l => l.Revision, l => l.Revision + 1).UpdateAsync(cancellationToken);

    /// <exception cref="ApiException">400 when the service or the region does not exist.</exception>
    public static async Task CheckPlaceAsync(DataConnection db, string serviceId, string regionId, string target, CancellationToken cancellationToken)
    {
        if (!await db.GetTable<Service>().AnyAsync(s => s.Id == serviceId, cancellationToken))
        {
            throw Errors.Expecting("service_id", target);
        }

        if (regionId.Length > 0 && !await db.GetTable<Region>().AnyAsync(r => r.Id == regionId, cancellationToken))
        {
            throw Errors.Expecting("region_id", target);
        }
    }

    /// <exception cref="ApiException">403 while registered limits name the service or one of the regions.</exception>
    public static async Task CheckNoneOfAsync(
        DataConnection db, string kind, string id, IReadOnlyCollection<string> serviceIds, IReadOnlyCollection<string> regionIds, CancellationToken cancellationToken)
    {
        if (await db.GetTable<RegisteredLimit>().AnyAsync(l => serviceIds.Contains(l.ServiceId) || regionIds.Contains(l.RegionId), cancellationToken))
        {
            throw Errors.Refused($"Unable to delete {kind} {id} because there are registered limits associated with it.");
        }
    }

    private static async Task CheckUnusedAsync(DataConnection db, string id, CancellationToken cancellationToken)
    {
        if (await db.GetTable<Limit>().AnyAsync(l => l.RegisteredLimitId == id, cancellationToken))
        {
            throw Errors.Refused($"Unable to update or delete registered limit {id} because there are project limits associated with it.");
        }
    }

    private async Task StoreAsync(Func<WriteConnection, Task> change, CancellationToken cancellationToken)
    {
        try
        {
            await writer.WriteAsync(change, cancellationToken);
        }
        catch (Exception exception) when (Database.IsDuplicateKey(exception))
        {
            throw Errors.Conflict("registered_limit", "Duplicate entry");
        }
    }

    private static ApiException NotFound(string id) => new(404, $"Could not find registered limit for {id}.");
}
