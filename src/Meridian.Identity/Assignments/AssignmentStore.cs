// SPDX-License-Identifier: Apache-2.0
using LinqToDB;
using LinqToDB.Async;

using Meridian.Identity.Roles;
using Meridian.Platform.Storage;

namespace Meridian.Identity.Assignments;

/// <summary>All SQL that changes or looks at single assignments.</summary>
internal sealed class AssignmentStore(Database database, IdentityWriter writer)
{
    public async Task<bool> ExistsAsync(Assignment wanted, CancellationToken cancellationToken)
    {
        await using var db = database.Open();
        return await Same(db.GetTable<Assignment>(), wanted).AnyAsync(cancellationToken);
    }

    /// <summary>The roles of that actor on that target, with that inheritance; the role id of <paramref name="of"/> is not looked at.</summary>
    public async Task<IReadOnlyList<Role>> ListRolesAsync(Assignment of, CancellationToken cancellationToken)
    {
        await using var db = database.Open();
        var rows = db.GetTable<Assignment>().Where(a =>
            a.ActorKind == of.ActorKind && a.ActorId == of.ActorId && a.TargetKind == of.TargetKind && a.TargetId == of.TargetId && a.Inherited == of.Inherited);
        return await db.GetTable<Role>().Where(r => rows.Any(a => a.RoleId == r.Id)).OrderBy(r => r.Id).ToListAsync(cancellationToken);
    }

    /// <summary>Idempotent.</summary>
    public Task EnsureAsync(Assignment assignment, CancellationToken cancellationToken) => writer.WriteAsync(
        async db =>
        {
            if (!await Same(db.GetTable<Assignment>(), assignment).AnyAsync(cancellationToken))
            {
                await db.InsertAsync(assignment, token: cancellationToken);
            }
        },
        cancellationToken, asksFirst: true);

    /// <summary>Tokens need no revocation: every validation computes their roles anew.</summary>
    /// <returns>False when there was no such assignment; none is made either (OSSA-2013-028).</returns>
    public Task<bool> TryDeleteAsync(Assignment assignment, CancellationToken cancellationToken) => writer.WriteAsync(
        async db => await Same(db.GetTable<Assignment>(), assignment).DeleteAsync(cancellationToken) == 1, cancellationToken);

    private static IQueryable<Assignment> Same(IQueryable<Assignment> rows, Assignment wanted) => rows.Where(a =>
        a.ActorKind == wanted.ActorKind && a.ActorId == wanted.ActorId && a.TargetKind == wanted.TargetKind && a.TargetId == wanted.TargetId
        && a.RoleId == wanted.RoleId && a.Inherited == wanted.Inherited);
}
