// SPDX-License-Identifier: Apache-2.0
using LinqToDB;
using LinqToDB.Async;
using LinqToDB.Data;

using Meridian.Identity.ApplicationCredentials;
using Meridian.Identity.Assignments;
using Meridian.Identity.Projects;
using Meridian.Platform.Config;
using Meridian.Platform.Http;
using Meridian.Platform.Storage;

namespace Meridian.Identity.Roles;

/// <summary>All SQL about roles and what they imply.</summary>
internal sealed class RoleStore(Database database, IdentityWriter writer, ServiceConfig config)
{
    public async Task<Role?> FindAsync(string id, CancellationToken cancellationToken)
    {
        await using var db = database.Open();
        return await db.GetTable<Role>().FirstOrDefaultAsync(r => r.Id == id, cancellationToken);
    }

    /// <exception cref="ApiException">404.</exception>
    public async Task<Role> GetAsync(string id, CancellationToken cancellationToken) => await FindAsync(id, cancellationToken) ?? throw Errors.NotFound("role", id);

    /// <summary>Global roles, or those of the domain that the list asks for.</summary>
    public async Task<ListPage<Role>> ListAsync(ListRequest list, CancellationToken cancellationToken)
    {
        var domainId = list.Value("domain_id") ?? "";
        await using var db = database.Open();
        var rows = list.Text(db.GetTable<Role>().Where(r => r.DomainId == domainId), "name", r => r.Name, r => r.NameKey);
        return await list.PageAsync(rows, r => r.Id, cancellationToken, ("name", r => r.Name));
    }

    /// <exception cref="ApiException">404 for an unknown domain, 409 for a name that exists.</exception>
    public Task CreateAsync(Role role, CancellationToken cancellationToken) => StoreAsync(
        role,
        async db =>
        {
            if (role.DomainId.Length > 0 && !await db.GetTable<Project>().AnyAsync(p => p.Id == role.DomainId && p.IsDomain, cancellationToken))
            {
                throw Errors.NotFound("domain", role.DomainId);
            }

            await db.InsertAsync(role, token: cancellationToken);
        },
        cancellationToken);

    public Task UpdateAsync(Role role, CancellationToken cancellationToken) => StoreAsync(
        role,
        db => IdentityWriter.UpdateAsync(db, role, "role", role.Id, cancellationToken),
        cancellationToken);

    public Task DeleteAsync(string id, CancellationToken cancellationToken) => writer.WriteAsync(
        async db =>
        {
            if (await db.GetTable<Role>().Where(r => r.Id == id).DeleteAsync(cancellationToken) == 0)
            {
                throw Errors.NotFound("role", id);
            }

            await DeleteTracesAsync(db, [id], cancellationToken);
        },
        cancellationToken);

    public static async Task DeleteTracesAsync(DataConnection db, IReadOnlyCollection<string> ids, CancellationToken cancellationToken)
    {
        await ApplicationCredentialStore.DeleteTracesOfRolesAsync(db, ids, cancellationToken);
        await db.GetTable<ImpliedRole>().Where(i => ids.Contains(i.PriorRoleId) || ids.Contains(i.ImpliedRoleId)).DeleteAsync(cancellationToken);
        await db.GetTable<Assignment>().Where(a => ids.Contains(a.RoleId)).DeleteAsync(cancellationToken);
    }

    /// <exception cref="ApiException">409 when it is implied already; 403 for a role that nothing may imply.</exception>
    public async Task ImplyAsync(Role prior, Role implied, CancellationToken cancellationToken)
    {
        if (config.Get(RoleOptions.ProhibitedImpliedRoles).Contains(implied.Name, StringComparer.OrdinalIgnoreCase))
        {
            throw Errors.Refused($"{implied.Id} cannot be an implied roles.");
        }

        if (prior.DomainId.Length == 0 && implied.DomainId.Length > 0)
        {
            throw Errors.Refused("Global role cannot imply a domain-specific role");
        }

        try
        {
            await writer.WriteAsync(db => db.InsertAsync(new ImpliedRole { PriorRoleId = prior.Id, ImpliedRoleId = implied.Id }, token: cancellationToken), cancellationToken);
        }
        catch (Exception exception) when (Database.IsDuplicateKey(exception))
        {
            throw Errors.Conflict("implied_role", "Duplicate entry");
        }
    }

    /// <exception cref="ApiException">404 when it is not implied.</exception>
    public Task StopImplyingAsync(string priorId, string impliedId, CancellationToken cancellationToken) => writer.WriteAsync(
        async db =>
        {
            if (await db.GetTable<ImpliedRole>().Where(i => i.PriorRoleId == priorId && i.ImpliedRoleId == impliedId).DeleteAsync(cancellationToken) == 0)
            {
                throw new ApiException(404, $"{priorId} does not imply {impliedId}.");
            }
        },
        cancellationToken);

    private async Task StoreAsync(Role role, Func<WriteConnection, Task> change, CancellationToken cancellationToken)
    {
        role.NameKey = NameKey.Of(role.Name);
        try
        {
            await writer.WriteAsync(change, cancellationToken);
        }
        catch (Exception exception) when (Database.IsDuplicateKey(exception))
        {
            throw Errors.Duplicate("role", role.Name, role.DomainId);
        }
    }
}
