// SPDX-License-Identifier: Apache-2.0
using System.Text.Json.Nodes;

using Meridian.Host.State;
using Meridian.Identity.Manage;
using Meridian.Platform;

namespace Meridian.Host.Setup;

/// <summary>
/// Fills Keystone: bootstrap by keystone-manage's own code, the rest through the API: service users, the demo project and user, the other regions,
/// the catalog.
/// </summary>
internal sealed class IdentitySetup(CloudPlan cloud, StateDirectory state, Secrets secrets, ProcessResources resources)
{
    private static readonly (string Type, string Name, string Description)[] CatalogServices =
    [
        ("identity", "keystone", "OpenStack Identity"),
        ("image", "glance", "OpenStack Image"),
        ("compute", "nova", "OpenStack Compute"),
        ("placement", "placement", "OpenStack Placement"),
        ("network", "neutron", "OpenStack Networking"),
    ];

    /// <summary>Keys, schema, administrator and the first region's identity endpoints: what must be there before Keystone serves.</summary>
    public async Task BootstrapAsync(CancellationToken cancellationToken)
    {
        await ManageAsync(["fernet_setup"], cancellationToken);
        await ManageAsync(["credential_setup"], cancellationToken);
        await ManageAsync(["db_sync"], cancellationToken);
        var url = IdentityUrl;
        await ManageAsync(
            ["bootstrap", "--bootstrap-admin-url", url, "--bootstrap-internal-url", url, "--bootstrap-public-url", url, "--bootstrap-region-id", cloud.Identity.Name],
            cancellationToken);
    }

    private string IdentityUrl => cloud.Identity.Url(5000, "/v3/");

    /// <summary>Users, roles and catalog, by the running Keystone's API.</summary>
    public async Task FillAsync(CloudClient keystone, CancellationToken cancellationToken)
    {
        var roles = (await keystone.GetAsync("/roles", cancellationToken))["roles"]!.AsArray().ToDictionary(r => (string)r!["name"]!, r => (string)r!["id"]!, StringComparer.Ordinal);
        var service = ProjectAsync(keystone, "service", "Projects of the services", cancellationToken);
        var demo = ProjectAsync(keystone, "demo", "For trying things out", cancellationToken);
        var work = new List<Task>();
        foreach (var user in Secrets.ServiceUsers)
        {
            // nova and neutron act on ports and allocations of every project, which OpenStack's default policies let an admin do.
            string[] granted = user is "nova" or "neutron" ? [roles["service"], roles["admin"]] : [roles["service"]];
            work.Add(UserAsync(keystone, user, secrets[user], service, granted, cancellationToken));
        }

        work.Add(UserAsync(keystone, "demo", secrets.Demo, demo, [roles["member"]], cancellationToken));
        work.Add(CatalogAsync(keystone, cancellationToken));
        await Task.WhenAll(work);
    }

    private static async Task<string> ProjectAsync(CloudClient keystone, string name, string description, CancellationToken cancellationToken)
    {
        var project = await keystone.EnsureAsync(
            $"/projects?name={name}&domain_id=default", "/projects", "projects", "project", _ => true,
            new() { ["name"] = name, ["domain_id"] = "default", ["description"] = description }, cancellationToken);
        return (string)project["id"]!;
    }

    private static async Task UserAsync(CloudClient keystone, string name, string password, Task<string> project, string[] roles, CancellationToken cancellationToken)
    {
        var user = await keystone.EnsureAsync(
            $"/users?name={name}&domain_id=default", "/users", "users", "user", _ => true,
            new() { ["name"] = name, ["domain_id"] = "default", ["password"] = password }, cancellationToken);
        foreach (var role in roles)
        {
            await keystone.SendAsync(HttpMethod.Put, $"/projects/{await project}/users/{(string)user["id"]!}/roles/{role}", null, cancellationToken);
        }
    }

    private async Task CatalogAsync(CloudClient keystone, CancellationToken cancellationToken)
    {
        await RegionsAsync(keystone, cancellationToken);
        var services = (await keystone.GetAsync("/services", cancellationToken))["services"]!.AsArray();
        var endpoints = (await keystone.GetAsync("/endpoints", cancellationToken))["endpoints"]!.AsArray();
        foreach (var (type, name, description) in CatalogServices)
        {
            var service = services.FirstOrDefault(s => (string)s!["type"]! == type)
                ?? (await keystone.PostAsync("/services", new() { ["service"] = new JsonObject { ["type"] = type, ["name"] = name, ["description"] = description } }, cancellationToken))["service"];
            var id = (string)service!["id"]!;
            foreach (var region in cloud.Regions)
            {
                foreach (var kind in (string[])["public", "internal", "admin"])
                {
                    await EndpointAsync(keystone, endpoints, id, region.Name, kind, Url(region, type), cancellationToken);
                }
            }
        }
    }

    private async Task RegionsAsync(CloudClient keystone, CancellationToken cancellationToken)
    {
        var known = (await keystone.GetAsync("/regions", cancellationToken))["regions"]!.AsArray().Select(r => (string)r!["id"]!).ToHashSet(StringComparer.Ordinal);
        foreach (var region in cloud.Regions.Where(r => !known.Contains(r.Name)))
        {
            await keystone.PostAsync("/regions", new() { ["region"] = new JsonObject { ["id"] = region.Name } }, cancellationToken);
        }
    }

    private static async Task EndpointAsync(
        CloudClient keystone, JsonArray known, string service, string region, string kind, string url, CancellationToken cancellationToken)
    {
        var found = known.FirstOrDefault(e => (string)e!["service_id"]! == service && (string?)e["region_id"] == region && (string)e["interface"]! == kind);
        if (found is null)
        {
            await keystone.PostAsync(
                "/endpoints",
                new() { ["endpoint"] = new JsonObject { ["service_id"] = service, ["region_id"] = region, ["interface"] = kind, ["url"] = url } }, cancellationToken);
        }
        else if ((string)found["url"]! != url)
        {
            await keystone.SendAsync(HttpMethod.Patch, $"/endpoints/{(string)found["id"]!}", new() { ["endpoint"] = new JsonObject { ["url"] = url } }, cancellationToken);
        }
    }

    private string Url(RegionPlan region, string type) => type switch
    {
        "identity" => IdentityUrl,
        "image" => region.Url(9292),
        "compute" => region.Url(8774, "/v2.1"),
        "placement" => region.Url(8778),
        "network" => region.Url(9696),
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "no such service"),
    };

    private async Task ManageAsync(string[] arguments, CancellationToken cancellationToken)
    {
        using var output = new StringWriter();
        string[] all = ["--config-file", Path.Combine(state.Etc(cloud.Identity.Name), "keystone.conf"), .. arguments];
        var code = await KeystoneManage.RunAsync(
            all, output, output, cancellationToken, resources, name => name == "OS_BOOTSTRAP_PASSWORD" ? secrets.Admin : null);
        if (code != 0)
        {
            throw new SetupException($"keystone-manage {arguments[0]} failed with {code}: {output}");
        }
    }
}
