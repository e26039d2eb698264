// SPDX-License-Identifier: Apache-2.0
using System.Linq.Expressions;

using LinqToDB;
using LinqToDB.Async;
using LinqToDB.Data;

using Meridian.Platform.Storage;

namespace Meridian.Platform.Sagas;

/// <summary>All SQL about the table <c>sagas</c>. Every change of a running one is bound to its owner, so that a process that lost its lease changes nothing.</summary>
internal sealed class SagaStore(Database database, TimeProvider clock)
{
    public static readonly TimeSpan Lease = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan UndoneKept = TimeSpan.FromDays(1);

    private DateTime Now => clock.GetUtcNow().UtcDateTime;

    /// <returns>The row's place among the unfinished ones of its subject; 0 when it may run at once.</returns>
    public static async Task<int> InsertAsync(WriteConnection db, SagaRow row, CancellationToken cancellationToken)
    {
        var last = await Active(db).Where(s => s.Subject == row.Subject).MaxAsync(s => (int?)s.Sequence, cancellationToken);
        row.Sequence = last + 1 ?? 0;
        if (row.Sequence > 0)
        {
            (row.Owner, row.LeasedUntil) = (null, null);
        }

        await db.InsertAsync(row, token: cancellationToken);
        return row.Sequence;
    }

    public static Task<int> AbortAsync(WriteConnection db, string subject, CancellationToken cancellationToken) =>
        db.GetTable<SagaRow>().Where(s => s.Subject == subject && s.State == SagaState.Running)
            .Set(s => s.Abort, true).Set(s => s.DueAt, s => s.CreatedAt).UpdateAsync(cancellationToken);

    /// <summary>Takes a saga for this process when it's due, free and first of its subject.</summary>
    /// <param name="canRun">False for sagas that this program doesn't know, or not in that version.</param>
    public async Task<SagaRow?> TryClaimAsync(string id, string owner, Func<SagaRow, bool> canRun, CancellationToken cancellationToken)
    {
        var now = Now;
        SagaRow? row;
        await using (var db = database.Open())
        {
            row = await db.GetTable<SagaRow>().FirstOrDefaultAsync(s => s.Id == id, cancellationToken);
            if (row is not { IsActive: true } || row.DueAt > now || !canRun(row))
            {
                return null;
            }

            if (row.Owner == owner && row.LeasedUntil > now)
            {
                return row; // Enqueued by this process, which leased it in the same write.
            }

            if (row.Owner is not null && row.Owner != owner && row.LeasedUntil > now)
            {
                return null;
            }

            if (row.Sequence > 0 && await Active(db).AnyAsync(s => s.Subject == row.Subject && s.Sequence < row.Sequence, cancellationToken))
            {
                return null;
            }
        }

        var until = now + Lease;
        await using var write = await database.BeginAsync(cancellationToken);
        var taken = await write.GetTable<SagaRow>()
            .Where(s => s.Id == id && (s.Owner == null || s.Owner == owner || s.LeasedUntil < now))
            .Set(s => s.Owner, owner).Set(s => s.LeasedUntil, until).UpdateAsync(cancellationToken);
        await write.CommitAsync(cancellationToken);
        return taken == 1 ? row : null;
    }

    /// <summary>Writes a step boundary. False when this process lost the saga, or when it was asked to unwind (only while it is running).</summary>
    public async Task<bool> TrySaveAsync(SagaRow row, string owner, bool evenIfAborted, CancellationToken cancellationToken)
    {
        row.UpdatedAt = Now;
        row.LeasedUntil = row.UpdatedAt + Lease;
        await using var db = await database.BeginAsync(cancellationToken);
        var rows = db.GetTable<SagaRow>().Where(s => s.Id == row.Id && s.Owner == owner);
        if (!evenIfAborted)
        {
            rows = rows.Where(s => !s.Abort);
        }

        var changed = await rows
            .Set(s => s.State, row.State).Set(s => s.Step, row.Step).Set(s => s.Attempts, row.Attempts).Set(s => s.Bag, row.Bag)
            .Set(s => s.Failure, row.Failure).Set(s => s.DueAt, row.DueAt).Set(s => s.LeasedUntil, row.LeasedUntil)
            .Set(s => s.UpdatedAt, row.UpdatedAt).Set(s => s.Owner, row.IsActive && row.DueAt <= row.UpdatedAt ? owner : null)
            .UpdateAsync(cancellationToken);
        await db.CommitAsync(cancellationToken);
        return changed == 1;
    }

    /// <summary>The end of a saga that succeeded. A request to abort that came after its last step comes too late.</summary>
    public async Task DeleteAsync(SagaRow row, string owner, CancellationToken cancellationToken)
    {
        await using var db = await database.BeginAsync(cancellationToken);
        await db.GetTable<SagaRow>().Where(s => s.Id == row.Id && s.Owner == owner).DeleteAsync(cancellationToken);
        await db.CommitAsync(cancellationToken);
    }

    public async Task<SagaRow?> FindAsync(string id, CancellationToken cancellationToken)
    {
        await using var db = database.Open();
        return await db.GetTable<SagaRow>().FirstOrDefaultAsync(s => s.Id == id, cancellationToken);
    }

