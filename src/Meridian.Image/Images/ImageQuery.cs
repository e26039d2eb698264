// SPDX-License-Identifier: Apache-2.0
using System.Globalization;

using LinqToDB;
using LinqToDB.Data;

using Meridian.Image.Members;
using Meridian.Platform.Config;
using Meridian.Platform.Http;

using Microsoft.AspNetCore.Http;

namespace Meridian.Image.Images;

/// <summary>A list's filters, order and page. Source: Image API v2 reference, "List images"; messages of glance/api/v2/images.py.</summary>
internal sealed record ImageQuery
{
    private static readonly Dictionary<string, SortKey<Image>> SortKeys = new(StringComparer.Ordinal)
    {
        ["name"] = new("name", i => i.Name),
        ["status"] = new("status", i => i.Status),
        ["container_format"] = new("container_format", i => i.ContainerFormat),
        ["disk_format"] = new("disk_format", i => i.DiskFormat),
        ["size"] = new("size", i => i.Size),
        ["id"] = new("id", i => i.Id),
        ["created_at"] = new("created_at", i => i.CreatedAt),
        ["updated_at"] = new("updated_at", i => i.UpdatedAt),
    };

    private static readonly HashSet<string> NotFilters = ["limit", "marker", "sort", "sort_key", "sort_dir", "tag", "member_status", "visibility", "os_hidden", "protected"];

    public required int Limit { get; init; }

    public string? Marker { get; init; }

    public required IReadOnlyList<SortKey<Image>> Sort { get; init; }

    public string? Visibility { get; init; }

    /// <summary>Which answer of this project to a shared image lists it: accepted, pending, rejected or all.</summary>
    public string MemberStatus { get; init; } = "accepted";

    public bool OsHidden { get; init; }

    public bool? Protected { get; init; }

    public IReadOnlyList<string> Tags { get; init; } = [];

    /// <summary>Everything else: attributes, size_min and so on, and properties by name.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Filters { get; init; } = [];

    /// <exception cref="ApiException">400.</exception>
    public static ImageQuery Parse(IQueryCollection query, ServiceConfig config)
    {
        var visibility = Last(query, "visibility");
        if (visibility is not (null or "" or "community" or "public" or "private" or "shared" or "all"))
        {
            throw new ApiException(400, $"Invalid visibility value: {visibility}");
        }

        if (query.ContainsKey("changes-since"))
        {
            throw new ApiException(400, "The \"changes-since\" filter is no longer available on v2.");
        }

        var status = Last(query, "member_status") ?? "accepted";
        return new()
        {
            Limit = Math.Min(ParseLimit(Last(query, "limit")) ?? config.Get(ImageOptions.LimitParamDefault), config.Get(ImageOptions.ApiLimitMax)),
            Marker = Last(query, "marker"),
            Sort = ParseSort(query),
            Visibility = string.IsNullOrEmpty(visibility) ? null : visibility,
            MemberStatus = status is "pending" or "accepted" or "rejected" or "all" ? status : throw new ApiException(400, $"Invalid status: {status}"),
            OsHidden = ParseFlag(query, "os_hidden", lower: true) ?? false,
            Protected = ParseFlag(query, "protected", lower: false),
            Tags = [.. query["tag"].Select(t => t!.Trim())],
            Filters = [.. query.Where(p => !NotFilters.Contains(p.Key)).Select(p => new KeyValuePair<string, string>(p.Key, p.Value[^1] ?? ""))],
        };
    }

    /// <summary>The rows that the request may see and the filters let through, in no order yet.</summary>
    public IQueryable<Image> Apply(DataConnection db, RequestContext context)
    {
        var rows = db.GetTable<Image>().Where(i => i.DeletedAt == null && i.OsHidden == OsHidden);
        rows = ApplyVisibility(rows, db, context);
        if (Protected is { } flag)
        {
            rows = rows.Where(i => i.Protected == flag);
        }

        foreach (var tag in Tags)
        {
            rows = rows.Where(i => db.GetTable<ImageTag>().Any(t => t.ImageId == i.Id && t.Tag == tag));
        }

        return Filters.Aggregate(rows, (filtered, pair) => ApplyFilter(filtered, db, pair.Key, pair.Value));
    }

