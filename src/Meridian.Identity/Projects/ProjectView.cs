// SPDX-License-Identifier: Apache-2.0
using System.Text.Json;

namespace Meridian.Identity.Projects;

/// <summary>A project, or a domain, as the API shows it.</summary>
internal static class ProjectView
{
    /// <param name="more">Writes further members, such as parents.</param>
    public static void Write(Utf8JsonWriter writer, Project project, IEnumerable<string> tags, IdentityRequest request, Action<Utf8JsonWriter>? more = null)
    {
        writer.WriteStartObject();
        writer.WriteString("id", project.Id);
        writer.WriteString("name", project.Name);
        writer.WriteString("domain_id", project.IsDomain ? null : project.DomainId);
        writer.WriteString("description", project.Description ?? "");
        writer.WriteBoolean("enabled", project.Enabled);
        writer.WriteString("parent_id", project.ParentId);
        writer.WriteBoolean("is_domain", project.IsDomain);
        WriteRest(writer, project, tags);
        more?.Invoke(writer);
        writer.WriteSelfLink(request.Url("projects/" + project.Id));
        writer.WriteEndObject();
    }

    public static void WriteDomain(Utf8JsonWriter writer, Project domain, IEnumerable<string> tags, IdentityRequest request)
    {
        writer.WriteStartObject();
        writer.WriteString("id", domain.Id);
        writer.WriteString("name", domain.Name);
        writer.WriteString("description", domain.Description ?? "");
        writer.WriteBoolean("enabled", domain.Enabled);
        WriteRest(writer, domain, tags);
        writer.WriteSelfLink(request.Url("domains/" + domain.Id));
        writer.WriteEndObject();
    }

    /// <summary>A list that no query bears on, under the request's own path.</summary>
    public static async Task<JsonAnswer> AnswerAsync(IReadOnlyList<Project> rows, IdentityRequest request, ProjectStore store, CancellationToken cancellationToken)
    {
        var tags = await store.TagsAsync(rows, cancellationToken);
        return request.List().Answer(
            "projects", request.Root + request.HttpRequest.Path, new ListPage<Project>(rows, null, false), (writer, project) => Write(writer, project, tags[project.Id], request));
    }

    private static void WriteRest(Utf8JsonWriter writer, Project project, IEnumerable<string> tags)
    {
        writer.WriteStartArray("tags");
        foreach (var tag in tags)
        {
            writer.WriteStringValue(tag);
        }

        writer.WriteEndArray();
        writer.WriteOptions(project.Options);
        writer.WriteExtra(project.Extra);
    }
}
