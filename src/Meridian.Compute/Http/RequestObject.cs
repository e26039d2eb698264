// SPDX-License-Identifier: Apache-2.0
using System.Globalization;
using System.Text.Json;

using Meridian.Platform.Http;

using Microsoft.AspNetCore.Http;

namespace Meridian.Compute.Http;

/// <summary>
/// One object of a request body, read member by member. Faults are in the words that nova's schemas give (nova/api/validation/validators.py);
/// <see cref="Done"/> refuses what nobody asked for. Under /v2 unknown members are let be, as that API did.
/// </summary>
internal sealed class RequestObject
{
    private readonly JsonElement element;
    private readonly string path;
    private readonly bool strict;
    private readonly HashSet<string> known = new(StringComparer.Ordinal);

    public RequestObject(JsonElement element, string path, bool strict)
    {
        this.element = element;
        this.path = path;
        this.strict = strict;
        if (element.ValueKind != JsonValueKind.Object)
        {
            throw Invalid(path, element, $"{Shown(element)} is not of type 'object'");
        }
    }

    /// <summary>The member of that name of the request's body, which must be its only one: <c>{"flavor": {…}}</c>.</summary>
    public static async Task<RequestObject> ReadAsync(HttpRequest request, RequestContext context, string name, CancellationToken cancellationToken)
    {
        var root = await ReadRootAsync(request, context, cancellationToken);
        var inner = root.Object(name) ?? throw new ApiException(400, $"'{name}' is a required property");
        root.Done();
        return inner;
    }

    public static async Task<RequestObject> ReadRootAsync(HttpRequest request, RequestContext context, CancellationToken cancellationToken)
    {
        using var document = await request.ReadJsonDocumentAsync(cancellationToken);
        var root = document.RootElement.Clone();
        return root.ValueKind == JsonValueKind.Object
            ? new(root, "", context.Version.Major > 0)
            : throw new ApiException(400, "The server could not comply with the request since it is either malformed or otherwise incorrect.");
    }

    public IEnumerable<string> Names => element.EnumerateObject().Select(property => property.Name);

    /// <summary>The raw member; null where it is absent. JSON's null is an element.</summary>
    public JsonElement? Element(string name)
    {
        known.Add(name);
        return element.TryGetProperty(name, out var value) ? value : null;
    }

    public bool Has(string name) => Element(name) is not null;

    public RequestObject? Object(string name) => Element(name) is { } value ? new(value, name, strict) : null;

    public IReadOnlyList<RequestObject>? Objects(string name, int min = 0, int max = int.MaxValue) =>
        Array(name, min, max)?.Select(item => new RequestObject(item, name, strict)).ToList();

    public IReadOnlyList<JsonElement>? Array(string name, int min = 0, int max = int.MaxValue)
    {
        if (Element(name) is not { } value)
        {
            return null;
        }

        if (value.ValueKind != JsonValueKind.Array)
        {
            throw Invalid(name, value, $"{Shown(value)} is not of type 'array'");
        }

        var length = value.GetArrayLength();
        return length < min ? throw Invalid(name, value, $"{Shown(value)} is too short")
            : length > max ? throw Invalid(name, value, $"{Shown(value)} is too long")
            : [.. value.EnumerateArray()];
    }

    public string? Text(string name, int min = 0, int max = int.MaxValue, bool required = false, bool nullable = false)
    {
        if (Element(name) is not { } value)
        {
            return required ? throw Missing(name) : null;
        }

        if (value.ValueKind == JsonValueKind.Null && nullable)
        {
            return null;
        }

        if (value.ValueKind != JsonValueKind.String)
        {
            throw Invalid(name, value, $"{Shown(value)} is not of type {(nullable ? "'string', 'null'" : "'string'")}");
        }

        var text = value.GetString()!;
        return Length(text) < min ? throw Invalid(name, value, $"{Shown(value)} is too short")
            : Length(text) > max ? throw Invalid(name, value, $"{Shown(value)} is too long")
            : text;
    }

    /// <summary>A name as nova takes them: printable, 1 to 255 characters, no blanks at the ends.</summary>
    public string? Name(string name, bool required = false)
    {
        var text = Text(name, 1, 255, required);
        return text is null ? null
            : char.IsWhiteSpace(text[0]) || char.IsWhiteSpace(text[^1]) || text.Any(char.IsControl)
                ? throw new ApiException(400, $"Invalid input for field/attribute {name}. Value: {text}. An invalid 'name' value was provided. The name must be: printable characters. Can not start or end with whitespace.")
            : text;
    }

    public string? Uuid(string name, bool required = false, bool nullable = false)
    {
        var text = Text(name, required: required, nullable: nullable);
        return text is null || IsUuid(text) ? text : throw Invalid(name, Element(name)!.Value, $"'{text}' is not a 'uuid'");
    }

    /// <summary>An integer, also as the text of one, as nova's schemas take it.</summary>
    public long? Integer(string name, long min, long max, bool required = false)
    {
        if (Element(name) is not { } value)
        {
            return required ? throw Missing(name) : null;
        }

        long number;
        switch (value.ValueKind)
        {
            case JsonValueKind.Number when value.TryGetInt64(out number):
                break;
            case JsonValueKind.Number when !value.GetRawText().AsSpan().ContainsAny('.', 'e', 'E'):
                throw Invalid(name, value, $"{value.GetRawText()} is greater than the maximum of {max}");
            case JsonValueKind.String when value.GetString() is { Length: > 0 and < 20 } text && text.All(char.IsAsciiDigit)
                && long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number):
                break;
            case JsonValueKind.String:
                throw Invalid(name, value, $"{Shown(value)} does not match '^[0-9]*$'");
            default:
                throw Invalid(name, value, $"{Shown(value)} is not of type 'integer', 'string'");
        }

