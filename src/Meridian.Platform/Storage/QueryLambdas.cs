// SPDX-License-Identifier: Apache-2.0
using System.Linq.Expressions;

using LinqToDB;
using LinqToDB.Internal.Linq;

namespace Meridian.Platform.Storage;

/// <summary>
/// Compiles the functions that linq2db makes of queries: two or three for each parameter, two thousand until a cloud is set up, most of them of queries
/// that run a few times in the life of a process. Those are interpreted first, and compiled once they have been called often. What reads rows is compiled
/// at once.
/// </summary>
internal static class QueryLambdas
{
    public static Delegate Compile(LambdaExpression lambda) => lambda switch
    {
        Expression<Func<IQueryExpressions, IDataContext, object?[]?, object?>> value => Tiered(value),
        { ReturnType: var result, Parameters: [{ Type: var query }, { Type: var context }, { Type: var parameters }] }
            when result == typeof(object) && query == typeof(IQueryExpressions) && context == typeof(IDataContext) && parameters == typeof(object[]) =>
            Compared(lambda),
        Expression<Func<object?, object?>> conversion => Tiered(conversion),
        Expression<Func<object?, DbDataType>> type => Tiered(type),
        _ => lambda.Compile(),
    };

    private static Func<IQueryExpressions, IDataContext, object?[]?, object?> Tiered(Expression<Func<IQueryExpressions, IDataContext, object?[]?, object?>> lambda)
    {
        var function = new Function<Func<IQueryExpressions, IDataContext, object?[]?, object?>>(lambda);
        return (query, context, parameters) => function.ForCall()(query, context, parameters);
    }

    // What a cached query is compared by has the signature of a value, but a delegate type of linq2db's own.
    private static Delegate Compared(LambdaExpression lambda)
    {
        var function = Tiered(Expression.Lambda<Func<IQueryExpressions, IDataContext, object?[]?, object?>>(lambda.Body, lambda.Parameters));
        return Delegate.CreateDelegate(lambda.Type, function.Target, function.Method);
    }

    private static Func<object?, T> Tiered<T>(Expression<Func<object?, T>> lambda)
    {
        var function = new Function<Func<object?, T>>(lambda);
        return value => function.ForCall()(value);
    }

    private sealed class Function<T>(Expression<T> lambda)
        where T : Delegate
    {
        /// <summary>Interpreting so many calls takes about as long as one compilation.</summary>
        private const int Often = 30;

        private Expression<T>? source = lambda;
        private T current = lambda.Compile(preferInterpretation: true);
        private int calls;

        public T ForCall()
        {
            if (source is { } expression && Interlocked.Increment(ref calls) == Often)
            {
                current = expression.Compile();
                source = null;
            }

            return current;
        }
    }
}
