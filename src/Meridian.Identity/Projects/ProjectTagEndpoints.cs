// SPDX-License-Identifier: Apache-2.0
using System.Text.Json;

using Meridian.Platform.Http;

using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Meridian.Identity.Projects;

/// <summary>/v3/projects/{id}/tags. Source: identity v3 API, "Project tags".</summary>
internal static class ProjectTagEndpoints
{
    public static void MapProjectTags(this RouteGroupBuilder api)
    {
        var tags = api.MapGroup("/projects/{id}/tags");
        tags.MapRead("", ListAsync);
        tags.MapPut("", ReplaceAsync);
        tags.MapDelete("", ClearAsync);
        tags.MapRead("/{tag}", CheckAsync);
        tags.MapPut("/{tag}", AddAsync);
        tags.MapDelete("/{tag}", RemoveAsync);
    }

    private static async Task<IResult> ListAsync(string id, IdentityRequest request, ProjectStore store, CancellationToken cancellationToken)
    {
        var project = await ProjectEndpoints.GetAsync(id, ProjectPolicies.ListTags, request, store, cancellationToken);
        return Answer(id, [.. (await store.TagsAsync([project], cancellationToken))[id]], request);
    }

    private static async Task<IResult> ReplaceAsync(string id, HttpRequest http, IdentityRequest request, ProjectStore store, CancellationToken cancellationToken)
    {
        var project = await ProjectEndpoints.GetAsync(id, ProjectPolicies.UpdateTags, request, store, cancellationToken);
        using var document = await http.ReadJsonDocumentAsync(cancellationToken);
        var tags = document.RootElement.ValueKind == JsonValueKind.Object && document.RootElement.TryGetProperty("tags", out var given) && given.ValueKind == JsonValueKind.Array
            && given.EnumerateArray().All(t => t.ValueKind == JsonValueKind.String && t.GetString()!.Length is > 0 and <= 255)
            ? given.EnumerateArray().Select(t => t.GetString()!).ToList()
            : throw Errors.InvalidField("tags", "it is not a list of texts of 1 to 255 characters");
        return Answer(id, await SetAsync(project, tags, store, cancellationToken), request);
    }

    private static async Task<IResult> ClearAsync(string id, IdentityRequest request, ProjectStore store, CancellationToken cancellationToken)
    {
        await SetAsync(await ProjectEndpoints.GetAsync(id, ProjectPolicies.DeleteTags, request, store, cancellationToken), [], store, cancellationToken);
        return JsonAnswer.NoContent;
    }

    private static async Task<IResult> CheckAsync(string id, string tag, IdentityRequest request, ProjectStore store, CancellationToken cancellationToken)
    {
        var project = await ProjectEndpoints.GetAsync(id, ProjectPolicies.GetTag, request, store, cancellationToken);
        return (await store.TagsAsync([project], cancellationToken))[id].Contains(tag) ? JsonAnswer.NoContent : throw Errors.NotFound("project tag", tag);
    }

    private static async Task<IResult> AddAsync(string id, string tag, IdentityRequest request, ProjectStore store, CancellationToken cancellationToken)
    {
        var project = await ProjectEndpoints.GetAsync(id, ProjectPolicies.CreateTag, request, store, cancellationToken);
        RequireMutable(project);
        await store.AddTagAsync(id, ProjectTag.Check([tag])[0], cancellationToken);
        return TypedResults.Created(request.Url($"projects/{id}/tags/{Uri.EscapeDataString(tag)}"));
    }

    private static async Task<IResult> RemoveAsync(string id, string tag, IdentityRequest request, ProjectStore store, CancellationToken cancellationToken)
    {
        var project = await ProjectEndpoints.GetAsync(id, ProjectPolicies.DeleteTag, request, store, cancellationToken);
        RequireMutable(project);
        await store.RemoveTagAsync(id, tag, cancellationToken);
        return JsonAnswer.NoContent;
    }

    private static async Task<IReadOnlyList<string>> SetAsync(Project project, IReadOnlyList<string> tags, ProjectStore store, CancellationToken cancellationToken)
    {
        RequireMutable(project);
        var checkedTags = ProjectTag.Check(tags);
        await store.SetTagsAsync(project.Id, checkedTags, cancellationToken);
        return checkedTags;
    }

    private static void RequireMutable(Project project)
    {
        if (JsonWriting.IsImmutable(project.Options))
        {
            throw Errors.Refused($"Cannot update project tags for {project.Id}, project is immutable. Set \"immutable\" option to false before updating project tags.");
        }
    }

    private static JsonAnswer Answer(string id, IReadOnlyList<string> tags, IdentityRequest request) => new(StatusCodes.Status200OK, writer =>
    {
        writer.WriteStartObject();
        writer.WriteSelfLink(request.Url($"projects/{id}/tags"));
        writer.WriteStartArray("tags");
        foreach (var tag in tags)
        {
            writer.WriteStringValue(tag);
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    });
}