    private IQueryable<Image> ApplyVisibility(IQueryable<Image> rows, DataConnection db, RequestContext context)
    {
        var project = context.ProjectId;
        if (!context.IsAdmin)
        {
            var anyStatus = MemberStatus == "all";
            rows = rows.Where(i => i.Visibility == "public" || i.Visibility == "community" || i.Owner == project
                || (i.Visibility == "shared" && db.GetTable<ImageMember>().Any(m => m.ImageId == i.Id && m.MemberId == project && (anyStatus || m.Status == MemberStatus))));
        }

        // Community images of others are listed only where asked for.
        return Visibility switch
        {
            "all" => rows,
            null => rows.Where(i => i.Visibility != "community" || i.Owner == project),
            _ => rows.Where(i => i.Visibility == Visibility),
        };
    }

    private static IQueryable<Image> ApplyFilter(IQueryable<Image> rows, DataConnection db, string name, string value)
    {
        var values = Values(value);
        switch (name)
        {
            case "id": return rows.Where(i => values.Contains(i.Id));
            case "name": return rows.Where(i => values.Contains(i.Name));
            case "status": return rows.Where(i => values.Contains(i.Status));
            case "disk_format": return rows.Where(i => values.Contains(i.DiskFormat));
            case "container_format": return rows.Where(i => values.Contains(i.ContainerFormat));
            case "owner": return rows.Where(i => i.Owner == value);
            case "checksum": return rows.Where(i => i.Checksum == value);
            case "os_hash_algo": return rows.Where(i => i.OsHashAlgo == value);
            case "os_hash_value": return rows.Where(i => i.OsHashValue == value);
            case "size": var size = Number(name, value); return rows.Where(i => i.Size == size);
            case "size_min": var least = Number(name, value); return rows.Where(i => i.Size >= least);
            case "size_max": var most = Number(name, value); return rows.Where(i => i.Size <= most);
            case "min_ram": var ram = Number(name, value); return rows.Where(i => i.MinRam == ram);
            case "min_disk": var disk = Number(name, value); return rows.Where(i => i.MinDisk == disk);
            case "created_at": return ApplyTime(rows, value, created: true);
            case "updated_at": return ApplyTime(rows, value, created: false);
            default: return rows.Where(i => db.GetTable<ImageProperty>().Any(p => p.ImageId == i.Id && p.Name == name && p.Value == value));
        }
    }

    private static IQueryable<Image> ApplyTime(IQueryable<Image> rows, string value, bool created)
    {
        var split = value.IndexOf(':', StringComparison.Ordinal);
        var known = split > 0 && value[..split] is "gt" or "gte" or "lt" or "lte" or "eq" or "neq";
        var text = known ? value[(split + 1)..] : value;
        if (!DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var parsed))
        {
            throw new ApiException(400, $"Unable to filter using the specified operator: {value}");
        }

