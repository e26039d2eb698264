// SPDX-License-Identifier: Apache-2.0
namespace Meridian.Identity.Users;

/// <summary>
/// bcrypt as Keystone stores it (<c>$2b$12$…</c>). At most as many computations run at once as the machine has processors, so that a burst of
/// log-ins waits in line and leaves the thread pool to everyone else.
/// </summary>
internal sealed class PasswordHasher : IDisposable
{
    /// <summary>bcrypt reads 72 bytes; Keystone cuts longer passwords there.</summary>
    public const int BcryptMaxBytes = 72;

    private readonly SemaphoreSlim turns = new(Environment.ProcessorCount);
    private readonly int rounds;
    private readonly string unknownUserHash;

    public PasswordHasher(int rounds)
    {
        this.rounds = rounds;

        // A well-formed hash that no password has: comparing with it costs what a real comparison costs.
        unknownUserHash = $"$2b${rounds:D2}$" + new string('.', 22) + new string('.', 31);
    }

    public async Task<string> HashAsync(string password, CancellationToken cancellationToken)
    {
        await turns.WaitAsync(cancellationToken);
        try
        {
            return await Task.Run(() => BCrypt.Net.BCrypt.HashPassword(Cut(password), BCrypt.Net.BCrypt.GenerateSalt(rounds, 'b')), cancellationToken);
        }
        finally
        {
            turns.Release();
        }
    }

    /// <summary>With a null hash (no such user, or no password) the answer is false, after the same work.</summary>
    public async Task<bool> VerifyAsync(string password, string? hash, CancellationToken cancellationToken)
    {
        await turns.WaitAsync(cancellationToken);
        try
        {
            return await Task.Run(() => Verify(password, hash ?? unknownUserHash), cancellationToken) && hash is not null;
        }
        finally
        {
            turns.Release();
        }
    }

    public void Dispose() => turns.Dispose();

    private static bool Verify(string password, string hash)
    {
        try
        {
            return BCrypt.Net.BCrypt.Verify(Cut(password), hash);
        }
        catch (BCrypt.Net.SaltParseException)
        {
            return false;
        }
    }

    /// <summary>bcrypt itself ignores what follows 72 bytes; the library must not be made to convert it.</summary>
    private static string Cut(string password)
    {
        if (password.Length <= BcryptMaxBytes + 1)
        {
            return password;
        }

        // One character more than bytes count, and never half of a surrogate pair: what it encodes to lies behind byte 72.
        var end = char.IsHighSurrogate(password[BcryptMaxBytes]) ? BcryptMaxBytes + 2 : BcryptMaxBytes + 1;
        return password[..end];
    }
}
