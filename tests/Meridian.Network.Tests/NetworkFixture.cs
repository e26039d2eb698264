// SPDX-License-Identifier: Apache-2.0
using System.Collections.Concurrent;
using System.Net;
using System.Text;
using System.Text.Json;

using Meridian.Contracts.Compute;
using Meridian.Network.Drivers;
using Meridian.Network.ServerEvents;
using Meridian.Platform.Storage;
using Meridian.Testing;

using Microsoft.Extensions.DependencyInjection;

namespace Meridian.Network.Tests;

/// <summary>neutron-server over HTTP with the simulated driver, a private SQLite file, a Keystone and a compute that only remembers what it is told.</summary>
public sealed class NetworkFixture : IAsyncDisposable
{
    private readonly TemporaryFolder folder = new();

    private NetworkFixture()
    {
    }

    public FakeKeystone Keystone { get; private set; } = null!;

    public TestService Service { get; private set; } = null!;

    internal FakeCompute Compute { get; } = new();

    internal INetworkDriver Driver => Service.Host.Services.GetRequiredService<INetworkDriver>();

    internal Database Database => Service.Host.Services.GetRequiredService<Database>();

    /// <param name="configuration">Further text of neutron.conf, with its section headers.</param>
    /// <param name="connection">A private SQLite file when null.</param>
    public static async Task<NetworkFixture> StartAsync(string configuration = "", string? connection = null, string drivers = "simulated", Action<IServiceCollection>? services = null)
    {
        var fixture = new NetworkFixture { Keystone = await FakeKeystone.StartAsync() };
        var text = $"""
            [DEFAULT]
            bind_host = 127.0.0.1
            bind_port = 0
            [database]
            connection = {connection ?? "sqlite:///" + fixture.folder.File("neutron.db")}
            sqlite_synchronous_mode = NORMAL
            [ml2]
            mechanism_drivers = {drivers}
            [ml2_type_vlan]
            network_vlan_ranges = physnet1:100:200
            [quotas]
            quota_security_group = 50
            {configuration}
            {fixture.Keystone.AuthtokenSection("neutron")}
            """;
        fixture.Service = await TestService.StartAsync(NetworkService.Definition(), text, services: collection =>
        {
            collection.AddSingleton<IServerEvents>(fixture.Compute);
            services?.Invoke(collection);
        });
        return fixture;
    }

    /// <summary>Calls the API as a user of the fake Keystone.</summary>
    public async Task<(HttpStatusCode Status, JsonElement Body)> CallAsync(string user, HttpMethod method, string path, object? body = null, string? ifMatch = null)
    {
        using var request = new HttpRequestMessage(method, path);
        request.Headers.Add("X-Auth-Token", FakeKeystone.TokenOf(user));
        if (ifMatch is not null)
        {
            request.Headers.TryAddWithoutValidation("If-Match", ifMatch);
        }

        request.Content = body switch
        {
            null => null,
            string text => new StringContent(text, Encoding.UTF8, "application/json"),
            _ => new StringContent(JsonSerializer.Serialize(body), Encoding.UTF8, "application/json"),
        };
        using var response = await Service.Client.SendAsync(request, TestContext.Current.CancellationToken);
        var content = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        return (response.StatusCode, content.Length > 0 && response.Content.Headers.ContentType?.MediaType == "application/json" ? JsonSerializer.Deserialize<JsonElement>(content) : default);
    }

    public Task<(HttpStatusCode Status, JsonElement Body)> GetAsync(string path, string user = "demo") => CallAsync(user, HttpMethod.Get, path);

    /// <summary>Creates and answers what is under the singular key; anything but 201 fails the test with the answer.</summary>
    public async Task<JsonElement> CreateAsync(string resource, object attributes, string user = "demo")
    {
        var singular = resource.TrimEnd('s').Replace('-', '_');
        var (status, body) = await CallAsync(user, HttpMethod.Post, "/v2.0/" + resource, new Dictionary<string, object> { [singular] = attributes });
        Assert.True(status == HttpStatusCode.Created, $"POST {resource}: {(int)status} {body}");
        return body.GetProperty(singular);
    }

    public async Task<(int Status, string Type, string Message)> RefusedAsync(string user, HttpMethod method, string path, object? body = null)
    {
        var (status, answer) = await CallAsync(user, method, path, body);
        return answer.ValueKind == JsonValueKind.Object && answer.TryGetProperty("NeutronError", out var error)
            ? ((int)status, error.GetProperty("type").GetString()!, error.GetProperty("message").GetString()!)
            : ((int)status, "", answer.ToString());
    }

    /// <summary>A network with an IPv4 subnet.</summary>
    public async Task<(string Network, string Subnet)> NetworkAsync(string cidr = "10.0.0.0/24", string user = "demo", object? network = null)
    {
        var net = Id(await CreateAsync("networks", network ?? new { name = "n" }, user));
        var subnet = Id(await CreateAsync("subnets", new { network_id = net, cidr, ip_version = cidr.Contains(':', StringComparison.Ordinal) ? 6 : 4 }, user));
        return (net, subnet);
    }

    public static string Id(JsonElement resource) => resource.GetProperty("id").GetString()!;

    public async ValueTask DisposeAsync()
    {
        await Service.DisposeAsync();
        await Keystone.DisposeAsync();
        folder.Dispose();
    }
}

/// <summary>One cloud for a whole class of tests, which use resources of their own.</summary>
public sealed class SharedCloud : IAsyncLifetime
{
    public NetworkFixture Cloud { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Cloud = await NetworkFixture.StartAsync("quota_network = 500\nquota_router = 100\nquota_subnet = 500");

    public ValueTask DisposeAsync() => Cloud.DisposeAsync();
}

internal sealed class FakeCompute : IServerEvents
{
    public ConcurrentQueue<ServerExternalEvent> Events { get; } = new();

    /// <summary>How often to be away before answering.</summary>
    public int Failures { get; set; }

    public Task<IReadOnlyList<ServerExternalEventResult>> SendAsync(IReadOnlyList<ServerExternalEvent> events, CancellationToken cancellationToken)
    {
        if (Failures-- > 0)
        {
            throw new HttpRequestException("compute is away");
        }

        foreach (var one in events)
        {
            Events.Enqueue(one);
        }

        return Task.FromResult<IReadOnlyList<ServerExternalEventResult>>([.. events.Select(e => new ServerExternalEventResult(e.Name, e.ServerUuid, e.Tag, e.Status, 200))]);
    }
}
