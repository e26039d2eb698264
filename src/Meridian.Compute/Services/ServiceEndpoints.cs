// SPDX-License-Identifier: Apache-2.0
using System.Text.Json;

using Meridian.Compute.Http;
using Meridian.Platform.Http;
using Meridian.Platform.Policy;

using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Meridian.Compute.Services;

/// <summary>/os-services. Source: OpenStack Compute API reference, "Compute services".</summary>
internal static class ServiceEndpoints
{
    public static void MapServices(this RouteGroupBuilder api)
    {
        api.MapGet("/os-services", ListAsync);
        api.MapPut("/os-services/{id}", UpdateAsync);
        api.MapDelete("/os-services/{id}", DeleteAsync);
    }

    private static async Task<IResult> ListAsync(HttpRequest http, RequestContext context, IPolicyEnforcer policy, HostStore hosts, CancellationToken cancellationToken)
    {
        ComputeRequest.CheckQuery(http, context, new(2, 75), "host", "binary");
        policy.Require(context, AdminPolicies.ListServices, PolicyTarget.None);
        var (host, binary) = (http.Query["host"].LastOrDefault(), http.Query["binary"].LastOrDefault());
        var zones = await hosts.ZonesAsync(cancellationToken);
        var services = (await hosts.ListServicesAsync(cancellationToken)).Where(s => (host is null || s.Host == host) && (binary is null || s.Binary == binary));
        return JsonAnswer.List("services", services, (json, service) => Write(json, service, hosts, zones, context.Version));
    }

    private static async Task<IResult> UpdateAsync(
        string id, HttpRequest http, RequestContext context, IPolicyEnforcer policy, HostStore hosts, CancellationToken cancellationToken)
    {
        if (context.Version < new Microversion(2, 53))
        {
            return await UpdateByNameAsync(id, http, context, policy, hosts, cancellationToken);
        }

        var body = await RequestObject.ReadRootAsync(http, context, cancellationToken);
        var status = body.Text("status");
        var reason = body.Text("disabled_reason", 1, 255);
        var forced = body.Boolean("forced_down");
        body.Done();
        if (status is not (null or "enabled" or "disabled"))
        {
            throw new ApiException(400, $"Invalid input for field/attribute status. Value: {status}. '{status}' is not one of ['enabled', 'disabled']");
        }

        if (status is null && forced is null)
        {
            throw new ApiException(400, reason is null ? "No updates were requested. Fields 'status' or 'forced_down' should be specified." : "Specifying disabled_reason requires that status is 'disabled'.");
        }

        if (reason is not null && status != "disabled")
        {
            throw new ApiException(400, "Specifying disabled_reason requires that status is 'disabled'.");
        }

        policy.Require(context, AdminPolicies.UpdateService, PolicyTarget.None);
        var service = await GetAsync(id, context, hosts, cancellationToken);
        if (service.Binary != Service.Compute)
        {
            throw new ApiException(400, $"Updating a {service.Binary} service is not supported. Only nova-compute services can be updated.");
        }

        var disabled = status is null ? service.Disabled : status == "disabled";
        await hosts.UpdateServiceAsync(service.Id, disabled, status is null ? service.DisabledReason : disabled ? reason : null, forced ?? service.ForcedDown, cancellationToken);
        var (zones, changed) = (await hosts.ZonesAsync(cancellationToken), await GetAsync(id, context, hosts, cancellationToken));
        return JsonAnswer.Member("service", json => Write(json, changed, hosts, zones, context.Version));
    }

