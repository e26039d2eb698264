// SPDX-License-Identifier: Apache-2.0
using LinqToDB;
using LinqToDB.Async;

using Meridian.Placement.ResourceProviders;
using Meridian.Platform.Http;
using Meridian.Platform.Storage;

namespace Meridian.Placement.Traits;

/// <summary>All SQL about custom traits and the traits of providers.</summary>
internal sealed class TraitStore(Database database, TimeProvider clock)
{
    /// <summary>Standard and custom ones, by name.</summary>
    /// <param name="associated">Only those that a provider has (true), or that none has (false).</param>
    public async Task<List<Trait>> ListAsync(bool? associated, CancellationToken cancellationToken)
    {
        await using var db = database.Open();
        var custom = await db.GetTable<Trait>().ToListAsync(cancellationToken);
        var all = Trait.Standard.Select(name => new Trait { Name = name }).Concat(custom);
        if (associated is { } wanted)
        {
            var used = (await db.GetTable<ProviderTrait>().Select(t => t.Trait).Distinct().ToListAsync(cancellationToken)).ToHashSet(StringComparer.Ordinal);
            all = all.Where(t => used.Contains(t.Name) == wanted);
        }

        return [.. all.OrderBy(t => t.Name, StringComparer.Ordinal)];
    }

    public async Task<Trait?> FindAsync(string name, CancellationToken cancellationToken)
    {
        if (Trait.Standard.Contains(name))
        {
            return new() { Name = name, CreatedAt = clock.GetUtcNow().UtcDateTime };
        }

        await using var db = database.Open();
        return await db.GetTable<Trait>().FirstOrDefaultAsync(t => t.Name == name, cancellationToken);
    }

    /// <returns>False when it exists.</returns>
    public async Task<bool> TryCreateAsync(string name, CancellationToken cancellationToken)
    {
        if (Trait.Standard.Contains(name))
        {
            return false;
        }

        await using var db = await database.BeginAsync(cancellationToken);
        try
        {
            await db.InsertAsync(new Trait { Name = name, CreatedAt = clock.GetUtcNow().UtcDateTime }, token: cancellationToken);
        }
        catch (Exception exception) when (Database.IsDuplicateKey(exception))
        {
            return false;
        }

        await ResourceProviderStore.TouchTopologyAsync(db, cancellationToken);
        await db.CommitAsync(cancellationToken);
        return true;
    }

    /// <exception cref="ApiException">400 for a standard trait, 404, 409 while a provider has it.</exception>
    public async Task DeleteAsync(string name, CancellationToken cancellationToken)
    {
        if (Trait.Standard.Contains(name))
        {
            throw new ApiException(400, $"Cannot delete standard trait {name}.");
        }

        await using var db = await database.BeginAsync(cancellationToken);
        if (await db.GetTable<Trait>().DeleteAsync(t => t.Name == name, cancellationToken) == 0)
        {
            throw NotFound(name);
        }

        if (await db.GetTable<ProviderTrait>().AnyAsync(t => t.Trait == name, cancellationToken))
        {
            throw new ApiException(409, $"The trait {name} is in use by a resource provider.");
        }

        await ResourceProviderStore.TouchTopologyAsync(db, cancellationToken);
        await db.CommitAsync(cancellationToken);
    }

    public async Task<List<string>> ListOfProviderAsync(string provider, CancellationToken cancellationToken)
    {
        await using var db = database.Open();
        return await db.GetTable<ProviderTrait>().Where(t => t.ProviderUuid == provider).OrderBy(t => t.Trait).Select(t => t.Trait).ToListAsync(cancellationToken);
    }

    /// <summary>Makes the provider's traits exactly these.</summary>
    /// <returns>The provider's generation, raised when anything changed.</returns>
    /// <exception cref="ApiException">400 for an unknown trait; 409 when the generation moved on.</exception>
    public async Task<int> ReplaceAsync(string provider, int generation, IReadOnlyCollection<string> wanted, CancellationToken cancellationToken)
    {
        await using var db = await database.BeginAsync(cancellationToken);
        var custom = wanted.Where(t => !Trait.Standard.Contains(t)).ToList();
        var known = await db.GetTable<Trait>().Where(t => custom.Contains(t.Name)).Select(t => t.Name).ToListAsync(cancellationToken);
        if (known.Count < custom.Count)
        {
            throw new ApiException(400, $"No such trait {string.Join(", ", custom.Except(known, StringComparer.Ordinal))}");
        }

        var existing = await db.GetTable<ProviderTrait>().Where(t => t.ProviderUuid == provider).Select(t => t.Trait).ToListAsync(cancellationToken);
        var going = existing.Except(wanted, StringComparer.Ordinal).ToList();
        var coming = wanted.Except(existing, StringComparer.Ordinal).ToList();
        if (going.Count + coming.Count == 0)
        {
            return generation;
        }

        if (!await ResourceProviderStore.TryRaiseGenerationAsync(db, provider, generation, clock.GetUtcNow().UtcDateTime, cancellationToken))
        {
            throw Conflict();
        }

        await db.GetTable<ProviderTrait>().DeleteAsync(t => t.ProviderUuid == provider && going.Contains(t.Trait), cancellationToken);
        foreach (var trait in coming)
        {
            await db.InsertAsync(new ProviderTrait { ProviderUuid = provider, Trait = trait }, token: cancellationToken);
        }

        await ResourceProviderStore.TouchTopologyAsync(db, cancellationToken);
        await db.CommitAsync(cancellationToken);
        return generation + 1;
    }

    public static ApiException NotFound(string name) => new(404, $"No such trait(s): {name}.");

    public static ApiException Conflict() => new(
        409, "Resource provider's generation already changed. Please update the generation and try again.", code: PlacementFaults.ConcurrentUpdate);
}
