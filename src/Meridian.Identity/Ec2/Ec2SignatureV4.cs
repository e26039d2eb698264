// SPDX-License-Identifier: Apache-2.0
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace Meridian.Identity.Ec2;

/// <summary>
/// AWS signature version 4, in the Authorization header or in the query (presigned). Source: AWS General Reference, "Signature Version 4 signing process";
/// keystoneclient's Ec2Signer, whose reading of it this follows: the path counts as it was sent, and a POST's parameters do not.
/// </summary>
internal static partial class Ec2SignatureV4
{
    public const string Algorithm = "AWS4-HMAC-SHA256";
    public const string Terminator = "aws4_request";

    public static bool IsUsedBy(SignedRequest request) => request.Headers.TryGetValue("authorization", out var header)
        ? header.StartsWith(Algorithm, StringComparison.Ordinal)
        : request.Parameters.GetValueOrDefault("X-Amz-Algorithm") == Algorithm;

    /// <returns>Null when its scope or date are not what version 4 has.</returns>
    public static string? Compute(SignedRequest request, string secret)
    {
        var date = request.Headers.GetValueOrDefault("x-amz-date") ?? request.Parameters.GetValueOrDefault("X-Amz-Date");
        var signedHeaders = Parameter(request, "SignedHeaders");
        var credential = Parameter(request, "Credential")?.Split('/');
        if (date is null || signedHeaders is null || credential is not [_, var day, var region, var service, ..] || !date.StartsWith(day, StringComparison.Ordinal))
        {
            return null;
        }

        var canonical = Canonical(request, signedHeaders);
        var scope = string.Join('/', credential[1..]);
        var text = $"{Algorithm}\n{date}\n{scope}\n{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(canonical)))}";
        return Convert.ToHexStringLower(HMACSHA256.HashData(Key(secret, day, region, service), Encoding.UTF8.GetBytes(text)));
    }

    /// <summary>The key of one day, region and service.</summary>
    public static byte[] Key(string secret, string day, string region, string service)
    {
        var key = Encoding.UTF8.GetBytes("AWS4" + secret);
        foreach (var part in (ReadOnlySpan<string>)[day, region, service, Terminator])
        {
            key = HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(part));
        }

        return key;
    }

    private static string Canonical(SignedRequest request, string signedHeaders)
    {
        var verb = SignedRequest.Need(request.Verb, "verb").ToUpperInvariant();

        // The signature itself is never part of what is signed.
        var query = verb == "POST" ? "" : Ec2Signature.CanonicalQuery(request.Parameters.Where(p => p.Key != "X-Amz-Signature"));
        return string.Join(
            '\n', verb, SignedRequest.Need(request.Path, "path"), query, Headers(request, signedHeaders) + "\n", signedHeaders, SignedRequest.Need(request.BodyHash, "body_hash"));
    }

    private static string Headers(SignedRequest request, string signedHeaders)
    {
        // Boto before 2.9.3 signed the host without its port.
        var stripPort = OldBoto().IsMatch(request.Headers.GetValueOrDefault("user-agent", ""));
        return string.Join('\n', signedHeaders.Split(';').Where(request.Headers.ContainsKey)
            .Select(name => $"{name}:{(name == "host" && stripPort ? request.Headers[name].Split(':')[0] : request.Headers[name])}"));
    }

    /// <summary>From the Authorization header, or the query of a presigned URL.</summary>
    private static string? Parameter(SignedRequest request, string name)
    {
        if (!request.Headers.TryGetValue("authorization", out var header))
        {
            return request.Parameters.GetValueOrDefault("X-Amz-" + name);
        }

        var start = header.IndexOf(name + "=", StringComparison.Ordinal);
        return start < 0 ? "" : header[(start + name.Length + 1)..].Split(',')[0];
    }

    [GeneratedRegex(@"^Boto/2\.[0-9]\.[0-2]", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant)]
    private static partial Regex OldBoto();
}
