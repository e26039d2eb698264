// SPDX-License-Identifier: Apache-2.0

using Meridian.Platform.Ovsdb;

namespace Meridian.Network.Drivers.Ovn;

/// <param name="Owner">Table whose rows hold the references.</param>
/// <param name="Column">The set of references.</param>
/// <param name="Table">Table of the rows that live as long as they are referred to.</param>
internal sealed record OwnedColumn(string Owner, string Column, string Table);

internal static class OvnOwnedRows
{
    /// <summary>Makes the owned rows in one column exactly these; rows that are equal stay as they are, those that are not <paramref name="isOurs"/> too.</summary>
    public static void Ensure(
        OvsdbClient northbound, OvsdbTransaction transaction, OwnedColumn column, OvsdbRow? owner, OvsdbReference reference,
        IEnumerable<Dictionary<string, object?>> wanted, Func<OvsdbRow, bool> isOurs)
    {
        var existing = (owner?.References(column.Column) ?? []).Select(northbound.Table(column.Table).Find).OfType<OvsdbRow>().Where(isOurs).ToList();
        var missing = new List<object>();
        foreach (var columns in wanted)
        {
            if (existing.Find(e => columns.All(c => OvsdbRow.Same(e.Value(c.Key), c.Value))) is { } same)
            {
                existing.Remove(same);
            }
            else
            {
                missing.Add(transaction.Insert(column.Table, columns));
            }
        }

        if (existing.Count > 0)
        {
            transaction.Remove(column.Owner, reference, column.Column, existing.Select(e => (object)e.Uuid).ToArray());
        }

        if (missing.Count > 0)
        {
            transaction.Add(column.Owner, reference, column.Column, missing);
        }
    }
}
