// SPDX-License-Identifier: Apache-2.0
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Meridian.Identity.Users.Passwords;

/// <summary><c>$pbkdf2-sha512$25000$salt$digest</c>, both in base64 without padding; passlib writes <c>.</c> for <c>+</c>.</summary>
internal sealed class Pbkdf2Hash(int rounds, int saltBytes) : IPasswordHash
{
    public const int DefaultRounds = 25000;

    private const string Prefix = "$pbkdf2-sha512$";
    private const int DigestBytes = 64;

    public IReadOnlyList<string> Prefixes { get; } = [Prefix];

    public int MaxBytes => int.MaxValue;

    public string Nobodys { get; } = Format(rounds, new byte[saltBytes], new byte[DigestBytes]);

    public string Hash(string password)
    {
        var salt = RandomNumberGenerator.GetBytes(saltBytes);
        return Format(rounds, salt, Compute(password, salt, rounds));
    }

    public bool Verify(string password, string hash) =>
        hash.Split('$') is ["", _, var count, var saltText, var digestText]
        && int.TryParse(count, NumberStyles.None, CultureInfo.InvariantCulture, out var iterations) && iterations > 0
        && ShortBase64.Decode(saltText) is { } salt && ShortBase64.Decode(digestText) is { Length: DigestBytes } digest
        && CryptographicOperations.FixedTimeEquals(Compute(password, salt, iterations), digest);

    private static byte[] Compute(string password, byte[] salt, int iterations) =>
        Rfc2898DeriveBytes.Pbkdf2(Encoding.UTF8.GetBytes(password), salt, iterations, HashAlgorithmName.SHA512, DigestBytes);

    private static string Format(int rounds, byte[] salt, byte[] digest) => $"{Prefix}{rounds}${ShortBase64.Encode(salt)}${ShortBase64.Encode(digest)}";
}
