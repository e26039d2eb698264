// SPDX-License-Identifier: Apache-2.0
using System.Diagnostics;
using System.Text.Json.Nodes;

using Meridian.Host.Engines;
using Meridian.Host.State;

namespace Meridian.Host.Setup;

/// <summary>
/// What a newcomer finds in a region: an image, flavors, the provider network `public`, and the demo project's network `private` with a router.
/// Each step looks first, so that it can be repeated after a kill at any point.
/// </summary>
internal sealed class RegionSetup(CloudPlan cloud, RegionPlan region, HttpClient http, string token)
{
    public const string ImageName = "meridian-guest";

    private static readonly TimeSpan HostLimit = TimeSpan.FromSeconds(60);

    private readonly CloudClient compute = new(http, "compute of " + region.Name, region.Url(8774, "/v2.1"), token);
    private readonly CloudClient network = new(http, "network of " + region.Name, region.Url(9696, "/v2.0"), token);
    private readonly CloudClient image = new(http, "image of " + region.Name, region.Url(9292, "/v2"), token);
    private readonly CloudClient keystone = new(http, "identity", cloud.KeystoneUrl, token);

    /// <summary>m1.nano and m1.micro have the sizes and ids that DevStack gives them, m1.tiny and m1.small those of OpenStack's manuals.</summary>
    private static readonly (string Id, string Name, int MemoryMib, int DiskGib, int Vcpus)[] Flavors =
    [
        ("42", "m1.nano", 128, 1, 1), ("84", "m1.micro", 256, 1, 1), ("1", "m1.tiny", 512, 1, 1), ("2", "m1.small", 2048, 20, 1),
    ];

    public async Task FlavorsAsync(CancellationToken cancellationToken)
    {
        var known = (await compute.GetAsync("/flavors", cancellationToken))["flavors"]!.AsArray().Select(f => (string)f!["name"]!).ToHashSet(StringComparer.Ordinal);
        foreach (var flavor in Flavors.Where(f => !known.Contains(f.Name)))
        {
            await compute.PostAsync(
                "/flavors",
                new()
                {
                    ["flavor"] = new JsonObject
                    {
                        ["id"] = flavor.Id, ["name"] = flavor.Name, ["ram"] = flavor.MemoryMib, ["disk"] = flavor.DiskGib, ["vcpus"] = flavor.Vcpus,
                        ["os-flavor-access:is_public"] = true,
                    },
                },
                cancellationToken);
        }
    }

    public async Task NetworksAsync(CancellationToken cancellationToken)
    {
        var demo = await keystone.FindAsync("/projects?name=demo&domain_id=default", "projects", _ => true, cancellationToken)
            ?? throw new SetupException("Keystone has no project demo.");
        var project = (string)demo["id"]!;

        var @public = Id(await EnsureAsync(
            "network", "name=public&router:external=true",
            new()
            {
                ["name"] = "public", ["router:external"] = true, ["provider:network_type"] = "flat", ["provider:physical_network"] = RegionEngines.PhysicalNetwork,
            },
            cancellationToken));
        await EnsureAsync(
            "subnet", $"name=public-subnet&network_id={@public}",
            new()
            {
                ["name"] = "public-subnet", ["network_id"] = @public, ["ip_version"] = 4, ["cidr"] = region.ProviderCidr, ["enable_dhcp"] = false,
                ["gateway_ip"] = region.ProviderNetwork + ".1",
                ["allocation_pools"] = new JsonArray(new JsonObject { ["start"] = region.ProviderNetwork + ".10", ["end"] = region.ProviderNetwork + ".250" }),
            },
            cancellationToken);

        var @private = Id(await EnsureAsync(
            "network", $"name=private&project_id={project}", new() { ["name"] = "private", ["project_id"] = project }, cancellationToken));
        var subnet = Id(await EnsureAsync(
            "subnet", $"name=private-subnet&network_id={@private}",
            new() { ["name"] = "private-subnet", ["network_id"] = @private, ["project_id"] = project, ["ip_version"] = 4, ["cidr"] = "10.0.0.0/24" }, cancellationToken));
        var router = Id(await EnsureAsync(
            "router", $"name=router1&project_id={project}",
            new() { ["name"] = "router1", ["project_id"] = project, ["external_gateway_info"] = new JsonObject { ["network_id"] = @public } }, cancellationToken));
        var attached = await network.FindAsync(
            $"/ports?device_id={router}&network_id={@private}", "ports", port => port["fixed_ips"]!.AsArray().Any(ip => (string)ip!["subnet_id"]! == subnet), cancellationToken);
        if (attached is null)
        {
            await network.SendAsync(HttpMethod.Put, $"/routers/{router}/add_router_interface", new() { ["subnet_id"] = subnet }, cancellationToken);
        }
    }

    /// <summary>Waits until a compute host of the region has reported to placement and to the conductor.</summary>
    public async Task HostAsync(CancellationToken cancellationToken)
    {
        var began = Stopwatch.GetTimestamp();
        while (await compute.FindAsync("/os-services?binary=nova-compute", "services", service => (string)service["state"]! == "up", cancellationToken) is null)
        {
            if (Stopwatch.GetElapsedTime(began) > HostLimit)
            {
                throw new SetupException($"no compute host reported within {HostLimit.TotalSeconds:0} s, so that no server can be created.");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(50), cancellationToken);
        }
    }

    /// <param name="file">The guest image.</param>
    /// <param name="diskFormat">qcow2 or raw.</param>
    public async Task ImageAsync(string file, string diskFormat, CancellationToken cancellationToken)
    {
        var images = (await image.GetAsync($"/images?name={ImageName}", cancellationToken))["images"]!.AsArray().Select(i => i!.AsObject()).ToList();
        if (images.Exists(i => (string)i["status"]! == "active"))
        {
            return;
        }

        // One that a killed `up` left without its data is given up.
        foreach (var half in images)
        {
            await image.SendAsync(HttpMethod.Delete, $"/images/{Id(half)}", null, cancellationToken);
        }

        var made = await image.PostAsync(
            "/images",
            new()
            {
                ["name"] = ImageName, ["disk_format"] = diskFormat, ["container_format"] = "bare", ["visibility"] = "public", ["min_ram"] = 64,
                ["os_distro"] = "debian", ["hw_rng_model"] = "virtio",
            },
            cancellationToken);
        await using var data = File.OpenRead(file);
        await image.PutFileAsync($"/images/{Id(made)}/file", data, cancellationToken);
    }

    private async Task<JsonObject> EnsureAsync(string kind, string query, JsonObject body, CancellationToken cancellationToken) =>
        await network.EnsureAsync($"/{kind}s?{query}", $"/{kind}s", kind + "s", kind, _ => true, body, cancellationToken);

    private static string Id(JsonObject resource) => (string)resource["id"]!;
}
