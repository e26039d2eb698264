// SPDX-License-Identifier: Apache-2.0

using System.Collections.Frozen;
using System.Diagnostics.CodeAnalysis;

namespace Meridian.Platform.Ovsdb;

/// <summary>
/// One row as of one moment; never changes. Values are string, long, double, bool or Guid; null for an empty optional;
/// <see cref="object"/>[] for a set; a dictionary of text to text for a map.
/// </summary>
public sealed class OvsdbRow
{
    private static readonly IReadOnlyDictionary<string, string> NoMap = FrozenDictionary<string, string>.Empty;
    private readonly Dictionary<string, object?> values;

    internal OvsdbRow(string table, Guid uuid, Dictionary<string, object?> values)
    {
        Table = table;
        Uuid = uuid;
        this.values = values;
    }

    public string Table { get; }

    public Guid Uuid { get; }

    /// <summary>The empty string when unset.</summary>
    public string Text(string column) => Value(column) as string ?? "";

    public long Integer(string column) => Value(column) as long? ?? 0;

    public bool Boolean(string column) => Value(column) as bool? ?? false;

    public Guid? Reference(string column) => Value(column) as Guid?;

    public IEnumerable<Guid> References(string column) => Set(column).OfType<Guid>();

    public IEnumerable<string> Texts(string column) => Set(column).OfType<string>();

    public IReadOnlyDictionary<string, string> Map(string column) => Value(column) as IReadOnlyDictionary<string, string> ?? NoMap;

    /// <summary>Null when the map has no such key.</summary>
    public string? Entry(string column, string key) => Map(column).GetValueOrDefault(key);

    /// <summary>Also for optionals and scalars, as sets of at most one.</summary>
    public IReadOnlyList<object> Set(string column) => Value(column) switch
    {
        null => [],
        object[] many => many,
        var one => [one],
    };

    [SuppressMessage("Naming", "CA1721", Justification = "Value is the untyped form of the accessors beside it.")]
    public object? Value(string column) => values.GetValueOrDefault(column);

    /// <summary>Whether a row's value is what a writer wants, the order of sets and maps apart.</summary>
    public static bool Same(object? actual, object? wanted) => OvsdbValues.Same(actual, wanted);

    internal Dictionary<string, object?> CopyValues() => new(values, StringComparer.Ordinal);
}
