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

    /// <summary>As it is stored now.</summary>
    public async Task<User?> FindUserAsync(DataConnection db, IdentityCache identities, CancellationToken cancellationToken)
    {
        if (Id is { } id)
        {
            return await db.GetTable<User>().FirstOrDefaultAsync(u => u.Id == id, cancellationToken);
        }

        var domain = await Domain!.FindDomainAsync(identities, cancellationToken);
        var key = NameKey.Of(Name!);
        return domain is null ? null : await db.GetTable<User>().FirstOrDefaultAsync(u => u.DomainId == domain.Id && u.NameKey == key, cancellationToken);
    }

    public async ValueTask<Project?> FindDomainAsync(IdentityCache identities, CancellationToken cancellationToken) =>
        await (Id is not null ? identities.ProjectAsync(Id, cancellationToken) : identities.ProjectAsync("", Name!, cancellationToken)) is { IsDomain: true } domain ? domain : null;

    public async ValueTask<Project?> FindProjectAsync(IdentityCache identities, CancellationToken cancellationToken)
    {
        if (Id is not null)
        {
            // A domain's own id names no project unless it is asked for as a domain.
            return await identities.ProjectAsync(Id, cancellationToken) is { DomainId.Length: > 0 } found ? found : null;
        }

        return await Domain!.FindDomainAsync(identities, cancellationToken) is { } domain ? await identities.ProjectAsync(domain.Id, Name!, cancellationToken) : null;
    }
}