        return number < min ? throw Invalid(name, value, $"{number} is less than the minimum of {min}")
            : number > max ? throw Invalid(name, value, $"{number} is greater than the maximum of {max}")
            : number;
    }

    public double? Number(string name, double min, double max)
    {
        if (Element(name) is not { } value)
        {
            return null;
        }

        var number = value.ValueKind switch
        {
            JsonValueKind.Number => value.GetDouble(),
            JsonValueKind.String when double.TryParse(value.GetString(), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var parsed) => parsed,
            _ => throw Invalid(name, value, $"{Shown(value)} is not of type 'number', 'string'"),
        };
        return number >= min && number <= max ? number
            : throw Invalid(name, value, $"{Shown(value)} is not between the minimum of {min} and the maximum of {max}");
    }

    /// <summary>A boolean, also as one of the texts that nova takes for one.</summary>
    public bool? Boolean(string name, bool nullable = false)
    {
        if (Element(name) is not { } value || (nullable && value.ValueKind == JsonValueKind.Null))
        {
            return null;
        }

        return value.ValueKind switch
        {
            JsonValueKind.True => true,
            JsonValueKind.False => false,
            JsonValueKind.String when BooleanText.TryParse(value.GetString()!, out var parsed) => parsed,
            _ => throw Invalid(name, value, $"{Shown(value)} is not one of [True, 'True', 'TRUE', 'true', '1', 'ON', 'On', 'on', 'YES', 'Yes', 'yes', 'y', 't', False, 'False', 'FALSE', 'false', '0', 'OFF', 'Off', 'off', 'NO', 'No', 'no', 'n', 'f']"),
        };
    }

    /// <summary>Metadata: keys of 1 to 255 characters from nova's set, values of up to 255.</summary>
    public Dictionary<string, string>? Metadata(string name, bool required = false, int maxValue = 255)
    {
        if (Element(name) is not { } value)
        {
            return required ? throw Missing(name) : null;
        }

        if (value.ValueKind != JsonValueKind.Object)
        {
            throw Invalid(name, value, $"{Shown(value)} is not of type 'object'");
        }

        var map = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var property in value.EnumerateObject())
        {
            map[MetadataKey(name, value, property.Name)] = property.Value.ValueKind == JsonValueKind.String && property.Value.GetString() is { } text && Length(text) <= maxValue
                ? text
                : throw Invalid(property.Name, property.Value, property.Value.ValueKind == JsonValueKind.String ? $"{Shown(property.Value)} is too long" : $"{Shown(property.Value)} is not of type 'string'");
        }

        return map;
    }

    /// <summary>Refuses members that were not asked for.</summary>
    public void Done()
    {
        if (!strict)
        {
            return;
        }

        var unknown = element.EnumerateObject().Select(property => property.Name).Where(name => !known.Contains(name)).ToList();
        if (unknown.Count > 0)
        {
            var reason = $"Additional properties are not allowed ({string.Join(", ", unknown.Order(StringComparer.Ordinal).Select(name => $"'{Cut(name)}'"))} {(unknown.Count == 1 ? "was" : "were")} unexpected)";
            throw path.Length == 0 ? new ApiException(400, reason) : Invalid(path, element, reason);
        }
    }

    public ApiException Missing(string name) =>
        path.Length == 0 ? new ApiException(400, $"'{name}' is a required property") : Invalid(path, element, $"'{name}' is a required property");

    public static ApiException Invalid(string name, JsonElement value, string reason) =>
        new(400, $"Invalid input for field/attribute {name}. Value: {(value.ValueKind == JsonValueKind.String ? Cut(value.GetString()!) : Shown(value))}. {reason}");

    public static bool IsUuid(string text) => Guid.TryParseExact(text, "D", out _) || Guid.TryParseExact(text, "N", out _);

    /// <summary>A value as Python would show it, cut to a length that fits a message.</summary>
    public static string Shown(JsonElement value) => Cut(value.ValueKind switch
    {
        JsonValueKind.String => $"'{value.GetString()}'",
        JsonValueKind.True => "True",
        JsonValueKind.False => "False",
        JsonValueKind.Null => "None",
        JsonValueKind.Number => value.GetRawText(),
        _ => value.GetRawText().Replace('"', '\''),
    });

    private static string MetadataKey(string name, JsonElement value, string key) =>
        key.Length is > 0 and <= 255 && key.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' or ':' or ' ')
            ? key
            : throw Invalid(name, value, $"'{Cut(key)}' does not match any of the regexes: '^[a-zA-Z0-9-_:. ]{{1,255}}$'");

    // Python counts code points where .NET counts UTF-16 units.
    private static int Length(string text) => text.Length - text.Count(char.IsLowSurrogate);

    private static string Cut(string text) => text.Length <= 512 ? text : text[..512] + "…";
}

/// <summary>The texts that nova takes for booleans (oslo.utils strutils).</summary>
internal static class BooleanText
{
    public static bool TryParse(string text, out bool value)
    {
        switch (text.ToLowerInvariant())
        {
            case "true" or "1" or "on" or "yes" or "y" or "t":
                value = true;
                return true;
            case "false" or "0" or "off" or "no" or "n" or "f":
                value = false;
                return true;
            default:
                value = false;
                return false;
        }
    }

    public static bool OrDefault(string? text, bool fallback) => text is not null && TryParse(text, out var value) ? value : fallback;
}
