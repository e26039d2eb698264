// SPDX-License-Identifier: Apache-2.0
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Meridian.Identity.Tests.Ec2;

/// <summary>Signs as a client of Amazon would: written from Amazon's description, apart from the service's own reading of it.</summary>
internal static class AwsSigner
{
    public const string EmptyHash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    /// <summary>Signature version 2.</summary>
    public static string Version2(string secret, string verb, string host, string path, IReadOnlyDictionary<string, string> parameters)
    {
        var query = string.Join('&', parameters.OrderBy(p => p.Key, StringComparer.Ordinal).Select(p => Encode(p.Key) + "=" + Encode(p.Value)));
        using var hmac = new HMACSHA256(Encoding.UTF8.GetBytes(secret));
        return Convert.ToBase64String(hmac.ComputeHash(Encoding.UTF8.GetBytes(verb + '\n' + host + '\n' + path + '\n' + query)));
    }

    /// <summary>Signature version 4 of a request without a query, signed headers host and x-amz-date, in region RegionOne for service ec2.</summary>
    public static string Version4(string secret, string verb, string host, DateTimeOffset time, string bodyHash = EmptyHash)
    {
        var stamp = Stamp(time);
        var canonical = $"{verb}\n/\n\nhost:{host}\nx-amz-date:{stamp}\n\nhost;x-amz-date\n{bodyHash}";
        var text = $"AWS4-HMAC-SHA256\n{stamp}\n{stamp[..8]}/RegionOne/ec2/aws4_request\n{Hex(SHA256.HashData(Encoding.ASCII.GetBytes(canonical)))}";
        return Hex(Hmac(Hmac(Hmac(Hmac(Hmac(Encoding.ASCII.GetBytes("AWS4" + secret), stamp[..8]), "RegionOne"), "ec2"), "aws4_request"), text));
    }

    public static string Stamp(DateTimeOffset time) => time.UtcDateTime.ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture);

    private static string Encode(string text) => string.Concat(Encoding.UTF8.GetBytes(text).Select(b =>
        char.IsAsciiLetterOrDigit((char)b) || "-_.~".Contains((char)b, StringComparison.Ordinal) ? ((char)b).ToString() : "%" + b.ToString("X2", CultureInfo.InvariantCulture)));

    private static byte[] Hmac(byte[] key, string text)
    {
        using var hmac = new HMACSHA256(key);
        return hmac.ComputeHash(Encoding.ASCII.GetBytes(text));
    }

    private static string Hex(byte[] bytes) => string.Concat(bytes.Select(b => b.ToString("x2", CultureInfo.InvariantCulture)));
}