    public async Task<string?> FindNextAsync(string subject, CancellationToken cancellationToken)
    {
        await using var db = database.Open();
        return await Active(db).Where(s => s.Subject == subject).OrderBy(s => s.Sequence).Select(s => s.Id).FirstOrDefaultAsync(cancellationToken);
    }

    /// <summary>Sagas that nobody runs and this program can: of the names given, not of a newer version, due, first of their subject.</summary>
    public async Task<IReadOnlyList<string>> ListFreeAsync(IReadOnlyCollection<Saga> known, int limit, CancellationToken cancellationToken)
    {
        var now = Now;
        await using var db = database.Open();
        var all = db.GetTable<SagaRow>();
        return await Active(db).Where(IsKnown(known))
            .Where(s => s.DueAt <= now && (s.Owner == null || s.LeasedUntil < now))
            .Where(s => s.Sequence == 0 || !all.Any(o =>
                o.Subject == s.Subject && o.Sequence < s.Sequence && (o.State == SagaState.Running || o.State == SagaState.Unwinding)))
            .OrderBy(s => s.DueAt).Select(s => s.Id).Take(limit).ToListAsync(cancellationToken);
    }

    public async Task RenewAsync(IReadOnlyCollection<string> ids, string owner, CancellationToken cancellationToken)
    {
        var until = Now + Lease;
        await using var db = await database.BeginAsync(cancellationToken);
        await db.GetTable<SagaRow>().Where(s => ids.Contains(s.Id) && s.Owner == owner).Set(s => s.LeasedUntil, until).UpdateAsync(cancellationToken);
        await db.CommitAsync(cancellationToken);
    }

    public async Task ReleaseAsync(string id, string owner, CancellationToken cancellationToken)
    {
        await using var db = await database.BeginAsync(cancellationToken);
        await db.GetTable<SagaRow>().Where(s => s.Id == id && s.Owner == owner).Set(s => s.Owner, (string?)null).UpdateAsync(cancellationToken);
        await db.CommitAsync(cancellationToken);
    }

    /// <summary>Takes it without asking: for tests that stand in for a new process.</summary>
    internal async Task SetOwnerAsync(string id, string owner, CancellationToken cancellationToken)
    {
        await using var db = await database.BeginAsync(cancellationToken);
        await db.GetTable<SagaRow>().Where(s => s.Id == id).Set(s => s.Owner, owner).UpdateAsync(cancellationToken);
        await db.CommitAsync(cancellationToken);
    }

    /// <summary>Frees the sagas of processes of this machine that are gone.</summary>
    public async Task<int> FreeDeadAsync(SagaOwner self, CancellationToken cancellationToken)
    {
        List<string?> owners;
        var own = self.ToString();
        await using (var db = database.Open())
        {
            owners = await Active(db).Where(s => s.Owner != null && s.Owner != own).Select(s => s.Owner).Distinct().ToListAsync(cancellationToken);
        }

        var freed = 0;
        foreach (var dead in owners.Where(owner => owner is not null && self.KnowsDead(owner)))
        {
            await using var db = await database.BeginAsync(cancellationToken);
            freed += await Active(db).Where(s => s.Owner == dead).Set(s => s.Owner, (string?)null).UpdateAsync(cancellationToken);
            await db.CommitAsync(cancellationToken);
        }

        return freed;
    }

    public async Task<IReadOnlyList<SagaRow>> ListAsync(CancellationToken cancellationToken)
    {
        await using var db = database.Open();
        return await db.GetTable<SagaRow>().OrderBy(s => s.CreatedAt).ToListAsync(cancellationToken);
    }

    public async Task<bool> RetryStuckAsync(string id, CancellationToken cancellationToken)
    {
        var now = Now;
        await using var db = await database.BeginAsync(cancellationToken);
        var changed = await db.GetTable<SagaRow>().Where(s => s.Id == id && s.State == SagaState.Stuck)
            .Set(s => s.State, SagaState.Unwinding).Set(s => s.Attempts, 0).Set(s => s.Owner, (string?)null).Set(s => s.DueAt, now).UpdateAsync(cancellationToken);
        await db.CommitAsync(cancellationToken);
        return changed == 1;
    }

    public async Task ForgetUndoneAsync(CancellationToken cancellationToken)
    {
        var before = Now - UndoneKept;
        await using var db = await database.BeginAsync(cancellationToken);
        await db.GetTable<SagaRow>().Where(s => s.State == SagaState.Undone && s.UpdatedAt < before).DeleteAsync(cancellationToken);
        await db.CommitAsync(cancellationToken);
    }

    private static IQueryable<SagaRow> Active(DataConnection db) =>
        db.GetTable<SagaRow>().Where(s => s.State == SagaState.Running || s.State == SagaState.Unwinding);

    private static Expression<Func<SagaRow, bool>> IsKnown(IReadOnlyCollection<Saga> known)
    {
        var row = Expression.Parameter(typeof(SagaRow));
        var any = known
            .Select(saga => (Expression)Expression.AndAlso(
                Expression.Equal(Expression.Property(row, nameof(SagaRow.Name)), Expression.Constant(saga.Name)),
                Expression.LessThanOrEqual(Expression.Property(row, nameof(SagaRow.Version)), Expression.Constant(saga.Version))))
            .Aggregate(Expression.OrElse);
        return Expression.Lambda<Func<SagaRow, bool>>(any, row);
    }
}
