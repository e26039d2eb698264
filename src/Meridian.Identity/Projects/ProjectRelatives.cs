// SPDX-License-Identifier: Apache-2.0
using System.Text.Json;

using Meridian.Identity.Assignments;
using Meridian.Identity.Limits;
using Meridian.Platform.Http;

namespace Meridian.Identity.Projects;

/// <summary>
/// What GET /v3/projects/{id} tells of the projects above and below, when it is asked to. As ids it is the whole hierarchy; as a list it is those that the asker has a
/// role on, with their limits if <c>include_limits</c> says so. Source: Keystone's projects API.
/// </summary>
internal sealed class ProjectRelatives(ProjectStore projects, RoleResolver roles, LimitStore limits)
{
    /// <returns>Writes the members <c>parents</c> and <c>subtree</c> that the query asks for.</returns>
    /// <exception cref="ApiException">400 for both forms at once.</exception>
    public async Task<Action<Utf8JsonWriter>> LoadAsync(Project project, IdentityRequest request, CancellationToken cancellationToken)
    {
        var list = request.List();
        var (parentsAsList, parentsAsIds) = Forms(list, "parents");
        var (subtreeAsList, subtreeAsIds) = Forms(list, "subtree");
        var parents = parentsAsList || parentsAsIds ? await projects.ParentsAsync(project, cancellationToken) : [];
        var subtree = subtreeAsList || subtreeAsIds ? await projects.SubtreeAsync(project.Id, cancellationToken) : [];
        var known = new Known();
        if (parentsAsList || subtreeAsList)
        {
            var own = (await roles.ProjectIdsAsync(request.UserId, cancellationToken)).ToHashSet(StringComparer.Ordinal);
            var shown = parents.Concat(subtree).Where(p => own.Contains(p.Id)).ToList();
            known = new(
                own, await projects.TagsAsync(shown, cancellationToken),
                list.IsTrue("include_limits") ? (await limits.ListOfProjectsAsync([.. shown.Select(p => p.Id)], cancellationToken)).ToLookup(l => l.ProjectId) : null);
        }

        return writer =>
        {
            Write(writer, "parents", parentsAsList, parents, known, request);
            Write(writer, "subtree", subtreeAsList, subtree, known, request);
            if (parentsAsIds)
            {
                writer.WritePropertyName("parents");
                WriteParents(writer, parents, 0);
            }

            if (subtreeAsIds)
            {
                writer.WritePropertyName("subtree");
                WriteChildren(writer, subtree.ToLookup(p => p.ParentId), project.Id);
            }
        };
    }

    private static (bool AsList, bool AsIds) Forms(ListRequest list, string name)
    {
        var forms = (list.IsTrue(name + "_as_list"), list.IsTrue(name + "_as_ids"));
        return forms is (true, true) ? throw Errors.Invalid($"Cannot use {name}_as_list and {name}_as_ids query params at the same time.") : forms;
    }

    private static void Write(Utf8JsonWriter writer, string name, bool asked, IReadOnlyList<Project> relatives, Known known, IdentityRequest request)
    {
        if (!asked)
        {
            return;
        }

        writer.WriteStartArray(name);
        foreach (var relative in relatives.Where(p => known.Own!.Contains(p.Id)))
        {
            writer.WriteStartObject();
            writer.WritePropertyName("project");
            ProjectView.Write(writer, relative, known.Tags![relative.Id], request, more =>
            {
                if (known.Limits is not null)
                {
                    more.WritePropertyName("limits");
                    LimitViews.WriteAll(more, known.Limits[relative.Id], limit => LimitViews.Write(more, limit, null));
                }
            });
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    /// <summary><c>{"a": {"b": null}}</c>: a is the parent, b the parent's parent.</summary>
    private static void WriteParents(Utf8JsonWriter writer, IReadOnlyList<Project> parents, int index)
    {
        if (index == parents.Count)
        {
            writer.WriteNullValue();
            return;
        }

        writer.WriteStartObject();
        writer.WritePropertyName(parents[index].Id);
        WriteParents(writer, parents, index + 1);
        writer.WriteEndObject();
    }

    private static void WriteChildren(Utf8JsonWriter writer, ILookup<string?, Project> children, string id)
    {
        if (!children[id].Any())
        {
            writer.WriteNullValue();
            return;
        }

        writer.WriteStartObject();
        foreach (var child in children[id])
        {
            writer.WritePropertyName(child.Id);
            WriteChildren(writer, children, child.Id);
        }

        writer.WriteEndObject();
    }

    /// <summary>What lists show: the asker's projects, their tags and their limits.</summary>
    private sealed record Known(IReadOnlySet<string>? Own = null, ILookup<string, string>? Tags = null, ILookup<string, LimitLine>? Limits = null);
}
