// SPDX-License-Identifier: Apache-2.0
using System.Globalization;
using System.Linq.Expressions;
using System.Text.Json;

using LinqToDB.Async;

using Meridian.Platform.Http;

using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;

namespace Meridian.Identity;

/// <summary>One page of a list.</summary>
/// <param name="NextMarker">Id to go on after; null on the last page.</param>
/// <param name="IsTruncated">True when there is more, whether the query or an option set the limit.</param>
internal sealed record ListPage<TRow>(IReadOnlyList<TRow> Rows, string? NextMarker, bool IsTruncated);

/// <summary>
/// The query of a list: exact filters, inexact ones (<c>name__contains</c> and its family), <c>limit</c>, <c>marker</c>, <c>sort_key</c>, <c>sort_dir</c>.
/// All of it is done by the database. A query key that no filter has is ignored, as Keystone does.
/// </summary>
/// <param name="listLimit">The limit where the query sets none; 0 for none.</param>
/// <param name="maxLimit">What neither limit passes; 0 for no such bound.</param>
internal sealed class ListRequest(HttpRequest http, int listLimit, int maxLimit)
{
    /// <summary>Up to that many rows are found by their ids.</summary>
    private const int MaxIdsFirst = 1000;

    public string? Value(string name) => http.Query[name] is [{ } value, ..] ? value : null;

    /// <summary>Of a key that may stand several times.</summary>
    public IEnumerable<string> Values(string name) => http.Query[name].OfType<string>();

    public bool Has(string name) => http.Query.ContainsKey(name);

    /// <summary>For the keys that change an answer's form: 0 alone is false, and no value is true. Source: Keystone's query_filter_is_true.</summary>
    public bool IsTrue(string name) => Value(name) is { } value && value != "0";

    /// <param name="column">What the plain name and its inexact forms look at.</param>
    /// <param name="key">The stored key of a name that is compared without regard to case; null for exact texts.</param>
    public IQueryable<TRow> Text<TRow>(IQueryable<TRow> rows, string name, Expression<Func<TRow, string?>> column, Expression<Func<TRow, string?>>? key = null)
    {
        foreach (var (query, values) in http.Query)
        {
            if (!query.StartsWith(name, StringComparison.Ordinal) || values is not [{ } value, ..])
            {
                continue;
            }

            if (value.Contains('\0', StringComparison.Ordinal))
            {
                throw Errors.InvalidField(query, "it holds a NUL character");
            }

            var looked = key ?? column;
            var text = key is null ? value : NameKey.Of(value);
            rows = query[name.Length..] switch
            {
                "" => rows.Where(Compare(looked, text)),
                "__contains" or "__icontains" => rows.Where(Call(looked, nameof(string.Contains), text)),
                "__startswith" or "__istartswith" => From(rows, looked, text).Where(Call(looked, nameof(string.StartsWith), text)),
                "__endswith" or "__iendswith" => rows.Where(Call(looked, nameof(string.EndsWith), text)),
                _ => rows,
            };
        }

        return rows;
    }

    public IQueryable<TRow> Boolean<TRow>(IQueryable<TRow> rows, string name, Expression<Func<TRow, bool>> column)
    {
        if (Value(name) is not { } value)
        {
            return rows;
        }

        return IsFalse(value) ? rows.Where(Expression.Lambda<Func<TRow, bool>>(Expression.Not(column.Body), column.Parameters)) : rows.Where(column);
    }

    /// <param name="sorts">What <c>sort_key</c> may name.</param>
    /// <exception cref="ApiException">400 for a bad limit or sort key, 404 for a marker that the list does not hold.</exception>
    public Task<ListPage<TRow>> PageAsync<TRow>(
        IQueryable<TRow> rows, Expression<Func<TRow, object?>> id, CancellationToken cancellationToken, params (string Name, Expression<Func<TRow, object?>> Column)[] sorts)
        where TRow : class =>
        PageAsync(rows, id, SortKeys(id, sorts), cancellationToken);

