// SPDX-License-Identifier: Apache-2.0
using LinqToDB;
using LinqToDB.Async;
using LinqToDB.Data;

using Meridian.Platform.Config;
using Meridian.Platform.Storage;

namespace Meridian.Identity.Users;

/// <summary>The passwords that users had before. Source: [security_compliance] unique_last_password_count.</summary>
internal sealed class PasswordHistory(Database database, PasswordHasher hasher, ServiceConfig config)
{
    private readonly int unique = config.Get(SecurityComplianceOptions.UniqueLastPasswordCount);

    /// <exception cref="Platform.Http.ApiException">400: the user has or had that password.</exception>
    public async Task RequireNewAsync(User user, string password, CancellationToken cancellationToken)
    {
        if (unique == 0)
        {
            return;
        }

        List<string> hashes;
        await using (var db = database.Open())
        {
            hashes = await db.GetTable<PastPassword>().Where(p => p.UserId == user.Id).OrderByDescending(p => p.Number).Take(unique - 1)
                .Select(p => p.PasswordHash).ToListAsync(cancellationToken);
        }

        foreach (var hash in hashes.Prepend(user.PasswordHash))
        {
            if (hash is not null && await hasher.VerifyAsync(password, hash, cancellationToken))
            {
                throw Errors.Invalid(
                    $"The new password cannot be identical to a previous password. The total number which includes the new password must be unique is {unique}.");
            }
        }
    }

    /// <summary>Remembers a password that was replaced. One is kept where none has to be, so that the option finds it when it is set.</summary>
    public async Task AddAsync(DataConnection db, string userId, string? hash, CancellationToken cancellationToken)
    {
        if (hash is null)
        {
            return;
        }

        var rows = db.GetTable<PastPassword>().Where(p => p.UserId == userId);
        var number = (await rows.MaxAsync(p => (int?)p.Number, cancellationToken) ?? 0) + 1;
        await db.InsertAsync(new PastPassword { UserId = userId, Number = number, PasswordHash = hash }, token: cancellationToken);
        var oldest = number - Math.Max(unique, 1);
        await rows.Where(p => p.Number <= oldest).DeleteAsync(cancellationToken);
    }
}
