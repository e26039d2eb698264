// SPDX-License-Identifier: Apache-2.0
using System.Net;
using System.Text.Json.Nodes;

using Meridian.System.Tests.Client;
using Meridian.System.Tests.Kills;
using Meridian.System.Tests.Up;
using Meridian.Testing;
using Meridian.Testing.Engines;

namespace Meridian.System.Tests.Processes;

/// <summary>
/// One process or many, same code (DESIGN 1): RegionTwo runs as separate programs on MariaDB and RabbitMQ, RegionOne in one process beside it, and a
/// simulated server is made there, lives through the death of its conductor, and goes.
/// </summary>
[Trait("needs", "engines")]
public sealed class ProcessesTests(MariaDbFixture databases, RabbitMqFixture broker) : IAsyncLifetime
{
    private readonly SimulatedRegion one = new(47);

    private static string AddressTwo { get; } = SimulatedRegion.AddressOf(57);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => await one.StartAsync();

    public async ValueTask DisposeAsync() => await one.DisposeAsync();

    [Fact]
    public async Task A_region_of_separate_processes_boots_a_server()
    {
        await using var two = new SecondRegion(one.StateDirectory, one.Address, AddressTwo);
        await two.WriteFilesAsync(await broker.StartAsync(), () => databases.CreateDatabaseAsync(Token));
        await two.SyncDatabasesAsync();
        await AddToCatalogAsync();
        two.StartAll();
        using var api = new RegionApi(one.StateDirectory, AddressTwo, "RegionTwo", one.Address);
        await WaitForHostAsync(api, two);

        var server = await CreateServerAsync(api);
        await WaitForAsync(api, two, server, "ACTIVE");
        Assert.Single((await api.GetAsync("admin", 9696, $"/v2.0/ports?device_id={server}"))!["ports"]!.AsArray());
        Assert.Single((await api.GetAsync("admin", 8778, $"/allocations/{server}"))!["allocations"]!.AsObject());
        using (var first = new RegionApi(one.StateDirectory, one.Address))
        {
            Assert.Empty((await first.GetAsync("admin", 8774, "/v2.1/servers?all_tenants=1"))!["servers"]!.AsArray());
        }

        // Work outlives its process: asked for while no conductor runs, done by the next one.
        await two.KillAsync("nova-conductor");
        var (status, _) = await api.SendAsync("admin", HttpMethod.Delete, 8774, "/v2.1/servers/" + server, null);
        Assert.Equal(HttpStatusCode.NoContent, status);
        two.Start("nova-conductor");
        await WaitForAsync(api, two, server, "gone");
        Assert.Empty((await api.GetAsync("admin", 9696, $"/v2.0/ports?device_id={server}"))!["ports"]!.AsArray());
        Assert.Empty((await api.GetAsync("admin", 8778, $"/allocations/{server}"))!["allocations"]!.AsObject());
    }

    private static async Task WaitForHostAsync(RegionApi api, SecondRegion two)
    {
        var last = "";
        Assert.True(
            await Wait.UntilAsync(
                async () =>
                {
                    try
                    {
                        // Known to placement, and to the conductor; and the other APIs answer.
                        return (await api.GetAsync("admin", 8778, "/resource_providers"))!["resource_providers"]!.AsArray().Count > 0
                            && (await api.GetAsync("admin", 8774, "/v2.1/os-hypervisors"))!["hypervisors"]!.AsArray().Count > 0
                            && await api.GetAsync("admin", 9292, "/v2/images") is not null && await api.GetAsync("admin", 9696, "/v2.0/networks") is not null;
                    }
                    catch (Exception e) when (e is HttpRequestException or Xunit.Sdk.XunitException)
                    {
                        last = e.Message;
                        return false;
                    }
                },
                TimeSpan.FromMinutes(2)),
            $"RegionTwo did not come up: {last}\n{two.Describe()}");
    }