    /// <summary>A page of a list that may be long and is looked for by name: it comes in the order of names, which its index has, unless <c>sort_key</c> says otherwise.</summary>
    /// <param name="nameKey">The stored key, also what <c>sort_key=name</c> means.</param>
    /// <exception cref="ApiException">As <c>PageAsync</c>.</exception>
    public Task<ListPage<TRow>> PageByNameAsync<TRow>(
        IQueryable<TRow> rows, Expression<Func<TRow, object?>> id, Expression<Func<TRow, object?>> nameKey, CancellationToken cancellationToken,
        params (string Name, Expression<Func<TRow, object?>> Column)[] sorts)
        where TRow : class
    {
        var keys = SortKeys(id, [.. sorts, ("name", nameKey)]);
        return PageAsync(rows, id, keys.Count == 1 ? [new("name", nameKey), .. keys] : keys, cancellationToken);
    }

    private async Task<ListPage<TRow>> PageAsync<TRow>(
        IQueryable<TRow> rows, Expression<Func<TRow, object?>> id, IReadOnlyList<SortKey<TRow>> keys, CancellationToken cancellationToken)
        where TRow : class
    {
        var limit = Limit() ?? (listLimit > 0 ? listLimit : null);
        limit = maxLimit > 0 && limit > maxLimit ? maxLimit : limit;
        var marker = Value("marker") is { Length: > 0 } markerId ? await MarkerAsync(rows, id, markerId, cancellationToken) : null;
        var page = await (limit < MaxIdsFirst && SearchesNames() ? IdsFirstAsync(rows, id, keys, marker, limit.Value + 1, cancellationToken)
            : rows.Page(keys, marker, limit is { } n ? n + 1 : int.MaxValue).ToListAsync(cancellationToken));
        if (limit is null || page.Count <= limit)
        {
            return new(page, null, false);
        }

        page.RemoveAt(page.Count - 1);
        return new(page, (string)id.Compile()(page[^1])!, true);
    }

    /// <summary>The answer: <c>{"users": […], "links": {self, previous, next}}</c>.</summary>
    public JsonAnswer Answer<TRow>(string collection, string url, ListPage<TRow> page, Action<Utf8JsonWriter, TRow> write) => new(StatusCodes.Status200OK, writer =>
    {
        writer.WriteStartObject();
        writer.WriteStartArray(collection);
        foreach (var row in page.Rows)
        {
            write(writer, row);
        }

        writer.WriteEndArray();
        writer.WriteStartObject("links");
        writer.WriteString("next", NextLink(url, page.NextMarker));
        writer.WriteString("self", url + http.QueryString);
        writer.WriteNull("previous");
        writer.WriteEndObject();
        if (page.IsTruncated)
        {
            writer.WriteBoolean("truncated", true);
        }

        writer.WriteEndObject();
    });

    private string? NextLink(string url, string? marker)
    {
        if (marker is null)
        {
            return null;
        }

        var query = http.Query.Where(q => q.Key != "marker").SelectMany(q => q.Value, (q, value) => KeyValuePair.Create<string, string?>(q.Key, value))
            .Append(new("marker", marker));
        return QueryHelpers.AddQueryString(url, query);
    }

    /// <summary>True for filters that no index finds: all names must be looked at.</summary>
    private bool SearchesNames() => http.Query.Keys.Any(k => k is "name__contains" or "name__icontains" or "name__endswith" or "name__iendswith");

    /// <summary>Looks for the ids of a page in the index of names alone, then for their rows.</summary>
    private static async Task<List<TRow>> IdsFirstAsync<TRow>(
        IQueryable<TRow> rows, Expression<Func<TRow, object?>> id, IReadOnlyList<SortKey<TRow>> keys, TRow? marker, int limit, CancellationToken cancellationToken)
        where TRow : class
    {
        var body = Unconverted(id);
        var ids = await rows.Page(keys, marker, limit).Select(Expression.Lambda<Func<TRow, string>>(body, id.Parameters)).ToListAsync(cancellationToken);
        var isOne = Expression.Call(Expression.Constant(ids), typeof(List<string>).GetMethod(nameof(List<>.Contains))!, body);
        var found = await rows.Where(Expression.Lambda<Func<TRow, bool>>(isOne, id.Parameters)).ToListAsync(cancellationToken);
        var idOf = id.Compile();
        return [.. found.OrderBy(row => ids.IndexOf((string)idOf(row)!))];
    }

