// SPDX-License-Identifier: Apache-2.0
using LinqToDB;
using LinqToDB.Async;
using LinqToDB.Data;

using Meridian.Identity.ApplicationCredentials;
using Meridian.Identity.Assignments;
using Meridian.Identity.Credentials;
using Meridian.Identity.Groups;
using Meridian.Identity.Projects;
using Meridian.Identity.Tokens;
using Meridian.Identity.Trusts;
using Meridian.Platform.Http;
using Meridian.Platform.Storage;

namespace Meridian.Identity.Users;

/// <summary>A password to set.</summary>
/// <param name="Text">Null takes the password away: nobody can log in with it.</param>
/// <param name="SelfService">The user chose it, not an administrator.</param>
internal sealed record NewPassword(string? Text, bool SelfService = false);

/// <summary>All SQL about users. What it returns is enabled only if the user was not disabled by long absence.</summary>
internal sealed class UserStore(
    Database database, IdentityWriter writer, PasswordHasher hasher, RevocationStore revocations, AccountPolicy policy, PasswordHistory history)
{
    public async Task<User?> FindAsync(string id, CancellationToken cancellationToken)
    {
        await using var db = database.Open();
        return Judged(await db.GetTable<User>().FirstOrDefaultAsync(u => u.Id == id, cancellationToken));
    }

    /// <exception cref="ApiException">404.</exception>
    public async Task<User> GetAsync(string id, CancellationToken cancellationToken) => await FindAsync(id, cancellationToken) ?? throw Errors.NotFound("user", id);

    /// <param name="domainId">Only this domain's; null for all.</param>
    public async Task<ListPage<User>> ListAsync(ListRequest list, string? domainId, CancellationToken cancellationToken)
    {
        await using var db = database.Open();
        var rows = domainId is null ? db.GetTable<User>() : db.GetTable<User>().Where(u => u.DomainId == domainId);
        return await PageAsync(list, rows, cancellationToken);
    }

    /// <param name="domainId">Only this domain's; null for all.</param>
    public async Task<ListPage<User>> ListOfGroupAsync(ListRequest list, string groupId, string? domainId, CancellationToken cancellationToken)
    {
        await using var db = database.Open();
        var members = db.GetTable<GroupMember>().Where(m => m.GroupId == groupId);
        var rows = db.GetTable<User>().Where(u => members.Any(m => m.UserId == u.Id));
        return await PageAsync(list, domainId is null ? rows : rows.Where(u => u.DomainId == domainId), cancellationToken);
    }

    /// <exception cref="ApiException">404 for an unknown domain, 409 for a name that exists.</exception>
    public async Task<User> CreateAsync(User user, NewPassword? password, CancellationToken cancellationToken)
    {
        user.NameKey = NameKey.Of(user.Name);
        user.CreatedAt = policy.Now;
        await SetPasswordAsync(user, password, cancellationToken);
        try
        {
            await writer.WriteAsync(
                async db =>
                {
                    if (!await db.GetTable<Project>().AnyAsync(p => p.Id == user.DomainId && p.IsDomain, cancellationToken))
                    {
                        throw Errors.NotFound("domain", user.DomainId);
                    }

                    await db.InsertAsync(user, token: cancellationToken);
                },
                cancellationToken);
        }
        catch (Exception exception) when (Database.IsDuplicateKey(exception))
        {
            throw Errors.Duplicate("user", user.Name, user.DomainId);
        }

        return user;
    }

    /// <param name="password">Null leaves it. A new one ends all tokens of the user.</param>
    /// <param name="revoke">Ends them without one: when the user is disabled.</param>
    public async Task UpdateAsync(User user, NewPassword? password, bool revoke, CancellationToken cancellationToken)
    {
        user.NameKey = NameKey.Of(user.Name);
        var oldHash = user.PasswordHash;
        await SetPasswordAsync(user, password, cancellationToken);
        try
        {
            await writer.WriteAsync(
                async db =>
                {
                    await IdentityWriter.UpdateAsync(db, user, "user", user.Id, cancellationToken);
                    await UnlockAsync(db, user, cancellationToken);
                    if (password is not null)
                    {
                        await history.AddAsync(db, user.Id, oldHash, cancellationToken);
                    }

                    if (revoke && !user.Enabled)
                    {
                        // As in Keystone: enabled again, a user makes new ones.
                        await ApplicationCredentialStore.DeleteTracesOfUsersAsync(db, [user.Id], cancellationToken);
                    }

                    if (revoke || password?.Text is not null)
                    {
                        await revocations.RevokeUserAsync(db, user.Id, cancellationToken);
                    }
                },
                cancellationToken);
        }
        catch (Exception exception) when (Database.IsDuplicateKey(exception))
        {
            throw Errors.Duplicate("user", user.Name, user.DomainId);
        }
    }

    public Task DeleteAsync(string id, CancellationToken cancellationToken) => writer.WriteAsync(
        async db =>
        {
            if (await db.GetTable<User>().Where(u => u.Id == id).DeleteAsync(cancellationToken) == 0)
            {
                throw Errors.NotFound("user", id);
            }

            await DeleteTracesAsync(db, [id], cancellationToken);
            await revocations.RevokeUserAsync(db, id, cancellationToken);
        },
        cancellationToken);

    /// <summary>Removes what refers to users that are gone.</summary>
    public static async Task DeleteTracesAsync(DataConnection db, IReadOnlyCollection<string> ids, CancellationToken cancellationToken)
    {
        await TrustStore.DeleteTracesOfUsersAsync(db, ids, cancellationToken);
        await ApplicationCredentialStore.DeleteTracesOfUsersAsync(db, ids, cancellationToken);
        await db.GetTable<GroupMember>().Where(m => ids.Contains(m.UserId)).DeleteAsync(cancellationToken);
        await db.GetTable<Assignment>().Where(a => a.ActorKind == AssignmentKinds.User && ids.Contains(a.ActorId)).DeleteAsync(cancellationToken);
        await db.GetTable<PastPassword>().Where(p => ids.Contains(p.UserId)).DeleteAsync(cancellationToken);
        await CredentialStore.DeleteOfUsersAsync(db, ids, cancellationToken);
    }

    private async Task SetPasswordAsync(User user, NewPassword? password, CancellationToken cancellationToken)
    {
        if (password is null)
        {
            return;
        }

        user.PasswordHash = password.Text is null ? null : await hasher.HashAsync(password.Text, cancellationToken);
        user.PasswordChangedAt = policy.Now;
        user.PasswordExpiresAt = policy.PasswordExpiry(user, password.SelfService);
        user.PasswordSelfService = password.SelfService;
    }

    /// <summary>As in Keystone, any change that leaves a user enabled opens a locked account and counts as a sign of life.</summary>
    private async Task UnlockAsync(DataConnection db, User user, CancellationToken cancellationToken)
    {
        if (user.Enabled)
        {
            var today = policy.Now.Date;
            await db.GetTable<User>().Where(u => u.Id == user.Id)
                .Set(u => u.FailedAuthCount, 0).Set(u => u.FailedAuthAt, (DateTime?)null).Set(u => u.LastActiveAt, today)
                .UpdateAsync(cancellationToken);
        }
    }

    private User? Judged(User? user)
    {
        if (user is not null)
        {
            user.Enabled = policy.IsEnabled(user);
        }

        return user;
    }

    private async Task<ListPage<User>> PageAsync(ListRequest list, IQueryable<User> rows, CancellationToken cancellationToken)
    {
        rows = list.Text(rows, "name", u => u.Name, u => u.NameKey);
        rows = list.Text(rows, "domain_id", u => u.DomainId);
        rows = list.Boolean(rows, "enabled", u => u.Enabled);
        rows = PasswordExpiryFilter.Apply(list, rows);

        // These name users of identity providers, of which there are none.
        rows = list.Has("idp_id") || list.Has("protocol_id") || list.Has("unique_id") ? rows.Where(u => false) : rows;
        var page = await list.PageByNameAsync(rows, u => u.Id, u => u.NameKey, cancellationToken, ("domain_id", u => u.DomainId));
        return page with { Rows = [.. page.Rows.Select(u => Judged(u)!)] };
    }
}
