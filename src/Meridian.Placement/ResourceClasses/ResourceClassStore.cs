// SPDX-License-Identifier: Apache-2.0
using LinqToDB;
using LinqToDB.Async;

using Meridian.Placement.Allocations;
using Meridian.Placement.Inventories;
using Meridian.Placement.ResourceProviders;
using Meridian.Platform.Http;
using Meridian.Platform.Storage;

namespace Meridian.Placement.ResourceClasses;

/// <summary>All SQL about custom resource classes.</summary>
internal sealed class ResourceClassStore(Database database, TimeProvider clock)
{
    public async Task<List<ResourceClass>> ListCustomAsync(CancellationToken cancellationToken)
    {
        await using var db = database.Open();
        return await db.GetTable<ResourceClass>().OrderBy(c => c.CreatedAt).ThenBy(c => c.Name).ToListAsync(cancellationToken);
    }

    /// <returns>Standard classes have the time of the epoch.</returns>
    /// <exception cref="ApiException">404.</exception>
    public async Task<ResourceClass> GetAsync(string name, CancellationToken cancellationToken)
    {
        if (ResourceClass.IsStandard(name))
        {
            return new() { Name = name, CreatedAt = clock.GetUtcNow().UtcDateTime };
        }

        await using var db = database.Open();
        return await db.GetTable<ResourceClass>().FirstOrDefaultAsync(c => c.Name == name, cancellationToken) ?? throw NotFound(name);
    }

    /// <returns>False when it exists.</returns>
    public async Task<bool> TryCreateAsync(string name, CancellationToken cancellationToken)
    {
        await using var db = await database.BeginAsync(cancellationToken);
        try
        {
            await db.InsertAsync(new ResourceClass { Name = name, CreatedAt = clock.GetUtcNow().UtcDateTime }, token: cancellationToken);
        }
        catch (Exception exception) when (Database.IsDuplicateKey(exception))
        {
            return false;
        }

        await ResourceProviderStore.TouchTopologyAsync(db, cancellationToken);
        await db.CommitAsync(cancellationToken);
        return true;
    }

    /// <exception cref="ApiException">404; 409 when the new name is taken.</exception>
    public async Task RenameAsync(string name, string newName, CancellationToken cancellationToken)
    {
        await using var db = await database.BeginAsync(cancellationToken);
        if (!await db.GetTable<ResourceClass>().AnyAsync(c => c.Name == name, cancellationToken))
        {
            throw NotFound(name);
        }

        try
        {
            await db.GetTable<ResourceClass>().Where(c => c.Name == name).Set(c => c.Name, newName).UpdateAsync(cancellationToken);
        }
        catch (Exception exception) when (Database.IsDuplicateKey(exception))
        {
            throw new ApiException(409, $"Resource class already exists: {newName}");
        }

        await db.GetTable<Inventory>().Where(i => i.ResourceClass == name).Set(i => i.ResourceClass, newName).UpdateAsync(cancellationToken);
        await db.GetTable<Allocation>().Where(a => a.ResourceClass == name).Set(a => a.ResourceClass, newName).UpdateAsync(cancellationToken);
        await ResourceProviderStore.TouchTopologyAsync(db, cancellationToken);
        await db.CommitAsync(cancellationToken);
    }

    /// <exception cref="ApiException">400 for a standard class, 404, 409 while a provider has it.</exception>
    public async Task DeleteAsync(string name, CancellationToken cancellationToken)
    {
        if (ResourceClass.IsStandard(name))
        {
            throw new ApiException(400, $"Error in delete resource class: Cannot delete standard resource class {name}.");
        }

        await using var db = await database.BeginAsync(cancellationToken);
        if (await db.GetTable<ResourceClass>().DeleteAsync(c => c.Name == name, cancellationToken) == 0)
        {
            throw NotFound(name);
        }

        if (await db.GetTable<Inventory>().AnyAsync(i => i.ResourceClass == name, cancellationToken))
        {
            throw new ApiException(409, $"Error in delete resource class: Cannot delete resource class {name}. Class is in use in inventory.");
        }

        await ResourceProviderStore.TouchTopologyAsync(db, cancellationToken);
        await db.CommitAsync(cancellationToken);
    }

    private static ApiException NotFound(string name) => new(404, $"No such resource class {name}.");
}
