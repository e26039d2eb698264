// SPDX-License-Identifier: Apache-2.0

using System.Collections.Concurrent;

namespace Meridian.Platform.Ovsdb;

/// <param name="Columns">Null means all that the server's schema has. Columns that an older server lacks are left out and read as unset.</param>
public sealed record OvsdbMonitor(string Table, IReadOnlyList<string>? Columns = null);

/// <param name="Old">Null for a new row.</param>
/// <param name="New">Null for a deleted row.</param>
public sealed record OvsdbChange(string Table, Guid Uuid, OvsdbRow? Old, OvsdbRow? New);

/// <summary>The rows of one monitored table as last heard; may be read from any thread while it changes.</summary>
public sealed class OvsdbTable
{
    private readonly ConcurrentDictionary<Guid, OvsdbRow> rows = new();

    internal OvsdbTable(string name) => Name = name;

    public string Name { get; }

    public IEnumerable<OvsdbRow> Rows => rows.Select(r => r.Value);

    public OvsdbRow? Find(Guid uuid) => rows.GetValueOrDefault(uuid);

    /// <summary>The first row with this text in the column; null when there is none.</summary>
    public OvsdbRow? FindBy(string column, string text) => Rows.FirstOrDefault(r => r.Text(column) == text);

    /// <summary>The first row whose map has this pair.</summary>
    public OvsdbRow? FindBy(string column, string key, string value) => Rows.FirstOrDefault(r => r.Entry(column, key) == value);

    internal void Set(OvsdbRow row) => rows[row.Uuid] = row;

    internal void Remove(Guid uuid) => rows.TryRemove(uuid, out _);

    internal IReadOnlyCollection<Guid> Keys => [.. rows.Keys];
}
