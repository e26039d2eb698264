// SPDX-License-Identifier: Apache-2.0
using LinqToDB;

using Meridian.Compute.Http;
using Meridian.Compute.QuotaSets;
using Meridian.Platform.Http;
using Meridian.Platform.Policy;

using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Meridian.Compute.Servers;

/// <summary>/servers/{id}/metadata. Source: OpenStack Compute API reference, "Server metadata".</summary>
internal static class ServerMetadataEndpoints
{
    public static void MapServerMetadata(this RouteGroupBuilder api)
    {
        api.MapGet("/servers/{id}/metadata", async (string id, ServerContext servers, CancellationToken token) =>
            Answer((await servers.GetAsync(id, ServerPolicies.MetadataIndex, token)).Metadata()));
        api.MapPost("/servers/{id}/metadata", (string id, HttpRequest http, ServerContext servers, Quotas quotas, CancellationToken token) =>
            SetAsync(id, http, servers, quotas, ServerPolicies.MetadataCreate, replace: false, token));
        api.MapPut("/servers/{id}/metadata", (string id, HttpRequest http, ServerContext servers, Quotas quotas, CancellationToken token) =>
            SetAsync(id, http, servers, quotas, ServerPolicies.MetadataUpdateAll, replace: true, token));
        api.MapGet("/servers/{id}/metadata/{key}", ShowAsync);
        api.MapPut("/servers/{id}/metadata/{key}", UpdateAsync);
        api.MapDelete("/servers/{id}/metadata/{key}", DeleteAsync);
    }

    private static async Task<IResult> SetAsync(
        string id, HttpRequest http, ServerContext servers, Quotas quotas, PolicyRule rule, bool replace, CancellationToken cancellationToken)
    {
        var body = await RequestObject.ReadRootAsync(http, servers.Context, cancellationToken);
        var wanted = body.Metadata("metadata", required: true)!;
        body.Done();
        await servers.GetAsync(id, rule, cancellationToken);
        return Answer(await ChangeAsync(id, servers, quotas, stored => replace ? wanted : Merge(stored, wanted), cancellationToken));
    }

    private static async Task<IResult> ShowAsync(string id, string key, ServerContext servers, CancellationToken cancellationToken)
    {
        var server = await servers.GetAsync(id, ServerPolicies.MetadataShow, cancellationToken);
        return server.Metadata().TryGetValue(key, out var value) ? AnswerItem(key, value) : throw new ApiException(404, "Metadata item was not found");
    }

    private static async Task<IResult> UpdateAsync(string id, string key, HttpRequest http, ServerContext servers, Quotas quotas, CancellationToken cancellationToken)
    {
        var body = await RequestObject.ReadRootAsync(http, servers.Context, cancellationToken);
        var wanted = body.Metadata("meta", required: true)!;
        body.Done();
        if (wanted.Count != 1)
        {
            throw new ApiException(400, "Request body contains too many items");
        }

        if (!wanted.TryGetValue(key, out var value))
        {
            throw new ApiException(400, "Request body and URI mismatch");
        }

        await servers.GetAsync(id, ServerPolicies.MetadataUpdate, cancellationToken);
        await ChangeAsync(id, servers, quotas, stored => Merge(stored, wanted), cancellationToken);
        return AnswerItem(key, value);
    }

    private static async Task<IResult> DeleteAsync(string id, string key, ServerContext servers, Quotas quotas, CancellationToken cancellationToken)
    {
        await servers.GetAsync(id, ServerPolicies.MetadataDelete, cancellationToken);
        await ChangeAsync(id, servers, quotas, stored => stored.Remove(key) ? stored : throw new ApiException(404, "Metadata item was not found"), cancellationToken);
        return TypedResults.NoContent();
    }

    private static async Task<Dictionary<string, string>> ChangeAsync(
        string id, ServerContext servers, Quotas quotas, Func<Dictionary<string, string>, Dictionary<string, string>> change, CancellationToken cancellationToken)
    {
        var most = await quotas.LimitAsync(servers.Context.ProjectId, "metadata_items", cancellationToken);
        Dictionary<string, string> changed = [];
        await servers.ChangeAsync(id, server =>
        {
            servers.CheckLock(server);
            changed = change(server.Metadata());
            if (most >= 0 && changed.Count > most)
            {
                throw new ApiException(403, $"Maximum number of metadata items exceeds {most}");
            }

            var json = ServerStore.Json(changed);
            return update => update.Set(s => s.MetadataJson, json);
        }, cancellationToken);
        return changed;
    }

    private static Dictionary<string, string> Merge(Dictionary<string, string> stored, Dictionary<string, string> wanted)
    {
        foreach (var (key, value) in wanted)
        {
            stored[key] = value;
        }

        return stored;
    }

    private static JsonAnswer Answer(Dictionary<string, string> metadata) => JsonAnswer.Object(json => json.WriteMap("metadata", metadata));

    private static JsonAnswer AnswerItem(string key, string value) => JsonAnswer.Object(json => json.WriteMap("meta", [new(key, value)]));
}
