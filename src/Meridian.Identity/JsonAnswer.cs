// SPDX-License-Identifier: Apache-2.0
using System.Text.Json;

using Meridian.Platform.Http;

using Microsoft.AspNetCore.Http;

namespace Meridian.Identity;

/// <summary>An answer that a function writes: Keystone's objects hold attributes that no type knows.</summary>
internal sealed class JsonAnswer(int status, Action<Utf8JsonWriter> write) : IResult
{
    public static IResult NoContent { get; } = TypedResults.NoContent();

    public Task ExecuteAsync(HttpContext httpContext) => httpContext.WriteJsonAsync(status, write);

    /// <summary>One object under its name: <c>{"user": {…}}</c>.</summary>
    public static JsonAnswer Member(int status, string name, Action<Utf8JsonWriter> write) => new(status, writer =>
    {
        writer.WriteStartObject();
        writer.WritePropertyName(name);
        write(writer);
        writer.WriteEndObject();
    });
}

internal static class JsonWriting
{
    /// <summary>Writes the members of a stored JSON object; those the caller wrote already are named in <paramref name="written"/>.</summary>
    public static void WriteExtra(this Utf8JsonWriter writer, string? extra, params ReadOnlySpan<string> written)
    {
        if (extra is null)
        {
            return;
        }

        using var document = JsonDocument.Parse(extra);
        foreach (var property in document.RootElement.EnumerateObject())
        {
            if (!written.Contains(property.Name))
            {
                property.WriteTo(writer);
            }
        }
    }

    public static void WriteOptions(this Utf8JsonWriter writer, string? options)
    {
        writer.WriteStartObject("options");
        writer.WriteExtra(options);
        writer.WriteEndObject();
    }

    public static void WriteSelfLink(this Utf8JsonWriter writer, string url)
    {
        writer.WriteStartObject("links");
        writer.WriteString("self", url);
        writer.WriteEndObject();
    }

    /// <summary>True when the resource option <c>immutable</c> is set.</summary>
    public static bool IsImmutable(string? options)
    {
        if (options is null)
        {
            return false;
        }

        using var document = JsonDocument.Parse(options);
        return document.RootElement.TryGetProperty("immutable", out var value) && value.ValueKind == JsonValueKind.True;
    }
}
