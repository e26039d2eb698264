// SPDX-License-Identifier: Apache-2.0
using System.Text.Json;

using LinqToDB;
using LinqToDB.Async;
using LinqToDB.Data;

using Meridian.Identity.Projects;
using Meridian.Identity.Users;

namespace Meridian.Identity.Tokens;

/// <summary>A domain, project or user as a log-in names it: by id, or by name (and domain).</summary>
internal sealed record Reference(string? Id, string? Name, Reference? Domain)
{
    /// <param name="what">What it is, for the fault: user, project, domain.</param>
    /// <param name="needDomain">Its name alone says nothing.</param>
    public static Reference Read(JsonElement element, string what, bool needDomain)
    {
        AuthBody.Object(element, what);
        if (AuthBody.Text(element, "id") is { } id)
        {
            return new(id, null, null);
        }

        var name = AuthBody.Text(element, "name") ?? throw Errors.Expecting("id or name", what);
        return !needDomain
            ? new(null, name, null)
            : element.TryGetProperty("domain", out var domain) ? new(null, name, Read(domain, "domain", needDomain: false)) : throw Errors.Expecting("domain", what);
    }

    public async Task<User?> FindUserAsync(DataConnection db, CancellationToken cancellationToken)
    {
        if (Id is { } id)
        {
            return await db.GetTable<User>().FirstOrDefaultAsync(u => u.Id == id, cancellationToken);
        }

        var domain = await Domain!.FindDomainAsync(db, cancellationToken);
        var key = NameKey.Of(Name!);
        return domain is null ? null : await db.GetTable<User>().FirstOrDefaultAsync(u => u.DomainId == domain.Id && u.NameKey == key, cancellationToken);
    }

    public Task<Project?> FindDomainAsync(DataConnection db, CancellationToken cancellationToken)
    {
        if (Id is { } id)
        {
            return db.GetTable<Project>().FirstOrDefaultAsync(p => p.Id == id && p.IsDomain, cancellationToken);
        }

        var key = NameKey.Of(Name!);
        return db.GetTable<Project>().FirstOrDefaultAsync(p => p.IsDomain && p.NameKey == key && p.DomainId == "", cancellationToken);
    }

    public async Task<Project?> FindProjectAsync(DataConnection db, CancellationToken cancellationToken)
    {
        if (Id is { } id)
        {
            // A domain's own id names no project unless it is asked for as a domain.
            return await db.GetTable<Project>().FirstOrDefaultAsync(p => p.Id == id && p.DomainId != "", cancellationToken);
        }

        var domain = await Domain!.FindDomainAsync(db, cancellationToken);
        var key = NameKey.Of(Name!);
        return domain is null ? null : await db.GetTable<Project>().FirstOrDefaultAsync(p => p.DomainId == domain.Id && p.NameKey == key, cancellationToken);
    }
}
