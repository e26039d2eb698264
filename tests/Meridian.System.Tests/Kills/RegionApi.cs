// SPDX-License-Identifier: Apache-2.0
using System.Net;
using System.Text;
using System.Text.Json.Nodes;

using Meridian.System.Tests.Client;
using Meridian.Testing;

using Microsoft.Data.Sqlite;

namespace Meridian.System.Tests.Kills;

/// <summary>What the kill tests do and look at: servers as the demo user, everything behind them as the administrator.</summary>
/// <param name="keystone">Address of Keystone, where it is not the region's own.</param>
internal sealed class RegionApi(string stateDirectory, string address, string region = "RegionOne", string? keystone = null) : IDisposable
{
    private readonly HttpClient http = new() { Timeout = TimeSpan.FromSeconds(60) };
    private readonly Dictionary<string, string> tokens = [];
    private (string Image, string Flavor, string Network)? chosen;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => http.Dispose();

    /// <returns>The new server's id.</returns>
    public async Task<string> CreateServerAsync(string name)
    {
        var (image, flavor, network) = chosen ??= (
            (string)(await GetAsync("demo", 9292, "/v2/images"))!["images"]![0]!["id"]!,
            (string)(await GetAsync("demo", 8774, "/v2.1/flavors"))!["flavors"]!.AsArray().First(f => (string)f!["name"]! == "m1.nano")!["id"]!,
            (string)(await GetAsync("demo", 9696, "/v2.0/networks"))!["networks"]!.AsArray().First(n => !(bool)n!["router:external"]!)!["id"]!);
        var server = new JsonObject
        {
            ["name"] = name, ["imageRef"] = image, ["flavorRef"] = flavor, ["networks"] = new JsonArray(new JsonObject { ["uuid"] = network }),
        };
        var (status, body) = await SendAsync("demo", HttpMethod.Post, 8774, "/v2.1/servers", new JsonObject { ["server"] = server });
        Assert.True(status == HttpStatusCode.Accepted, $"POST /servers: {(int)status} {body}");
        return (string)body!["server"]!["id"]!;
    }

    /// <returns>The id of the only server of that name.</returns>
    public async Task<string> FindServerAsync(string name) =>
        (string)Assert.Single((await GetAsync("demo", 8774, "/v2.1/servers"))!["servers"]!.AsArray(), server => (string)server!["name"]! == name)!["id"]!;

    public async Task DeleteServerAsync(string id)
    {
        var (status, body) = await SendAsync("demo", HttpMethod.Delete, 8774, "/v2.1/servers/" + id, null);
        Assert.True(status == HttpStatusCode.NoContent, $"DELETE /servers: {(int)status} {body}");
    }

    /// <returns>ACTIVE, ERROR …; "gone" for 404.</returns>
    public async Task<string> StatusAsync(string id)
    {
        var (status, body) = await SendAsync("demo", HttpMethod.Get, 8774, "/v2.1/servers/" + id, null);
        return status == HttpStatusCode.NotFound ? "gone" : (string?)body?["server"]?["status"] ?? $"{(int)status}";
    }

    /// <summary>Waits until no saga is under way and the server has that status, then asserts that everything behind it agrees.</summary>
    public async Task AssertSettledAsync(string id, string status, string context)
    {
        var last = "";
        Assert.True(
            await Wait.UntilAsync(async () => (last = $"{await StatusAsync(id)}, sagas: {string.Join(", ", Sagas())}") == $"{status}, sagas: ", TimeSpan.FromSeconds(60)),
            $"{context}: expected {status}, is {last}");
        var whole = status == "ACTIVE";
        var ports = (await GetAsync("admin", 9696, $"/v2.0/ports?device_id={id}"))!["ports"]!.AsArray().Count;
        var allocations = (await GetAsync("admin", 8778, $"/allocations/{id}"))!["allocations"]!.AsObject().Count;
        var guests = Directory.EnumerateFiles(stateDirectory, id + "*", SearchOption.AllDirectories).Count();
        Assert.True((ports, allocations, guests) == (whole ? (1, 1, 1) : (0, 0, 0)), $"{context}: {status} with {ports} ports, {allocations} allocations, {guests} guests");
        var counted = Query("SELECT (SELECT coalesce(sum(amount), 0) FROM quota_uses WHERE resource = 'instances') || ' of ' || (SELECT count(*) FROM servers WHERE deleted_at IS NULL)").Single();
        Assert.True(counted.Split(" of ") is [var used, var servers] && used == servers, $"{context}: quota counts {counted} servers");
    }

