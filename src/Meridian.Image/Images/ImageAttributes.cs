// SPDX-License-Identifier: Apache-2.0
using System.Text.Json;

using Meridian.Platform.Config;
using Meridian.Platform.Http;

namespace Meridian.Image.Images;

/// <summary>
/// Judges and sets attributes and properties, for creation and for patches alike: whatever is no attribute of glance's schema is a property, and text.
/// Source: Image API v2 reference; glance/api/v2/images.py and domain for order and words.
/// </summary>
internal sealed class ImageAttributes(ServiceConfig config)
{
    /// <summary>Attributes that only the service writes (OSSA-2015-019: status and checksums are nobody's to set).</summary>
    private static readonly HashSet<string> ReadOnly =
    [
        "created_at", "updated_at", "status", "checksum", "size", "virtual_size", "direct_url", "self", "file", "schema", "os_hash_algo", "os_hash_value", "stores", "locations",
    ];

    private static readonly HashSet<string> Reserved = ["location", "deleted", "deleted_at"];
    private static readonly HashSet<string> Settable =
        ["name", "visibility", "owner", "protected", "os_hidden", "min_disk", "min_ram", "disk_format", "container_format", "tags"];

    private readonly string[] diskFormats = config.Get(ImageOptions.DiskFormats);
    private readonly string[] containerFormats = config.Get(ImageOptions.ContainerFormats);

    /// <summary>True for what is a column of an image and may be set; everything else that passes <see cref="CheckMayWrite"/> is a property.</summary>
    public static bool IsAttribute(string name) => Settable.Contains(name);

    /// <exception cref="ApiException">403: not a client's to write.</exception>
    public static void CheckMayWrite(string name)
    {
        if (ReadOnly.Contains(name))
        {
            throw new ApiException(403, $"Attribute '{name}' is read-only.");
        }

        if (Reserved.Contains(name) || name.StartsWith("os_glance", StringComparison.Ordinal))
        {
            throw new ApiException(403, $"Attribute '{name}' is reserved.");
        }
    }

    /// <exception cref="ApiException">400: the value is not of the attribute's form; 403: not in this status.</exception>
    public void Set(ImageRecord image, string name, JsonElement value)
    {
        var row = image.Row;
        switch (name)
        {
            case "name": row.Name = Text(value, 255); break;
            case "owner": row.Owner = Text(value, 255); break;
            case "visibility": row.Visibility = OneOf(value, ["community", "public", "private", "shared"])!; break;
            case "protected": row.Protected = Flag(value); break;
            case "os_hidden": row.OsHidden = Flag(value); break;
            case "min_disk": row.MinDisk = Whole(name, value); break;
            case "min_ram": row.MinRam = Whole(name, value); break;
            case "disk_format": row.DiskFormat = Format(image, name, value, diskFormats); break;
            case "container_format": row.ContainerFormat = Format(image, name, value, containerFormats); break;
            case "tags": SetTags(image, value); break;
            default: SetProperty(image, name, value); break;
        }
    }

    /// <exception cref="ApiException">413: more properties or tags than the options allow.</exception>
    public void CheckQuotas(ImageRecord image)
    {
        Check("properties", image.Properties.Count, config.Get(ImageOptions.ImagePropertyQuota));
        Check("tags", image.Tags.Count, config.Get(ImageOptions.ImageTagQuota));

        static void Check(string what, int attempted, int maximum)
        {
            if (maximum >= 0 && attempted > maximum)
            {
                throw new ApiException(413, $"The limit has been exceeded on the number of allowed image {what}. Attempted: {attempted}, Maximum: {maximum}");
            }
        }
    }

    public static ApiException Invalid(string reason) => new(400, "Provided object does not match schema 'image': " + reason);

    private static void SetProperty(ImageRecord image, string name, JsonElement value)
    {
        if (name.Length > 255)
        {
            throw new ApiException(400, "Custom property should not be greater than 255 characters.");
        }

        image.Properties[name] = value.ValueKind == JsonValueKind.String ? value.GetString()! : throw Invalid($"{Shown(value)} is not of type 'string'");
    }

    private static void SetTags(ImageRecord image, JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.Array)
        {
            throw Invalid($"{Shown(value)} is not of type 'array'");
        }

        image.Tags.Clear();
        foreach (var tag in value.EnumerateArray())
        {
            image.Tags.Add(Text(tag, 255) ?? throw Invalid("None is not of type 'string'"));
        }
    }

    private static string? Format(ImageRecord image, string name, JsonElement value, string[] known)
    {
        var format = OneOf(value, known, mayBeNull: true);
        return image.Row.Status == ImageStatus.Queued ? format : throw new ApiException(403, $"Attribute {name} can be only replaced for a queued image.");
    }

    private static string? Text(JsonElement value, int maxLength)
    {
        if (value.ValueKind == JsonValueKind.Null)
        {
            return null;
        }

        var text = value.ValueKind == JsonValueKind.String ? value.GetString()! : throw Invalid($"{Shown(value)} is not of type 'null', 'string'");
        return text.Length <= maxLength ? text : throw Invalid($"'{text}' is too long");
    }

    private static string? OneOf(JsonElement value, string[] known, bool mayBeNull = false)
    {
        var text = value.ValueKind == JsonValueKind.Null && mayBeNull ? null : value.ValueKind == JsonValueKind.String ? value.GetString()! : throw Invalid($"{Shown(value)} is not of type 'string'");
        return text is null || known.Contains(text) ? text : throw Invalid($"'{text}' is not one of [{string.Join(", ", known.Select(k => $"'{k}'"))}]");
    }

    private static bool Flag(JsonElement value) => value.ValueKind is JsonValueKind.True or JsonValueKind.False ? value.GetBoolean() : throw Invalid($"{Shown(value)} is not of type 'boolean'");

    private static int Whole(string name, JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.Number || !value.TryGetInt64(out var number))
        {
            throw Invalid($"{Shown(value)} is not of type 'integer'");
        }

        return number is >= 0 and <= int.MaxValue
            ? (int)number
            : throw new ApiException(400, $"Invalid value '{number}' for parameter '{name}': {(number < 0 ? "Cannot be a negative value" : "Cannot be greater than 2147483647")}");
    }

    private static string Shown(JsonElement value)
    {
        var text = value.ValueKind == JsonValueKind.String ? $"'{value.GetString()}'" : value.GetRawText();
        return text.Length > 200 ? text[..200] + "…" : text;
    }
}
