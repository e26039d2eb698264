// SPDX-License-Identifier: Apache-2.0
using System.Text.Json;
using System.Text.RegularExpressions;

using Meridian.Platform.Http;

using Microsoft.AspNetCore.Http;

namespace Meridian.Placement;

/// <summary>
/// Judges bodies as placement's schemas do, whose forms change with the version: a fault is 400 with "JSON does not validate: " and jsonschema's sentence.
/// </summary>
internal static partial class RequestBody
{
    private const int MaxInt = int.MaxValue;

    /// <exception cref="ApiException">400 without a media type, 415 for another one than JSON.</exception>
    public static async Task<JsonDocument> ReadBodyAsync(this HttpRequest request, CancellationToken cancellationToken)
    {
        var media = request.ContentType?.Split(';')[0].Trim();
        if (string.IsNullOrEmpty(media) && request.ContentLength > 0)
        {
            throw new ApiException(400, "content-type header required when content-length > 0");
        }

        if (!string.Equals(media, "application/json", StringComparison.OrdinalIgnoreCase))
        {
            throw new ApiException(415, $"The media type {(string.IsNullOrEmpty(media) ? "None" : media)} is not supported, use application/json");
        }

        try
        {
            return await request.ReadJsonDocumentAsync(cancellationToken);
        }
        catch (InvalidBodyException exception)
        {
            throw new ApiException(400, "Malformed JSON: " + exception.Reason);
        }
    }

    /// <summary>Checks that the value is an object with no other members than these.</summary>
    public static JsonElement AsObject(this JsonElement value, params ReadOnlySpan<string> members)
    {
        value.Expect(JsonValueKind.Object, "object");
        foreach (var property in value.EnumerateObject())
        {
            if (!members.Contains(property.Name))
            {
                throw Invalid($"Additional properties are not allowed ('{property.Name}' was unexpected)");
            }
        }

        return value;
    }

    public static JsonElement Member(this JsonElement value, string name) =>
        value.TryGetProperty(name, out var member) ? member : throw Invalid($"'{name}' is a required property");

    public static string AsText(this JsonElement value, int minLength = 0, int maxLength = int.MaxValue)
    {
        value.Expect(JsonValueKind.String, "string");
        var text = value.GetString()!;
        return text.Length < minLength ? throw Invalid($"'{text}' is too short")
            : text.Length > maxLength ? throw Invalid($"'{text}' is too long")
            : text;
    }

    /// <returns>The UUID in its usual form, dashed and lower case.</returns>
    public static string AsUuid(this JsonElement value)
    {
        var text = value.AsText();
        return TryUuid(text) ?? throw Invalid($"'{text}' is not a 'uuid'");
    }

    public static long AsInteger(this JsonElement value, long min = long.MinValue, long max = MaxInt)
    {
        if (value.ValueKind != JsonValueKind.Number || !TryWhole(value, out var number))
        {
            throw Invalid($"{Shown(value)} is not of type 'integer'");
        }

        return number < min ? throw Invalid($"{number} is less than the minimum of {min}")
            : number > max ? throw Invalid($"{number} is greater than the maximum of {max}")
            : number;
    }

    /// <summary>A resource class's name, or a trait's.</summary>
    public static string CheckName(string name) =>
        NamePattern.IsMatch(name) ? name : throw Invalid($"'{name}' does not match any of the regexes: '^[A-Z0-9_]+$'");

    public static bool IsCustomName(string name) => name.Length is > 7 and <= 255 && name.StartsWith("CUSTOM_", StringComparison.Ordinal) && NamePattern.IsMatch(name);

    public static bool IsName(string name) => NamePattern.IsMatch(name);

    public static void Expect(this JsonElement value, JsonValueKind kind, string named)
    {
        if (value.ValueKind != kind)
        {
            throw Invalid($"{Shown(value)} is not of type '{named}'");
        }
    }

    public static ApiException Invalid(string sentence) => new(400, "JSON does not validate: " + sentence);

    /// <summary>oslo.utils' is_uuid_like: dashed or not, braces and "urn:uuid:" allowed, any case.</summary>
    public static string? TryUuid(string text)
    {
        var bare = text.Replace("urn:", "", StringComparison.Ordinal).Replace("uuid:", "", StringComparison.Ordinal).Trim('{', '}').Replace("-", "", StringComparison.Ordinal);
        return Guid.TryParseExact(bare, "N", out var uuid) ? uuid.ToString("D") : null;
    }

    private static bool TryWhole(JsonElement value, out long number)
    {
        if (value.TryGetInt64(out number))
        {
            return true;
        }

        // 1.0 is an integer to JSON schema.
        if (value.TryGetDouble(out var real) && real == Math.Floor(real) && Math.Abs(real) < 1e15)
        {
            number = (long)real;
            return true;
        }

        return false;
    }

    private static string Shown(JsonElement value)
    {
        var text = value.ValueKind == JsonValueKind.String ? $"'{value.GetString()}'" : value.GetRawText();
        return text.Length > 200 ? text[..200] + "…" : text;
    }

    [GeneratedRegex("^[A-Z0-9_]+$")]
    private static partial Regex NamePattern { get; }
}
