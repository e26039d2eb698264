// SPDX-License-Identifier: Apache-2.0
using System.Text.Json;
using System.Text.Json.Nodes;

using Meridian.Platform.Http;
using Meridian.Platform.Policy;

using Microsoft.AspNetCore.Http;

namespace Meridian.Identity;

/// <summary>
/// The object inside a request such as <c>{"user": {…}}</c>. Reads what the API knows, with the faults of Keystone's JSON schemas;
/// the rest is kept as <c>extra</c> (DESIGN 13).
/// </summary>
internal sealed class ResourceBody
{
    private readonly JsonElement body;

    private ResourceBody(JsonElement body) => this.body = body;

    public static async Task<ResourceBody> ReadAsync(HttpRequest request, string member, CancellationToken cancellationToken)
    {
        using var document = await request.ReadJsonDocumentAsync(cancellationToken);
        var root = document.RootElement;
        if (root.ValueKind != JsonValueKind.Object)
        {
            throw Errors.Expecting("valid JSON object", "request body");
        }

        if (!root.TryGetProperty(member, out var inner))
        {
            throw Errors.Expecting(member, "request body");
        }

        return inner.ValueKind == JsonValueKind.Object ? new(inner.Clone()) : throw Errors.InvalidField(member, $"{Show(inner)} is not of type 'object'");
    }

    /// <summary>The objects of a request that makes several at once: <c>{"limits": [{…}, {…}]}</c>, and nothing beside them.</summary>
    public static async Task<IReadOnlyList<ResourceBody>> ReadManyAsync(HttpRequest request, string member, CancellationToken cancellationToken)
    {
        using var document = await request.ReadJsonDocumentAsync(cancellationToken);
        var root = document.RootElement;
        if (root.ValueKind != JsonValueKind.Object)
        {
            throw Errors.Expecting("valid JSON object", "request body");
        }

        if (!root.TryGetProperty(member, out var items))
        {
            throw Errors.Invalid($"'{member}' is a required property");
        }

        new ResourceBody(root).RefuseUnknown(member);
        if (items.ValueKind != JsonValueKind.Array)
        {
            throw Errors.InvalidField(member, $"{Show(items)} is not of type 'array'");
        }

        return items.GetArrayLength() == 0
            ? throw Errors.InvalidField(member, "[] should be non-empty")
            : [.. items.EnumerateArray().Select(item => item.ValueKind == JsonValueKind.Object
                ? new ResourceBody(item.Clone())
                : throw Errors.InvalidField(member, $"{Show(item)} is not of type 'object'"))];
    }

    public bool Has(string name) => body.TryGetProperty(name, out _);

    public JsonElement? Find(string name) => body.TryGetProperty(name, out var value) ? value : null;

    /// <summary>A text that must be there, not empty, not only blanks.</summary>
    public string Name(string field = "name", int maxLength = 255) => Text(field, maxLength) is { } name
        ? string.IsNullOrWhiteSpace(name) ? throw Errors.InvalidField(field, $"'{name}' does not match '[\\\\S]+'") : name
        : throw (Has(field) ? Errors.InvalidField(field, "None is not of type 'string'") : Errors.Invalid($"'{field}' is a required property"));

    /// <summary>A text, or null when it is absent or null.</summary>
    public string? Text(string field, int maxLength = int.MaxValue)
    {
        if (!body.TryGetProperty(field, out var value) || value.ValueKind == JsonValueKind.Null)
        {
            return null;
        }

        if (value.ValueKind != JsonValueKind.String)
        {
            throw Errors.InvalidField(field, $"{Show(value)} is not of type 'string'");
        }

        // PostgreSQL stores no NUL; what one database refuses all do.
        var text = value.GetString()!;
        if (text.Contains('\0', StringComparison.Ordinal))
        {
            throw Errors.InvalidField(field, "it holds a NUL character");
        }

        return text.Length <= maxLength ? text : throw Errors.InvalidField(field, $"{Show(value)} is too long");
    }

    /// <summary>A text that must be there; it may be empty.</summary>
    public string RequiredText(string field, int maxLength = int.MaxValue) => Text(field, maxLength)
        ?? throw (Has(field) ? Errors.InvalidField(field, "None is not of type 'string'") : Errors.Invalid($"'{field}' is a required property"));

    /// <summary>An id: letters, digits, '-' and the like; null when absent.</summary>
    public string? Id(string field) => Text(field, 64) is { } id
        ? id.Length > 0 ? id : throw Errors.InvalidField(field, "'' is too short")
        : null;

    /// <summary>
    /// What the rule of a creation is asked about: the domain as the body names it. Without one the rule has no domain to compare, as in Keystone: a
    /// domain's manager must name the domain.
    /// </summary>
    /// <param name="attribute">The rule's name of it, such as <c>target.user.domain_id</c>.</param>
    public PolicyTarget DomainTarget(string attribute) => Id("domain_id") is { } domain ? PolicyBase.Target((attribute, domain)) : PolicyTarget.None;

