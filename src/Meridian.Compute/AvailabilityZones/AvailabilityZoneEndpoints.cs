// SPDX-License-Identifier: Apache-2.0
using Meridian.Compute.Http;
using Meridian.Compute.Services;
using Meridian.Platform.Http;
using Meridian.Platform.Policy;

using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Meridian.Compute.AvailabilityZones;

/// <summary>/os-availability-zone. Source: OpenStack Compute API reference, "Availability zones".</summary>
internal static class AvailabilityZoneEndpoints
{
    public static void MapAvailabilityZones(this RouteGroupBuilder api)
    {
        api.MapGet("/os-availability-zone", (RequestContext context, IPolicyEnforcer policy, HostStore hosts, CancellationToken token) => ListAsync(context, policy, hosts, false, token));
        api.MapGet("/os-availability-zone/detail", (RequestContext context, IPolicyEnforcer policy, HostStore hosts, CancellationToken token) => ListAsync(context, policy, hosts, true, token));
    }

    private static async Task<IResult> ListAsync(RequestContext context, IPolicyEnforcer policy, HostStore hosts, bool detail, CancellationToken cancellationToken)
    {
        policy.Require(context, detail ? AdminPolicies.ListZonesDetail : AdminPolicies.ListZones, PolicyTarget.None);
        var zones = await hosts.ZonesAsync(cancellationToken);
        var byZone = (await hosts.ListServicesAsync(cancellationToken)).Where(s => detail || s.Binary == Service.Compute)
            .GroupBy(s => s.Binary == Service.Compute ? zones.GetValueOrDefault(s.Host, hosts.DefaultZone) : hosts.InternalZone)
            .OrderBy(z => z.Key, StringComparer.Ordinal).ToList();
        return JsonAnswer.Object(json =>
        {
            json.WriteStartArray("availabilityZoneInfo");
            foreach (var zone in byZone)
            {
                json.WriteStartObject();
                json.WriteString("zoneName", zone.Key);
                json.WriteStartObject("zoneState");
                json.WriteBoolean("available", zone.Any(s => !s.Disabled));
                json.WriteEndObject();
                if (detail)
                {
                    WriteHosts(json, zone, hosts);
                }
                else
                {
                    json.WriteNull("hosts");
                }

                json.WriteEndObject();
            }

            json.WriteEndArray();
        });
    }

    private static void WriteHosts(System.Text.Json.Utf8JsonWriter json, IEnumerable<Service> services, HostStore hosts)
    {
        json.WriteStartObject("hosts");
        foreach (var host in services.GroupBy(s => s.Host))
        {
            json.WriteStartObject(host.Key);
            foreach (var service in host)
            {
                json.WriteStartObject(service.Binary);
                json.WriteBoolean("active", !service.Disabled);
                json.WriteBoolean("available", hosts.IsUp(service));
                json.WriteLongTime("updated_at", service.LastSeenAt);
                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        json.WriteEndObject();
    }
}
