// SPDX-License-Identifier: Apache-2.0
using LinqToDB;
using LinqToDB.Async;
using LinqToDB.Data;

using Meridian.Identity.Assignments;
using Meridian.Identity.Roles;
using Meridian.Platform.Config;
using Meridian.Platform.Http;
using Meridian.Platform.Storage;

namespace Meridian.Identity.ApplicationCredentials;

/// <summary>All SQL about application credentials.</summary>
internal sealed class ApplicationCredentialStore(Database database, IdentityWriter writer, ServiceConfig config)
{
    public async Task<ApplicationCredential?> FindAsync(string id, CancellationToken cancellationToken)
    {
        await using var db = database.Open();
        return await db.GetTable<ApplicationCredential>().FirstOrDefaultAsync(c => c.Id == id, cancellationToken);
    }

    public async Task<ApplicationCredential?> FindByNameAsync(string userId, string name, CancellationToken cancellationToken)
    {
        var key = NameKey.Of(name);
        await using var db = database.Open();
        return await db.GetTable<ApplicationCredential>().FirstOrDefaultAsync(c => c.UserId == userId && c.NameKey == key, cancellationToken);
    }

    public async Task<ListPage<ApplicationCredential>> ListAsync(ListRequest list, string userId, CancellationToken cancellationToken)
    {
        await using var db = database.Open();
        var rows = list.Text(db.GetTable<ApplicationCredential>().Where(c => c.UserId == userId), "name", c => c.Name, c => c.NameKey);
        rows = list.Text(rows, "project_id", c => c.ProjectId);
        rows = list.Boolean(rows, "unrestricted", c => c.Unrestricted);
        return await list.PageAsync(rows, c => c.Id, cancellationToken, ("name", c => c.Name), ("project_id", c => c.ProjectId), ("expires_at", c => c.ExpiresAt));
    }

    /// <summary>Roles and rules of these, in their order.</summary>
    public async Task<IReadOnlyList<ApplicationCredentialDetail>> DetailsAsync(IReadOnlyList<ApplicationCredential> credentials, CancellationToken cancellationToken)
    {
        await using var db = database.Open();
        return await DetailsAsync(db, credentials, cancellationToken);
    }

    public static async Task<IReadOnlyList<ApplicationCredentialDetail>> DetailsAsync(
        DataConnection db, IReadOnlyList<ApplicationCredential> credentials, CancellationToken cancellationToken)
    {
        var ids = credentials.Select(c => c.Id).ToList();
        var roles = await (from given in db.GetTable<ApplicationCredentialRole>()
                           from role in db.GetTable<Role>().InnerJoin(r => r.Id == given.RoleId)
                           where ids.Contains(given.ApplicationCredentialId)
                           orderby role.Name
                           select new { given.ApplicationCredentialId, Role = role }).ToListAsync(cancellationToken);
        var rules = await (from named in db.GetTable<ApplicationCredentialAccessRule>()
                           from rule in db.GetTable<AccessRule>().InnerJoin(r => r.Id == named.AccessRuleId)
                           where ids.Contains(named.ApplicationCredentialId)
                           orderby rule.Service, rule.Path, rule.Method
                           select new { named.ApplicationCredentialId, Rule = rule }).ToListAsync(cancellationToken);
        var (rolesOf, rulesOf) = (roles.ToLookup(r => r.ApplicationCredentialId, r => r.Role), rules.ToLookup(r => r.ApplicationCredentialId, r => r.Rule));
        return [.. credentials.Select(c => new ApplicationCredentialDetail(c, [.. rolesOf[c.Id]], [.. rulesOf[c.Id]]))];
    }

