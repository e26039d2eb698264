// SPDX-License-Identifier: Apache-2.0
using System.Text.Json;

using Meridian.Platform.Http;

using Microsoft.AspNetCore.Http;

namespace Meridian.Identity.Ec2;

/// <summary>
/// The body of POST /v3/ec2tokens and /v3/s3tokens: what a service saw of a request that was signed with EC2 credentials. Three names of its member are in
/// use: <c>credentials</c>, <c>credential</c>, and keystonemiddleware's <c>ec2Credentials</c>. Source: Keystone's EC2 and S3 token APIs.
/// </summary>
internal sealed record SignedRequest
{
    public required string Access { get; init; }

    public string? Signature { get; init; }

    public string? Host { get; init; }

    public string? Verb { get; init; }

    public string? Path { get; init; }

    public string? BodyHash { get; init; }

    /// <summary>Base64 of what was signed; S3 only.</summary>
    public string? Token { get; init; }

    public required IReadOnlyDictionary<string, string> Parameters { get; init; }

    /// <summary>By lower-case name, values without the blanks around them.</summary>
    public required IReadOnlyDictionary<string, string> Headers { get; init; }

    /// <summary>All times that the request says it was signed at. Keystone looks at the first of these only, which need not be the one that was signed.</summary>
    public IEnumerable<string> Times =>
        new[] { Parameters.GetValueOrDefault("Timestamp"), Headers.GetValueOrDefault("x-amz-date"), Parameters.GetValueOrDefault("X-Amz-Date") }
            .Where(time => !string.IsNullOrEmpty(time)).OfType<string>();

    /// <exception cref="ApiException">400 for another form, 401 without an access key.</exception>
    public static async Task<SignedRequest> ReadAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        using var document = await request.ReadJsonDocumentAsync(cancellationToken);
        var root = document.RootElement;
        if (root.ValueKind != JsonValueKind.Object || !root.EnumerateObject().Any())
        {
            throw Errors.Invalid("request must include a request body");
        }

        if (!TryFind(root, out var credentials) || !credentials.TryGetProperty("access", out _))
        {
            throw Errors.Unauthorized();
        }

        return new()
        {
            Access = Text(credentials, "access") ?? throw Errors.InvalidField("access", "None is not of type 'string'"),
            Signature = Text(credentials, "signature"),
            Host = Text(credentials, "host"),
            Verb = Text(credentials, "verb"),
            Path = Text(credentials, "path"),
            BodyHash = Text(credentials, "body_hash"),
            Token = Text(credentials, "token"),
            Parameters = Members(credentials, "params").ToDictionary(m => m.Name, m => m.Value, StringComparer.Ordinal),
            Headers = LowerCase(Members(credentials, "headers")),
        };
    }

    /// <exception cref="ApiException">400: it was not sent, and the signature covers it.</exception>
    public static string Need(string? value, string name) => value ?? throw Errors.Expecting(name, "credentials");

    private static bool TryFind(JsonElement root, out JsonElement credentials)
    {
        foreach (var name in (ReadOnlySpan<string>)["credentials", "credential", "ec2Credentials"])
        {
            if (root.TryGetProperty(name, out credentials) && credentials.ValueKind != JsonValueKind.Null)
            {
                return credentials.ValueKind == JsonValueKind.Object ? true : throw Errors.InvalidField(name, $"{ResourceBody.Show(credentials)} is not of type 'object'");
            }
        }

        credentials = default;
        return false;
    }

    private static string? Text(JsonElement credentials, string name) =>
        !credentials.TryGetProperty(name, out var value) || value.ValueKind == JsonValueKind.Null ? null
        : value.ValueKind == JsonValueKind.String ? value.GetString()
        : throw Errors.InvalidField(name, $"{ResourceBody.Show(value)} is not of type 'string'");

    private static IEnumerable<(string Name, string Value)> Members(JsonElement credentials, string name)
    {
        if (!credentials.TryGetProperty(name, out var members) || members.ValueKind == JsonValueKind.Null)
        {
            yield break;
        }

        if (members.ValueKind != JsonValueKind.Object)
        {
            throw Errors.InvalidField(name, $"{ResourceBody.Show(members)} is not of type 'object'");
        }

        foreach (var member in members.EnumerateObject())
        {
            yield return (member.Name, member.Value.ValueKind switch
            {
                JsonValueKind.String => member.Value.GetString()!,
                JsonValueKind.Number => member.Value.GetRawText(),
                _ => throw Errors.InvalidField($"{name}/{member.Name}", $"{ResourceBody.Show(member.Value)} is not of type 'string'"),
            });
        }
    }

    private static Dictionary<string, string> LowerCase(IEnumerable<(string Name, string Value)> headers)
    {
        var found = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, value) in headers)
        {
            found[name.Trim().ToLowerInvariant()] = value.Trim();
        }

        return found;
    }
}
