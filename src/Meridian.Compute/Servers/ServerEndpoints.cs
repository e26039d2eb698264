// SPDX-License-Identifier: Apache-2.0
using LinqToDB;

using Meridian.Compute.Http;
using Meridian.Compute.InstanceActions;
using Meridian.Platform.Http;
using Meridian.Platform.Policy;

using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Meridian.Compute.Servers;

/// <summary>/servers. Source: OpenStack Compute API reference, "Servers".</summary>
internal static class ServerEndpoints
{
    public static void MapServers(this RouteGroupBuilder api)
    {
        api.MapGet("/servers", (HttpRequest http, ServerContext servers, CancellationToken token) => ListAsync(http, servers, false, token));
        api.MapGet("/servers/detail", (HttpRequest http, ServerContext servers, CancellationToken token) => ListAsync(http, servers, true, token));
        api.MapPost("/servers", CreateAsync);
        api.MapGet("/servers/{id}", ShowAsync);
        api.MapPut("/servers/{id}", UpdateAsync);
        api.MapDelete("/servers/{id}", DeleteAsync);
    }

    private static async Task<IResult> ListAsync(HttpRequest http, ServerContext servers, bool detail, CancellationToken cancellationToken)
    {
        var (context, request) = (servers.Context, servers.Request);
        servers.Policy.Require(context, detail ? ServerPolicies.Detail : ServerPolicies.Index, new(context.ProjectId, context.UserId));
        var filter = ServerQuery.Read(http, context, servers.Policy);
        var keys = ServerQuery.SortKeys(http, context.Version);
        var (limit, name) = request.Page(http);
        Server? marker = null;
        if (name is not null)
        {
            // A marker of another project is as unknown as a missing one (S14).
            marker = await servers.Store.FindForAllProjectsAsync(name, cancellationToken, orDeleted: true);
            if (marker is null || (filter.ProjectId is not null && marker.ProjectId != filter.ProjectId))
            {
                throw new ApiException(400, $"marker [{(name.Length > 255 ? name[..255] : name)}] not found");
            }
        }

        var page = limit == 0 ? [] : await servers.Store.ListAsync(filter, keys, marker, limit, cancellationToken);
        var view = await servers.ViewAsync(http, cancellationToken);
        var next = request.Next(http, page.Count, limit, page.Count > 0 ? page[^1].Id : null);
        return JsonAnswer.List("servers", page, detail ? view.Write : view.WriteBrief, next);
    }

    private static async Task<IResult> CreateAsync(HttpRequest http, ServerContext servers, ServerCreation creation, CancellationToken cancellationToken)
    {
        var root = await RequestObject.ReadRootAsync(http, servers.Context, cancellationToken);
        var body = CreateServerRequest.Read(root, servers.Context.Version);
        var made = await creation.CreateAsync(body, servers, cancellationToken);
        if (body.ReturnReservationId)
        {
            return JsonAnswer.Object(json => json.WriteString("reservation_id", made[0].ReservationId), 202);
        }

        var (address, server) = (servers.Request.Root(http), made[0]);
        http.HttpContext.Response.Headers.Location = $"{address}/v2.1/servers/{server.Id}";
        return JsonAnswer.Member("server", json =>
        {
            json.WriteString("id", server.Id);
            servers.Request.WriteLinks(json, address, "servers", server.Id);
            json.WriteString("OS-DCF:diskConfig", server.DiskConfig);
            json.WriteStartArray("security_groups");
            foreach (var group in body.SecurityGroups ?? ["default"])
            {
                json.WriteStartObject();
                json.WriteString("name", group);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteString("adminPass", body.AdminPass ?? ServerCreation.NewPassword());
        }, 202);
    }

    private static async Task<IResult> ShowAsync(string id, HttpRequest http, ServerContext servers, CancellationToken cancellationToken)
    {
        var server = await servers.GetAsync(id, ServerPolicies.Show, cancellationToken);
        var view = await servers.ViewAsync(http, cancellationToken);
        return JsonAnswer.Member("server", json => view.WriteOne(json, server));
    }

    private static async Task<IResult> UpdateAsync(string id, HttpRequest http, ServerContext servers, CancellationToken cancellationToken)
    {
        var version = servers.Context.Version;
        var body = await RequestObject.ReadAsync(http, servers.Context, "server", cancellationToken);
        var name = body.Name("name");
        var describes = version >= new Microversion(2, 19) && body.Has("description");
        var description = describes ? body.Text("description", 0, 255, nullable: true) : null;
        var hostname = version >= new Microversion(2, 90) ? CreateServerRequest.ReadHostname(body, version) : null;
        var ipv4 = Address(body, "accessIPv4");
        var ipv6 = Address(body, "accessIPv6");
        var diskConfig = body.Text("OS-DCF:diskConfig");
        body.Done();
        var server = await servers.GetAsync(id, ServerPolicies.Update, cancellationToken);
        var changes = name is not null || describes || hostname is not null || ipv4 is not null || ipv6 is not null || diskConfig is not null;
        server = !changes ? server : await servers.ChangeAsync(id, _ => update =>
        {
            update = name is null ? update : update.Set(s => s.Name, name);
            update = describes ? update.Set(s => s.Description, description) : update;
            update = hostname is null ? update : update.Set(s => s.Hostname, hostname);
            update = ipv4 is null ? update : update.Set(s => s.AccessIpv4, ipv4.Length == 0 ? null : ipv4);
            update = ipv6 is null ? update : update.Set(s => s.AccessIpv6, ipv6.Length == 0 ? null : ipv6);
            return diskConfig is null ? update : update.Set(s => s.DiskConfig, diskConfig);
        }, cancellationToken);
        var view = await servers.ViewAsync(http, cancellationToken);
        return JsonAnswer.Member("server", json => view.WriteOne(json, server));
    }

    private static string? Address(RequestObject body, string name)
    {
        var text = body.Text(name);
        return string.IsNullOrEmpty(text) || System.Net.IPAddress.TryParse(text, out _)
            ? text
            : throw new ApiException(400, $"Invalid input for field/attribute {name}. Value: {text}. '{text}' is not a '{(name.EndsWith('4') ? "ipv4" : "ipv6")}'");
    }

    private static async Task<IResult> DeleteAsync(string id, ServerContext servers, CancellationToken cancellationToken)
    {
        await BeginDeleteAsync(await servers.GetAsync(id, ServerPolicies.Delete, cancellationToken), servers, cancellationToken);
        return TypedResults.NoContent();
    }

    /// <summary>Stops what is under way and begins the deletion; once begun it is not begun again.</summary>
    public static async Task BeginDeleteAsync(Server server, ServerContext servers, CancellationToken cancellationToken)
    {
        servers.CheckLock(server);
        string? saga = null;
        await servers.Store.ChangeAsync(
            server.Id, current => current.TaskState == TaskStates.Deleting ? null : update => update.Set(s => s.TaskState, TaskStates.Deleting),
            cancellationToken,
            async db =>
            {
                var context = servers.Context;
                await servers.Sagas.AbortAsync(db, server.Id, cancellationToken);
                await InstanceActionStore.BeginAsync(db, server.Id, "delete", context, servers.Store.Now, cancellationToken);
                saga = await servers.Sagas.EnqueueAsync(db, DeleteServerSaga.Type, new(server.Id), server.Id, context.RequestId, cancellationToken);
            });
        if (saga is not null)
        {
            await servers.Sagas.WakeAsync(saga, cancellationToken);
        }
    }
}
