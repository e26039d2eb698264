// SPDX-License-Identifier: Apache-2.0
using System.Globalization;
using System.Text.Json;

using Meridian.Platform.Config;
using Meridian.Platform.Http;

using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;

namespace Meridian.Compute.Http;

/// <summary>What links and lists need of a request.</summary>
internal sealed class ComputeRequest(ServiceConfig config)
{
    public int MaxLimit { get; } = config.Get(ApiOptions.MaxLimit);

    /// <summary>http://host:port of the request, or the configured prefix.</summary>
    public string Root(HttpRequest request) =>
        config.Get(ApiOptions.ComputeLinkPrefix)?.TrimEnd('/') ?? $"{request.Scheme}://{request.Host}{request.PathBase}";

    /// <summary>"links" of a resource: self with the version in its path, bookmark without.</summary>
    public void WriteLinks(Utf8JsonWriter json, string root, string collection, string id, string version = "v2.1")
    {
        json.WriteStartArray("links");
        WriteLink(json, "self", $"{root}/{version}/{collection}/{id}");
        WriteLink(json, "bookmark", $"{root}/{collection}/{id}");
        json.WriteEndArray();
    }

    public static void WriteLink(Utf8JsonWriter json, string rel, string href)
    {
        json.WriteStartObject();
        json.WriteString("rel", rel);
        json.WriteString("href", href);
        json.WriteEndObject();
    }

    /// <summary>limit and marker. Source: Compute API guide, "Paginated collections".</summary>
    /// <exception cref="ApiException">400: the limit is not a number of zero or more.</exception>
    public (int Limit, string? Marker) Page(HttpRequest request)
    {
        var text = request.Query["limit"].LastOrDefault();
        var limit = MaxLimit;
        if (text is not null)
        {
            if (!text.All(char.IsAsciiDigit) || text.Length == 0)
            {
                throw QueryFault("limit", text, $"'{text}' does not match '^[0-9]*$'");
            }

            limit = int.TryParse(text, out var asked) ? Math.Min(asked, MaxLimit) : MaxLimit;
        }

        return (limit, request.Query["marker"].LastOrDefault());
    }

    /// <summary>offset, of the older lists that page by it.</summary>
    /// <exception cref="ApiException">400: it is not a number of zero or more.</exception>
    public static int Offset(HttpRequest request) => request.Query["offset"].LastOrDefault() switch
    {
        null => 0,
        var text when int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var offset) => offset,
        var text => throw QueryFault("offset", text, $"'{text}' does not match '^[0-9]*$'"),
    };

    /// <summary>The address of the page after this one, when it was full.</summary>
    public string? Next(HttpRequest request, int count, int limit, string? last)
    {
        if (count < limit || count == 0 || last is null)
        {
            return null;
        }

        var query = request.Query.Where(pair => pair.Key != "marker").SelectMany(pair => pair.Value, (pair, value) => KeyValuePair.Create(pair.Key, value)).Append(new("marker", last));
        return QueryHelpers.AddQueryString(Root(request) + request.Path, query);
    }

    public static ApiException QueryFault(string name, string value, string reason) =>
        new(400, $"Invalid input for query parameters {name}. Value: {value}. {reason}");

    /// <summary>Refuses query members that the API does not have, from the version on in which it minds.</summary>
    public static void CheckQuery(HttpRequest request, RequestContext context, Microversion since, params ReadOnlySpan<string> known)
    {
        if (context.Version < since)
        {
            return;
        }

        foreach (var name in request.Query.Keys)
        {
            if (!known.Contains(name))
            {
                throw new ApiException(400, $"Additional properties are not allowed ('{(name.Length > 255 ? name[..255] : name)}' was unexpected)");
            }
        }
    }
}
