// SPDX-License-Identifier: Apache-2.0
using System.Text;

using LinqToDB;
using LinqToDB.Async;

using Meridian.Platform.Config;
using Meridian.Platform.Storage;

namespace Meridian.Identity.Users;

/// <summary>What became of a password that was tried.</summary>
internal enum PasswordOutcome
{
    /// <summary>Unknown, disabled, locked or wrong: nobody outside learns which.</summary>
    Refused,

    /// <summary>Right, but good only for changing it.</summary>
    Expired,

    Right,
}

/// <summary>
/// Tries passwords, and counts the failures. Tries that run at once are judged in the order in which they end: one that ends when the account has been locked is
/// refused though it be right, so that no number of parallel guesses tells more than [security_compliance] lockout_failure_attempts of them would.
/// </summary>
internal sealed class PasswordCheck(Database database, PasswordHasher hasher, AccountPolicy policy, ServiceConfig config)
{
    /// <param name="user">Null for an unknown one: the work is the same (OSSA-2021-003).</param>
    /// <param name="mayLogIn">False when the user or his domain is disabled.</param>
    public async Task<PasswordOutcome> TryAsync(User? user, bool mayLogIn, string password, CancellationToken cancellationToken)
    {
        // An over-long password is refused unread, whoever it is for (OSSA-2012-002).
        if (Encoding.UTF8.GetByteCount(password) > config.Get(IdentityOptions.MaxPasswordLength))
        {
            return PasswordOutcome.Refused;
        }

        var right = await hasher.VerifyAsync(password, user?.PasswordHash, cancellationToken);
        if (user is null || !mayLogIn)
        {
            return PasswordOutcome.Refused;
        }

        if (right)
        {
            return await SucceedAsync(user, cancellationToken);
        }

        if (policy.CountsFailures(user))
        {
            await CountFailureAsync(user.Id, cancellationToken);
        }

        return PasswordOutcome.Refused;
    }

    private async Task<PasswordOutcome> SucceedAsync(User tried, CancellationToken cancellationToken)
    {
        while (true)
        {
            // Read again: while the hash was computed the account may have been locked or disabled, or the password changed.
            var user = await FindAsync(tried.Id, cancellationToken);
            if (user is null || user.PasswordHash != tried.PasswordHash || !policy.IsEnabled(user) || policy.IsLocked(user))
            {
                return PasswordOutcome.Refused;
            }

            if (policy.IsPasswordExpired(user))
            {
                return PasswordOutcome.Expired;
            }

            var today = policy.Now.Date;
            if ((user.FailedAuthCount == 0 && user.LastActiveAt == today) || await ResetAsync(user, today, cancellationToken))
            {
                return PasswordOutcome.Right;
            }
        }
    }

    private async Task<User?> FindAsync(string id, CancellationToken cancellationToken)
    {
        await using var db = database.Open();
        return await db.GetTable<User>().FirstOrDefaultAsync(u => u.Id == id, cancellationToken);
    }

    /// <returns>False when a failure was counted meanwhile.</returns>
    private Task<bool> ResetAsync(User user, DateTime today, CancellationToken cancellationToken) =>
        // Not by IdentityWriter: no token becomes worth more or less by a log-in.
        database.WriteAsync(
            async db => await db.GetTable<User>().Where(u => u.Id == user.Id && u.FailedAuthCount == user.FailedAuthCount)
                .Set(u => u.FailedAuthCount, 0).Set(u => u.FailedAuthAt, (DateTime?)null).Set(u => u.LastActiveAt, today)
                .UpdateAsync(cancellationToken) == 1,
            cancellationToken);

    private Task CountFailureAsync(string id, CancellationToken cancellationToken)
    {
        var now = policy.Now;
        var max = policy.MaxAttempts;
        return database.WriteAsync(
            async db =>
            {
                if (await db.GetTable<User>().Where(u => u.Id == id && u.FailedAuthCount < max)
                    .Set(u => u.FailedAuthCount, u => u.FailedAuthCount + 1).Set(u => u.FailedAuthAt, now)
                    .UpdateAsync(cancellationToken) == 0)
                {
                    // Locked: nothing is counted, unless the lock is over and this failure is the first of the next round.
                    var over = now - policy.LockoutDuration;
                    await db.GetTable<User>().Where(u => u.Id == id && u.FailedAuthAt <= over)
                        .Set(u => u.FailedAuthCount, 1).Set(u => u.FailedAuthAt, now)
                        .UpdateAsync(cancellationToken);
                }
            },
            cancellationToken);
    }
}
