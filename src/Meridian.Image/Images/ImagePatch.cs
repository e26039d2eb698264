// SPDX-License-Identifier: Apache-2.0
using System.Text.Json;

using Meridian.Platform.Http;
using Meridian.Platform.Policy;

namespace Meridian.Image.Images;

/// <param name="Op">add, remove or replace.</param>
/// <param name="Value">Undefined for remove.</param>
/// <param name="Old">True for media type v2.0 (JSON patch draft 4), where add refuses what is there.</param>
internal sealed record ImageChange(string Op, string Name, JsonElement Value, bool Old);

/// <summary>PATCH of an image: adds, removes and replaces attributes and properties. Source: Image API v2 reference, "Update image"; glance/api/v2/images.py.</summary>
internal static class ImagePatch
{
    public const string MediaType = "application/openstack-images-v2.1-json-patch";
    public const string OldMediaType = "application/openstack-images-v2.0-json-patch";

    private static readonly string[] Operations = ["add", "remove", "replace"];

    /// <exception cref="ApiException">400: not a list of such operations. 403: a read-only attribute.</exception>
    public static List<ImageChange> Read(JsonElement body, bool old)
    {
        if (body.ValueKind != JsonValueKind.Array)
        {
            throw new ApiException(400, "Request body must be a JSON array of operation objects.");
        }

        return [.. body.EnumerateArray().Select(entry => ReadChange(entry, old))];
    }

    /// <exception cref="ApiException">400, 403 or 409, in glance's words.</exception>
    public static void Apply(ImageRecord image, IEnumerable<ImageChange> changes, ImageAttributes attributes, IPolicyEnforcer policy, RequestContext context)
    {
        foreach (var change in changes)
        {
            if (change.Name == "owner" && !context.IsAdmin)
            {
                throw new ApiException(403, "Owner can't be updated by non admin.");
            }

            if (change.Name == "visibility" && change.Op != "remove" && change.Value.ValueKind == JsonValueKind.String)
            {
                policy.RequireVisibility(context, change.Value.GetString(), ImagePolicies.Target(image, context));
            }

            policy.RequireOn(context, ImagePolicies.Modify, image);
            ApplyChange(image, change, attributes);
        }

        attributes.CheckQuotas(image);
    }

    private static void ApplyChange(ImageRecord image, ImageChange change, ImageAttributes attributes)
    {
        var name = change.Name;
        var present = ImageAttributes.IsAttribute(name) || name == "id" || image.Properties.ContainsKey(name);
        switch (change.Op)
        {
            case "remove" when ImageAttributes.IsAttribute(name):
                throw new ApiException(403, $"Property {name} may not be removed.");
            case "remove" or "replace" when !present:
                throw new ApiException(409, $"Property {name} does not exist.");
            case "add" when present && change.Old:
                throw new ApiException(409, $"Property {name} already present.");
            case "remove":
                image.Properties.Remove(name);
                break;
            default:
                attributes.Set(image, name, change.Value);
                break;
        }
    }

    private static ImageChange ReadChange(JsonElement entry, bool old)
    {
        if (entry.ValueKind != JsonValueKind.Object)
        {
            throw new ApiException(400, "Operations must be JSON objects.");
        }

        var (op, pointer) = old ? ReadOldTarget(entry) : ReadTarget(entry);
        var path = Decode(pointer);
        if (path.Count != 1)
        {
            throw path[0] == "locations"
                ? new ApiException(403, "Attribute 'locations' is read-only.")
                : new ApiException(400, $"Invalid JSON pointer for this resource: '/{string.Join('/', path)}'");
        }

        JsonElement value = default;
        if (op != "remove" && !entry.TryGetProperty("value", out value))
        {
            throw new ApiException(400, $"Operation \"{op}\" requires a member named \"value\".");
        }

        if (path[0] == "id")
        {
            throw new ApiException(403, "Attribute 'id' is read-only.");
        }

        ImageAttributes.CheckMayWrite(path[0]);
        return new(op, path[0], value, old);
    }

    private static (string Op, string Pointer) ReadTarget(JsonElement entry)
    {
        if (!entry.TryGetProperty("op", out var given))
        {
            throw new ApiException(400, "Unable to find `op` in JSON Schema change. It must be one of the following: add, remove, replace.");
        }

        var op = given.ToString();
        if (!Operations.Contains(op))
        {
            throw new ApiException(400, $"Invalid operation: `{op}`. It must be one of the following: add, remove, replace.");
        }

        return entry.TryGetProperty("path", out var path) && path.ValueKind == JsonValueKind.String
            ? (op, path.GetString()!)
            : throw new ApiException(400, "Unable to find 'path' in JSON Schema change");
    }

    private static (string Op, string Pointer) ReadOldTarget(JsonElement entry)
    {
        var present = Operations.Where(op => entry.TryGetProperty(op, out _)).ToList();
        return present switch
        {
            [var op] => (op, entry.GetProperty(op).ToString()),
            [] => throw new ApiException(400, "Operation objects must contain exactly one member named \"add\", \"remove\", or \"replace\"."),
            _ => throw new ApiException(400, "Operation objects must contain only one member named \"add\", \"remove\", or \"replace\"."),
        };
    }

    /// <summary>A JSON pointer's parts; "~1" is a slash, "~0" a tilde.</summary>
    private static List<string> Decode(string pointer)
    {
        if (!pointer.StartsWith('/'))
        {
            throw new ApiException(400, $"Pointer `{pointer}` does not start with \"/\".");
        }

        var parts = pointer[1..].Split('/');
        if (parts.Length > 1 && parts[..^1].Any(p => p.Trim().Length == 0))
        {
            throw new ApiException(400, $"Pointer `{pointer}` contains adjacent \"/\".");
        }

        if (pointer.Length > 1 && pointer.EndsWith('/'))
        {
            throw new ApiException(400, $"Pointer `{pointer}` end with \"/\".");
        }

        for (var at = pointer.IndexOf('~', StringComparison.Ordinal); at >= 0; at = pointer.IndexOf('~', at + 1))
        {
            if (at + 1 == pointer.Length || pointer[at + 1] is not ('0' or '1'))
            {
                throw new ApiException(400, $"Pointer `{pointer}` contains \"~\" not part of a recognized escape sequence.");
            }
        }

        return [.. parts.Select(p => p.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal).Trim())];
    }
}
