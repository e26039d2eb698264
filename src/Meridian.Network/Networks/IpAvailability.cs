// SPDX-License-Identifier: Apache-2.0
using System.Text.Json;

using LinqToDB;
using LinqToDB.Async;

using Meridian.Network.Api;
using Meridian.Network.Ipam;
using Meridian.Network.Subnets;
using Meridian.Platform.Http;
using Meridian.Platform.Policy;

using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Meridian.Network.Networks;

/// <summary>/network-ip-availabilities. Source: Networking API reference, "Network IP availability and usage stats".</summary>
internal sealed class IpAvailability(NetworkCore core)
{
    public void Map(RouteGroupBuilder api)
    {
        api.MapGet("/network-ip-availabilities", (RequestDelegate)(context => AnswerAsync(context, null)));
        api.MapGet("/network-ip-availabilities/{id}", (RequestDelegate)(context => AnswerAsync(context, (string)context.Request.RouteValues["id"]!)));
    }

    private async Task AnswerAsync(HttpContext context, string? id)
    {
        var viewer = ResourceEndpoints<NetworkRow>.ViewerOf(context);
        viewer.Require("get_network_ip_availability", new PolicyTarget(viewer.ProjectId));
        var query = ListQuery.Parse(context.Request.Query);
        await using var db = core.Database.Open();
        var networks = (await db.GetTable<NetworkRow>().OrderBy(n => n.CreatedAt).ToListAsync(context.RequestAborted))
            .Where(n => (id is null || n.Id == id) && Matches(query, "network_id", n.Id) && Matches(query, "network_name", n.Name) && Matches(query, "project_id", n.ProjectId)).ToList();
        if (id is not null && networks.Count == 0)
        {
            throw Errors.NetworkNotFound(id);
        }

        var subnets = (await db.GetTable<SubnetRow>().OrderBy(s => s.CreatedAt).ToListAsync(context.RequestAborted))
            .Where(s => !query.Filters.TryGetValue("ip_version", out var versions) || versions.Contains(s.IpVersion.ToString())).ToLookup(s => s.NetworkId);
        var used = await db.GetTable<IpAllocation>().GroupBy(a => a.SubnetId).Select(g => new { g.Key, Count = g.Count() }).ToDictionaryAsync(g => g.Key, g => g.Count, context.RequestAborted);
        await context.WriteJsonAsync(200, json =>
        {
            json.WriteStartObject();
            if (id is not null)
            {
                json.WritePropertyName("network_ip_availability");
                Write(json, networks[0], [.. subnets[id]], used);
            }
            else
            {
                json.WriteStartArray("network_ip_availabilities");
                foreach (var network in networks)
                {
                    Write(json, network, [.. subnets[network.Id]], used);
                }

                json.WriteEndArray();
            }

            json.WriteEndObject();
        });
    }

    private static bool Matches(ListQuery query, string name, string value) => !query.Filters.TryGetValue(name, out var wanted) || wanted.Contains(value, StringComparer.Ordinal);

    private static void Write(Utf8JsonWriter json, NetworkRow network, List<SubnetRow> subnets, Dictionary<string, int> used)
    {
        json.WriteStartObject();
        json.WriteString("network_id", network.Id);
        json.WriteString("network_name", network.Name);
        json.WriteString("tenant_id", network.ProjectId);
        json.WriteString("project_id", network.ProjectId);
        WriteNumber(json, "total_ips", subnets.Aggregate(UInt128.Zero, (sum, s) => sum + PoolRules.Size(s.Pools)));
        json.WriteNumber("used_ips", subnets.Sum(s => used.GetValueOrDefault(s.Id)));
        json.WriteStartArray("subnet_ip_availability");
        foreach (var subnet in subnets)
        {
            json.WriteStartObject();
            json.WriteString("subnet_id", subnet.Id);
            json.WriteString("subnet_name", subnet.Name);
            json.WriteString("cidr", subnet.Cidr);
            json.WriteNumber("ip_version", subnet.IpVersion);
            WriteNumber(json, "total_ips", PoolRules.Size(subnet.Pools));
            json.WriteNumber("used_ips", used.GetValueOrDefault(subnet.Id));
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteNumber(Utf8JsonWriter json, string name, UInt128 number)
    {
        json.WritePropertyName(name);
        json.WriteRawValue(number.ToString());
    }
}
