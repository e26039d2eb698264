// SPDX-License-Identifier: Apache-2.0
using LinqToDB;
using LinqToDB.Async;
using LinqToDB.Data;

using Meridian.Platform.Http;
using Meridian.Platform.Storage;

namespace Meridian.Identity.ApplicationCredentials;

/// <summary>All SQL about access rules. A rule is never found under another user than its own.</summary>
internal sealed class AccessRuleStore(Database database, IdentityWriter writer)
{
    /// <exception cref="ApiException">404.</exception>
    public async Task<AccessRule> GetAsync(string userId, string id, CancellationToken cancellationToken)
    {
        await using var db = database.Open();
        return await db.GetTable<AccessRule>().FirstOrDefaultAsync(r => r.Id == id && r.UserId == userId, cancellationToken) ?? throw NotFound(id);
    }

    public async Task<ListPage<AccessRule>> ListAsync(ListRequest list, string userId, CancellationToken cancellationToken)
    {
        await using var db = database.Open();
        var rows = list.Text(db.GetTable<AccessRule>().Where(r => r.UserId == userId), "service", r => r.Service);
        rows = list.Text(rows, "path", r => r.Path);
        rows = list.Text(rows, "method", r => r.Method);
        return await list.PageAsync(rows, r => r.Id, cancellationToken, ("service", r => r.Service), ("path", r => r.Path), ("method", r => r.Method));
    }

    /// <exception cref="ApiException">404, or 403 while an application credential uses it.</exception>
    public Task DeleteAsync(string userId, string id, CancellationToken cancellationToken) => writer.WriteAsync(
        async db =>
        {
            if (!await db.GetTable<AccessRule>().AnyAsync(r => r.Id == id && r.UserId == userId, cancellationToken))
            {
                throw NotFound(id);
            }

            if (await db.GetTable<ApplicationCredentialAccessRule>().AnyAsync(r => r.AccessRuleId == id, cancellationToken))
            {
                throw Errors.Refused("May not delete access rule in use");
            }

            await db.GetTable<AccessRule>().Where(r => r.Id == id).DeleteAsync(cancellationToken);
        },
        cancellationToken);

    /// <summary>The user's rules that these name; those that the user has not yet are made.</summary>
    /// <exception cref="ApiException">404 for an id of none of the user's.</exception>
    public static async Task<IReadOnlyList<string>> EnsureAsync(
        DataConnection db, string userId, IReadOnlyList<AccessRuleRequest> rules, CancellationToken cancellationToken)
    {
        var ids = new List<string>();
        foreach (var rule in rules)
        {
            ids.Add(await EnsureAsync(db, userId, rule, cancellationToken));
        }

        return [.. ids.Distinct(StringComparer.Ordinal)];
    }

    private static async Task<string> EnsureAsync(DataConnection db, string userId, AccessRuleRequest rule, CancellationToken cancellationToken)
    {
        var own = db.GetTable<AccessRule>().Where(r => r.UserId == userId);
        if (rule.Id is { } id && await own.AnyAsync(r => r.Id == id, cancellationToken))
        {
            return id;
        }

        if (!rule.IsComplete)
        {
            throw NotFound(rule.Id!);
        }

        var (service, path, method) = (rule.Service!, rule.Path!, rule.Method!);
        if (await own.FirstOrDefaultAsync(r => r.Service == service && r.Path == path && r.Method == method, cancellationToken) is { } known)
        {
            return known.Id;
        }

        var made = new AccessRule { Id = Guid.NewGuid().ToString("N"), UserId = userId, Service = service, Path = path, Method = method };
        await db.InsertAsync(made, token: cancellationToken);
        return made.Id;
    }

    private static ApiException NotFound(string id) => Errors.NotFound("Access Rule", id);
}
