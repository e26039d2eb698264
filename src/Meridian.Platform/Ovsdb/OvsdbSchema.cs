// SPDX-License-Identifier: Apache-2.0

using System.Text.Json;

namespace Meridian.Platform.Ovsdb;

public enum OvsdbKind
{
    /// <summary>Exactly one atom.</summary>
    Scalar,

    /// <summary>No atom or one: null when empty.</summary>
    Optional,
    Set,
    Map,
}

/// <param name="Atom">string, integer, real, boolean or uuid: of a map, the key's type.</param>
/// <param name="MapValue">Of a map, the value's type.</param>
public sealed record OvsdbColumn(string Name, OvsdbKind Kind, string Atom, string? MapValue = null)
{
    internal static OvsdbColumn Read(string name, JsonElement column)
    {
        var type = column.GetProperty("type");
        if (type.ValueKind == JsonValueKind.String)
        {
            return new(name, OvsdbKind.Scalar, type.GetString()!);
        }

        var key = AtomOf(type.GetProperty("key"));
        if (type.TryGetProperty("value", out var value))
        {
            return new(name, OvsdbKind.Map, key, AtomOf(value));
        }

        var min = type.TryGetProperty("min", out var low) ? low.GetInt32() : 1;
        var single = !type.TryGetProperty("max", out var high) || (high.ValueKind == JsonValueKind.Number && high.GetInt32() == 1);
        return new(name, !single ? OvsdbKind.Set : min == 0 ? OvsdbKind.Optional : OvsdbKind.Scalar, key);
    }

    private static string AtomOf(JsonElement type) => type.ValueKind == JsonValueKind.String ? type.GetString()! : type.GetProperty("type").GetString()!;
}

/// <summary>The column types of one database: needed to read the differences that <c>update2</c> sends.</summary>
public sealed class OvsdbSchema
{
    private readonly Dictionary<string, Dictionary<string, OvsdbColumn>> tables = [];

    internal OvsdbSchema(JsonElement schema)
    {
        Version = schema.TryGetProperty("version", out var version) ? version.GetString() ?? "" : "";
        foreach (var table in schema.GetProperty("tables").EnumerateObject())
        {
            tables[table.Name] = table.Value.GetProperty("columns").EnumerateObject()
                .ToDictionary(c => c.Name, c => OvsdbColumn.Read(c.Name, c.Value), StringComparer.Ordinal);
        }
    }

    public string Version { get; }

    public bool HasTable(string table) => tables.ContainsKey(table);

    /// <summary>Whether this server's schema is new enough to have the column.</summary>
    public bool HasColumn(string table, string column) => tables.TryGetValue(table, out var columns) && columns.ContainsKey(column);

    public IEnumerable<string> ColumnsOf(string table) => tables.TryGetValue(table, out var columns) ? columns.Keys : [];

    public OvsdbColumn Column(string table, string column) =>
        tables.TryGetValue(table, out var columns) && columns.TryGetValue(column, out var found)
            ? found
            : throw new OvsdbException($"the OVSDB schema {Version} has no column {table}.{column}");
}
