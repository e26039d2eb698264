// SPDX-License-Identifier: Apache-2.0
using System.Text.Json;

using Meridian.Compute.Drivers;
using Meridian.Compute.Http;
using Meridian.Compute.Servers;
using Meridian.Compute.Services;
using Meridian.Platform.Http;
using Meridian.Platform.Policy;

using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Meridian.Compute.Hypervisors;

/// <summary>/os-hypervisors. Source: OpenStack Compute API reference, "Hypervisors".</summary>
internal static class HypervisorEndpoints
{
    public static void MapHypervisors(this RouteGroupBuilder api)
    {
        api.MapGet("/os-hypervisors", (HttpRequest http, HypervisorContext hypervisors, CancellationToken token) => ListAsync(http, hypervisors, false, token));
        api.MapGet("/os-hypervisors/detail", (HttpRequest http, HypervisorContext hypervisors, CancellationToken token) => ListAsync(http, hypervisors, true, token));
        api.MapGet("/os-hypervisors/statistics", StatisticsAsync).Until(2, 87);
        api.MapGet("/os-hypervisors/{id}", ShowAsync);
        api.MapGet("/os-hypervisors/{id}/uptime", UptimeAsync).Until(2, 87);
        api.MapGet("/os-hypervisors/{pattern}/search", (string pattern, HypervisorContext hypervisors, CancellationToken token) => SearchAsync(pattern, hypervisors, false, token)).Until(2, 52);
        api.MapGet("/os-hypervisors/{pattern}/servers", (string pattern, HypervisorContext hypervisors, CancellationToken token) => SearchAsync(pattern, hypervisors, true, token)).Until(2, 52);
    }

    private static async Task<IResult> ListAsync(HttpRequest http, HypervisorContext hypervisors, bool detail, CancellationToken cancellationToken)
    {
        var (context, request) = (hypervisors.Context, hypervisors.Request);
        hypervisors.Policy.Require(context, detail ? AdminPolicies.ListHypervisorsDetail : AdminPolicies.ListHypervisors, PolicyTarget.None);
        var paged = context.Version >= new Microversion(2, 33);
        var (limit, marker) = paged ? request.Page(http) : (int.MaxValue, null);
        var rows = await hypervisors.ListAsync(cancellationToken);
        var pattern = context.Version >= new Microversion(2, 53) ? http.Query["hypervisor_hostname_pattern"].LastOrDefault() : null;
        if (pattern is not null)
        {
            if (marker is not null || http.Query.ContainsKey("limit"))
            {
                throw new ApiException(400, "Paging over hypervisors with the hypervisor_hostname_pattern query parameter is not supported.");
            }

            rows = [.. rows.Where(h => h.Hypervisor.Hostname.Contains(pattern, StringComparison.OrdinalIgnoreCase))];
            if (rows.Count == 0)
            {
                throw new ApiException(404, $"No hypervisor matching '{pattern}' could be found.");
            }
        }

        if (marker is not null)
        {
            var at = rows.ToList().FindIndex(h => IdOf(h.Hypervisor, context.Version) == marker);
            rows = at >= 0 ? [.. rows.Skip(at + 1)] : throw new ApiException(400, $"marker [{marker}] not found");
        }

        var page = rows.Take(limit).ToList();
        var withServers = BooleanText.OrDefault(http.Query["with_servers"].LastOrDefault(), false) && context.Version >= new Microversion(2, 53);
        var servers = withServers ? await hypervisors.ServersAsync(page, cancellationToken) : null;
        var next = paged && page.Count > 0 && rows.Count > page.Count ? request.Next(http, page.Count, limit, IdOf(page[^1].Hypervisor, context.Version)) : null;
        return JsonAnswer.List("hypervisors", page, (json, h) => Write(json, h, context.Version, detail, servers?.GetValueOrDefault(h.Hypervisor.Host) ?? (withServers && context.Version >= new Microversion(2, 75) ? [] : null)), next);
    }

    private static async Task<IResult> ShowAsync(string id, HttpRequest http, HypervisorContext hypervisors, CancellationToken cancellationToken)
    {
        hypervisors.Policy.Require(hypervisors.Context, AdminPolicies.ShowHypervisor, PolicyTarget.None);
        var version = hypervisors.Context.Version;
        var found = await hypervisors.GetAsync(id, cancellationToken);
        var withServers = BooleanText.OrDefault(http.Query["with_servers"].LastOrDefault(), false) && version >= new Microversion(2, 53);
        var servers = withServers ? await hypervisors.ServersAsync([found], cancellationToken) : null;
        return JsonAnswer.Member("hypervisor", json => Write(json, found, version, detail: true, servers?.GetValueOrDefault(found.Hypervisor.Host) ?? (withServers && version >= new Microversion(2, 75) ? [] : null)));
    }

