// SPDX-License-Identifier: Apache-2.0

using System.Text.Json;
using System.Text.Json.Nodes;

namespace Meridian.Platform.Ovsdb;

/// <summary>The copy of the monitored tables: turns <c>table-updates2</c> into rows and changes.</summary>
internal sealed class OvsdbReplica(IReadOnlyList<OvsdbMonitor> monitors)
{
    private readonly Dictionary<string, OvsdbTable> tables = monitors.ToDictionary(m => m.Table, m => new OvsdbTable(m.Table), StringComparer.Ordinal);
    private readonly Dictionary<string, IReadOnlyList<OvsdbColumn>> columns = [];
    private OvsdbSchema? schema;

    public OvsdbTable Table(string name) => tables.TryGetValue(name, out var table) ? table : throw new ArgumentException($"the table {name} is not monitored", nameof(name));

    /// <returns>The monitor request; and whether what is held may be continued from (the schema is the same).</returns>
    public (JsonObject Requests, bool Known) Begin(OvsdbSchema current)
    {
        var known = schema?.Version == current.Version;
        schema = current;
        var requests = new JsonObject();
        foreach (var monitor in monitors.Where(m => current.HasTable(m.Table)))
        {
            var wanted = monitor.Columns is { } list ? list.Where(c => current.HasColumn(monitor.Table, c)) : current.ColumnsOf(monitor.Table);
            columns[monitor.Table] = [.. wanted.Select(c => current.Column(monitor.Table, c))];
            requests[monitor.Table] = new JsonArray(new JsonObject { ["columns"] = new JsonArray([.. columns[monitor.Table].Select(c => (JsonNode)c.Name)]) });
        }

        return (requests, known);
    }

    /// <param name="updates">What the server sent.</param>
    /// <param name="complete">Rows that are held but not in <paramref name="updates"/> are gone.</param>
    public List<OvsdbChange> ApplyInitial(JsonElement updates, bool complete)
    {
        var changes = Apply(updates);
        if (!complete)
        {
            return changes;
        }

        foreach (var table in tables.Values)
        {
            var present = updates.TryGetProperty(table.Name, out var rows) ? rows.EnumerateObject().Select(r => Guid.Parse(r.Name)).ToHashSet() : [];
            foreach (var gone in table.Keys.Where(k => !present.Contains(k)))
            {
                changes.Add(new(table.Name, gone, table.Find(gone), null));
                table.Remove(gone);
            }
        }

        return changes;
    }

    public List<OvsdbChange> Apply(JsonElement updates)
    {
        var changes = new List<OvsdbChange>();
        foreach (var update in updates.EnumerateObject())
        {
            if (!tables.TryGetValue(update.Name, out var table))
            {
                continue;
            }

            foreach (var row in update.Value.EnumerateObject())
            {
                var uuid = Guid.Parse(row.Name);
                var old = table.Find(uuid);
                var now = Next(table.Name, uuid, old, row.Value);
                if (now is null)
                {
                    table.Remove(uuid);
                }
                else
                {
                    table.Set(now);
                }

                changes.Add(new(table.Name, uuid, old, now));
            }
        }

        return changes;
    }

    private OvsdbRow? Next(string table, Guid uuid, OvsdbRow? old, JsonElement update)
    {
        if (update.TryGetProperty("delete", out _))
        {
            return null;
        }

        if (update.TryGetProperty("modify", out var difference))
        {
            var values = old?.CopyValues() ?? Defaults(table);
            foreach (var property in difference.EnumerateObject())
            {
                values[property.Name] = OvsdbValues.Apply(schema!.Column(table, property.Name), values.GetValueOrDefault(property.Name), property.Value);
            }

            return new(table, uuid, values);
        }

        var fresh = Defaults(table);
        if (update.TryGetProperty("initial", out var content) || update.TryGetProperty("insert", out content))
        {
            foreach (var property in content.EnumerateObject())
            {
                fresh[property.Name] = OvsdbValues.Read(schema!.Column(table, property.Name), property.Value);
            }
        }

        return new(table, uuid, fresh);
    }

    private Dictionary<string, object?> Defaults(string table) => columns[table].ToDictionary(c => c.Name, OvsdbValues.Default, StringComparer.Ordinal);
}
