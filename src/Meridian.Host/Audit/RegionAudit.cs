// SPDX-License-Identifier: Apache-2.0
using System.Text.Json.Nodes;

using Meridian.Host.Setup;
using Meridian.Host.State;
using Meridian.Platform.Audit;

namespace Meridian.Host.Audit;

/// <summary>
/// Holds what the services of a region keep against one another: servers, allocations, ports, guests and images. It asks the public APIs, as the
/// administrator, and the programs' own <see cref="IAudit"/>; it changes nothing.
/// </summary>
internal sealed class RegionAudit(RegionPlan region, StateDirectory state, HttpClient http, string token, IReadOnlyList<IAudit> audits)
{
    private readonly CloudClient compute = new(http, "compute of " + region.Name, region.Url(8774, "/v2.1"), token);
    private readonly CloudClient network = new(http, "network of " + region.Name, region.Url(9696, "/v2.0"), token);
    private readonly CloudClient image = new(http, "image of " + region.Name, region.Url(9292, "/v2"), token);
    private readonly CloudClient placement = new(http, "placement of " + region.Name, region.Url(8778), token);

    public async Task<IReadOnlyList<string>> RunAsync(CancellationToken cancellationToken)
    {
        var findings = new List<string>();
        var servers = (await ListAsync(compute, "/servers/detail?all_tenants=1&limit=1000", "servers", cancellationToken)).ToDictionary(Id, StringComparer.Ordinal);
        await AllocationsAsync(servers, findings, cancellationToken);
        await PortsAsync(servers, findings, cancellationToken);
        await ImagesAsync(findings, cancellationToken);
        foreach (var audit in audits)
        {
            var report = await audit.RunAsync(cancellationToken);
            findings.AddRange(report.Findings);
            foreach (var (kind, ids) in report.ServersByKind)
            {
                findings.AddRange(ids.Where(id => !servers.ContainsKey(id)).Select(id => $"There is a {kind} of server {id}, which does not exist"));
            }

            if (report.ServersByKind.TryGetValue("guest", out var guests))
            {
                findings.AddRange(servers.Values.Where(s => IsSettled(s) && (string)s["status"]! == "ACTIVE" && !guests.Contains(Id(s))).Select(s => $"Server {Id(s)} is ACTIVE but has no guest"));
            }
        }

        return [.. findings.Select(finding => $"{region.Name}: {finding}")];
    }

    private async Task AllocationsAsync(Dictionary<string, JsonObject> servers, List<string> findings, CancellationToken cancellationToken)
    {
        var claimed = new HashSet<string>(StringComparer.Ordinal);
        foreach (var provider in (await placement.GetAsync("/resource_providers", cancellationToken))["resource_providers"]!.AsArray())
        {
            var uuid = (string)provider!["uuid"]!;
            var allocations = (await placement.GetAsync($"/resource_providers/{uuid}/allocations", cancellationToken))["allocations"]!.AsObject();
            foreach (var (consumer, _) in allocations)
            {
                if (!claimed.Add(consumer))
                {
                    findings.Add($"Server {consumer} has allocations of more than one resource provider");
                }

                if (!servers.ContainsKey(consumer))
                {
                    findings.Add($"Resource provider {(string)provider["name"]!} has allocations of {consumer}, which is no server");
                }
            }
        }

        findings.AddRange(servers.Values.Where(s => IsSettled(s) && (string)s["status"]! is "ACTIVE" or "SHUTOFF").Select(Id).Where(id => !claimed.Contains(id)).Select(id => $"Server {id} has no allocations"));
    }

    private async Task PortsAsync(Dictionary<string, JsonObject> servers, List<string> findings, CancellationToken cancellationToken)
    {
        foreach (var port in await ListAsync(network, "/ports?limit=1000", "ports", cancellationToken))
        {
            if ((string?)port["device_owner"] is { } owner && owner.StartsWith("compute:", StringComparison.Ordinal) && !servers.ContainsKey((string)port["device_id"]!))
            {
                findings.Add($"Port {Id(port)} belongs to server {(string)port["device_id"]!}, which does not exist");
            }
        }
    }

    private async Task ImagesAsync(List<string> findings, CancellationToken cancellationToken)
    {
        var images = (await ListAsync(image, "/images?limit=1000", "images", cancellationToken)).ToDictionary(Id, StringComparer.Ordinal);
        var folder = Path.Combine(state.Lib(region.Name), "images");
        var files = Directory.Exists(folder) ? Directory.EnumerateFiles(folder).Select(f => Path.GetFileName(f)!).ToHashSet(StringComparer.Ordinal) : [];
        findings.AddRange(files.Where(f => !images.ContainsKey(Path.GetFileNameWithoutExtension(f))).Select(f => $"File {f} in {folder} belongs to no image"));
        findings.AddRange(images.Values.Where(i => (string)i["status"]! == "active" && !files.Contains(Id(i))).Select(i => $"Image {Id(i)} is active but has no data in {folder}"));
    }

    // Follows the links of the list: no API gives everything at once.
    private static async Task<List<JsonObject>> ListAsync(CloudClient client, string path, string collection, CancellationToken cancellationToken)
    {
        var all = new List<JsonObject>();
        for (var next = path; ;)
        {
            var page = (await client.GetAsync(next, cancellationToken))[collection]!.AsArray().Select(e => e!.AsObject()).ToList();
            all.AddRange(page);
            if (page.Count == 0)
            {
                return all;
            }

            next = $"{path}&marker={Id(page[^1])}";
        }
    }

    private static bool IsSettled(JsonObject server) => server["OS-EXT-STS:task_state"] is null;

    private static string Id(JsonObject resource) => (string)resource["id"]!;
}
