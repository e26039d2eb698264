// SPDX-License-Identifier: Apache-2.0
using LinqToDB;

using Meridian.Compute.Http;
using Meridian.Compute.Servers;
using Meridian.Platform.Http;
using Meridian.Platform.Policy;

using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Meridian.Compute.ServerExternalEvents;

/// <summary>/os-server-external-events: what other services tell of servers. Source: OpenStack Compute API reference, "Create external events".</summary>
internal static class ServerExternalEventEndpoints
{
    public static void MapServerExternalEvents(this RouteGroupBuilder api) => api.MapPost("/os-server-external-events", CreateAsync);

    private static async Task<IResult> CreateAsync(
        HttpRequest http, RequestContext context, IPolicyEnforcer policy, ServerStore servers, ServerPorts ports, CancellationToken cancellationToken)
    {
        var body = await RequestObject.ReadRootAsync(http, context, cancellationToken);
        var events = (body.Objects("events") ?? throw body.Missing("events")).Select(e => Read(e, context.Version)).ToList();
        body.Done();
        policy.Require(context, AdminPolicies.ExternalEvents, PolicyTarget.None);
        var known = (await servers.ListForAllProjectsAsync([.. events.Select(e => e.ServerId).Distinct(StringComparer.Ordinal)], cancellationToken)).ToDictionary(s => s.Id, StringComparer.Ordinal);
        foreach (var server in known.Values)
        {
            await ApplyAsync(server, [.. events.Where(e => e.ServerId == server.Id)], servers, ports, context, cancellationToken);
        }

        var answers = events.Select(e => (Event: e, Code: !known.TryGetValue(e.ServerId, out var server) ? 404 : server.Host is null ? 422 : 200)).ToList();
        return new JsonAnswer(answers.All(a => a.Code == 200) ? 200 : 207, json =>
        {
            json.WriteStartObject();
            json.WriteStartArray("events");
            foreach (var (one, code) in answers)
            {
                json.WriteStartObject();
                json.WriteString("name", one.Name);
                json.WriteString("server_uuid", one.ServerId);
                json.WriteString("status", code == 200 ? one.Status : "failed");
                if (one.Tag is not null)
                {
                    json.WriteString("tag", one.Tag);
                }

                json.WriteNumber("code", code);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        });
    }

    private static ExternalEvent Read(RequestObject one, Microversion version)
    {
        var name = one.Text("name", required: true)!;
        var read = new ExternalEvent(name, one.Uuid("server_uuid", required: true)!, one.Text("tag", 1, 255), one.Text("status") ?? "completed");
        one.Done();
        var names = new List<string> { "network-changed", "network-vif-plugged", "network-vif-unplugged", "network-vif-deleted" };
        if (version >= new Microversion(2, 51)) { names.Add("volume-extended"); }
        if (version >= new Microversion(2, 76)) { names.Add("power-update"); }
        if (version >= new Microversion(2, 82)) { names.Add("accelerator-request-bound"); }
        if (version >= new Microversion(2, 93)) { names.Add("volume-reimaged"); }
        return !names.Contains(name, StringComparer.Ordinal)
            ? throw new ApiException(400, $"Invalid input for field/attribute name. Value: {name}. '{name}' is not one of [{string.Join(", ", names.Select(n => $"'{n}'"))}]")
            : read.Status is not ("failed" or "completed" or "in-progress")
                ? throw new ApiException(400, $"Invalid input for field/attribute status. Value: {read.Status}. '{read.Status}' is not one of ['failed', 'completed', 'in-progress']")
            : read;
    }

    /// <summary>A port's status is in the event; whatever else changed is read from the network service once a server.</summary>
    private static async Task ApplyAsync(
        Server server, IReadOnlyList<ExternalEvent> events, ServerStore servers, ServerPorts ports, RequestContext context, CancellationToken cancellationToken)
    {
        if (events.Any(e => e.Name is "network-changed" or "network-vif-deleted"))
        {
            var json = ServerStore.Json(await ports.RefreshAsync(server, context.GlobalRequestId ?? context.RequestId, cancellationToken));
            await servers.ChangeAsync(
                server.Id, current => current.VmState == VmStates.Building || current.NetworkInfoJson == json ? null : update => update.Set(s => s.NetworkInfoJson, json), cancellationToken);
            return;
        }

        var plugged = events.Where(e => e.Name is "network-vif-plugged" or "network-vif-unplugged" && e.Status == "completed")
            .ToLookup(e => e.Tag ?? "", e => e.Name == "network-vif-plugged" ? "ACTIVE" : "DOWN", StringComparer.Ordinal);
        await servers.ChangeAsync(server.Id, current =>
        {
            var info = current.NetworkInfo();
            var changed = info.Select(i => plugged[i.PortId].LastOrDefault() is { } status && status != i.Status ? i with { Status = status } : i).ToList();
            if (changed.SequenceEqual(info))
            {
                return null;
            }

            var json = ServerStore.Json(changed);
            return update => update.Set(s => s.NetworkInfoJson, json);
        }, cancellationToken);
    }

    private sealed record ExternalEvent(string Name, string ServerId, string? Tag, string Status);
}
