// SPDX-License-Identifier: Apache-2.0
using System.Text.Json;

using Meridian.Platform.Http;

using Microsoft.AspNetCore.Http;

namespace Meridian.Compute.Http;

/// <summary>An answer written member by member: which members there are depends on the microversion and the caller's rights.</summary>
internal sealed class JsonAnswer(int status, Action<Utf8JsonWriter> write) : IResult
{
    public Task ExecuteAsync(HttpContext httpContext) => httpContext.WriteJsonAsync(status, write, expectedLength: 2048);

    /// <summary>The members of the answer's one object.</summary>
    public static JsonAnswer Object(Action<Utf8JsonWriter> members, int status = 200) => new(status, json =>
    {
        json.WriteStartObject();
        members(json);
        json.WriteEndObject();
    });

    /// <summary>One object under its name: <c>{"flavor": {…}}</c>.</summary>
    public static JsonAnswer Member(string name, Action<Utf8JsonWriter> members, int status = 200) => Object(
        json =>
        {
            json.WriteStartObject(name);
            members(json);
            json.WriteEndObject();
        },
        status);

    /// <summary>A list under its name, with the link to the next page where there is one: <c>{"flavors": […], "flavors_links": […]}</c>.</summary>
    public static JsonAnswer List<T>(string name, IEnumerable<T> items, Action<Utf8JsonWriter, T> members, string? next = null) => Object(json =>
    {
        json.WriteStartArray(name);
        foreach (var item in items)
        {
            json.WriteStartObject();
            members(json, item);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        if (next is not null)
        {
            json.WriteStartArray(name + "_links");
            json.WriteStartObject();
            json.WriteString("rel", "next");
            json.WriteString("href", next);
            json.WriteEndObject();
            json.WriteEndArray();
        }
    });
}

internal static class JsonWriting
{
    /// <summary>2026-01-31T12:00:00Z, as most of the API prints times; null where there is none.</summary>
    public static void WriteTime(this Utf8JsonWriter json, string name, DateTime? time)
    {
        if (time is { } value)
        {
            json.WriteString(name, value.ToString("yyyy-MM-ddTHH:mm:ssZ"));
        }
        else
        {
            json.WriteNull(name);
        }
    }

    /// <summary>2026-01-31T12:00:00.000000, as extensions print times.</summary>
    public static void WriteLongTime(this Utf8JsonWriter json, string name, DateTime? time)
    {
        if (time is { } value)
        {
            json.WriteString(name, value.ToString("yyyy-MM-ddTHH:mm:ss.ffffff"));
        }
        else
        {
            json.WriteNull(name);
        }
    }

    public static void WriteStrings(this Utf8JsonWriter json, string name, IEnumerable<string> values)
    {
        json.WriteStartArray(name);
        foreach (var value in values)
        {
            json.WriteStringValue(value);
        }

        json.WriteEndArray();
    }

    public static void WriteMap(this Utf8JsonWriter json, string name, IEnumerable<KeyValuePair<string, string>> pairs)
    {
        json.WriteStartObject(name);
        foreach (var (key, value) in pairs)
        {
            json.WriteString(key, value);
        }

        json.WriteEndObject();
    }
}
