// SPDX-License-Identifier: Apache-2.0
using System.Text.Json;

using Meridian.Network.Api;
using Meridian.Network.Drivers;
using Meridian.Network.Ports;
using Meridian.Platform.Http;
using Meridian.Platform.Policy;

using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Meridian.Network.Agents;

/// <summary>/agents, /availability_zones and /service-providers: what the backend says of its hosts. Source: Networking API reference, "Agents".</summary>
internal sealed class AgentEndpoints(INetworkDriver driver, TimeProvider clock)
{
    private const string Zone = "nova";

    public void Map(RouteGroupBuilder api)
    {
        var agents = api.MapGroup("/agents").WithTags("agents");
        agents.MapGet("", (RequestDelegate)ListAsync);
        agents.MapGet("/{id}", (RequestDelegate)ShowAsync);
        agents.MapPut("/{id}", (RequestDelegate)(context => RefuseAsync(context, "update")));
        agents.MapDelete("/{id}", (RequestDelegate)(context => RefuseAsync(context, "delete")));
        api.MapGet("/availability_zones", (RequestDelegate)ZonesAsync);
        api.MapGet("/service-providers", (RequestDelegate)(context => ListOfAsync(context, "service_providers", "get_service_provider")));
    }

    private async Task ListAsync(HttpContext context)
    {
        // As upstream, a list leaves out what one may not see; only what is asked for by id is refused.
        var allowed = Allows(context, "get_agent");
        var query = ListQuery.Parse(context.Request.Query);
        var agents = (await driver.ListAgentsAsync(context.RequestAborted))
            .Where(a => allowed && Matches(query, "host", a.Host) && Matches(query, "agent_type", a.AgentType) && Matches(query, "binary", a.Binary) && Matches(query, "id", a.Id)
                && Matches(query, "alive", a.Alive ? "true" : "false"))
            .OrderBy(a => a.Host, StringComparer.Ordinal).ThenBy(a => a.AgentType, StringComparer.Ordinal).ToList();
        await context.WriteJsonAsync(200, json =>
        {
            json.WriteStartObject();
            json.WriteStartArray("agents");
            foreach (var agent in agents)
            {
                Write(json, agent);
            }

            json.WriteEndArray();
            json.WriteEndObject();
        });
    }

    private async Task ShowAsync(HttpContext context)
    {
        Viewer(context, "get_agent");
        var id = (string)context.Request.RouteValues["id"]!;
        var agent = (await driver.ListAgentsAsync(context.RequestAborted)).FirstOrDefault(a => a.Id == id) ?? throw NotFound(id);
        await context.WriteJsonAsync(200, json =>
        {
            json.WriteStartObject();
            json.WritePropertyName("agent");
            Write(json, agent);
            json.WriteEndObject();
        });
    }

    /// <summary>The backend owns them: neither their state nor their presence can be changed here.</summary>
    private async Task RefuseAsync(HttpContext context, string verb)
    {
        Viewer(context, verb + "_agent");
        var id = (string)context.Request.RouteValues["id"]!;
        _ = (await driver.ListAgentsAsync(context.RequestAborted)).FirstOrDefault(a => a.Id == id) ?? throw NotFound(id);
        throw Errors.Bad("agent", $"{driver.Type} agents cannot be {verb}d");
    }

    private async Task ZonesAsync(HttpContext context)
    {
        Viewer(context, "get_availability_zone");
        var alive = (await driver.ListAgentsAsync(context.RequestAborted)).Any(a => a.Alive);
        await context.WriteJsonAsync(200, json =>
        {
            json.WriteStartObject();
            json.WriteStartArray("availability_zones");
            foreach (var resource in alive ? new[] { "network", "router" } : [])
            {
                json.WriteStartObject();
                json.WriteString("name", Zone);
                json.WriteString("resource", resource);
                json.WriteString("state", "available");
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        });
    }

    private static Task ListOfAsync(HttpContext context, string name, string rule)
    {
        Viewer(context, rule);
        return context.WriteJsonAsync(200, json =>
        {
            json.WriteStartObject();
            json.WriteStartArray(name);
            json.WriteEndArray();
            json.WriteEndObject();
        });
    }

    private static void Viewer(HttpContext context, string rule)
    {
        if (!Allows(context, rule))
        {
            throw Errors.Denied($"rule:{rule}");
        }
    }

    private static bool Allows(HttpContext context, string rule)
    {
        var viewer = ResourceEndpoints<PortRow>.ViewerOf(context);
        return viewer.Allows(rule, new PolicyTarget(viewer.ProjectId));
    }

    private static bool Matches(ListQuery query, string name, string value) =>
        !query.Filters.TryGetValue(name, out var wanted) || wanted.Contains(value, StringComparer.OrdinalIgnoreCase);

    private static Platform.Http.ApiException NotFound(string id) => Errors.NotFound($"Agent {id} could not be found.", "AgentNotFound");

    private void Write(Utf8JsonWriter json, NetworkHostAgent agent)
    {
        var heartbeat = (agent.HeartbeatAt ?? clock.GetUtcNow().UtcDateTime).ToString("yyyy-MM-dd HH:mm:ss");
        json.WriteStartObject();
        json.WriteString("id", agent.Id);
        json.WriteString("binary", agent.Binary);
        json.WriteString("host", agent.Host);
        json.WriteString("heartbeat_timestamp", heartbeat);
        json.WriteString("availability_zone", "");
        json.WriteString("topic", "n/a");
        json.WriteString("description", agent.Binary == "simulated" ? "Simulated: switches no packet" : "");
        json.WriteString("agent_type", agent.AgentType);
        json.WriteString("created_at", heartbeat);
        json.WriteString("started_at", heartbeat);
        json.WriteBoolean("alive", agent.Alive);
        json.WriteBoolean("admin_state_up", true);
        json.WriteStartObject("configurations");
        json.WriteEndObject();
        json.WriteNull("resources_synced");
        json.WriteEndObject();
    }
}
