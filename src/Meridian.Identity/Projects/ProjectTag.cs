// SPDX-License-Identifier: Apache-2.0
using LinqToDB.Mapping;

namespace Meridian.Identity.Projects;

/// <summary>A tag of a project.</summary>
[Table("project_tag")]
internal sealed class ProjectTag
{
    [PrimaryKey, Column("project_id")]
    public string ProjectId { get; set; } = "";

    [PrimaryKey, Column("tag")]
    public string Tag { get; set; } = "";

    /// <summary>At most 80 tags of up to 255 characters, without / and comma. Source: Keystone's project tag schema.</summary>
    /// <returns>Them, each once and without blanks at its ends.</returns>
    /// <exception cref="Platform.Http.ApiException">400.</exception>
    public static IReadOnlyList<string> Check(IReadOnlyList<string> tags)
    {
        foreach (var tag in tags)
        {
            if (tag.AsSpan().ContainsAny('/', ','))
            {
                throw Errors.InvalidField("tags", $"'{tag}' does not match '^[^,/]*$'");
            }

            if (tag.Length > 255)
            {
                throw Errors.InvalidField("tags", $"'{tag[..255]}…' has more than 255 characters");
            }
        }

        return tags.Count > 80 ? throw Errors.InvalidField("tags", "it has more than 80 tags") : [.. tags.Select(t => t.Trim()).Distinct(StringComparer.Ordinal)];
    }
}
