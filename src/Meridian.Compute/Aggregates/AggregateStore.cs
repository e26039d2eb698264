// SPDX-License-Identifier: Apache-2.0
using LinqToDB;
using LinqToDB.Async;

using Meridian.Compute.Servers;
using Meridian.Platform.Storage;

namespace Meridian.Compute.Aggregates;

internal sealed class AggregateStore(Database database, TimeProvider clock)
{
    public async Task<IReadOnlyList<Aggregate>> ListAsync(CancellationToken cancellationToken)
    {
        await using var db = database.Open();
        return await db.GetTable<Aggregate>().OrderBy(a => a.Id).ToListAsync(cancellationToken);
    }

    public async Task<Aggregate?> FindAsync(int id, CancellationToken cancellationToken)
    {
        await using var db = database.Open();
        return await db.GetTable<Aggregate>().FirstOrDefaultAsync(a => a.Id == id, cancellationToken);
    }

    /// <returns>Null when the name is taken.</returns>
    public async Task<Aggregate?> TryInsertAsync(string name, Dictionary<string, string> metadata, CancellationToken cancellationToken)
    {
        await using var db = await database.BeginAsync(cancellationToken);
        try
        {
            var aggregate = new Aggregate
            {
                Uuid = Guid.NewGuid().ToString("D"), Name = name, MetadataJson = ServerStore.Json(metadata), CreatedAt = clock.GetUtcNow().UtcDateTime,
            };
            var id = await db.InsertWithInt32IdentityAsync(aggregate, token: cancellationToken);
            await db.CommitAsync(cancellationToken);
            return aggregate with { Id = id };
        }
        catch (Exception exception) when (Database.IsDuplicateKey(exception))
        {
            return null;
        }
    }

    /// <returns>Null when the name is taken; false when somebody else changed it meanwhile.</returns>
    public async Task<bool?> TryUpdateAsync(Aggregate read, string name, Dictionary<string, string> metadata, List<string> hosts, CancellationToken cancellationToken)
    {
        var (metadataJson, hostsJson, now) = (ServerStore.Json(metadata), ServerStore.Json(hosts), clock.GetUtcNow().UtcDateTime);
        await using var db = await database.BeginAsync(cancellationToken);
        try
        {
            var changed = await db.GetTable<Aggregate>().Where(a => a.Id == read.Id && a.Revision == read.Revision)
                .Set(a => a.Name, name).Set(a => a.MetadataJson, metadataJson).Set(a => a.HostsJson, hostsJson)
                .Set(a => a.UpdatedAt, now).Set(a => a.Revision, read.Revision + 1).UpdateAsync(cancellationToken);
            await db.CommitAsync(cancellationToken);
            return changed == 1;
        }
        catch (Exception exception) when (Database.IsDuplicateKey(exception))
        {
            return null;
        }
    }

    public async Task DeleteAsync(int id, CancellationToken cancellationToken)
    {
        await using var db = await database.BeginAsync(cancellationToken);
        await db.GetTable<Aggregate>().DeleteAsync(a => a.Id == id, cancellationToken);
        await db.CommitAsync(cancellationToken);
    }
}
