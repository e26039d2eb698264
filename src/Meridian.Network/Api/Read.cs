// SPDX-License-Identifier: Apache-2.0
using System.Globalization;
using System.Text.Json;

using Meridian.Network.Ipam;

namespace Meridian.Network.Api;

/// <summary>Why a value of the body is refused: the end of neutron's sentence "Invalid input for x. Reason: …".</summary>
internal sealed class InvalidValueException(string reason) : Exception(reason);

/// <summary>Turns one member of a body into the value that is stored, or says why not. Source: neutron_lib.api.validators and converters.</summary>
internal static class Read
{
    public const int NameLength = 255;
    public const int DescriptionLength = 255;

    public static Func<JsonElement, object?> Name { get; } = Text(NameLength);

    public static Func<JsonElement, object?> Description { get; } = element => element.ValueKind == JsonValueKind.Null ? "" : Text(DescriptionLength)(element);

    public static Func<JsonElement, object?> Text(int maximum) => element =>
    {
        var text = String(element);
        return text.Length <= maximum ? text : throw new InvalidValueException($"'{text}' exceeds maximum length of {maximum}");
    };

    public static Func<JsonElement, object?> OrNull(Func<JsonElement, object?> inner) => element => element.ValueKind == JsonValueKind.Null ? null : inner(element);

    public static string String(JsonElement element)
    {
        var text = element.ValueKind == JsonValueKind.String ? element.GetString()! : throw new InvalidValueException($"'{Shown(element)}' is not a valid string");

        // A NUL is refused by databases, a lone surrogate by UTF-8; neither names anything.
        return text.Contains('\0', StringComparison.Ordinal) || text.Any(char.IsSurrogate) && !IsPaired(text) ? throw new InvalidValueException($"'{Shown(element)}' is not a valid string") : text;
    }

    public static object? Boolean(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        JsonValueKind.Number when element.GetRawText() is "1" => true,
        JsonValueKind.Number when element.GetRawText() is "0" => false,
        JsonValueKind.String when ParseBoolean(element.GetString()!) is { } value => value,
        _ => throw new InvalidValueException($"'{Shown(element)}' cannot be converted to boolean"),
    };

    public static bool? ParseBoolean(string text) => text.ToLowerInvariant() switch
    {
        "true" or "1" => true,
        "false" or "0" => false,
        _ => null,
    };

    public static Func<JsonElement, object?> Integer(int minimum = int.MinValue, int maximum = int.MaxValue) => element =>
    {
        var text = element.ValueKind is JsonValueKind.Number ? element.GetRawText() : element.ValueKind == JsonValueKind.String ? element.GetString()! : "";
        if (!long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value))
        {
            throw new InvalidValueException($"'{Shown(element)}' is not an integer");
        }

        return value < minimum ? throw new InvalidValueException($"'{value}' is too small - must be at least '{minimum}'")
            : value > maximum ? throw new InvalidValueException($"'{value}' is too large - must be no larger than '{maximum}'")
            : (int)value;
    };

    public static Func<JsonElement, object?> OneOf(params string[] values) => element =>
    {
        var text = element.ValueKind == JsonValueKind.String ? element.GetString()! : Shown(element);
        return values.Contains(text, StringComparer.Ordinal) ? text : throw new InvalidValueException($"{text} is not in valid_values");
    };

    public static object? Uuid(JsonElement element) =>
        element.ValueKind == JsonValueKind.String && IsUuid(element.GetString()!) ? element.GetString()!.ToLowerInvariant() : throw new InvalidValueException($"'{Shown(element)}' is not a valid UUID");

    public static bool IsUuid(string text) => Guid.TryParseExact(text, "D", out _) || Guid.TryParseExact(text, "N", out _);

    public static object? Address(JsonElement element) => IpAddress.TryParse(element.ValueKind == JsonValueKind.String ? element.GetString()! : "", out var address)
        ? address.ToString()
        : throw new InvalidValueException($"'{Shown(element)}' is not a valid IP address");

    public static object? Cidr(JsonElement element)
    {
        var text = element.ValueKind == JsonValueKind.String ? element.GetString()! : "";
        return text.Contains('/', StringComparison.Ordinal) && IpCidr.TryParse(text, out var cidr) ? cidr.ToString() : throw new InvalidValueException($"'{Shown(element)}' is not a valid IP subnet");
    }

    public static object? Mac(JsonElement element) => MacAddress.TryNormalize(element.ValueKind == JsonValueKind.String ? element.GetString()! : "", out var mac)
        ? mac
        : throw new InvalidValueException($"'{Shown(element)}' is not a valid MAC address");

    /// <summary>A list whose items are read one by one; null is empty, doubled items are refused.</summary>
    public static Func<JsonElement, object?> List<T>(Func<JsonElement, object?> item, int maximum = int.MaxValue, string? tooMany = null)
        where T : notnull => element =>
    {
        if (element.ValueKind == JsonValueKind.Null)
        {
            return new List<T>();
        }

        if (element.ValueKind != JsonValueKind.Array)
        {
            throw new InvalidValueException($"'{Shown(element)}' is not a list");
        }

        if (element.GetArrayLength() > maximum)
        {
            throw new InvalidValueException(tooMany ?? $"'{Shown(element)}' exceeds maximum length of {maximum}");
        }

        var items = new List<T>(element.GetArrayLength());
        foreach (var one in element.EnumerateArray())
        {
            var value = (T)item(one)!;
            if (items.Contains(value))
            {
                throw new InvalidValueException($"Duplicate items in the list: '{Shown(one)}'");
            }

            items.Add(value);
        }

        return items;
    };

    /// <summary>The members of an object; any other member is refused by name.</summary>
    public static Dictionary<string, JsonElement> Object(JsonElement element, string what, params string[] known)
    {
        if (element.ValueKind != JsonValueKind.Object)
        {
            throw new InvalidValueException($"Invalid data format for {what}: '{Shown(element)}'");
        }

        var members = element.EnumerateObject().ToDictionary(m => m.Name, m => m.Value);
        return members.Keys.FirstOrDefault(key => !known.Contains(key, StringComparer.Ordinal)) is { } unknown
            ? throw new InvalidValueException($"Unexpected keys supplied: {unknown}")
            : members;
    }

    /// <summary>The value for a message, bounded.</summary>
    public static string Shown(JsonElement element)
    {
        var text = element.ValueKind switch { JsonValueKind.String => element.GetString()!, JsonValueKind.Null => "None", JsonValueKind.True => "True", JsonValueKind.False => "False", _ => element.GetRawText() };
        return text.Length <= 300 ? text : text[..300] + "…";
    }

    private static bool IsPaired(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (char.IsHighSurrogate(text[i]) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]))
            {
                i++;
            }
            else if (char.IsSurrogate(text[i]))
            {
                return false;
            }
        }

        return true;
    }
}