    /// <summary>Sets the URL of a service's endpoints: puts something between the services.</summary>
    public async Task RerouteAsync(string serviceType, string url)
    {
        var service = (string)(await GetAsync("admin", 5000, $"/v3/services?type={serviceType}"))!["services"]![0]!["id"]!;
        foreach (var endpoint in (await GetAsync("admin", 5000, $"/v3/endpoints?service_id={service}"))!["endpoints"]!.AsArray().Where(e => (string)e!["region_id"]! == region))
        {
            var (status, body) = await SendAsync(
                "admin", HttpMethod.Patch, 5000, "/v3/endpoints/" + endpoint!["id"], new JsonObject { ["endpoint"] = new JsonObject { ["url"] = url } });
            Assert.True(status == HttpStatusCode.OK, $"PATCH endpoint: {(int)status} {body}");
        }
    }

    public async Task<JsonNode?> GetAsync(string user, int port, string path)
    {
        var (status, body) = await SendAsync(user, HttpMethod.Get, port, path, null);
        Assert.True(status == HttpStatusCode.OK, $"GET {path}: {(int)status} {body}");
        return body;
    }

    public async Task<(HttpStatusCode Status, JsonNode? Body)> SendAsync(string user, HttpMethod method, int port, string path, JsonNode? body, HttpContent? content = null)
    {
        using var request = new HttpRequestMessage(method, $"http://{(port == 5000 ? keystone ?? address : address)}:{port}{path}");
        request.Headers.Add("X-Auth-Token", tokens.TryGetValue(user, out var token) ? token : tokens[user] = await LogInAsync(user));
        request.Content = content ?? (body is null ? null : new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json"));
        using var response = await http.SendAsync(request, Token);
        var text = await response.Content.ReadAsStringAsync(Token);
        return (response.StatusCode, text.StartsWith('{') ? JsonNode.Parse(text) : null);
    }

    private async Task<string> LogInAsync(string user)
    {
        var rc = OpenStackClient.ReadOpenrc(Path.Combine(stateDirectory, $"{user}-openrc-RegionOne"));
        var body = new JsonObject
        {
            ["auth"] = new JsonObject
            {
                ["identity"] = new JsonObject
                {
                    ["methods"] = new JsonArray("password"),
                    ["password"] = new JsonObject
                    {
                        ["user"] = new JsonObject { ["name"] = rc["OS_USERNAME"], ["password"] = rc["OS_PASSWORD"], ["domain"] = new JsonObject { ["id"] = "default" } },
                    },
                },
                ["scope"] = new JsonObject { ["project"] = new JsonObject { ["name"] = rc["OS_PROJECT_NAME"], ["domain"] = new JsonObject { ["id"] = "default" } } },
            },
        };
        using var content = new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json");
        using var response = await http.PostAsync(rc["OS_AUTH_URL"].TrimEnd('/').Replace("/v3", "", StringComparison.Ordinal) + "/v3/auth/tokens", content, Token);
        Assert.Equal(HttpStatusCode.Created, response.StatusCode);
        return response.Headers.GetValues("X-Subject-Token").Single();
    }

    private List<string> Sagas() =>
        Query("SELECT name || ' ' || state || ' at ' || step || ' ' || coalesce(failure, '') FROM sagas WHERE state <> 'undone'");

    private List<string> Query(string sql)
    {
        var file = Directory.EnumerateFiles(stateDirectory, "nova.db", SearchOption.AllDirectories).First(path => path.Contains(region, StringComparison.Ordinal));
        using var connection = new SqliteConnection($"Data Source={file};Mode=ReadOnly;Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        using var reader = command.ExecuteReader();
        var rows = new List<string>();
        while (reader.Read())
        {
            rows.Add(reader.GetString(0));
        }

        return rows;
    }
}