    // Until 2.52 the path names what is to be done, the body host and binary.
    private static async Task<IResult> UpdateByNameAsync(
        string action, HttpRequest http, RequestContext context, IPolicyEnforcer policy, HostStore hosts, CancellationToken cancellationToken)
    {
        if (action is not ("enable" or "disable" or "disable-log-reason" or "force-down") || (action == "force-down" && context.Version < new Microversion(2, 11)))
        {
            throw new ApiException(404, "Unknown action");
        }

        var body = await RequestObject.ReadRootAsync(http, context, cancellationToken);
        var host = body.Text("host", 1, 255, required: true)!;
        var binary = body.Text("binary", 1, 255, required: true)!;
        var reason = action == "disable-log-reason" ? body.Text("disabled_reason", 1, 255, required: true) : null;
        var forced = action == "force-down" ? body.Boolean("forced_down") : null;
        body.Done();
        policy.Require(context, AdminPolicies.UpdateService, PolicyTarget.None);
        var service = (await hosts.ListServicesAsync(cancellationToken)).FirstOrDefault(s => s.Host == host && s.Binary == binary)
            ?? throw new ApiException(404, $"Could not find binary {binary} on host {host}.");
        var disabled = action switch
        {
            "enable" => false,
            "force-down" => service.Disabled,
            _ => true,
        };
        await hosts.UpdateServiceAsync(service.Id, disabled, action == "force-down" ? service.DisabledReason : reason, forced ?? service.ForcedDown, cancellationToken);
        return JsonAnswer.Member("service", json =>
        {
            json.WriteString("host", host);
            json.WriteString("binary", binary);
            if (action == "force-down")
            {
                json.WriteBoolean("forced_down", forced ?? service.ForcedDown);
                return;
            }

            json.WriteString("status", disabled ? "disabled" : "enabled");
            if (reason is not null)
            {
                json.WriteString("disabled_reason", reason);
            }
        });
    }

    private static async Task<IResult> DeleteAsync(
        string id, RequestContext context, IPolicyEnforcer policy, HostStore hosts, Servers.ServerStore servers, Neighbours neighbours, CancellationToken cancellationToken)
    {
        policy.Require(context, AdminPolicies.DeleteService, PolicyTarget.None);
        var service = await GetAsync(id, context, hosts, cancellationToken);
        if (service.Binary == Service.Compute)
        {
            if ((await servers.ListOfHostAsync(service.Host, cancellationToken)).Count > 0)
            {
                throw new ApiException(409, "Unable to delete compute service that is hosting instances. Migrate or delete the instances first.");
            }

            foreach (var hypervisor in (await hosts.ListHypervisorsAsync(cancellationToken)).Where(h => h.Host == service.Host))
            {
                await neighbours.Placement(context.GlobalRequestId ?? context.RequestId).TryDeleteProviderAsync(hypervisor.Uuid, cancellationToken);
            }
        }

        await hosts.DeleteServiceAsync(service, cancellationToken);
        return TypedResults.NoContent();
    }

    private static async Task<Service> GetAsync(string id, RequestContext context, HostStore hosts, CancellationToken cancellationToken)
    {
        var uuids = context.Version >= new Microversion(2, 53);
        if (uuids && !RequestObject.IsUuid(id))
        {
            throw new ApiException(400, $"Invalid uuid {(id.Length > 255 ? id[..255] : id)}");
        }

        return (await hosts.ListServicesAsync(cancellationToken)).FirstOrDefault(s => uuids ? s.Uuid == id : s.Id.ToString() == id)
            ?? throw new ApiException(404, $"Service {id} could not be found.");
    }

    private static void Write(Utf8JsonWriter json, Service service, HostStore hosts, IReadOnlyDictionary<string, string> zones, Microversion version)
    {
        if (version >= new Microversion(2, 53))
        {
            json.WriteString("id", service.Uuid);
        }
        else
        {
            json.WriteNumber("id", service.Id);
        }

        json.WriteString("binary", service.Binary);
        json.WriteString("host", service.Host);
        json.WriteString("zone", service.Binary == Service.Compute ? zones.GetValueOrDefault(service.Host, hosts.DefaultZone) : hosts.InternalZone);
        json.WriteString("status", service.Disabled ? "disabled" : "enabled");
        json.WriteString("state", hosts.IsUp(service) ? "up" : "down");
        json.WriteLongTime("updated_at", service.LastSeenAt);
        json.WriteString("disabled_reason", service.DisabledReason);
        if (version >= new Microversion(2, 11))
        {
            json.WriteBoolean("forced_down", service.ForcedDown);
        }
    }
}
