// SPDX-License-Identifier: Apache-2.0
using System.Linq.Expressions;
using System.Reflection;

namespace Meridian.Platform.Http;

/// <summary>One key of an order: a member of the row and its direction.</summary>
public sealed record SortKey<TRow>(string Name, Expression<Func<TRow, object?>> Member, bool Descending = false);

/// <summary>
/// Pages by key over (sort keys, id), in the database: rows after the marker's, in the order asked for. NULLs order alike on all
/// databases: before all values ascending, after them descending (DESIGN 9).
/// </summary>
public static class KeyPaging
{
    /// <param name="keys">The order; the last must be unique (the id), or it is ambiguous.</param>
    /// <param name="marker">The last row of the page before; null for the first page.</param>
    public static IQueryable<TRow> Page<TRow>(this IQueryable<TRow> rows, IReadOnlyList<SortKey<TRow>> keys, TRow? marker, int limit)
        where TRow : class
    {
        if (marker is not null)
        {
            rows = rows.Where(After(keys, marker));
        }

        IOrderedQueryable<TRow>? ordered = null;
        foreach (var key in keys)
        {
            ordered = Order(ordered ?? rows, ordered is null, key);
        }

        return (ordered ?? rows).Take(limit);
    }

    private static Expression<Func<TRow, bool>> After<TRow>(IReadOnlyList<SortKey<TRow>> keys, TRow marker)
    {
        var row = Expression.Parameter(typeof(TRow), "row");
        Expression? after = null;
        Expression? equalSoFar = null;
        foreach (var key in keys)
        {
            var member = Typed(key.Member, row);
            var value = key.Member.Compile()(marker);
            var term = Beyond(member, value, key.Descending);
            if (term is not null)
            {
                term = equalSoFar is null ? term : Expression.AndAlso(equalSoFar, term);
                after = after is null ? term : Expression.OrElse(after, term);
            }

            var equal = Equal(member, value);
            equalSoFar = equalSoFar is null ? equal : Expression.AndAlso(equalSoFar, equal);
        }

        return Expression.Lambda<Func<TRow, bool>>(AndNotBefore(keys[0], marker, row, after ?? Expression.Constant(false)), row);
    }

    /// <summary>Says in one comparison what the others say together: it is what an index on the first key can start from.</summary>
    private static Expression AndNotBefore<TRow>(SortKey<TRow> first, TRow marker, ParameterExpression row, Expression after)
    {
        var member = Typed(first.Member, row);
        return !CanBeNull(member) && first.Member.Compile()(marker) is { } value
            ? Expression.AndAlso(Compare(member, value, first.Descending, orEqual: true), after)
            : after;
    }

    private static Expression Typed<TRow>(Expression<Func<TRow, object?>> member, ParameterExpression row)
    {
        var body = member.Body is UnaryExpression { NodeType: ExpressionType.Convert } convert ? convert.Operand : member.Body;
        return new Replace(member.Parameters[0], row).Visit(body);
    }

    /// <summary>As the row's class declares it: what order NULLs have matters only where there are any, and to say it costs the index.</summary>
    private static bool CanBeNull(Expression expression) =>
        expression is MemberExpression { Member: PropertyInfo property }
            ? new NullabilityInfoContext().Create(property).ReadState != NullabilityState.NotNull
            : !expression.Type.IsValueType || Nullable.GetUnderlyingType(expression.Type) is not null;

    private static BinaryExpression Equal(Expression member, object? value) =>
        Expression.Equal(member, Expression.Constant(value, member.Type));

    /// <summary>"member comes after value" in this direction; null when nothing can.</summary>
    private static Expression? Beyond(Expression member, object? value, bool descending)
    {
        var nullable = CanBeNull(member);
        if (value is null)
        {
            return descending ? null : Expression.NotEqual(member, Expression.Constant(null, member.Type));
        }

        var compared = Compare(member, value, descending);
        return descending && nullable ? Expression.OrElse(compared, Expression.Equal(member, Expression.Constant(null, member.Type))) : compared;
    }

    /// <summary>"member comes after value", or at it.</summary>
    private static BinaryExpression Compare(Expression member, object value, bool descending, bool orEqual = false)
    {
        if (member.Type == typeof(bool) || member.Type == typeof(bool?))
        {
            throw new NotSupportedException("Lists are not ordered by booleans; order by a number instead.");
        }

        var (left, right) = member.Type == typeof(string)
            ? (Expression.Call(typeof(string), nameof(string.CompareOrdinal), null, member, Expression.Constant((string)value)), Expression.Constant(0))
            : (member, Expression.Constant(value, member.Type));
        var kind = (descending, orEqual) switch
        {
            (false, false) => ExpressionType.GreaterThan,
            (false, true) => ExpressionType.GreaterThanOrEqual,
            (true, false) => ExpressionType.LessThan,
            _ => ExpressionType.LessThanOrEqual,
        };
        return Expression.MakeBinary(kind, left, right);
    }

    private static IOrderedQueryable<TRow> Order<TRow>(IQueryable<TRow> rows, bool first, SortKey<TRow> key)
    {
        var row = Expression.Parameter(typeof(TRow), "row");
        var member = Typed(key.Member, row);
        if (CanBeNull(member))
        {
            // NULL first ascending, last descending, on every database: order by "is not null" before the value.
            Expression isNull = Expression.Condition(Expression.Equal(member, Expression.Constant(null, member.Type)), Expression.Constant(0), Expression.Constant(1));
            rows = Apply(rows, first, isNull, row, key.Descending);
            first = false;
        }

        return Apply(rows, first, member, row, key.Descending);
    }

    private static IOrderedQueryable<TRow> Apply<TRow>(IQueryable<TRow> rows, bool first, Expression by, ParameterExpression row, bool descending)
    {
        var method = (first, descending) switch
        {
            (true, false) => nameof(Queryable.OrderBy),
            (true, true) => nameof(Queryable.OrderByDescending),
            (false, false) => nameof(Queryable.ThenBy),
            _ => nameof(Queryable.ThenByDescending),
        };
        return (IOrderedQueryable<TRow>)rows.Provider.CreateQuery<TRow>(
            Expression.Call(typeof(Queryable), method, [typeof(TRow), by.Type], rows.Expression, Expression.Quote(Expression.Lambda(by, row))));
    }

    private sealed class Replace(ParameterExpression from, ParameterExpression to) : ExpressionVisitor
    {
        protected override Expression VisitParameter(ParameterExpression node) => node == from ? to : node;
    }
}