    private static async Task WaitForAsync(RegionApi api, SecondRegion two, string server, string status)
    {
        var last = "";
        Assert.True(
            await Wait.UntilAsync(async () => (last = await StatusAsync(api, server)) == status, TimeSpan.FromMinutes(1)),
            $"expected {status}, is {last}\n{two.Describe()}");
    }

    private static async Task<string> StatusAsync(RegionApi api, string server)
    {
        var (status, body) = await api.SendAsync("admin", HttpMethod.Get, 8774, "/v2.1/servers/" + server, null);
        return status == HttpStatusCode.NotFound ? "gone" : $"{body?["server"]?["status"] ?? (int)status}";
    }

    private static async Task<string> CreateServerAsync(RegionApi api)
    {
        var image = (string)(await PostAsync(api, 9292, "/v2/images", new() { ["name"] = "small", ["disk_format"] = "raw", ["container_format"] = "bare" }))["id"]!;
        var data = new ByteArrayContent(new byte[100_000]);
        data.Headers.ContentType = new("application/octet-stream");
        var (uploaded, answer) = await api.SendAsync("admin", HttpMethod.Put, 9292, $"/v2/images/{image}/file", null, data);
        Assert.True(uploaded == HttpStatusCode.NoContent, $"PUT file: {(int)uploaded} {answer}");
        var flavor = (string)(await PostAsync(api, 8774, "/v2.1/flavors", new() { ["flavor"] = new JsonObject { ["name"] = "small", ["vcpus"] = 1, ["ram"] = 64, ["disk"] = 1 } }))["flavor"]!["id"]!;
        var network = (string)(await PostAsync(api, 9696, "/v2.0/networks", new() { ["network"] = new JsonObject { ["name"] = "n" } }))["network"]!["id"]!;
        await PostAsync(api, 9696, "/v2.0/subnets", new() { ["subnet"] = new JsonObject { ["network_id"] = network, ["ip_version"] = 4, ["cidr"] = "10.9.0.0/24" } });
        var server = new JsonObject { ["name"] = "first", ["imageRef"] = image, ["flavorRef"] = flavor, ["networks"] = new JsonArray(new JsonObject { ["uuid"] = network }) };
        return (string)(await PostAsync(api, 8774, "/v2.1/servers", new() { ["server"] = server }))["server"]!["id"]!;
    }

    private static async Task<JsonNode> PostAsync(RegionApi api, int port, string path, JsonObject body)
    {
        var (status, answer) = await api.SendAsync("admin", HttpMethod.Post, port, path, body);
        Assert.True((int)status is >= 200 and < 300, $"POST {path}: {(int)status} {answer}");
        return answer!;
    }

    private async Task AddToCatalogAsync()
    {
        var keystone = $"http://{one.Address}:5000/v3/";
        var password = OpenStackClient.ReadOpenrc(Path.Combine(one.StateDirectory, "admin-openrc-RegionOne"))["OS_PASSWORD"];
        var (rc, output) = await CommandLine.RunAsync(
            "keystone-manage", "--config-file", Path.Combine(one.StateDirectory, "etc", "RegionOne", "keystone.conf"), "bootstrap", "--bootstrap-password", password,
            "--bootstrap-admin-url", keystone, "--bootstrap-internal-url", keystone, "--bootstrap-public-url", keystone, "--bootstrap-region-id", "RegionTwo");
        Assert.True(rc == 0, output);
        using var identity = new RegionApi(one.StateDirectory, one.Address);
        foreach (var (type, url) in ((string, string)[])[("image", ":9292"), ("compute", ":8774/v2.1"), ("placement", ":8778"), ("network", ":9696")])
        {
            var service = (string)(await identity.GetAsync("admin", 5000, $"/v3/services?type={type}"))!["services"]![0]!["id"]!;
            foreach (var kind in (string[])["public", "internal", "admin"])
            {
                await PostAsync(identity, 5000, "/v3/endpoints", new()
                {
                    ["endpoint"] = new JsonObject { ["service_id"] = service, ["interface"] = kind, ["region_id"] = "RegionTwo", ["url"] = $"http://{AddressTwo}{url}" },
                });
            }
        }
    }
}
