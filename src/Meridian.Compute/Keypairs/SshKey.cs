// SPDX-License-Identifier: Apache-2.0
using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Meridian.Compute.Keypairs;

/// <summary>OpenSSH public keys, and new RSA pairs. Source: RFC 4253 section 6.6, RFC 4716 section 4.</summary>
internal static class SshKey
{
    private static readonly string[] Types =
    [
        "ssh-rsa", "ssh-dss", "ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521", "sk-ssh-ed25519@openssh.com",
        "sk-ecdsa-sha2-nistp256@openssh.com",
    ];

    /// <summary>MD5 of the key as colon-separated hex, as nova shows it.</summary>
    /// <returns>Null when the text is no public key.</returns>
    public static string? FindFingerprint(string publicKey)
    {
        var parts = publicKey.Trim().Split((char[])[' ', '\t'], 3, StringSplitOptions.RemoveEmptyEntries);
        if (parts.Length < 2 || !Types.Contains(parts[0], StringComparer.Ordinal) || publicKey.Trim().AsSpan().ContainsAny('\n', '\r', '\0'))
        {
            return null;
        }

        var blob = new byte[parts[1].Length];
        if (!Convert.TryFromBase64String(parts[1], blob, out var length) || length < 8)
        {
            return null;
        }

        // The blob repeats the type as its first field, and holds at least one more.
        var key = blob.AsSpan(0, length);
        var named = BinaryPrimitives.ReadUInt32BigEndian(key);
        if (named > 64 || key.Length < 4 + named + 4 || Encoding.ASCII.GetString(key.Slice(4, (int)named)) != parts[0])
        {
            return null;
        }

        return string.Join(':', MD5.HashData(key).Select(b => b.ToString("x2")));
    }

    /// <summary>A new 2048-bit RSA pair: OpenSSH public key, PEM private key.</summary>
    public static (string PublicKey, string PrivateKey) Generate()
    {
        using var rsa = RSA.Create(2048);
        var parameters = rsa.ExportParameters(false);
        using var blob = new MemoryStream();
        Write(blob, "ssh-rsa"u8);
        WriteNumber(blob, parameters.Exponent!);
        WriteNumber(blob, parameters.Modulus!);
        return ($"ssh-rsa {Convert.ToBase64String(blob.ToArray())} Generated-by-Nova", rsa.ExportRSAPrivateKeyPem() + "\n");
    }

    private static void Write(Stream stream, ReadOnlySpan<byte> value)
    {
        Span<byte> length = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(length, (uint)value.Length);
        stream.Write(length);
        stream.Write(value);
    }

    // mpint: a leading zero keeps the number positive.
    private static void WriteNumber(Stream stream, byte[] value) => Write(stream, value[0] >= 0x80 ? [0, .. value] : value);
}
