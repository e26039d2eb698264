// SPDX-License-Identifier: Apache-2.0
using System.Text;
using System.Text.Json;

using Meridian.Compute.Drivers.Simulated;
using Meridian.Placement;
using Meridian.Platform;
using Meridian.Testing;

using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Meridian.Compute.Tests;

/// <summary>All of compute's programs in this process, with simulated hosts, placement beside them, and fakes of the other neighbours. One a test class.</summary>
public class ComputeFixture : IAsyncLifetime
{
    private readonly TemporaryFolder folder = new();
    private readonly List<TestService> services = [];

    public FakeKeystone Keystone { get; private set; } = null!;

    public FakeNeighbours Neighbours { get; private set; } = null!;

    public ProcessResources Resources { get; } = new();

    public CollectedLog Log { get; } = new();

    public TestService Api { get; private set; } = null!;

    public TestService Conductor { get; private set; } = null!;

    public TestService Metadata { get; private set; } = null!;

    public TestService Placement { get; private set; } = null!;

    public TestService Compute { get; private set; } = null!;

    public string Configuration { get; private set; } = "";

    /// <summary>Called by the simulated driver around its operations.</summary>
    public Action<string, string, bool>? DriverFault { get; set; }

    /// <summary>[database] connection of compute; a private SQLite file when null.</summary>
    public string? Connection { get; init; }

    /// <summary>Further lines of nova.conf, its sections included.</summary>
    protected virtual string Further => "";

    protected virtual int Hosts => 2;

    /// <summary>False: sagas stay where they are until a test drives them.</summary>
    protected virtual bool RunsSagas => true;

    public string DataFolder => folder.Path;

    public virtual async ValueTask InitializeAsync()
    {
        Keystone = await FakeKeystone.StartAsync();
        Neighbours = await FakeNeighbours.StartAsync(Keystone.User("demo").ProjectId);
        Placement = await AddAsync(PlacementService.Definition(), $"""
            [DEFAULT]
            bind_host = 127.0.0.1
            bind_port = 0
            [placement_database]
            connection = sqlite:///{folder.File("placement.db")}
            [database]
            sqlite_synchronous_mode = NORMAL
            {Keystone.AuthtokenSection("placement")}
            """);
        Keystone.AddEndpoint("placement", "RegionOne", Placement.Host.Address!.ToString());
        Keystone.AddEndpoint("network", "RegionOne", Neighbours.Url);
        Keystone.AddEndpoint("image", "RegionOne", Neighbours.Url);
        Configuration = $"""
            [DEFAULT]
            host = host
            osapi_compute_listen = 127.0.0.1
            osapi_compute_listen_port = 0
            metadata_listen = 127.0.0.1
            metadata_listen_port = 0
            transport_url = fake://compute-tests
            compute_driver = simulated
            state_path = {folder.File("nova")}
            report_interval = 1
            sync_power_state_interval = 1
            [database]
            connection = {Connection ?? "sqlite:///" + folder.File("nova.db")}
            sqlite_synchronous_mode = NORMAL
            [simulated]
            hosts = {Hosts}
            {Keystone.AuthtokenSection("nova")}
            {Keystone.Section("placement", "placement")}
            {Keystone.Section("neutron", "neutron")}
            service_metadata_proxy = true
            metadata_proxy_shared_secret = shared-secret
            [glance]
            region_name = RegionOne
            {Further}
            """;
        Api = await AddAsync(ComputeService.ApiDefinition(), Configuration);
        Keystone.AddEndpoint("compute", "RegionOne", Api.Host.Address + "v2.1");
        await AddAsync(ComputeService.SchedulerDefinition(), Configuration);
        Conductor = await AddAsync(ComputeService.ConductorDefinition(), Configuration, s =>
        {
            if (!RunsSagas)
            {
                s.Remove(s.Single(d => d.ImplementationType?.Name == "SagaRunner"));
            }
        });
        Metadata = await AddAsync(ComputeService.MetadataDefinition(), Configuration);
        await StartComputeAsync();
        await CreateFlavorAsync("1", "m1.tiny", 1, 64, 1);
    }

    public async Task StartComputeAsync()
    {
        SimulatedFault fault = (operation, id, done) => DriverFault?.Invoke(operation, id, done);
        Compute = await AddAsync(ComputeService.ComputeDefinition(), Configuration, s => s.AddSingleton(fault));
        Assert.True(
            await Wait.UntilAsync(async () => (await GetAsync("/v2.1/os-hypervisors", "admin")).Json.GetProperty("hypervisors").GetArrayLength() == Hosts),
            $"the hosts did not report: {Log.Warnings}");
    }

    public async Task StopComputeAsync()
    {
        services.Remove(Compute);
        await Compute.DisposeAsync();
    }

    public virtual async ValueTask DisposeAsync()
    {
        foreach (var service in Enumerable.Reverse(services))
        {
            await service.DisposeAsync();
        }

        await Resources.DisposeAsync();
        await Neighbours.DisposeAsync();
        await Keystone.DisposeAsync();
        folder.Dispose();
        GC.SuppressFinalize(this);
    }

    public Task<Answer> GetAsync(string path, string user = "demo", string version = "2.96") => SendAsync("GET", path, null, user, version);

