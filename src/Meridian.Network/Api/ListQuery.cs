// SPDX-License-Identifier: Apache-2.0
using System.Globalization;

using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace Meridian.Network.Api;

/// <summary>The query of a list: filters, fields, order and page. Source: Networking API reference, "Filtering", "Pagination", "Sorting".</summary>
internal sealed class ListQuery
{
    private static readonly HashSet<string> Reserved = ["fields", "limit", "marker", "page_reverse", "sort_key", "sort_dir", "tags", "tags-any", "not-tags", "not-tags-any"];

    public Dictionary<string, IReadOnlyList<string>> Filters { get; } = [];

    public HashSet<string>? Fields { get; private init; }

    public int? Limit { get; private init; }

    public string? Marker { get; private init; }

    public bool PageReverse { get; private init; }

    public IReadOnlyList<(string Key, bool Descending)> Sorts { get; private init; } = [];

    public IReadOnlyDictionary<string, IReadOnlyList<string>> Tags { get; private init; } = new Dictionary<string, IReadOnlyList<string>>();

    public static ListQuery Parse(IQueryCollection query)
    {
        var keys = Texts(query["sort_key"]);
        var directions = Texts(query["sort_dir"]);
        if (directions.Count > 0 && directions.Count != keys.Count)
        {
            throw Errors.BadRequest("The number of sort_keys and sort_dirs must be same");
        }

        if (directions.Where(d => d is not ("asc" or "desc")).ToList() is { Count: > 0 } invalid)
        {
            throw Errors.BadRequest($"['{string.Join("', '", invalid)}'] is invalid value for sort_dirs, valid value is 'asc' and 'desc'");
        }

        var result = new ListQuery
        {
            Fields = Texts(query["fields"]) is { Count: > 0 } fields ? [.. fields] : null,
            Limit = ParseLimit(query["limit"].ToString()),
            Marker = query["marker"].ToString() is { Length: > 0 } marker ? marker : null,
            PageReverse = Read.ParseBoolean(query["page_reverse"].ToString()) ?? false,
            Sorts = [.. keys.Select((key, i) => (key, directions.Count > i && directions[i] == "desc"))],
            Tags = query.Where(q => q.Key is "tags" or "tags-any" or "not-tags" or "not-tags-any")
                .ToDictionary(q => q.Key, q => (IReadOnlyList<string>)[.. Texts(q.Value).SelectMany(v => v.Split(',')).Where(v => v.Length > 0)]),
        };
        foreach (var (name, values) in query)
        {
            if (!Reserved.Contains(name))
            {
                result.Filters[name] = [.. values.Select(v => v ?? "")];
            }
        }

        // tenant_id is the older name of project_id.
        if (result.Filters.Remove("tenant_id", out var tenant))
        {
            result.Filters.TryAdd("project_id", tenant);
        }

        return result;
    }

    /// <summary>Links to the pages around this one; none without a limit.</summary>
    public IEnumerable<(string Rel, string Href)> Links(HttpRequest request, IReadOnlyList<string> ids)
    {
        if (Limit is not > 0 || ids.Count == 0)
        {
            yield break;
        }

        var others = request.Query.Where(q => q.Key is not ("marker" or "page_reverse")).SelectMany(q => q.Value.Select(v => $"{q.Key}={Uri.EscapeDataString(v ?? "")}"));
        var prefix = $"{request.Scheme}://{request.Host}{request.PathBase}{request.Path}?{string.Join('&', others)}";
        if (ids.Count >= Limit || PageReverse)
        {
            yield return ("next", $"{prefix}&marker={ids[^1]}");
        }

        if (Marker is not null)
        {
            yield return ("previous", $"{prefix}&marker={ids[0]}&page_reverse=True");
        }
    }

    private static int? ParseLimit(string text) =>
        text.Length == 0 ? null
        : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var limit) ? (limit == 0 ? null : limit)
        : throw Errors.Bad("limit", $"Limit must be an integer 0 or greater and not '{text}'");

    private static List<string> Texts(StringValues values) => [.. values.Where(v => !string.IsNullOrEmpty(v)).Select(v => v!)];
}
