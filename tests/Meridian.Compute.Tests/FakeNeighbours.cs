// SPDX-License-Identifier: Apache-2.0
using System.Collections.Concurrent;
using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;


using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Meridian.Compute.Tests;

/// <summary>The image and network services as far as compute calls them, over HTTP; a test may let them fail or lose an answer.</summary>
public sealed class FakeNeighbours : IAsyncDisposable
{
    private readonly WebApplication app;
    private int addresses;

    private FakeNeighbours()
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        builder.Services.AddRouting();
        app = builder.Build();
        app.Use(async (context, next) =>
        {
            var fault = Fault?.Invoke(context.Request.Method, context.Request.Path);
            if (fault == FakeFault.Refuse)
            {
                context.Response.StatusCode = 409;
                await context.Response.WriteAsync("""{"NeutronError": {"type": "IpAddressGenerationFailure", "message": "No more IP addresses available on network n.", "detail": ""}}""");
                return;
            }

            await next();
            if (fault == FakeFault.LoseAnswer)
            {
                context.Abort();
            }
        });
        app.UseRouting();
        app.MapGet("/v2/images/{id}", (string id) => Images.TryGetValue(id, out var image) ? Json(image.DeepClone()) : Results.NotFound());
        app.MapGet("/v2/images/{id}/file", (string id) => ImageData.TryGetValue(id, out var data) ? Results.Bytes(data, "application/octet-stream") : Results.NotFound());
        app.MapGet("/v2.0/networks", (HttpRequest http) => Json(List("networks", Networks.Values, http)));
        app.MapGet("/v2.0/networks/{id}", (string id) => Networks.TryGetValue(id, out var network) ? Json(Member("network", network)) : Results.NotFound());
        app.MapGet("/v2.0/subnets", (HttpRequest http) => Json(List("subnets", Subnets.Values, http)));
        app.MapGet("/v2.0/security-groups", (HttpRequest http) => Json(List("security_groups", SecurityGroups.Values, http)));
        app.MapGet("/v2.0/floatingips", (HttpRequest http) => Json(List("floatingips", FloatingIps.Values, http)));
        app.MapGet("/v2.0/ports", (HttpRequest http) => Json(List("ports", Ports.Values, http)));
        app.MapGet("/v2.0/ports/{id}", (string id) => Ports.TryGetValue(id, out var port) ? Json(Member("port", port)) : Results.NotFound());
        app.MapPost("/v2.0/ports", CreatePortAsync);
        app.MapPut("/v2.0/ports/{id}", UpdatePortAsync);
        app.MapDelete("/v2.0/ports/{id}", (string id) => Ports.TryRemove(id, out _) ? Results.NoContent() : Results.NotFound());
    }

    public string Url { get; private set; } = "";

    public string ImageId { get; } = Guid.NewGuid().ToString();

    public string NetworkId { get; } = Guid.NewGuid().ToString();

    public string GroupId { get; } = Guid.NewGuid().ToString();

    public ConcurrentDictionary<string, JsonObject> Images { get; } = new();

    /// <summary>What images hold; the simulated driver asks for none.</summary>
    public ConcurrentDictionary<string, byte[]> ImageData { get; } = new();

    public ConcurrentDictionary<string, JsonObject> Networks { get; } = new();

    public ConcurrentDictionary<string, JsonObject> Subnets { get; } = new();

    public ConcurrentDictionary<string, JsonObject> SecurityGroups { get; } = new();

    public ConcurrentDictionary<string, JsonObject> FloatingIps { get; } = new();

    public ConcurrentDictionary<string, JsonObject> Ports { get; } = new();

    /// <summary>Asked before each request: what to do to it.</summary>
    public Func<string, string, FakeFault?>? Fault { get; set; }

    public static async Task<FakeNeighbours> StartAsync(string projectId)
    {
        var fake = new FakeNeighbours();
        await fake.app.StartAsync(TestContext.Current.CancellationToken);
        fake.Url = fake.app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        fake.Images[fake.ImageId] = new()
        {
            ["id"] = fake.ImageId, ["name"] = "guest", ["status"] = "active", ["visibility"] = "public", ["disk_format"] = "qcow2", ["container_format"] = "bare",
            ["size"] = 1000, ["virtual_size"] = 10_000_000, ["min_disk"] = 0, ["min_ram"] = 0, ["hw_disk_bus"] = "virtio",
            ["created_at"] = "2026-01-01T00:00:00Z", ["updated_at"] = "2026-01-01T00:00:00Z",
        };
        var subnet = Guid.NewGuid().ToString();
        fake.Networks[fake.NetworkId] = new()
        {
            ["id"] = fake.NetworkId, ["name"] = "net1", ["project_id"] = projectId, ["admin_state_up"] = true, ["shared"] = false, ["mtu"] = 1442,
            ["router:external"] = false, ["subnets"] = new JsonArray(subnet),
        };
        fake.Subnets[subnet] = new()
        {
            ["id"] = subnet, ["network_id"] = fake.NetworkId, ["cidr"] = "10.1.0.0/16", ["ip_version"] = 4, ["gateway_ip"] = "10.1.0.1", ["enable_dhcp"] = true,
            ["dns_nameservers"] = new JsonArray("8.8.8.8"), ["host_routes"] = new JsonArray(),
        };
        fake.SecurityGroups[fake.GroupId] = new() { ["id"] = fake.GroupId, ["name"] = "default", ["project_id"] = projectId };
        return fake;
    }

    public async ValueTask DisposeAsync()
    {
        await app.StopAsync(CancellationToken.None);
        await app.DisposeAsync();
    }

    private async Task<IResult> CreatePortAsync(HttpRequest http)
    {
        var wanted = (await JsonNode.ParseAsync(http.Body))!["port"]!.AsObject();
        var id = Guid.NewGuid().ToString();
        var number = Interlocked.Increment(ref addresses) + 9;
        var address = wanted["fixed_ips"]?[0]?["ip_address"]?.GetValue<string>() ?? $"10.1.{number / 250}.{1 + (number % 250)}";
        var port = (JsonObject)wanted.DeepClone();
        port["id"] = id;
        port["mac_address"] = $"fa:16:3e:00:{number / 256:x2}:{number % 256:x2}";
        port["status"] = "DOWN";
        port["fixed_ips"] = new JsonArray(new JsonObject { ["subnet_id"] = Subnets.Keys.First(), ["ip_address"] = address });
        port["security_groups"] ??= new JsonArray(GroupId);
        port["port_security_enabled"] = true;
        port["binding:vif_type"] = "ovs";
        port["binding:vif_details"] = new JsonObject { ["port_filter"] = true, ["bridge_name"] = "br-int" };
        Ports[id] = port;
        return Json(Member("port", port), 201);
    }

    private async Task<IResult> UpdatePortAsync(string id, HttpRequest http)
    {
        if (!Ports.TryGetValue(id, out var port))
        {
            return Results.NotFound();
        }

        var changed = (JsonObject)port.DeepClone();
        foreach (var (name, value) in (await JsonNode.ParseAsync(http.Body))!["port"]!.AsObject())
        {
            changed[name] = value?.DeepClone();
        }

        Ports[id] = changed;
        return Json(Member("port", changed));
    }

    private static JsonObject Member(string name, JsonObject value) => new() { [name] = value.DeepClone() };

    private static JsonObject List(string name, IEnumerable<JsonObject> items, HttpRequest http)
    {
        var filters = http.Query.Where(q => q.Key is not ("fields" or "limit")).ToList();
        return new()
        {
            [name] = new JsonArray([.. items.Where(i => filters.All(f => f.Value.Contains(i[f.Key]?.GetValueKind() == JsonValueKind.String ? i[f.Key]!.GetValue<string>() : i[f.Key]?.ToJsonString())))
                .Select(i => i.DeepClone())]),
        };
    }

    private static IResult Json(JsonNode body, int status = 200) => Results.Content(body.ToJsonString(), "application/json", statusCode: status);
}

public enum FakeFault
{
    /// <summary>409, nothing is done.</summary>
    Refuse,

    /// <summary>It is done, and the answer never comes.</summary>
    LoseAnswer,
}