    public Task<Answer> PostAsync(string path, object body, string user = "demo", string version = "2.96") =>
        SendAsync("POST", path, body as string ?? JsonSerializer.Serialize(body), user, version);

    public async Task<Answer> SendAsync(string method, string path, string? body, string user = "demo", string version = "2.96", string? token = null)
    {
        using var request = new HttpRequestMessage(new(method), path);
        request.Headers.Add("X-Auth-Token", token ?? FakeKeystone.TokenOf(user));
        request.Headers.Add("OpenStack-API-Version", "compute " + version);
        if (body is not null)
        {
            request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        }

        using var response = await Api.Client.SendAsync(request, TestContext.Current.CancellationToken);
        return new(
            (int)response.StatusCode, await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken),
            response.Headers.Concat(response.Content.Headers).ToDictionary(h => h.Key.ToLowerInvariant(), h => string.Join(",", h.Value)));
    }

    public async Task<Answer> CreateFlavorAsync(string id, string name, int vcpus, int ram, int disk, bool isPublic = true)
    {
        var body = new Dictionary<string, object> { ["id"] = id, ["name"] = name, ["vcpus"] = vcpus, ["ram"] = ram, ["disk"] = disk, ["os-flavor-access:is_public"] = isPublic };
        return (await PostAsync("/v2.1/flavors", new Dictionary<string, object> { ["flavor"] = body }, "admin")).Is(200);
    }

    /// <summary>The body of a server's creation, with more members where given.</summary>
    public string ServerBody(string name = "vm", params (string Name, object Value)[] more)
    {
        var server = new Dictionary<string, object>
        {
            ["name"] = name, ["imageRef"] = Neighbours.ImageId, ["flavorRef"] = "1", ["networks"] = new[] { new Dictionary<string, string> { ["uuid"] = Neighbours.NetworkId } },
        };
        foreach (var (key, value) in more)
        {
            server[key] = value;
        }

        return JsonSerializer.Serialize(new Dictionary<string, object> { ["server"] = server });
    }

    public async Task<string> CreateServerAsync(string name = "vm", params (string Name, object Value)[] more) =>
        (await PostAsync("/v2.1/servers", ServerBody(name, more))).Is(202, Log).Json.GetProperty("server").GetProperty("id").GetString()!;

    public async Task<string> CreateActiveServerAsync(string name = "vm", params (string Name, object Value)[] more)
    {
        var id = await CreateServerAsync(name, more);
        await WaitForStatusAsync(id, "ACTIVE");
        return id;
    }

    public async Task<JsonElement> WaitForStatusAsync(string id, string status)
    {
        Answer answer = null!;
        var reached = await Wait.UntilAsync(async () =>
        {
            answer = await GetAsync($"/v2.1/servers/{id}", "admin");
            return answer.Status != 200 || (answer.Json.GetProperty("server") is var server && server.GetProperty("status").GetString() == status
                && server.GetProperty("OS-EXT-STS:task_state").ValueKind == JsonValueKind.Null);
        });
        Assert.True(reached && answer.Status == 200, $"server {id} is not {status}: {answer.Text} {Log.Warnings}");
        return answer.Json.GetProperty("server");
    }

    public async Task DeleteServerAsync(string id)
    {
        (await SendAsync("DELETE", $"/v2.1/servers/{id}", null)).Is(204);
        await WaitGoneAsync(id);
    }

    public async Task WaitGoneAsync(string id) =>
        Assert.True(await Wait.UntilAsync(async () => (await GetAsync($"/v2.1/servers/{id}", "admin")).Status == 404), $"server {id} is still there");

    /// <summary>Providers at which a server holds something.</summary>
    public async Task<int> CountAllocationsAsync(string serverId)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/allocations/{serverId}");
        request.Headers.Add("X-Auth-Token", FakeKeystone.TokenOf("admin"));
        using var response = await Placement.Client.SendAsync(request, TestContext.Current.CancellationToken);
        var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        return JsonDocument.Parse(text).RootElement.GetProperty("allocations").EnumerateObject().Count();
    }

    /// <summary>Simulated guests of a server: a file each.</summary>
    public int CountGuests(string serverId) => Directory.EnumerateFiles(DataFolder, serverId + ".json", SearchOption.AllDirectories).Count();

    private async Task<TestService> AddAsync(Platform.Http.ServiceDefinition definition, string configuration, Action<IServiceCollection>? with = null)
    {
        var service = await TestService.StartAsync(definition, configuration, Resources, s =>
        {
            s.AddLogging(logging => logging.SetMinimumLevel(LogLevel.Debug).AddProvider(Log));
            with?.Invoke(s);
        });
        services.Add(service);
        return service;
    }
}

public sealed record Answer(int Status, string Text, IReadOnlyDictionary<string, string> Headers)
{
    public JsonElement Json => JsonDocument.Parse(Text).RootElement;

    /// <summary>The fault's message, whatever its key.</summary>
    public string Message => Json.EnumerateObject().First().Value.GetProperty("message").GetString()!;

    public Answer Is(int status, CollectedLog? log = null)
    {
        Assert.True(Status == status, $"expected {status}, got {Status}: {Text} {log?.Warnings}");
        return this;
    }
}