        var time = parsed.UtcDateTime;
        return (known ? value[..split] : "eq", created) switch
        {
            ("gt", true) => rows.Where(i => i.CreatedAt > time),
            ("gte", true) => rows.Where(i => i.CreatedAt >= time),
            ("lt", true) => rows.Where(i => i.CreatedAt < time),
            ("lte", true) => rows.Where(i => i.CreatedAt <= time),
            ("neq", true) => rows.Where(i => i.CreatedAt != time),
            (_, true) => rows.Where(i => i.CreatedAt == time),
            ("gt", _) => rows.Where(i => i.UpdatedAt > time),
            ("gte", _) => rows.Where(i => i.UpdatedAt >= time),
            ("lt", _) => rows.Where(i => i.UpdatedAt < time),
            ("lte", _) => rows.Where(i => i.UpdatedAt <= time),
            ("neq", _) => rows.Where(i => i.UpdatedAt != time),
            _ => rows.Where(i => i.UpdatedAt == time),
        };
    }

    /// <summary>One value, or in:a,"b,c".</summary>
    private static List<string?> Values(string value)
    {
        if (!value.StartsWith("in:", StringComparison.Ordinal))
        {
            return [value];
        }

        var values = new List<string?>();
        var item = new System.Text.StringBuilder();
        var quoted = false;
        foreach (var c in value[3..] + ",")
        {
            if (c == '"')
            {
                quoted = !quoted;
            }
            else if (c == ',' && !quoted)
            {
                values.Add(item.ToString());
                item.Clear();
            }
            else
            {
                item.Append(c);
            }
        }

        return quoted ? throw new ApiException(400, $"Invalid filter value {value}. The quote is not closed.") : values;
    }

    private static long Number(string name, string value) =>
        !long.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? throw new ApiException(400, $"Invalid filter value {value} for {name}: it is not an integer.")
        : number < 0 ? throw new ApiException(400, "Unable to filter using the specified range.")
        : number;

    private static int? ParseLimit(string? text) =>
        text is null ? null
        : !long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var limit) ? throw new ApiException(400, "limit param must be an integer")
        : limit < 0 ? throw new ApiException(400, "limit param must be positive")
        : (int)Math.Min(limit, int.MaxValue);

    private static bool? ParseFlag(IQueryCollection query, string name, bool lower)
    {
        var text = Last(query, name);
        return (lower ? text?.ToLowerInvariant() : text) switch
        {
            null => null,
            "true" => true,
            "false" => false,
            _ => throw new ApiException(400, $"Invalid value '{text}' for '{name}' filter. Valid values are 'true' or 'false'."),
        };
    }

    private static List<SortKey<Image>> ParseSort(IQueryCollection query)
    {
        var asked = new List<(string Key, string Direction)>();
        if (Last(query, "sort") is { } sort)
        {
            if (query.ContainsKey("sort_key") || query.ContainsKey("sort_dir"))
            {
                throw new ApiException(400, "Old and new sorting syntax cannot be combined");
            }

            asked.AddRange(sort.Trim().Split(',').Select(part => part.Split(':', 2)).Select(p => (p[0].Trim(), p.Length > 1 && p[1].Length > 0 ? p[1].Trim() : "desc")));
        }
        else
        {
            var keys = query["sort_key"].Select(k => k!.Trim()).ToList();
            var directions = query["sort_dir"].Select(d => d!.Trim()).ToList();
            if (directions.Count > 1 && directions.Count != keys.Count)
            {
                throw new ApiException(400, "Number of sort dirs does not match the number of sort keys");
            }

            keys = keys.Count == 0 ? ["created_at"] : keys;
            asked.AddRange(keys.Select((key, i) => (key, directions.Count == 0 ? "desc" : directions[directions.Count == 1 ? 0 : i])));
        }

        var order = asked.ConvertAll(a => Key(a.Key) with { Descending = IsDescending(a.Direction) });
        foreach (var last in new[] { "created_at", "id" })
        {
            if (order.TrueForAll(k => k.Name != last))
            {
                order.Add(SortKeys[last] with { Descending = order[0].Descending });
            }
        }

        return order;
    }

    private static SortKey<Image> Key(string name) =>
        SortKeys.TryGetValue(name, out var key) ? key : throw new ApiException(400, $"Invalid sort key: {name}. It must be one of the following: {string.Join(", ", SortKeys.Keys)}.");

    private static bool IsDescending(string direction) =>
        direction switch { "asc" => false, "desc" => true, _ => throw new ApiException(400, $"Invalid sort direction: {direction}") };

    private static string? Last(IQueryCollection query, string name) => query.TryGetValue(name, out var values) ? values[^1] : null;
}