    private static async Task<IResult> UptimeAsync(string id, HypervisorContext hypervisors, CancellationToken cancellationToken)
    {
        hypervisors.Policy.Require(hypervisors.Context, AdminPolicies.HypervisorUptime, PolicyTarget.None);
        var found = await hypervisors.GetAsync(id, cancellationToken);
        return JsonAnswer.Member("hypervisor", json =>
        {
            WriteBrief(json, found, hypervisors.Context.Version);
            json.WriteString("uptime", "");
        });
    }

    private static async Task<IResult> SearchAsync(string pattern, HypervisorContext hypervisors, bool withServers, CancellationToken cancellationToken)
    {
        hypervisors.Policy.Require(hypervisors.Context, withServers ? AdminPolicies.HypervisorServers : AdminPolicies.SearchHypervisors, PolicyTarget.None);
        var found = (await hypervisors.ListAsync(cancellationToken)).Where(h => h.Hypervisor.Hostname.Contains(pattern, StringComparison.OrdinalIgnoreCase)).ToList();
        if (found.Count == 0)
        {
            throw new ApiException(404, $"No hypervisor matching '{pattern}' could be found.");
        }

        var servers = withServers ? await hypervisors.ServersAsync(found, cancellationToken) : null;
        return JsonAnswer.List("hypervisors", found, (json, h) =>
        {
            WriteBrief(json, h, hypervisors.Context.Version);
            WriteServers(json, servers?.GetValueOrDefault(h.Hypervisor.Host));
        });
    }

    private static async Task<IResult> StatisticsAsync(HypervisorContext hypervisors, CancellationToken cancellationToken)
    {
        hypervisors.Policy.Require(hypervisors.Context, AdminPolicies.HypervisorStatistics, PolicyTarget.None);
        var all = await hypervisors.ListAsync(cancellationToken);
        return JsonAnswer.Member("hypervisor_statistics", json =>
        {
            json.WriteNumber("count", all.Count);
            json.WriteNumber("vcpus", all.Sum(h => h.Info.Vcpus));
            json.WriteNumber("memory_mb", all.Sum(h => h.Info.MemoryMib));
            json.WriteNumber("local_gb", all.Sum(h => h.Info.DiskGib));
            json.WriteNumber("vcpus_used", all.Sum(h => h.Use.Cores));
            json.WriteNumber("memory_mb_used", all.Sum(h => h.Info.MemoryUsedMib));
            json.WriteNumber("local_gb_used", all.Sum(h => h.Info.DiskGib - h.Info.DiskFreeGib));
            json.WriteNumber("free_ram_mb", all.Sum(h => h.Info.MemoryMib - h.Info.MemoryUsedMib));
            json.WriteNumber("free_disk_gb", all.Sum(h => h.Info.DiskFreeGib));
            json.WriteNumber("current_workload", 0);
            json.WriteNumber("running_vms", all.Sum(h => h.Use.Servers));
            json.WriteNumber("disk_available_least", all.Sum(h => h.Info.DiskFreeGib));
        });
    }

    private static string IdOf(Hypervisor hypervisor, Microversion version) =>
        version >= new Microversion(2, 53) ? hypervisor.Uuid : hypervisor.Id.ToString();

    private static void WriteBrief(Utf8JsonWriter json, HypervisorRow row, Microversion version)
    {
        if (version >= new Microversion(2, 53))
        {
            json.WriteString("id", row.Hypervisor.Uuid);
        }
        else
        {
            json.WriteNumber("id", row.Hypervisor.Id);
        }

        json.WriteString("hypervisor_hostname", row.Hypervisor.Hostname);
        json.WriteString("state", row.IsUp ? "up" : "down");
        json.WriteString("status", row.Service?.Disabled == true ? "disabled" : "enabled");
    }

    private static void Write(Utf8JsonWriter json, HypervisorRow row, Microversion version, bool detail, IReadOnlyList<Server>? servers)
    {
        WriteBrief(json, row, version);
        if (detail)
        {
            WriteDetail(json, row, version);
        }

        WriteServers(json, servers);
    }

    private static void WriteDetail(Utf8JsonWriter json, HypervisorRow row, Microversion version)
    {
        var info = row.Info;
        json.WriteString("hypervisor_type", info.Type);
        json.WriteNumber("hypervisor_version", info.Version);
        json.WriteString("host_ip", row.Hypervisor.HostIp);
        json.WriteStartObject("service");
        if (version >= new Microversion(2, 53))
        {
            json.WriteString("id", row.Service?.Uuid);
        }
        else
        {
            json.WriteNumber("id", row.Service?.Id ?? 0);
        }

        json.WriteString("host", row.Hypervisor.Host);
        json.WriteString("disabled_reason", row.Service?.DisabledReason);
        json.WriteEndObject();
        if (version >= new Microversion(2, 88))
        {
            json.WriteNull("uptime");
            return;
        }

        WriteCpu(json, info.Cpu, version);
        json.WriteNumber("vcpus", info.Vcpus);
        json.WriteNumber("vcpus_used", row.Use.Cores);
        json.WriteNumber("memory_mb", info.MemoryMib);
        json.WriteNumber("memory_mb_used", info.MemoryUsedMib);
        json.WriteNumber("free_ram_mb", info.MemoryMib - info.MemoryUsedMib);
        json.WriteNumber("local_gb", info.DiskGib);
        json.WriteNumber("local_gb_used", info.DiskGib - info.DiskFreeGib);
        json.WriteNumber("free_disk_gb", info.DiskFreeGib);
        json.WriteNumber("disk_available_least", info.DiskFreeGib);
        json.WriteNumber("current_workload", 0);
        json.WriteNumber("running_vms", row.Use.Servers);
    }