    public bool? Boolean(string field) => body.TryGetProperty(field, out var value) ? value.ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => throw Errors.InvalidField(field, $"{Show(value)} is not of type 'boolean'"),
    } : null;

    /// <summary>Null when it is absent or null.</summary>
    public bool? BooleanOrNull(string field) => Find(field) is { ValueKind: JsonValueKind.Null } ? null : Boolean(field);

    /// <summary>A whole number, or null when it is absent or null.</summary>
    public int? IntegerOrNull(string field, int min) => Find(field) is { ValueKind: JsonValueKind.Null } ? null : Integer(field, min);

    /// <summary>A list of texts, each of at most 255 characters; null when absent.</summary>
    public IReadOnlyList<string>? Texts(string field)
    {
        if (!body.TryGetProperty(field, out var value))
        {
            return null;
        }

        if (value.ValueKind != JsonValueKind.Array)
        {
            throw Errors.InvalidField(field, $"{Show(value)} is not of type 'array'");
        }

        return [.. value.EnumerateArray().Select(e => e.ValueKind == JsonValueKind.String && e.GetString()!.Length is > 0 and <= 255
            ? e.GetString()!
            : throw Errors.InvalidField(field, $"{Show(e)} is not a text of 1 to 255 characters"))];
    }

    /// <summary>The resource options: <c>immutable</c> and what else is set; null values remove an option.</summary>
    public string? Options(string? existing)
    {
        if (!body.TryGetProperty("options", out var value))
        {
            return existing;
        }

        if (value.ValueKind != JsonValueKind.Object)
        {
            throw Errors.InvalidField("options", $"{Show(value)} is not of type 'object'");
        }

        if (value.TryGetProperty("immutable", out var immutable) && immutable.ValueKind is not (JsonValueKind.True or JsonValueKind.False or JsonValueKind.Null))
        {
            throw Errors.InvalidField("options/immutable", $"{Show(immutable)} is not of type 'boolean', 'null'");
        }

        return Merge(existing, value.EnumerateObject());
    }

    /// <summary>What the API does not know, merged over what was stored.</summary>
    /// <param name="existing">JSON object of the stored attributes.</param>
    /// <param name="known">Names that the API does know; <c>links</c> and <c>id</c> are never stored.</param>
    public string? Extra(string? existing, params ReadOnlySpan<string> known)
    {
        var unknown = new List<JsonProperty>();
        foreach (var property in body.EnumerateObject())
        {
            if (!known.Contains(property.Name) && property.Name is not ("id" or "links"))
            {
                unknown.Add(property);
            }
        }

        return unknown.Count == 0 ? existing : Merge(existing, unknown, keepNulls: true);
    }

    /// <summary>For the few resources whose schema is closed: anything else than these names is refused.</summary>
    public void RefuseUnknown(params ReadOnlySpan<string> known)
    {
        foreach (var property in body.EnumerateObject())
        {
            if (!known.Contains(property.Name))
            {
                throw Errors.Invalid($"Additional properties are not allowed ('{(property.Name.Length > 255 ? property.Name[..255] + "…" : property.Name)}' was unexpected)");
            }
        }
    }

    /// <summary>How many attributes there are.</summary>
    public int Count => body.EnumerateObject().Count();

    /// <exception cref="ApiException">400 when the body names another id than the path.</exception>
    public void RequireId(string id)
    {
        if (body.TryGetProperty("id", out var given) && given.ValueKind != JsonValueKind.Null && (given.ValueKind != JsonValueKind.String || given.GetString() != id))
        {
            throw Errors.Invalid("Cannot change ID");
        }
    }

    /// <summary>A text that may be absent, and is neither null nor empty when it is there.</summary>
    public string? Filled(string field, int maxLength) => !Has(field) ? null
        : RequiredText(field, maxLength) is { Length: > 0 } text ? text
        : throw Errors.InvalidField(field, "'' should be non-empty");

    /// <exception cref="ApiException">400 for a change that changes nothing.</exception>
    public void RefuseEmpty(string member)
    {
        if (!body.EnumerateObject().Any())
        {
            throw Errors.InvalidField(member, "{} should be non-empty");
        }
    }

    /// <summary>A whole number; null when absent.</summary>
    public int? Integer(string field, int min, int max = int.MaxValue)
    {
        if (!body.TryGetProperty(field, out var value))
        {
            return null;
        }

        // 10.0 is a whole number to JSON Schema.
        if (value.ValueKind != JsonValueKind.Number || !value.TryGetDouble(out var number) || Math.Floor(number) != number)
        {
            throw Errors.InvalidField(field, $"{Show(value)} is not of type 'integer'");
        }

        return number < min ? throw Errors.InvalidField(field, $"{Show(value)} is less than the minimum of {min}")
            : number > max ? throw Errors.InvalidField(field, $"{Show(value)} is greater than the maximum of {max}")
            : (int)number;
    }

    /// <summary>An id of 32 hexadecimal digits, dashed or not; null when absent.</summary>
    public string? Uuid(string field) => !Has(field) ? null
        : Text(field, 64) is { } id ? Guid.TryParse(id, out _) ? id : throw Errors.InvalidField(field, $"'{id}' is not a 'uuid'")
        : throw Errors.InvalidField(field, "None is not of type 'string'");

    public static string Show(JsonElement value)
    {
        var text = value.ValueKind switch
        {
            JsonValueKind.String => $"'{value.GetString()}'",
            JsonValueKind.True => "True",
            JsonValueKind.False => "False",
            JsonValueKind.Null => "None",
            _ => value.GetRawText(),
        };
        return text.Length <= 300 ? text : text[..300] + "…";
    }

    private static string? Merge(string? existing, IEnumerable<JsonProperty> changes, bool keepNulls = false)
    {
        var merged = existing is null ? [] : (JsonObject)JsonNode.Parse(existing)!;
        foreach (var change in changes)
        {
            if (change.Value.ValueKind == JsonValueKind.Null && !keepNulls)
            {
                merged.Remove(change.Name);
            }
            else
            {
                merged[change.Name] = JsonNode.Parse(change.Value.GetRawText());
            }
        }

        return merged.Count == 0 ? null : merged.ToJsonString();
    }
}
