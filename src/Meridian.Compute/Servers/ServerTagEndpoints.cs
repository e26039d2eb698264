// SPDX-License-Identifier: Apache-2.0
using LinqToDB;

using Meridian.Compute.Http;
using Meridian.Platform.Http;

using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Meridian.Compute.Servers;

/// <summary>/servers/{id}/tags. Source: OpenStack Compute API reference, "Server tags".</summary>
internal static class ServerTagEndpoints
{
    public static void MapServerTags(this RouteGroupBuilder api)
    {
        api.MapGet("/servers/{id}/tags", ListAsync).Since(2, 26);
        api.MapPut("/servers/{id}/tags", ReplaceAsync).Since(2, 26);
        api.MapDelete("/servers/{id}/tags", ClearAsync).Since(2, 26);
        api.MapGet("/servers/{id}/tags/{tag}", ShowAsync).Since(2, 26);
        api.MapPut("/servers/{id}/tags/{tag}", AddAsync).Since(2, 26);
        api.MapDelete("/servers/{id}/tags/{tag}", RemoveAsync).Since(2, 26);
    }

    private static async Task<IResult> ListAsync(string id, ServerContext servers, CancellationToken cancellationToken) =>
        Answer((await servers.GetAsync(id, ServerPolicies.TagsIndex, cancellationToken)).Tags());

    private static async Task<IResult> ReplaceAsync(string id, HttpRequest http, ServerContext servers, CancellationToken cancellationToken)
    {
        var body = await RequestObject.ReadRootAsync(http, servers.Context, cancellationToken);
        var tags = ServerTags.Read(body, "tags") ?? throw body.Missing("tags");
        body.Done();
        await servers.GetAsync(id, ServerPolicies.TagsUpdateAll, cancellationToken);
        await ChangeAsync(id, servers, _ => tags, cancellationToken);
        return Answer(tags);
    }

    private static async Task<IResult> ClearAsync(string id, ServerContext servers, CancellationToken cancellationToken)
    {
        await servers.GetAsync(id, ServerPolicies.TagsDeleteAll, cancellationToken);
        await ChangeAsync(id, servers, static _ => [], cancellationToken);
        return TypedResults.NoContent();
    }

    private static async Task<IResult> ShowAsync(string id, string tag, ServerContext servers, CancellationToken cancellationToken)
    {
        var server = await servers.GetAsync(id, ServerPolicies.TagsShow, cancellationToken);
        return server.Tags().Contains(tag, StringComparer.Ordinal) ? TypedResults.NoContent() : throw Missing(id, tag);
    }

    private static async Task<IResult> AddAsync(string id, string tag, HttpRequest http, ServerContext servers, CancellationToken cancellationToken)
    {
        if (ServerTags.Fault(tag) is { } fault)
        {
            throw new ApiException(400, $"Invalid input for field/attribute tag. Value: {(tag.Length > 255 ? tag[..255] : tag)}. {fault}");
        }

        await servers.GetAsync(id, ServerPolicies.TagsUpdate, cancellationToken);
        var isNew = true;
        await ChangeAsync(id, servers, tags =>
        {
            isNew = !tags.Contains(tag, StringComparer.Ordinal);
            return !isNew ? tags
                : tags.Count >= ServerTags.Most ? throw new ApiException(400, $"The number of tags exceeded the per-server limit {ServerTags.Most}")
                : [.. tags, tag];
        }, cancellationToken);
        if (!isNew)
        {
            return TypedResults.NoContent();
        }

        http.HttpContext.Response.Headers.Location = $"{servers.Request.Root(http)}/v2.1/servers/{id}/tags/{Uri.EscapeDataString(tag)}";
        return TypedResults.StatusCode(201);
    }

    private static async Task<IResult> RemoveAsync(string id, string tag, ServerContext servers, CancellationToken cancellationToken)
    {
        await servers.GetAsync(id, ServerPolicies.TagsDelete, cancellationToken);
        await ChangeAsync(id, servers, tags => tags.Remove(tag) ? tags : throw Missing(id, tag), cancellationToken);
        return TypedResults.NoContent();
    }

    private static Task ChangeAsync(string id, ServerContext servers, Func<List<string>, List<string>> change, CancellationToken cancellationToken) =>
        servers.ChangeAsync(id, server =>
        {
            servers.CheckLock(server);
            var json = ServerStore.Json(change(server.Tags()));
            return update => update.Set(s => s.TagsJson, json);
        }, cancellationToken);

    private static JsonAnswer Answer(List<string> tags) => JsonAnswer.Object(json => json.WriteStrings("tags", tags));

    private static ApiException Missing(string id, string tag) => new(404, $"Server {id} has no tag '{(tag.Length > 255 ? tag[..255] : tag)}'");
}
