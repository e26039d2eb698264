// SPDX-License-Identifier: Apache-2.0
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text.Json;

using Meridian.Identity.Roles;
using Meridian.Platform.Http;

namespace Meridian.Identity.ApplicationCredentials;

/// <summary>The body of POST /v3/users/{id}/application_credentials, read. Source: Keystone's schema of application credentials.</summary>
/// <param name="Secret">As told by the client, or a random one.</param>
internal sealed record NewApplicationCredential(ApplicationCredential Credential, string Secret, IReadOnlyList<RoleReference> Roles, IReadOnlyList<AccessRuleRequest> AccessRules)
{
    private const int SecretBytes = 64;

    /// <exception cref="ApiException">400 for what is no application credential.</exception>
    public static NewApplicationCredential Read(ResourceBody body, string userId, string projectId, TimeProvider clock)
    {
        // The ids are told by the token, whatever the body says.
        body.RefuseUnknown("id", "name", "secret", "description", "expires_at", "project_id", "roles", "unrestricted", "system", "access_rules");
        var name = body.Name();
        var credential = new ApplicationCredential
        {
            Id = Guid.NewGuid().ToString("N"),
            UserId = userId,
            ProjectId = projectId,
            Name = name,
            NameKey = NameKey.Of(name),
            Description = body.Text("description"),
            ExpiresAt = body.Text("expires_at") is { Length: > 0 } ? ExpiryTime.Read(body, clock) : null,
            Unrestricted = body.BooleanOrNull("unrestricted") ?? false,
        };
        _ = (body.Text("id"), body.Text("project_id"), body.Text("system"));
        var secret = body.Text("secret") is { Length: > 0 } told ? told : Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(SecretBytes));
        return new(credential, secret, RoleReference.ReadAll(body), AccessRuleRequest.ReadAll(body));
    }
}

/// <summary>An access rule as the body names it: by the id of one that the user has, or by what it allows.</summary>
internal sealed record AccessRuleRequest(string? Id, string? Service, string? Path, string? Method)
{
    private const int MaxPath = 225;

    private static readonly string[] Methods = ["DELETE", "GET", "HEAD", "PATCH", "POST", "PUT"];

    /// <summary>All three that tell a rule.</summary>
    public bool IsComplete => Service is not null && Path is not null && Method is not null;

    /// <returns>Those under <c>access_rules</c>; none when it is absent.</returns>
    public static IReadOnlyList<AccessRuleRequest> ReadAll(ResourceBody body) => body.Find("access_rules") switch
    {
        null => [],
        { ValueKind: JsonValueKind.Array } list => [.. list.EnumerateArray().Select(Read)],
        { } other => throw Errors.InvalidField("access_rules", $"{ResourceBody.Show(other)} is not of type 'array'"),
    };

    private static AccessRuleRequest Read(JsonElement rule)
    {
        if (rule.ValueKind != JsonValueKind.Object)
        {
            throw Errors.InvalidField("access_rules", $"{ResourceBody.Show(rule)} is not of type 'object'");
        }

        if (rule.EnumerateObject().FirstOrDefault(p => p.Name is not ("id" or "service" or "path" or "method")) is { Value.ValueKind: not JsonValueKind.Undefined } other)
        {
            throw Errors.InvalidField("access_rules", $"Additional properties are not allowed ('{other.Name}' was unexpected)");
        }

        var read = new AccessRuleRequest(
            Text(rule, "id", IsId), Text(rule, "service", IsId),
            Text(rule, "path", p => p.Length <= MaxPath && p.StartsWith('/')), Text(rule, "method", Methods.Contains));
        return read.Id is not null || read.IsComplete ? read : throw Errors.InvalidField("access_rules", "'service', 'path' and 'method' are required where no 'id' is given");
    }

    private static string? Text(JsonElement rule, string member, Predicate<string> isValid) =>
        !rule.TryGetProperty(member, out var value) ? null
        : value.ValueKind == JsonValueKind.String && value.GetString()! is var text && isValid(text) ? text
        : throw Errors.InvalidField("access_rules/" + member, $"{ResourceBody.Show(value)} is not valid");

    private static bool IsId(string text) => text.Length is > 0 and <= 64 && text.All(c => char.IsAsciiLetterOrDigit(c) || c == '-');
}