    // A text until 2.27, an object from 2.28, gone with 2.88.
    private static void WriteCpu(Utf8JsonWriter json, CpuInfo cpu, Microversion version)
    {
        using var buffer = new MemoryStream();
        using (var inner = new Utf8JsonWriter(buffer))
        {
            inner.WriteStartObject();
            inner.WriteString("arch", cpu.Architecture);
            inner.WriteString("model", cpu.Model);
            inner.WriteString("vendor", cpu.Vendor);
            inner.WriteStartObject("topology");
            inner.WriteNumber("cells", 1);
            inner.WriteNumber("sockets", cpu.Sockets);
            inner.WriteNumber("cores", cpu.Cores);
            inner.WriteNumber("threads", cpu.Threads);
            inner.WriteEndObject();
            inner.WriteStrings("features", cpu.Features);
            inner.WriteEndObject();
        }

        if (version >= new Microversion(2, 28))
        {
            json.WritePropertyName("cpu_info");
            json.WriteRawValue(buffer.ToArray());
        }
        else
        {
            json.WriteString("cpu_info", System.Text.Encoding.UTF8.GetString(buffer.ToArray()));
        }
    }

    private static void WriteServers(Utf8JsonWriter json, IReadOnlyList<Server>? servers)
    {
        if (servers is null)
        {
            return;
        }

        json.WriteStartArray("servers");
        foreach (var server in servers)
        {
            json.WriteStartObject();
            json.WriteString("name", server.Name);
            json.WriteString("uuid", server.Id);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }
}

[System.Runtime.InteropServices.StructLayout(System.Runtime.InteropServices.LayoutKind.Auto)]
internal readonly record struct HostUse(int Servers, int Cores);

internal sealed record HypervisorRow(Hypervisor Hypervisor, Service? Service, bool IsUp, HostUse Use)
{
    public HypervisorInfo Info { get; } = Hypervisor.Info();
}

/// <summary>What the handlers of hypervisors share.</summary>
internal sealed class HypervisorContext(RequestContext context, IPolicyEnforcer policy, ComputeRequest request, HostStore hosts, ServerStore servers)
{
    public RequestContext Context => context;

    public IPolicyEnforcer Policy => policy;

    public ComputeRequest Request => request;

    public async Task<IReadOnlyList<HypervisorRow>> ListAsync(CancellationToken cancellationToken)
    {
        var services = (await hosts.ListServicesAsync(cancellationToken)).Where(s => s.Binary == Service.Compute).ToDictionary(s => s.Host, StringComparer.Ordinal);
        var counts = await servers.CountByHostAsync(cancellationToken);
        return
        [
            .. from hypervisor in await hosts.ListHypervisorsAsync(cancellationToken)
               let service = services.GetValueOrDefault(hypervisor.Host)
               let count = counts.GetValueOrDefault(hypervisor.Host)
               select new HypervisorRow(hypervisor, service, service is not null && hosts.IsUp(service), new(count, count)),
        ];
    }

    public async Task<HypervisorRow> GetAsync(string id, CancellationToken cancellationToken)
    {
        var uuids = context.Version >= new Microversion(2, 53);
        if (uuids && !RequestObject.IsUuid(id))
        {
            throw new ApiException(400, $"Invalid uuid {(id.Length > 255 ? id[..255] : id)}");
        }

        return (await ListAsync(cancellationToken)).FirstOrDefault(h => uuids ? h.Hypervisor.Uuid == id : h.Hypervisor.Id.ToString() == id)
            ?? throw new ApiException(404, $"Hypervisor with ID '{id}' could not be found.");
    }

    public async Task<Dictionary<string, IReadOnlyList<Server>>> ServersAsync(IEnumerable<HypervisorRow> rows, CancellationToken cancellationToken)
    {
        var found = new Dictionary<string, IReadOnlyList<Server>>(StringComparer.Ordinal);
        foreach (var row in rows)
        {
            var there = await servers.ListOfHostAsync(row.Hypervisor.Host, cancellationToken);
            if (there.Count > 0)
            {
                found[row.Hypervisor.Host] = there;
            }
        }

        return found;
    }
}