    private static Expression Unconverted<TRow>(Expression<Func<TRow, object?>> column) =>
        column.Body is UnaryExpression { NodeType: ExpressionType.Convert } convert ? convert.Operand : column.Body;

    private int? Limit() => Value("limit") is not { Length: > 0 } text ? null
        : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var limit) && limit > 0 ? limit
        : throw Errors.InvalidField("limit", $"'{text}' is not a positive integer");

    private List<SortKey<TRow>> SortKeys<TRow>(Expression<Func<TRow, object?>> id, (string Name, Expression<Func<TRow, object?>> Column)[] sorts)
    {
        var directions = http.Query["sort_dir"];
        var keys = new List<SortKey<TRow>>();
        foreach (var name in http.Query["sort_key"])
        {
            var column = name == "id" ? id : sorts.FirstOrDefault(s => s.Name == name).Column ?? throw Errors.InvalidField("sort_key", $"'{name}' is not a key of this list");
            var direction = keys.Count < directions.Count ? directions[keys.Count] : "asc";
            keys.Add(new(name!, column, direction switch { "asc" => false, "desc" => true, _ => throw Errors.InvalidField("sort_dir", $"'{direction}' is not one of 'asc', 'desc'") }));
        }

        keys.Add(new("id", id));
        return keys;
    }

    private static async Task<TRow> MarkerAsync<TRow>(IQueryable<TRow> rows, Expression<Func<TRow, object?>> id, string marker, CancellationToken cancellationToken)
        where TRow : class
    {
        var isMarker = Expression.Lambda<Func<TRow, bool>>(Expression.Equal(Unconverted(id), Expression.Constant(marker)), id.Parameters);

        // Looked for among the rows that the list may show: a marker of somebody else's is unknown.
        return await rows.Where(isMarker).FirstOrDefaultAsync(cancellationToken) ?? throw new ApiException(404, $"Marker {marker} could not be found.");
    }

    private static bool IsFalse(string value) => value.Trim().ToLowerInvariant() is "0" or "false" or "off" or "no" or "n" or "f";

    private static Expression<Func<TRow, bool>> Compare<TRow>(Expression<Func<TRow, string?>> column, string value) =>
        Expression.Lambda<Func<TRow, bool>>(Expression.Equal(column.Body, Expression.Constant(value)), column.Parameters);

    /// <summary>What begins with a text stands between it and its successor: LIKE alone no index serves on every database.</summary>
    private static IQueryable<TRow> From<TRow>(IQueryable<TRow> rows, Expression<Func<TRow, string?>> column, string text)
    {
        if (text.Length == 0)
        {
            return rows;
        }

        rows = rows.Where(Bound(text, Expression.GreaterThanOrEqual));

        // Next to surrogates, UTF-16's order isn't that of code points.
        return text[^1] is < '\ud7ff' or (>= '\ue000' and < '\uffff') ? rows.Where(Bound(text[..^1] + (char)(text[^1] + 1), Expression.LessThan)) : rows;

        Expression<Func<TRow, bool>> Bound(string bound, Func<Expression, Expression, BinaryExpression> compare) => Expression.Lambda<Func<TRow, bool>>(
            compare(Expression.Call(typeof(string), nameof(string.CompareOrdinal), null, column.Body, Expression.Constant(bound)), Expression.Constant(0)), column.Parameters);
    }

    private static Expression<Func<TRow, bool>> Call<TRow>(Expression<Func<TRow, string?>> column, string method, string value) =>
        Expression.Lambda<Func<TRow, bool>>(
            Expression.Call(column.Body, typeof(string).GetMethod(method, [typeof(string)])!, Expression.Constant(value)), column.Parameters);
}
