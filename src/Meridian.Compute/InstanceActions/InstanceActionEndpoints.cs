// SPDX-License-Identifier: Apache-2.0
using System.Globalization;
using System.Text.Json;

using Meridian.Compute.Http;
using Meridian.Compute.Servers;
using Meridian.Platform.Http;
using Meridian.Platform.Policy;

using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Meridian.Compute.InstanceActions;

/// <summary>/servers/{id}/os-instance-actions. Source: OpenStack Compute API reference, "Servers actions".</summary>
internal static class InstanceActionEndpoints
{
    public static void MapInstanceActions(this RouteGroupBuilder api)
    {
        api.MapGet("/servers/{id}/os-instance-actions", ListAsync);
        api.MapGet("/servers/{id}/os-instance-actions/{request}", ShowAsync);
    }

    private static async Task<IResult> ListAsync(string id, HttpRequest http, ServerContext servers, InstanceActionStore store, CancellationToken cancellationToken)
    {
        var version = servers.Context.Version;
        ComputeRequest.CheckQuery(http, servers.Context, new(2, 58), "limit", "marker", "changes-since", version >= new Microversion(2, 66) ? "changes-before" : "limit");
        var server = await GetServerAsync(id, servers, cancellationToken);
        servers.Policy.Require(servers.Context, ServerPolicies.ActionsList, new(server.ProjectId, server.UserId));
        var paged = version >= new Microversion(2, 58);
        var (limit, name) = paged ? servers.Request.Page(http) : (servers.Request.MaxLimit, null);
        var marker = name is null ? null : await store.FindAsync(id, name, cancellationToken) ?? throw new ApiException(400, $"Marker {name} could not be found.");
        var page = await store.ListAsync(
            id, paged ? Time(http, "changes-since") : null, version >= new Microversion(2, 66) ? Time(http, "changes-before") : null, marker, limit, cancellationToken);
        var next = paged ? servers.Request.Next(http, page.Count, limit, page.Count > 0 ? page[^1].RequestId : null) : null;
        return JsonAnswer.Object(json =>
        {
            json.WriteStartArray("instanceActions");
            foreach (var action in page)
            {
                json.WriteStartObject();
                Write(json, action, version);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            if (next is not null)
            {
                json.WriteStartArray("links");
                ComputeRequest.WriteLink(json, "next", next);
                json.WriteEndArray();
            }
        });
    }

    private static async Task<IResult> ShowAsync(string id, string request, ServerContext servers, InstanceActionStore store, CancellationToken cancellationToken)
    {
        var context = servers.Context;
        var server = await GetServerAsync(id, servers, cancellationToken);
        servers.Policy.Require(context, ServerPolicies.ActionsShow, new(server.ProjectId, server.UserId));
        var action = await store.FindAsync(id, request, cancellationToken)
            ?? throw new ApiException(404, $"Action for request_id {(request.Length > 255 ? request[..255] : request)} on instance {id} not found");
        var target = new PolicyTarget(server.ProjectId, server.UserId);
        var traceback = servers.Policy.Allows(context, ServerPolicies.ActionEvents, target);

        // Everybody sees events since 2.51; the trace, and details since 2.84, only who may.
        var events = traceback || context.Version >= new Microversion(2, 51) ? await store.ListEventsAsync(action.Id, cancellationToken) : null;
        return JsonAnswer.Member("instanceAction", json =>
        {
            Write(json, action, context.Version);
            if (events is null)
            {
                return;
            }

            json.WriteStartArray("events");
            foreach (var one in events)
            {
                WriteEvent(json, one, server, context.Version, traceback);
            }

            json.WriteEndArray();
        });
    }

    private static void Write(Utf8JsonWriter json, InstanceAction action, Microversion version)
    {
        json.WriteString("action", action.Action);
        json.WriteString("instance_uuid", action.ServerId);
        json.WriteString("request_id", action.RequestId);
        json.WriteString("user_id", action.UserId);
        json.WriteString("project_id", action.ProjectId);
        json.WriteLongTime("start_time", action.StartTime);
        json.WriteString("message", action.Message);
        if (version >= new Microversion(2, 58))
        {
            json.WriteLongTime("updated_at", action.UpdatedAt);
        }
    }

    private static void WriteEvent(Utf8JsonWriter json, InstanceActionEvent one, Server server, Microversion version, bool forAdmin)
    {
        json.WriteStartObject();
        json.WriteString("event", one.Event);
        json.WriteLongTime("start_time", one.StartTime);
        json.WriteLongTime("finish_time", one.FinishTime);
        json.WriteString("result", one.Result);
        if (forAdmin)
        {
            json.WriteNull("traceback");
        }

        if (version >= new Microversion(2, 62))
        {
            if (forAdmin)
            {
                json.WriteString("host", one.Host);
            }

            json.WriteString("hostId", one.Host is null ? "" : ServerView.HostId(server with { Host = one.Host }));
        }

        if (version >= new Microversion(2, 84))
        {
            json.WriteString("details", one.Details);
        }

        json.WriteEndObject();
    }

    // Deleted servers' actions are there since 2.21.
    private static Task<Server> GetServerAsync(string id, ServerContext servers, CancellationToken cancellationToken) =>
        servers.GetAsync(id, cancellationToken, orDeleted: servers.Context.Version >= new Microversion(2, 21));

    private static DateTime? Time(HttpRequest http, string name) =>
        http.Query[name].LastOrDefault() is not { } text ? null
        : DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? time.UtcDateTime
        : throw ComputeRequest.QueryFault(name, text, $"'{text}' is not a 'date-time'");
}
