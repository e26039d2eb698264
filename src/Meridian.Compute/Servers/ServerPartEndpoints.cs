// SPDX-License-Identifier: Apache-2.0
using System.Text.Json;

using Meridian.Compute.Http;
using Meridian.Platform.Http;

using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Meridian.Compute.Servers;

/// <summary>What a server is connected to: ips, os-interface, os-security-groups, os-volume_attachments. Source: Compute API reference, sections of these names.</summary>
internal static class ServerPartEndpoints
{
    public static void MapServerParts(this RouteGroupBuilder api)
    {
        api.MapGet("/servers/{id}/ips", ListIpsAsync);
        api.MapGet("/servers/{id}/ips/{network}", ShowIpsAsync);
        api.MapGet("/servers/{id}/os-interface", ListInterfacesAsync);
        api.MapGet("/servers/{id}/os-interface/{port}", ShowInterfaceAsync);
        api.MapGet("/servers/{id}/os-security-groups", ListSecurityGroupsAsync);
        api.MapGet("/servers/{id}/os-volume_attachments", ListVolumesAsync);
    }

    private static async Task<IResult> ListIpsAsync(string id, ServerContext servers, CancellationToken cancellationToken)
    {
        var server = await servers.GetAsync(id, ServerPolicies.IpsIndex, cancellationToken);
        return JsonAnswer.Object(json => ServerView.WriteAddresses(json, server.NetworkInfo(), extended: false));
    }

    private static async Task<IResult> ShowIpsAsync(string id, string network, ServerContext servers, CancellationToken cancellationToken)
    {
        var server = await servers.GetAsync(id, ServerPolicies.IpsShow, cancellationToken);
        var ports = server.NetworkInfo().Where(i => i.NetworkName == network).ToList();
        if (ports.Count == 0)
        {
            throw new ApiException(404, "Instance is not a member of specified network");
        }

        return JsonAnswer.Object(json =>
        {
            json.WriteStartArray(network);
            foreach (var address in ports.SelectMany(p => p.FixedIps.Select(ip => ip.Address).Concat(p.FloatingIps)))
            {
                json.WriteStartObject();
                json.WriteNumber("version", address.Contains(':', StringComparison.Ordinal) ? 6 : 4);
                json.WriteString("addr", address);
                json.WriteEndObject();
            }

            json.WriteEndArray();
        });
    }

    private static async Task<IResult> ListInterfacesAsync(string id, ServerContext servers, CancellationToken cancellationToken)
    {
        var server = await servers.GetAsync(id, ServerPolicies.InterfacesList, cancellationToken);
        return JsonAnswer.List("interfaceAttachments", server.NetworkInfo(), (json, port) => Write(json, port, servers.Context.Version));
    }

    private static async Task<IResult> ShowInterfaceAsync(string id, string port, ServerContext servers, CancellationToken cancellationToken)
    {
        var server = await servers.GetAsync(id, ServerPolicies.InterfacesShow, cancellationToken);
        var found = server.NetworkInfo().FirstOrDefault(i => i.PortId == port) ?? throw new ApiException(404, $"Instance {id} does not have a port with id {port}");
        return JsonAnswer.Member("interfaceAttachment", json => Write(json, found, servers.Context.Version));
    }

    private static async Task<IResult> ListSecurityGroupsAsync(string id, ServerContext servers, ServerSecurityGroups groups, CancellationToken cancellationToken)
    {
        var server = await servers.GetAsync(id, ServerPolicies.ListSecurityGroups, cancellationToken);
        var (found, view) = await groups.ListAsync(server, servers.Context, cancellationToken);
        return JsonAnswer.List("security_groups", found, view.Write);
    }

    // Servers have no volumes yet: the list is empty, and true.
    private static async Task<IResult> ListVolumesAsync(string id, ServerContext servers, CancellationToken cancellationToken)
    {
        await servers.GetAsync(id, ServerPolicies.VolumesIndex, cancellationToken);
        return JsonAnswer.List<string>("volumeAttachments", [], static (_, _) => { });
    }

    private static void Write(Utf8JsonWriter json, ServerInterface port, Microversion version)
    {
        json.WriteString("net_id", port.NetworkId);
        json.WriteString("port_id", port.PortId);
        json.WriteString("mac_addr", port.MacAddress);
        json.WriteString("port_state", port.Status);
        json.WriteStartArray("fixed_ips");
        foreach (var ip in port.FixedIps)
        {
            json.WriteStartObject();
            json.WriteString("subnet_id", ip.SubnetId);
            json.WriteString("ip_address", ip.Address);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        if (version >= new Microversion(2, 70))
        {
            json.WriteString("tag", port.Tag);
        }
    }
}