    /// <exception cref="ApiException">403 past [application_credential] user_limit, 404 for a rule that the user has not, 409 for a name that the user has.</exception>
    public async Task CreateAsync(ApplicationCredential credential, IReadOnlyList<string> roleIds, IReadOnlyList<AccessRuleRequest> rules, CancellationToken cancellationToken)
    {
        try
        {
            await writer.WriteAsync(
                async db =>
                {
                    await CheckLimitAsync(db, credential.UserId, cancellationToken);
                    await db.InsertAsync(credential, token: cancellationToken);
                    foreach (var roleId in roleIds)
                    {
                        await db.InsertAsync(new ApplicationCredentialRole { ApplicationCredentialId = credential.Id, RoleId = roleId }, token: cancellationToken);
                    }

                    foreach (var ruleId in await AccessRuleStore.EnsureAsync(db, credential.UserId, rules, cancellationToken))
                    {
                        await db.InsertAsync(new ApplicationCredentialAccessRule { ApplicationCredentialId = credential.Id, AccessRuleId = ruleId }, token: cancellationToken);
                    }
                },
                cancellationToken);
        }
        catch (Exception exception) when (Database.IsDuplicateKey(exception))
        {
            throw Errors.Duplicate("application_credential", credential.Name, null);
        }
    }

    public Task DeleteAsync(string id, CancellationToken cancellationToken) => writer.WriteAsync(
        async db =>
        {
            if (await DeleteAsync(db, [id], cancellationToken) == 0)
            {
                throw NotFound(id);
            }
        },
        cancellationToken);

    public static ApiException NotFound(string id) => Errors.NotFound("Application Credential", id);

    /// <summary>Deletes what belongs to users who are deleted or disabled, their access rules too.</summary>
    public static async Task DeleteTracesOfUsersAsync(DataConnection db, IReadOnlyCollection<string> userIds, CancellationToken cancellationToken)
    {
        await DeleteAsync(db, await IdsAsync(db.GetTable<ApplicationCredential>().Where(c => userIds.Contains(c.UserId)), cancellationToken), cancellationToken);
        await db.GetTable<AccessRule>().Where(r => userIds.Contains(r.UserId)).DeleteAsync(cancellationToken);
    }

    public static async Task DeleteTracesOfProjectsAsync(DataConnection db, IReadOnlyCollection<string> projectIds, CancellationToken cancellationToken) =>
        await DeleteAsync(db, await IdsAsync(db.GetTable<ApplicationCredential>().Where(c => projectIds.Contains(c.ProjectId)), cancellationToken), cancellationToken);

    /// <summary>
    /// Deletes what was given a role that is deleted, and, as Keystone does, what else its direct holders have in the same project.
    /// To be called while their assignments are still there.
    /// </summary>
    public static async Task DeleteTracesOfRolesAsync(DataConnection db, IReadOnlyCollection<string> roleIds, CancellationToken cancellationToken)
    {
        var given = db.GetTable<ApplicationCredentialRole>().Where(r => roleIds.Contains(r.RoleId));
        var held = db.GetTable<Assignment>().Where(a => roleIds.Contains(a.RoleId) && a.ActorKind == AssignmentKinds.User && a.TargetKind == AssignmentKinds.Project);
        var rows = db.GetTable<ApplicationCredential>()
            .Where(c => given.Any(r => r.ApplicationCredentialId == c.Id) || held.Any(a => a.ActorId == c.UserId && a.TargetId == c.ProjectId));
        await DeleteAsync(db, await IdsAsync(rows, cancellationToken), cancellationToken);
    }

    private static Task<List<string>> IdsAsync(IQueryable<ApplicationCredential> rows, CancellationToken cancellationToken) => rows.Select(c => c.Id).ToListAsync(cancellationToken);

    private static async Task<int> DeleteAsync(DataConnection db, List<string> ids, CancellationToken cancellationToken)
    {
        if (ids.Count == 0)
        {
            return 0;
        }

        await db.GetTable<ApplicationCredentialRole>().Where(r => ids.Contains(r.ApplicationCredentialId)).DeleteAsync(cancellationToken);
        await db.GetTable<ApplicationCredentialAccessRule>().Where(r => ids.Contains(r.ApplicationCredentialId)).DeleteAsync(cancellationToken);
        return await db.GetTable<ApplicationCredential>().Where(c => ids.Contains(c.Id)).DeleteAsync(cancellationToken);
    }

    private async Task CheckLimitAsync(DataConnection db, string userId, CancellationToken cancellationToken)
    {
        var limit = config.Get(ApplicationCredentialOptions.UserLimit);
        if (limit >= 0 && await db.GetTable<ApplicationCredential>().CountAsync(c => c.UserId == userId, cancellationToken) >= limit)
        {
            throw Errors.Refused($"Unable to create additional application credentials, maximum of {limit} already exceeded for user.");
        }
    }
}
