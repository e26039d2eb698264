// SPDX-License-Identifier: Apache-2.0
using System.Security.Cryptography;
using System.Text;

namespace Meridian.Identity.Ec2;

/// <summary>
/// Signatures of S3 requests. A front end sends what was signed, in base64: for version 2 any text (HMAC-SHA1), for version 4 the four lines of its string
/// to sign (HMAC-SHA256). Source: Amazon S3 API reference, "Authenticating requests"; Keystone's S3 token API.
/// </summary>
internal static class S3Signature
{
    public static bool Verify(SignedRequest request, string secret)
    {
        var token = Decode(SignedRequest.Need(request.Token, "token"));
        if (token is null || request.Signature is null)
        {
            return false;
        }

        var computed = token.AsSpan().StartsWith("AWS4"u8) ? Version4(token, secret) : Convert.ToBase64String(HMACSHA1.HashData(Encoding.UTF8.GetBytes(secret), token));
        return Ec2Signature.AreEqual(request.Signature, computed);
    }

    /// <returns>Null for anything but a request to s3, iam or sts: the chunks of a stream are signed by a text of another form, which front ends check themselves.</returns>
    private static string? Version4(byte[] token, string secret)
    {
        var lines = Encoding.Latin1.GetString(token).Split('\n');
        return lines is [Ec2SignatureV4.Algorithm, _, var scope, _]
            && scope.Split('/') is [var day, var region, ("s3" or "iam" or "sts") and var service, Ec2SignatureV4.Terminator]
            ? Convert.ToHexStringLower(HMACSHA256.HashData(Ec2SignatureV4.Key(secret, day, region, service), token))
            : null;
    }

    /// <summary>Either alphabet of base64.</summary>
    private static byte[]? Decode(string text)
    {
        var buffer = new byte[text.Length];
        return Convert.TryFromBase64String(text.Replace('-', '+').Replace('_', '/'), buffer, out var length) ? buffer[..length] : null;
    }
}
