// SPDX-License-Identifier: Apache-2.0

using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Meridian.Platform.Ovsdb;

/// <summary>RFC 7047 section 5.1's notation of values, both ways.</summary>
internal static class OvsdbValues
{
    public static object? Read(OvsdbColumn column, JsonElement json)
    {
        if (column.Kind == OvsdbKind.Map)
        {
            return json[1].EnumerateArray().ToDictionary(p => Text(Atom(p[0])), p => Text(Atom(p[1])), StringComparer.Ordinal);
        }

        var isSet = json.ValueKind == JsonValueKind.Array && json[0].ValueEquals("set");
        if (column.Kind == OvsdbKind.Set)
        {
            return isSet ? [.. json[1].EnumerateArray().Select(Atom)] : new[] { Atom(json) };
        }

        return !isSet ? Atom(json) : json[1].GetArrayLength() == 0 ? null : Atom(json[1][0]);
    }

    /// <summary>What <c>initial</c> and <c>insert</c> leave out has its type's default (ovsdb-server(7), 4.1.14).</summary>
    public static object? Default(OvsdbColumn column) => column.Kind switch
    {
        OvsdbKind.Map => new Dictionary<string, string>(),
        OvsdbKind.Set => Array.Empty<object>(),
        OvsdbKind.Optional => null,
        _ => column.Atom switch { "string" => "", "integer" => 0L, "real" => 0d, "boolean" => false, _ => Guid.Empty },
    };

    /// <summary>Applies a <c>modify</c>: sets toggle their elements, maps drop equal pairs and take the others, single values are replaced.</summary>
    public static object? Apply(OvsdbColumn column, object? old, JsonElement difference)
    {
        switch (column.Kind)
        {
            case OvsdbKind.Set:
                var set = ((object[]?)old ?? []).ToList();
                foreach (var element in (object[])Read(column, difference)!)
                {
                    if (!set.Remove(element))
                    {
                        set.Add(element);
                    }
                }

                return set.ToArray();
            case OvsdbKind.Map:
                var map = new Dictionary<string, string>((Dictionary<string, string>?)old ?? [], StringComparer.Ordinal);
                foreach (var (key, value) in (Dictionary<string, string>)Read(column, difference)!)
                {
                    if (!map.TryGetValue(key, out var before) || before != value)
                    {
                        map[key] = value;
                    }
                    else
                    {
                        map.Remove(key);
                    }
                }

                return map;
            default:
                return Read(column, difference);
        }
    }

    /// <summary>string, bool, whole numbers, double, Guid, <see cref="OvsdbReference"/>, text maps, or any other sequence of these as a set; null is the empty set.</summary>
    public static JsonNode Write(object? value) => value switch
    {
        null => new JsonArray("set", new JsonArray()),
        string s => JsonValue.Create(s),
        bool b => JsonValue.Create(b),
        int i => JsonValue.Create(i),
        long l => JsonValue.Create(l),
        double d => JsonValue.Create(d),
        Guid g => new JsonArray("uuid", g.ToString("D")),
        OvsdbReference r => r.ToJson(),
        IReadOnlyDictionary<string, string> map => new JsonArray("map", new JsonArray([.. map.Select(p => (JsonNode)new JsonArray(p.Key, p.Value))])),
        System.Collections.IEnumerable set => new JsonArray("set", new JsonArray([.. set.Cast<object>().Select(Write)])),
        _ => throw new ArgumentException($"a {value.GetType().Name} is no OVSDB value", nameof(value)),
    };

    /// <summary>Whether a row's value is what a writer wants, order apart.</summary>
    public static bool Same(object? actual, object? wanted)
    {
        switch (wanted)
        {
            case null:
                return actual is null or object[] { Length: 0 };
            case int i:
                return Same(actual, (long)i);
            case OvsdbReference r:
                return r.Uuid is { } uuid && Same(actual, uuid);
            case string or bool or long or double or Guid:
                return actual is object[] one ? one.Length == 1 && Equals(one[0], wanted) : Equals(actual, wanted);
            case IReadOnlyDictionary<string, string> map:
                return actual is IReadOnlyDictionary<string, string> have && have.Count == map.Count
                    && map.All(p => have.TryGetValue(p.Key, out var value) && value == p.Value);
            case System.Collections.IEnumerable set:
                var want = set.Cast<object>().Select(x => x is int n ? n : x is OvsdbReference { Uuid: { } id } ? id : x).ToHashSet();
                var got = actual is object[] many ? many : actual is null ? [] : [actual];
                return want.Count == got.Length && want.SetEquals(got);
            default:
                return false;
        }
    }

    private static object Atom(JsonElement json) => json.ValueKind switch
    {
        JsonValueKind.String => json.GetString()!,
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        JsonValueKind.Number => json.TryGetInt64(out var whole) ? whole : (object)json.GetDouble(),
        _ => Guid.Parse(json[1].GetString()!),
    };

    private static string Text(object atom) => atom switch
    {
        string s => s,
        bool b => b ? "true" : "false",
        IFormattable f => f.ToString(null, CultureInfo.InvariantCulture),
        _ => atom.ToString()!,
    };
}
