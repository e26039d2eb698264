// SPDX-License-Identifier: Apache-2.0
using System.Text.Json;

using LinqToDB.Mapping;

namespace Meridian.Network.Api;

/// <summary>What every resource has (neutron's standard attributes).</summary>
internal abstract class StandardRow
{
    [PrimaryKey, Column("id")]
    public string Id { get; init; } = "";

    [Column("project_id")]
    public string ProjectId { get; init; } = "";

    [Column("name")]
    public string Name { get; set; } = "";

    [Column("description")]
    public string? Description { get; set; } = "";

    /// <summary>Rises with every change; If-Match compares it.</summary>
    [Column("revision_number")]
    public int RevisionNumber { get; set; } = 1;

    [Column("created_at")]
    public DateTime CreatedAt { get; init; }

    [Column("updated_at")]
    public DateTime UpdatedAt { get; set; }

    /// <summary>Filled when the row is shown.</summary>
    [NotColumn]
    public IReadOnlyList<string> Tags { get; set; } = [];

    /// <summary>Seconds only, as neutron prints times.</summary>
    public static string Text(DateTime time) => time.ToString("yyyy-MM-ddTHH:mm:ssZ");
}

/// <summary>The fields that resources have in common, in the order that the API shows them.</summary>
internal static class StandardFields
{
    public static Field<TRow> Id<TRow>()
        where TRow : StandardRow => new("id", (json, row) => json.WriteStringValue(row.Id)) { Filter = Filter.Text<TRow>(r => r.Id), Sort = r => r.Id };

    public static Field<TRow> Name<TRow>()
        where TRow : StandardRow => new("name", (json, row) => json.WriteStringValue(row.Name))
        {
            Post = Read.Name, Put = Read.Name, Default = "", Filter = Filter.Text<TRow>(r => r.Name), Sort = r => r.Name,
        };

    /// <summary>Description, tags, times, revision and owner.</summary>
    public static IEnumerable<Field<TRow>> Rest<TRow>(bool tags = true)
        where TRow : StandardRow
    {
        yield return new("tenant_id", (json, row) => json.WriteStringValue(row.ProjectId)) { Post = Read.Text(255) };
        yield return new("project_id", (json, row) => json.WriteStringValue(row.ProjectId)) { Post = Read.Text(255), Filter = Filter.Text<TRow>(r => r.ProjectId), Sort = r => r.ProjectId };
        yield return new("description", (json, row) => json.WriteStringValue(row.Description))
        {
            Post = Read.Description, Put = Read.Description, Default = "", Filter = Filter.Text<TRow>(r => r.Description), Sort = r => r.Description,
        };
        if (tags)
        {
            yield return new("tags", (json, row) => Texts(json, row.Tags));
        }

        yield return new("created_at", (json, row) => json.WriteStringValue(StandardRow.Text(row.CreatedAt))) { Sort = r => r.CreatedAt };
        yield return new("updated_at", (json, row) => json.WriteStringValue(StandardRow.Text(row.UpdatedAt))) { Sort = r => r.UpdatedAt };
        yield return new("revision_number", (json, row) => json.WriteNumberValue(row.RevisionNumber)) { Filter = Filter.Int<TRow>(r => r.RevisionNumber), Sort = r => r.RevisionNumber };
    }

    public static void Texts(Utf8JsonWriter json, IEnumerable<string> texts)
    {
        json.WriteStartArray();
        foreach (var text in texts)
        {
            json.WriteStringValue(text);
        }

        json.WriteEndArray();
    }
}
