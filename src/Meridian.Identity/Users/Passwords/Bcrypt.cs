// SPDX-License-Identifier: Apache-2.0
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace Meridian.Identity.Users.Passwords;

/// <summary>bcrypt by libxcrypt, which every Debian system has: crypt(3), crypt_gensalt(3). Needs no compiling at the first log-in (docs/adr/0006).</summary>
internal static partial class Bcrypt
{
    /// <summary>bcrypt reads so much of a password; Keystone cuts longer ones there.</summary>
    public const int MaxBytes = 72;

    /// <summary>Characters of a salt.</summary>
    public const int SaltLength = 22;

    /// <summary>Characters of what follows the salt.</summary>
    public const int DigestLength = 31;

    private const int SaltBytes = 16;
    private const int HashLength = 60;
    private const int CryptDataBytes = 32768;
    private const int SettingBytes = 192;

    /// <param name="password">Without NUL: what follows one does not count.</param>
    /// <param name="rounds">Of them the logarithm: 4 to 31.</param>
    /// <returns><c>$2b$…</c>, 60 characters.</returns>
    public static string Hash(string password, int rounds) =>
        Compute(password, NewSetting(rounds)) ?? throw new CryptographicException("libcrypt refused to compute bcrypt");

    /// <returns><c>$2b$12$</c> and a new salt.</returns>
    public static string NewSetting(int rounds)
    {
        var setting = new byte[SettingBytes];
        return GenerateSetting("$2b$\0"u8.ToArray(), (uint)rounds, RandomNumberGenerator.GetBytes(SaltBytes), SaltBytes, setting, SettingBytes) != 0
            ? Encoding.ASCII.GetString(setting.AsSpan(0, Array.IndexOf(setting, (byte)0)))
            : throw new CryptographicException($"libcrypt made no bcrypt salt for {rounds} rounds: errno {Marshal.GetLastPInvokeError()}");
    }

    /// <returns>False also when <paramref name="hash"/> is not bcrypt's.</returns>
    public static bool Verify(string password, string hash)
    {
        if (hash.Length != HashLength || !hash.StartsWith("$2", StringComparison.Ordinal))
        {
            return false;
        }

        var computed = Compute(password, hash);
        return computed is not null & CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(computed ?? ""), Encoding.ASCII.GetBytes(hash))
            & !password.Contains('\0', StringComparison.Ordinal);
    }

    /// <param name="setting">A hash, or what one begins with: its salt and rounds are taken.</param>
    /// <returns>Null when libcrypt refuses the setting.</returns>
    public static string? Compute(string password, string setting)
    {
        var phrase = Terminated(Cut(password));
        var data = new byte[CryptDataBytes];
        try
        {
            var result = Crypt(phrase, Terminated(setting), data) is var at and not 0 ? Marshal.PtrToStringUTF8(at) : null;

            // Some failures are told by a text that no hash can be: *0 or *1.
            return result is { Length: HashLength } ? result : null;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(phrase);
            CryptographicOperations.ZeroMemory(data);
        }
    }

    private static byte[] Terminated(string text)
    {
        var bytes = new byte[Encoding.UTF8.GetByteCount(text) + 1];
        Encoding.UTF8.GetBytes(text, bytes);
        return bytes;
    }

    /// <summary>bcrypt ignores what follows 72 bytes: it need not be converted.</summary>
    private static string Cut(string password)
    {
        if (password.Length <= MaxBytes + 1)
        {
            return password;
        }

        // One character more than bytes count, and never half of a surrogate pair: what it encodes to lies behind byte 72.
        var end = char.IsHighSurrogate(password[MaxBytes]) ? MaxBytes + 2 : MaxBytes + 1;
        return password[..end];
    }

    [LibraryImport("libcrypt.so.1", EntryPoint = "crypt_r", SetLastError = true)]
    private static partial nint Crypt(byte[] phrase, byte[] setting, [In, Out] byte[] data);

    [LibraryImport("libcrypt.so.1", EntryPoint = "crypt_gensalt_rn", SetLastError = true)]
    private static partial nint GenerateSetting(byte[] prefix, uint count, byte[] random, int randomBytes, [In, Out] byte[] output, int outputBytes);
}
