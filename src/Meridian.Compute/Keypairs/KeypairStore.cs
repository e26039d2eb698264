// SPDX-License-Identifier: Apache-2.0
using LinqToDB;
using LinqToDB.Async;

using Meridian.Platform.Http;
using Meridian.Platform.Storage;

namespace Meridian.Compute.Keypairs;

internal enum InsertKeypair { Stored, Exists, OverQuota }

internal sealed class KeypairStore(Database database)
{
    private static readonly IReadOnlyList<SortKey<Keypair>> ByName = [new("name", k => k.Name)];

    public async Task<Keypair?> FindAsync(string userId, string name, CancellationToken cancellationToken)
    {
        await using var db = database.Open();
        return await db.GetTable<Keypair>().FirstOrDefaultAsync(k => k.UserId == userId && k.Name == name, cancellationToken);
    }

    public async Task<IReadOnlyList<Keypair>> ListAsync(string userId, Keypair? marker, int limit, CancellationToken cancellationToken)
    {
        await using var db = database.Open();
        return await db.GetTable<Keypair>().Where(k => k.UserId == userId).Page(ByName, marker, limit).ToListAsync(cancellationToken);
    }

    public async Task<int> CountAsync(string userId, CancellationToken cancellationToken)
    {
        await using var db = database.Open();
        return await db.GetTable<Keypair>().CountAsync(k => k.UserId == userId, cancellationToken);
    }

    /// <param name="most">How many the user may have; -1 for any number.</param>
    public async Task<InsertKeypair> TryInsertAsync(Keypair keypair, int most, CancellationToken cancellationToken)
    {
        await using var db = await database.BeginAsync(cancellationToken);
        if (most >= 0 && await db.GetTable<Keypair>().CountAsync(k => k.UserId == keypair.UserId, cancellationToken) >= most)
        {
            return InsertKeypair.OverQuota;
        }

        try
        {
            await db.InsertAsync(keypair, token: cancellationToken);
            await db.CommitAsync(cancellationToken);
            return InsertKeypair.Stored;
        }
        catch (Exception exception) when (Database.IsDuplicateKey(exception))
        {
            return InsertKeypair.Exists;
        }
    }

    public async Task<bool> DeleteAsync(string userId, string name, CancellationToken cancellationToken)
    {
        await using var db = await database.BeginAsync(cancellationToken);
        var deleted = await db.GetTable<Keypair>().DeleteAsync(k => k.UserId == userId && k.Name == name, cancellationToken);
        await db.CommitAsync(cancellationToken);
        return deleted == 1;
    }
}
