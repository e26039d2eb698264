// SPDX-License-Identifier: Apache-2.0
using System.Linq.Expressions;
using System.Text.Json;

namespace Meridian.Network.Api;

/// <summary>
/// One attribute of a resource as the API has it: whether a body may hold it, what it must look like, how it is shown, and how a list is filtered and
/// sorted by it. A resource is a table of these, as in the API reference.
/// </summary>
internal sealed class Field<TRow>(string name, Action<Utf8JsonWriter, TRow> write)
{
    public string Name { get; } = name;

    /// <summary>Writes the value; the name is written already.</summary>
    public Action<Utf8JsonWriter, TRow> Write { get; } = write;

    /// <summary>Reads the value from a POST; null where it is not allowed there.</summary>
    public Func<JsonElement, object?>? Post { get; init; }

    /// <summary>Reads the value from a PUT; null where it is read-only.</summary>
    public Func<JsonElement, object?>? Put { get; init; }

    public bool Required { get; init; }

    /// <summary>What a POST without the attribute means; a POST that says the same needs no right of its own.</summary>
    public object? Default { get; init; }

    public Func<IQueryable<TRow>, IReadOnlyList<string>, IQueryable<TRow>>? Filter { get; init; }

    public Expression<Func<TRow, object?>>? Sort { get; init; }

    /// <summary>False when this row does not have the attribute at all.</summary>
    public Func<TRow, bool>? Shown { get; init; }
}

/// <summary>Predicates of lists: a value given several times means any of them.</summary>
internal static class Filter
{
    public static Func<IQueryable<TRow>, IReadOnlyList<string>, IQueryable<TRow>> Text<TRow>(Expression<Func<TRow, string?>> member) => (rows, values) =>
    {
        // Held in an object, so that the translation of the query is kept and only the value changes.
        Expression value = values.Count == 1 ? Expression.Property(Expression.Constant(new One<string>(values[0])), nameof(One<string>.Value)) : Expression.Property(Expression.Constant(new One<List<string?>>([.. values])), nameof(One<string>.Value));
        var body = values.Count == 1
            ? (Expression)Expression.Equal(member.Body, value)
            : Expression.Call(value, typeof(List<string?>).GetMethod(nameof(List<string?>.Contains))!, member.Body);
        if (values.Contains("", StringComparer.Ordinal))
        {
            body = Expression.OrElse(body, Expression.Equal(member.Body, Expression.Constant(null, typeof(string))));
        }

        return rows.Where(Expression.Lambda<Func<TRow, bool>>(body, member.Parameters));
    };

    public static Func<IQueryable<TRow>, IReadOnlyList<string>, IQueryable<TRow>> Bool<TRow>(Expression<Func<TRow, bool>> member) => (rows, values) =>
    {
        var wanted = values.Select(Read.ParseBoolean).Distinct().ToList();
        return wanted switch
        {
            [true] => rows.Where(member),
            [false] => rows.Where(Expression.Lambda<Func<TRow, bool>>(Expression.Not(member.Body), member.Parameters)),
            _ when wanted.Contains(null) => throw Errors.BadRequest($"'{values.First(v => Read.ParseBoolean(v) is null)}' cannot be converted to boolean"),
            _ => rows,
        };
    };

    public static Func<IQueryable<TRow>, IReadOnlyList<string>, IQueryable<TRow>> Int<TRow>(Expression<Func<TRow, int?>> member) => (rows, values) =>
    {
        var wanted = values.Select(v => int.TryParse(v, out var number) ? (int?)number : null).Where(v => v is not null).ToList();
        var value = Expression.Property(Expression.Constant(new One<List<int?>>(wanted)), nameof(One<int>.Value));
        var body = Expression.Call(value, typeof(List<int?>).GetMethod(nameof(List<int?>.Contains))!, member.Body);
        return rows.Where(Expression.Lambda<Func<TRow, bool>>(body, member.Parameters));
    };

    internal sealed class One<T>(T value)
    {
        public T Value { get; } = value;
    }
}
