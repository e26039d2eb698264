// SPDX-License-Identifier: Apache-2.0
using LinqToDB;
using LinqToDB.Async;
using LinqToDB.Data;

using Meridian.Platform.Http;
using Meridian.Platform.Storage;

namespace Meridian.Identity.DomainConfig;

/// <summary>All SQL about domain configurations. No method tells a sensitive value but those that say so.</summary>
internal sealed class DomainConfigStore(Database database, IdentityWriter writer)
{
    /// <summary>What may be read, in the order of groups and options; sensitive options are left out.</summary>
    public async Task<IReadOnlyList<DomainConfigOption>> ListAsync(string domainId, string? group, string? name, CancellationToken cancellationToken)
    {
        await using var db = database.Open();
        var rows = await Of(db, domainId, group, name).OrderBy(o => o.Group).ThenBy(o => o.Name).ToListAsync(cancellationToken);
        return [.. rows.Where(o => !DomainConfigOptions.IsSensitive(o.Group, o.Name))];
    }

    /// <summary>Sets the whole configuration.</summary>
    /// <returns>True when the domain had none.</returns>
    public Task<bool> ReplaceAsync(string domainId, IReadOnlyList<DomainConfigOption> options, CancellationToken cancellationToken) => writer.WriteAsync(
        async db =>
        {
            var isNew = await Of(db, domainId, null, null).DeleteAsync(cancellationToken) == 0;
            foreach (var option in options)
            {
                await db.InsertAsync(option, token: cancellationToken);
            }

            return isNew;
        },
        cancellationToken, asksFirst: true);

    /// <param name="group">The group of the path, which must be configured already; null when the path has none.</param>
    /// <param name="name">The option of the path, likewise.</param>
    /// <exception cref="ApiException">404.</exception>
    public Task MergeAsync(string domainId, string? group, string? name, IReadOnlyList<DomainConfigOption> options, CancellationToken cancellationToken) => writer.WriteAsync(
        async db =>
        {
            await CheckAsync(db, domainId, group, name, cancellationToken);
            foreach (var option in options)
            {
                await db.InsertOrReplaceAsync(option, token: cancellationToken);
            }
        },
        cancellationToken);

    /// <summary>Deletes the configuration, a group of it, or one option; the whole of it is deleted even when there is none.</summary>
    /// <exception cref="ApiException">404.</exception>
    public Task DeleteAsync(string domainId, string? group, string? name, CancellationToken cancellationToken) => writer.WriteAsync(
        async db =>
        {
            await CheckAsync(db, domainId, group, name, cancellationToken);
            await Of(db, domainId, group, name).DeleteAsync(cancellationToken);
        },
        cancellationToken);

    /// <summary>Removes the configurations of domains that are gone.</summary>
    public static Task DeleteOfAsync(DataConnection db, IReadOnlyCollection<string> domainIds, CancellationToken cancellationToken) =>
        db.GetTable<DomainConfigOption>().Where(o => domainIds.Contains(o.DomainId)).DeleteAsync(cancellationToken);

    public static ApiException NotFound(string domainId, string? group, string? name)
    {
        var what = name is not null ? $"option {name} in group {group}" : group is not null ? $"group {group}" : "any options";
        return new(404, $"Could not find {what} in domain configuration for domain {domainId}.");
    }

    private static async Task CheckAsync(DataConnection db, string domainId, string? group, string? name, CancellationToken cancellationToken)
    {
        if (group is null || await Of(db, domainId, group, name).AnyAsync(cancellationToken))
        {
            return;
        }

        throw NotFound(domainId, group, name is not null && await Of(db, domainId, group, null).AnyAsync(cancellationToken) ? name : null);
    }

    private static IQueryable<DomainConfigOption> Of(DataConnection db, string domainId, string? group, string? name)
    {
        var rows = db.GetTable<DomainConfigOption>().Where(o => o.DomainId == domainId);
        rows = group is null ? rows : rows.Where(o => o.Group == group);
        return name is null ? rows : rows.Where(o => o.Name == name);
    }
}
