// SPDX-License-Identifier: Apache-2.0
using System.Security.Cryptography;
using System.Text;

using Meridian.Platform.Http;

namespace Meridian.Identity.Ec2;

/// <summary>
/// AWS signatures of version 0, 1 and 2 (base64 of an HMAC over the parameters) and the choice among them and version 4.
/// Source: AWS General Reference, "Signature Version 2 signing process"; keystoneclient's Ec2Signer, which Keystone verifies with.
/// </summary>
internal static class Ec2Signature
{
    /// <exception cref="ApiException">400 when the request lacks something that its version signs.</exception>
    public static bool Verify(SignedRequest request, string secret)
    {
        if (string.IsNullOrEmpty(request.Signature))
        {
            return false;
        }

        // Some clients leave the port out of what they sign.
        return AreEqual(request.Signature, Compute(request, secret))
            || (request.Host is { } host && host.Contains(':', StringComparison.Ordinal)
                && AreEqual(request.Signature, Compute(request with { Host = WithoutPort(host) }, secret)));
    }

    /// <returns>Null when the request has no form of signature that is known.</returns>
    public static string? Compute(SignedRequest request, string secret) => request.Parameters.GetValueOrDefault("SignatureVersion") switch
    {
        "0" => Version0(request, secret),
        "1" => Version1(request, secret),
        "2" => Version2(request, secret),
        _ => Ec2SignatureV4.IsUsedBy(request) ? Ec2SignatureV4.Compute(request, secret) : null,
    };

    /// <summary>In a time that does not tell how much of it was right.</summary>
    public static bool AreEqual(string given, string? computed) =>
        computed is not null && CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(given), Encoding.UTF8.GetBytes(computed));

    /// <summary>Parameters in the order of their names, percent-encoded as RFC 3986 has it.</summary>
    public static string CanonicalQuery(IEnumerable<KeyValuePair<string, string>> parameters) =>
        string.Join('&', parameters.OrderBy(p => p.Key, StringComparer.Ordinal).Select(p => $"{Uri.EscapeDataString(p.Key)}={Uri.EscapeDataString(p.Value)}"));

    private static string Version0(SignedRequest request, string secret)
    {
        var signed = SignedRequest.Need(request.Parameters.GetValueOrDefault("Action"), "params/Action")
            + SignedRequest.Need(request.Parameters.GetValueOrDefault("Timestamp"), "params/Timestamp");
        return Convert.ToBase64String(HMACSHA1.HashData(Encoding.UTF8.GetBytes(secret), Encoding.UTF8.GetBytes(signed)));
    }

    private static string Version1(SignedRequest request, string secret)
    {
        var signed = string.Concat(request.Parameters.OrderBy(p => p.Key.ToLowerInvariant(), StringComparer.Ordinal).Select(p => p.Key + p.Value));
        return Convert.ToBase64String(HMACSHA1.HashData(Encoding.UTF8.GetBytes(secret), Encoding.UTF8.GetBytes(signed)));
    }

    private static string Version2(SignedRequest request, string secret)
    {
        // As keystoneclient does: whatever method the client names, the strong one counts.
        var parameters = new Dictionary<string, string>(request.Parameters, StringComparer.Ordinal) { ["SignatureMethod"] = "HmacSHA256" };
        var signed = string.Join(
            '\n', SignedRequest.Need(request.Verb, "verb"), SignedRequest.Need(request.Host, "host"), SignedRequest.Need(request.Path, "path"), CanonicalQuery(parameters));
        return Convert.ToBase64String(HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), Encoding.UTF8.GetBytes(signed)));
    }

    /// <summary>The name in <c>name:port</c> or <c>[address]:port</c>, in lower case.</summary>
    private static string WithoutPort(string host)
    {
        var end = host.StartsWith('[') ? host.IndexOf(']', StringComparison.Ordinal) : host.IndexOf(':', StringComparison.Ordinal);
        return (end < 0 ? host : host[..end]).TrimStart('[').ToLowerInvariant();
    }
}
