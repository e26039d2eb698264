// SPDX-License-Identifier: Apache-2.0
using System.Security.Cryptography;
using System.Text;

namespace Meridian.Platform.Caching;

public enum CacheSecurity
{
    None,

    /// <summary>Entries are authenticated: who can write the cache can't forge them.</summary>
    Mac,

    /// <summary>Entries are encrypted and authenticated.</summary>
    Encrypt,
}

/// <summary>
/// memcache_security_strategy: what keystonemiddleware's strategies promise, with formats of our own (HMAC-SHA256, AES-256-GCM). An entry is bound to its
/// key, so that one can't be moved to another; one that doesn't verify is a miss.
/// </summary>
public sealed class CacheProtection
{
    private const byte Format = 1;
    private const int NonceBytes = 12;
    private const int TagBytes = 16;
    private const int MacBytes = 32;
    private readonly CacheSecurity security;
    private readonly byte[] macKey;
    private readonly byte[] encryptionKey;

    public CacheProtection(CacheSecurity security, string? secret)
    {
        this.security = security;
        var material = Encoding.UTF8.GetBytes(secret ?? "");
        macKey = HKDF.DeriveKey(HashAlgorithmName.SHA256, material, 32, info: "meridian cache mac"u8.ToArray());
        encryptionKey = HKDF.DeriveKey(HashAlgorithmName.SHA256, material, 32, info: "meridian cache encryption"u8.ToArray());
    }

    public byte[] Protect(string key, ReadOnlySpan<byte> value)
    {
        switch (security)
        {
            case CacheSecurity.Mac:
                return [Format, .. Mac(key, value), .. value];
            case CacheSecurity.Encrypt:
                var sealedValue = new byte[1 + NonceBytes + TagBytes + value.Length];
                sealedValue[0] = Format;
                var nonce = sealedValue.AsSpan(1, NonceBytes);
                var tag = sealedValue.AsSpan(1 + NonceBytes, TagBytes);
                RandomNumberGenerator.Fill(nonce);
                using (var aes = new AesGcm(encryptionKey, TagBytes))
                {
                    aes.Encrypt(nonce, value, sealedValue.AsSpan(1 + NonceBytes + TagBytes), tag, Encoding.UTF8.GetBytes(key));
                }

                return sealedValue;
            default:
                return [Format, .. value];
        }
    }

    /// <returns>Null when the entry isn't what was put there under this key, or is of a newer form.</returns>
    public byte[]? Unprotect(string key, ReadOnlySpan<byte> entry)
    {
        if (entry.Length == 0 || entry[0] != Format)
        {
            return null;
        }

        var rest = entry[1..];
        switch (security)
        {
            case CacheSecurity.Mac:
                return rest.Length >= MacBytes && CryptographicOperations.FixedTimeEquals(rest[..MacBytes], Mac(key, rest[MacBytes..])) ? rest[MacBytes..].ToArray() : null;
            case CacheSecurity.Encrypt:
                if (rest.Length < NonceBytes + TagBytes)
                {
                    return null;
                }

                var value = new byte[rest.Length - NonceBytes - TagBytes];
                try
                {
                    using var aes = new AesGcm(encryptionKey, TagBytes);
                    aes.Decrypt(rest[..NonceBytes], rest[(NonceBytes + TagBytes)..], rest.Slice(NonceBytes, TagBytes), value, Encoding.UTF8.GetBytes(key));
                    return value;
                }
                catch (AuthenticationTagMismatchException)
                {
                    return null;
                }

            default:
                return rest.ToArray();
        }
    }

    private byte[] Mac(string key, ReadOnlySpan<byte> value)
    {
        using var mac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, macKey);
        mac.AppendData(Encoding.UTF8.GetBytes(key + "\n"));
        mac.AppendData(value);
        return mac.GetHashAndReset();
    }
}
