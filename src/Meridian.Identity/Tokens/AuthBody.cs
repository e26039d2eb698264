// SPDX-License-Identifier: Apache-2.0
using System.Text.Json;

namespace Meridian.Identity.Tokens;

/// <summary>Reads members of a log-in's body with Keystone's faults. Source: Keystone's schema of POST /v3/auth/tokens.</summary>
internal static class AuthBody
{
    /// <summary>An object that must be there.</summary>
    public static JsonElement Member(JsonElement element, string name, string target)
    {
        if (element.ValueKind != JsonValueKind.Object || !element.TryGetProperty(name, out var member))
        {
            throw Errors.Expecting(name, target);
        }

        return Object(member, name);
    }

    public static JsonElement Object(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object ? element : throw Errors.InvalidField(name, $"{ResourceBody.Show(element)} is not of type 'object'");

    /// <returns>Null when it is absent or null.</returns>
    public static string? Text(JsonElement element, string name) => !element.TryGetProperty(name, out var value) || value.ValueKind == JsonValueKind.Null ? null
        : value.ValueKind == JsonValueKind.String ? value.GetString()
        : throw Errors.InvalidField(name, $"{ResourceBody.Show(value)} is not of type 'string'");
}
