// SPDX-License-Identifier: Apache-2.0
using System.Text;

using LinqToDB;
using LinqToDB.Async;
using LinqToDB.Data;

using Meridian.Identity.Assignments;
using Meridian.Identity.Groups;
using Meridian.Identity.Projects;
using Meridian.Identity.Tokens;
using Meridian.Platform.Config;
using Meridian.Platform.Http;
using Meridian.Platform.Storage;

namespace Meridian.Identity.Users;

/// <summary>All SQL about users.</summary>
internal sealed class UserStore(Database database, IdentityWriter writer, PasswordHasher hasher, RevocationStore revocations, ServiceConfig config, TimeProvider clock)
{
    public async Task<User?> FindAsync(string id, CancellationToken cancellationToken)
    {
        await using var db = database.Open();
        return await db.GetTable<User>().FirstOrDefaultAsync(u => u.Id == id, cancellationToken);
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

    public async Task<ListPage<User>> ListOfGroupAsync(ListRequest list, string groupId, CancellationToken cancellationToken)
    {
        await using var db = database.Open();
        var members = db.GetTable<GroupMember>().Where(m => m.GroupId == groupId);
        return await PageAsync(list, db.GetTable<User>().Where(u => members.Any(m => m.UserId == u.Id)), cancellationToken);
    }

    /// <exception cref="ApiException">400 for a password that is too long, 404 for an unknown domain, 409 for a name that exists.</exception>
    public async Task<User> CreateAsync(User user, string? password, CancellationToken cancellationToken)
    {
        user.NameKey = NameKey.Of(user.Name);
        user.CreatedAt = clock.GetUtcNow().UtcDateTime;
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

    /// <param name="password">Null leaves it.</param>
    /// <param name="revoke">Ends all tokens of the user: after a change of password, or when it is disabled.</param>
    public async Task UpdateAsync(User user, string? password, bool revoke, CancellationToken cancellationToken)
    {
        user.NameKey = NameKey.Of(user.Name);
        await SetPasswordAsync(user, password, cancellationToken);
        try
        {
            await writer.WriteAsync(
                async db =>
                {
                    await IdentityWriter.UpdateAsync(db, user, "user", user.Id, cancellationToken);

                    if (revoke || password is not null)
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

    /// <summary>Changes the password of whoever knows it; everything else is the one 401.</summary>
    public async Task ChangePasswordAsync(string id, string original, string password, CancellationToken cancellationToken)
    {
        if (Encoding.UTF8.GetByteCount(original) > config.Get(IdentityOptions.MaxPasswordLength))
        {
            throw Errors.Unauthorized();
        }

        var user = await FindAsync(id, cancellationToken);
        if (!await hasher.VerifyAsync(original, user?.PasswordHash, cancellationToken) || user is not { Enabled: true })
        {
            throw Errors.Unauthorized();
        }

        await UpdateAsync(user, password, revoke: true, cancellationToken);
    }

    public Task DeleteAsync(string id, CancellationToken cancellationToken) => writer.WriteAsync(
        async db =>
        {
            if (await db.GetTable<User>().Where(u => u.Id == id).DeleteAsync(cancellationToken) == 0)
            {
                throw Errors.NotFound("user", id);
            }

            await DeleteTracesAsync(db, [id], cancellationToken);
        },
        cancellationToken);

    /// <summary>Removes what refers to users that are gone.</summary>
    public static async Task DeleteTracesAsync(DataConnection db, IReadOnlyCollection<string> ids, CancellationToken cancellationToken)
    {
        await db.GetTable<GroupMember>().Where(m => ids.Contains(m.UserId)).DeleteAsync(cancellationToken);
        await db.GetTable<Assignment>().Where(a => a.ActorKind == AssignmentKinds.User && ids.Contains(a.ActorId)).DeleteAsync(cancellationToken);
    }

    private async Task SetPasswordAsync(User user, string? password, CancellationToken cancellationToken)
    {
        if (password is null)
        {
            return;
        }

        // Refused unread when it is longer than any password may be; cut at bcrypt's 72 bytes unless strict (OSSA-2012-002).
        var most = config.Get(IdentityOptions.StrictPasswordCheck) ? PasswordHasher.BcryptMaxBytes : config.Get(IdentityOptions.MaxPasswordLength);
        if (Encoding.UTF8.GetByteCount(password) > most)
        {
            throw Errors.Invalid($"The password length must be less than or equal to {most}. The server could not comply with the request because the password is invalid.");
        }

        if (password.Contains('\0', StringComparison.Ordinal))
        {
            throw Errors.InvalidField("password", "it holds a NUL character");
        }

        user.PasswordHash = await hasher.HashAsync(password, cancellationToken);
        user.PasswordChangedAt = clock.GetUtcNow().UtcDateTime;
    }

    private static Task<ListPage<User>> PageAsync(ListRequest list, IQueryable<User> rows, CancellationToken cancellationToken)
    {
        rows = list.Text(rows, "name", u => u.Name, u => u.NameKey);
        rows = list.Text(rows, "domain_id", u => u.DomainId);
        rows = list.Boolean(rows, "enabled", u => u.Enabled);
        return list.PageAsync(rows, u => u.Id, cancellationToken, ("name", u => u.Name), ("domain_id", u => u.DomainId));
    }
}
