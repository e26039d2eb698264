// SPDX-License-Identifier: Apache-2.0
namespace Meridian.Identity.Users.Passwords;

/// <summary><c>$2b$12$…</c>. Only the first 72 bytes of a password count.</summary>
/// <param name="rounds">Of them the logarithm: 4 to 31.</param>
internal sealed class BcryptHash(int rounds) : IPasswordHash
{
    public const int DefaultRounds = 12;

    public IReadOnlyList<string> Prefixes { get; } = ["$2b$", "$2a$", "$2y$", "$2x$", "$2$"];

    public int MaxBytes => Bcrypt.MaxBytes;

    public string Nobodys { get; } = $"$2b${rounds:D2}$" + new string('.', Bcrypt.SaltLength + Bcrypt.DigestLength);

    public string Hash(string password) => Bcrypt.Hash(password, rounds);

    public bool Verify(string password, string hash) => Bcrypt.Verify(password, hash);
}
