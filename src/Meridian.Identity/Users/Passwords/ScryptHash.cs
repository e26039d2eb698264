// SPDX-License-Identifier: Apache-2.0
using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace Meridian.Identity.Users.Passwords;

/// <summary>
/// <c>$scrypt$ln=16,r=8,p=1$salt$digest</c>, computed by OpenSSL's libcrypto, which .NET's own cryptography stands on (docs/adr/0006 tells why not managed code).
/// Source of the function: RFC 7914.
/// </summary>
/// <param name="cost">Of N the logarithm.</param>
internal sealed partial class ScryptHash(int cost, int blockSize, int parallelism, int saltBytes) : IPasswordHash
{
    public const int DefaultCost = 16;
    public const int DefaultBlockSize = 8;
    public const int DefaultParallelism = 1;

    private const string Prefix = "$scrypt$";
    private const int DigestBytes = 32;

    /// <summary>A stored hash that asks for more is not computed.</summary>
    private const ulong MaxMemoryBytes = 2UL << 30;

    public IReadOnlyList<string> Prefixes { get; } = [Prefix];

    public int MaxBytes => int.MaxValue;

    public string Nobodys { get; } = Format(cost, blockSize, parallelism, new byte[saltBytes], new byte[DigestBytes]);

    public string Hash(string password)
    {
        var salt = RandomNumberGenerator.GetBytes(saltBytes);
        var digest = Compute(Encoding.UTF8.GetBytes(password), salt, cost, blockSize, parallelism)
            ?? throw new CryptographicException($"libcrypto refused scrypt with ln={cost}, r={blockSize}, p={parallelism}");
        return Format(cost, blockSize, parallelism, salt, digest);
    }

    public bool Verify(string password, string hash)
    {
        if (Form().Match(hash) is not { Success: true } match
            || ShortBase64.Decode(match.Groups["salt"].Value) is not { } salt || ShortBase64.Decode(match.Groups["digest"].Value) is not { Length: DigestBytes } digest)
        {
            return false;
        }

        var computed = Compute(Encoding.UTF8.GetBytes(password), salt, Number("ln"), Number("r"), Number("p"));
        return computed is not null && CryptographicOperations.FixedTimeEquals(computed, digest);

        int Number(string group) => int.Parse(match.Groups[group].Value, CultureInfo.InvariantCulture);
    }

    /// <returns>Null when libcrypto refuses the numbers.</returns>
    internal static byte[]? Compute(byte[] password, byte[] salt, int cost, int blockSize, int parallelism, int length = DigestBytes)
    {
        var digest = new byte[length];
        return Scrypt(
            password, (nuint)password.Length, salt, (nuint)salt.Length, 1UL << cost, (ulong)blockSize, (ulong)parallelism, MaxMemoryBytes, digest, (nuint)length) == 1
            ? digest
            : null;
    }

    private static string Format(int cost, int blockSize, int parallelism, byte[] salt, byte[] digest) =>
        $"{Prefix}ln={cost},r={blockSize},p={parallelism}${ShortBase64.Encode(salt)}${ShortBase64.Encode(digest)}";

    [GeneratedRegex(@"^\$scrypt\$ln=(?<ln>[0-9]{1,2}),r=(?<r>[0-9]{1,4}),p=(?<p>[0-9]{1,4})\$(?<salt>[^$]*)\$(?<digest>[^$]+)\z")]
    private static partial Regex Form();

    [LibraryImport("libcrypto.so.3", EntryPoint = "EVP_PBE_scrypt")]
    private static partial int Scrypt(
        byte[] password, nuint passwordLength, byte[] salt, nuint saltLength, ulong n, ulong r, ulong p, ulong maxMemory, [In, Out] byte[] key, nuint keyLength);
}
