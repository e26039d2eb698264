// SPDX-License-Identifier: Apache-2.0
using Meridian.Identity.Users.Passwords;

namespace Meridian.Identity.Users;

/// <summary>
/// Hashes passwords in the configured way and verifies them in whatever way they were hashed. At most as many computations run at once as the machine has
/// processors, so that a burst of log-ins waits in line and leaves the thread pool to everyone else.
/// </summary>
internal sealed class PasswordHasher(IPasswordHash configured) : IDisposable
{
    /// <summary>Every way but the configured one. A hash holds its own cost: theirs here is never used.</summary>
    private static readonly IPasswordHash[] Others =
    [
        new BcryptHash(BcryptHash.DefaultRounds), new BcryptSha256Hash(BcryptHash.DefaultRounds), new Pbkdf2Hash(Pbkdf2Hash.DefaultRounds, 16),
        new ScryptHash(ScryptHash.DefaultCost, ScryptHash.DefaultBlockSize, ScryptHash.DefaultParallelism, 16),
    ];

    private readonly SemaphoreSlim turns = new(Environment.ProcessorCount);

    /// <summary>How many bytes of a new password count.</summary>
    public int MaxBytes => configured.MaxBytes;

    public Task<string> HashAsync(string password, CancellationToken cancellationToken) => RunAsync(() => configured.Hash(password), cancellationToken);

    /// <summary>Without a hash (no such user, or no password), and with one that is of no known kind, the answer is false, after the same work.</summary>
    public async Task<bool> VerifyAsync(string password, string? hash, CancellationToken cancellationToken)
    {
        if (hash is not null && WayOf(hash) is { } way)
        {
            return await RunAsync(() => way.Verify(password, hash), cancellationToken);
        }

        await RunAsync(() => configured.Verify(password, configured.Nobodys), cancellationToken);
        return false;
    }

    public void Dispose() => turns.Dispose();

    private IPasswordHash? WayOf(string hash) =>
        Others.Prepend(configured).FirstOrDefault(w => w.Prefixes.Any(p => hash.StartsWith(p, StringComparison.Ordinal)));

    private async Task<T> RunAsync<T>(Func<T> compute, CancellationToken cancellationToken)
    {
        await turns.WaitAsync(cancellationToken);
        try
        {
            return await Task.Run(compute, cancellationToken);
        }
        finally
        {
            turns.Release();
        }
    }
}
