// SPDX-License-Identifier: Apache-2.0

using System.Text.Json.Nodes;

namespace Meridian.Platform.Ovsdb;

/// <summary>A row that exists, or one that an insert of the same transaction makes.</summary>
public readonly record struct OvsdbReference(Guid? Uuid, string? Name)
{
    public static implicit operator OvsdbReference(Guid uuid) => new(uuid, null);

    internal JsonArray ToJson() => Uuid is { } uuid ? new("uuid", uuid.ToString("D")) : new("named-uuid", Name);
}

/// <summary>Collects operations of RFC 7047 section 5.2 that are done all or not at all. Null values mean the empty set.</summary>
public sealed class OvsdbTransaction
{
    private readonly JsonArray operations = [];
    private readonly Dictionary<int, string> inserts = [];

    public bool IsEmpty => operations.Count == 0;

    internal int Count => operations.Count;

    internal IReadOnlyDictionary<int, string> Inserts => inserts;

    /// <returns>A reference for use inside this transaction.</returns>
    public OvsdbReference Insert(string table, IEnumerable<KeyValuePair<string, object?>> columns)
    {
        var name = $"row{operations.Count}";
        inserts[operations.Count] = name;
        operations.Add((JsonNode)new JsonObject { ["op"] = "insert", ["table"] = table, ["uuid-name"] = name, ["row"] = Row(columns) });
        return new(null, name);
    }

    public void Update(string table, Guid uuid, IEnumerable<KeyValuePair<string, object?>> columns) =>
        operations.Add((JsonNode)new JsonObject { ["op"] = "update", ["table"] = table, ["where"] = Is(uuid), ["row"] = Row(columns) });

    /// <summary>Updates only what differs from the row as last seen.</summary>
    /// <returns>Whether anything differed.</returns>
    public bool UpdateDifferences(OvsdbRow row, IEnumerable<KeyValuePair<string, object?>> columns)
    {
        var differing = columns.Where(c => !OvsdbValues.Same(row.Value(c.Key), c.Value)).ToList();
        if (differing.Count > 0)
        {
            Update(row.Table, row.Uuid, differing);
        }

        return differing.Count > 0;
    }

    /// <summary>Adds elements to a set, or pairs to a map.</summary>
    public void Add(string table, OvsdbReference row, string column, object values) => Mutate(table, row, column, "insert", values);

    /// <summary>Removes elements from a set, or keys or pairs from a map.</summary>
    public void Remove(string table, OvsdbReference row, string column, object values) => Mutate(table, row, column, "delete", values);

    public void Delete(string table, Guid uuid) =>
        operations.Add((JsonNode)new JsonObject { ["op"] = "delete", ["table"] = table, ["where"] = Is(uuid) });

    /// <summary>Fails the transaction with <c>timed out</c> unless the row still has these values.</summary>
    public void Expect(string table, Guid uuid, IReadOnlyDictionary<string, object?> columns) =>
        operations.Add((JsonNode)new JsonObject
        {
            ["op"] = "wait", ["table"] = table, ["where"] = Is(uuid), ["timeout"] = 0, ["until"] = "==",
            ["columns"] = new JsonArray([.. columns.Keys.Select(k => (JsonNode)k)]), ["rows"] = new JsonArray(Row(columns)),
        });

    public void Increment(string table, Guid uuid, string column) =>
        operations.Add((JsonNode)new JsonObject
        {
            ["op"] = "mutate", ["table"] = table, ["where"] = Is(uuid), ["mutations"] = new JsonArray(new JsonArray(column, "+=", 1)),
        });

    internal JsonArray ToJson(string database)
    {
        var parameters = new JsonArray(database);
        foreach (var operation in operations)
        {
            parameters.Add(operation!.DeepClone());
        }

        return parameters;
    }

    private static JsonArray Is(OvsdbReference row) => new(new JsonArray("_uuid", "==", row.ToJson()));

    private static JsonObject Row(IEnumerable<KeyValuePair<string, object?>> columns) =>
        new(columns.Select(c => KeyValuePair.Create(c.Key, (JsonNode?)OvsdbValues.Write(c.Value))));

    private void Mutate(string table, OvsdbReference row, string column, string mutator, object values) =>
        operations.Add((JsonNode)new JsonObject
        {
            ["op"] = "mutate", ["table"] = table, ["where"] = Is(row),
            ["mutations"] = new JsonArray(new JsonArray(column, mutator, OvsdbValues.Write(values))),
        });
}
