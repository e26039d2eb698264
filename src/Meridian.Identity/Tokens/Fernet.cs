// SPDX-License-Identifier: Apache-2.0
using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Meridian.Identity.Tokens;

/// <summary>
/// One Fernet key: AES-128-CBC and HMAC-SHA256. Source: the Fernet specification (github.com/fernet/spec), with the
/// base64 padding left away as Keystone does.
/// </summary>
internal sealed class Fernet
{
    private const byte Version = 0x80;
    private const int HeaderBytes = 1 + 8 + 16;
    private const int MacBytes = 32;

    private readonly byte[] signingKey;
    private readonly byte[] encryptionKey;

    /// <param name="key">32 bytes: first half signs, second half encrypts.</param>
    public Fernet(ReadOnlySpan<byte> key)
    {
        if (key.Length != 32)
        {
            throw new ArgumentException("A Fernet key has 32 bytes.", nameof(key));
        }

        signingKey = key[..16].ToArray();
        encryptionKey = key[16..].ToArray();
    }

    public bool HasSameKey(Fernet other) => CryptographicOperations.FixedTimeEquals(signingKey, other.signingKey) && CryptographicOperations.FixedTimeEquals(encryptionKey, other.encryptionKey);

    public static byte[] NewKey() => RandomNumberGenerator.GetBytes(32);

    /// <summary>Names the key without giving it away: hex of the SHA-1 of its text in a key file, as Keystone's credentials carry it.</summary>
    public string KeyHash() => Convert.ToHexStringLower(SHA1.HashData(Encoding.ASCII.GetBytes(Base64Url.EncodeToString([.. signingKey, .. encryptionKey]) + "=")));

    public string Encrypt(ReadOnlySpan<byte> plain, DateTimeOffset issuedAt)
    {
        using var aes = Aes.Create();
        aes.Key = encryptionKey;
        var token = new byte[HeaderBytes + aes.GetCiphertextLengthCbc(plain.Length) + MacBytes];
        token[0] = Version;
        BinaryPrimitives.WriteUInt64BigEndian(token.AsSpan(1), (ulong)issuedAt.ToUnixTimeSeconds());
        var iv = token.AsSpan(9, 16);
        RandomNumberGenerator.Fill(iv);
        aes.EncryptCbc(plain, iv, token.AsSpan(HeaderBytes));
        HMACSHA256.HashData(signingKey, token.AsSpan(0, token.Length - MacBytes), token.AsSpan(token.Length - MacBytes));
        return Base64Url.EncodeToString(token);
    }

    /// <summary>The bytes of a token's text, or null when it is no canonical URL-safe base64 of a Fernet frame.</summary>
    public static byte[]? Decode(ReadOnlySpan<char> text)
    {
        text = text.TrimEnd('=');
        var bytes = new byte[Base64Url.GetMaxDecodedLength(text.Length)];
        int length;
        try
        {
            if (!Base64Url.TryDecodeFromChars(text, bytes, out length))
            {
                return null;
            }
        }
        catch (FormatException)
        {
            return null;
        }

        // The unused bits of the last character must be zero: a token has one spelling, or a revoked one would have others.
        Array.Resize(ref bytes, length);
        return length >= HeaderBytes + 16 + MacBytes && (length - HeaderBytes - MacBytes) % 16 == 0 && bytes[0] == Version
            && text.SequenceEqual(Base64Url.EncodeToString(bytes)) ? bytes : null;
    }

    /// <returns>The plain text and the time in the frame, or null when the key is not the one that signed it.</returns>
    public byte[]? Decrypt(ReadOnlySpan<byte> frame, out DateTimeOffset issuedAt)
    {
        issuedAt = default;
        Span<byte> mac = stackalloc byte[MacBytes];
        HMACSHA256.HashData(signingKey, frame[..^MacBytes], mac);
        if (!CryptographicOperations.FixedTimeEquals(mac, frame[^MacBytes..]))
        {
            return null;
        }

        var seconds = BinaryPrimitives.ReadUInt64BigEndian(frame[1..]);
        if (seconds > 253402300799)
        {
            return null;
        }

        issuedAt = DateTimeOffset.FromUnixTimeSeconds((long)seconds);
        using var aes = Aes.Create();
        aes.Key = encryptionKey;
        try
        {
            return aes.DecryptCbc(frame[HeaderBytes..^MacBytes], frame[9..25]);
        }
        catch (CryptographicException)
        {
            return null;
        }
    }
}
