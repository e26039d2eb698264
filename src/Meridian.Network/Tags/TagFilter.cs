// SPDX-License-Identifier: Apache-2.0
using LinqToDB;
using LinqToDB.Data;
using Meridian.Network.Api;

namespace Meridian.Network.Tags;

/// <summary>tags (all), tags-any, not-tags (not all) and not-tags-any of lists. Source: Networking API, "Standard Attributes Tag Extension".</summary>
internal static class TagFilter
{
    public static IQueryable<TRow> Apply<TRow>(DataConnection db, IQueryable<TRow> rows, IReadOnlyDictionary<string, IReadOnlyList<string>> filters)
        where TRow : StandardRow
    {
        var tags = db.GetTable<TagRow>();
        foreach (var (kind, values) in filters)
        {
            var wanted = values.Distinct().ToList();
            var count = wanted.Count;
            rows = kind switch
            {
                "tags" => rows.Where(r => tags.Count(t => t.ResourceId == r.Id && wanted.Contains(t.Tag)) == count),
                "tags-any" => rows.Where(r => tags.Any(t => t.ResourceId == r.Id && wanted.Contains(t.Tag))),
                "not-tags" => rows.Where(r => tags.Count(t => t.ResourceId == r.Id && wanted.Contains(t.Tag)) != count),
                _ => rows.Where(r => !tags.Any(t => t.ResourceId == r.Id && wanted.Contains(t.Tag))),
            };
        }

        return rows;
    }
}
