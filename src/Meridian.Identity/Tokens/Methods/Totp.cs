// SPDX-License-Identifier: Apache-2.0
using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Meridian.Identity.Tokens.Methods;

/// <summary>Time-based one-time passwords of six digits, SHA-1, 30 seconds. Source: RFC 6238, RFC 4226.</summary>
internal static class Totp
{
    public const int WindowSeconds = 30;

    private const string Base32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

    /// <param name="secret">In base32, with or without padding.</param>
    /// <param name="previousWindows">How many windows before that of <paramref name="now"/> are taken too.</param>
    /// <returns>False also when the secret is no base32.</returns>
    public static bool Verify(string secret, string passcode, DateTimeOffset now, int previousWindows)
    {
        if (Decode(secret) is not { } key)
        {
            return false;
        }

        var window = now.ToUnixTimeSeconds() / WindowSeconds;
        var matches = false;
        for (var i = 0; i <= previousWindows; i++)
        {
            matches |= CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(Compute(key, window - i)), Encoding.UTF8.GetBytes(passcode));
        }

        return matches;
    }

    /// <param name="window">Windows since 1970.</param>
    public static string Compute(byte[] key, long window)
    {
        Span<byte> counter = stackalloc byte[8];
        BinaryPrimitives.WriteInt64BigEndian(counter, window);
        Span<byte> mac = stackalloc byte[HMACSHA1.HashSizeInBytes];
#pragma warning disable CA5350 // RFC 6238 and every authenticator's default; an HMAC does not stand on SHA-1's collisions.
        HMACSHA1.HashData(key, counter, mac);
#pragma warning restore CA5350
        var number = BinaryPrimitives.ReadInt32BigEndian(mac[(mac[^1] & 0x0f)..]) & int.MaxValue;
        return (number % 1_000_000).ToString("D6", CultureInfo.InvariantCulture);
    }

    /// <returns>Null when it is no base32, which has capitals only.</returns>
    public static byte[]? Decode(string text)
    {
        var digits = text.TrimEnd('=');
        var bytes = new List<byte>(digits.Length * 5 / 8);
        var (bits, count) = (0, 0);
        foreach (var digit in digits)
        {
            var value = Base32.IndexOf(digit, StringComparison.Ordinal);
            if (value < 0)
            {
                return null;
            }

            (bits, count) = ((bits << 5 | value) & 0xfff, count + 5);
            if (count >= 8)
            {
                count -= 8;
                bytes.Add((byte)(bits >> count));
            }
        }

        return bytes.Count > 0 ? [.. bytes] : null;
    }
}
