// SPDX-License-Identifier: Apache-2.0
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Meridian.Bench;

/// <summary>The cloud under load, as a client with an openrc file sees it.</summary>
internal sealed class Cloud : IDisposable
{
    private readonly HttpClient http = new(new SocketsHttpHandler { MaxConnectionsPerServer = 64 }) { Timeout = TimeSpan.FromMinutes(5) };
    private readonly Dictionary<string, string> endpoints = new(StringComparer.Ordinal);

    public string Token { get; private set; } = "";

    public string ProjectId { get; private set; } = "";

    /// <summary>Logs in with the OS_* variables of an openrc file and keeps its region's public endpoints.</summary>
    public static async Task<Cloud> LogInAsync(string openrc)
    {
        var variables = File.ReadLines(openrc).Where(line => line.StartsWith("export OS_", StringComparison.Ordinal))
            .Select(line => line["export ".Length..].Split('=', 2)).ToDictionary(pair => pair[0], pair => pair[1].Trim('\'', '"'));
        var domain = new JsonObject { ["name"] = variables.GetValueOrDefault("OS_USER_DOMAIN_NAME", "Default") };
        var body = new JsonObject
        {
            ["auth"] = new JsonObject
            {
                ["identity"] = new JsonObject
                {
                    ["methods"] = new JsonArray("password"),
                    ["password"] = new JsonObject { ["user"] = new JsonObject { ["name"] = variables["OS_USERNAME"], ["domain"] = domain, ["password"] = variables["OS_PASSWORD"] } },
                },
                ["scope"] = new JsonObject { ["project"] = new JsonObject { ["name"] = variables["OS_PROJECT_NAME"], ["domain"] = domain.DeepClone() } },
            },
        };
        var cloud = new Cloud();
        using var response = await cloud.http.PostAsJsonAsync(variables["OS_AUTH_URL"].TrimEnd('/') + "/auth/tokens", body);
        response.EnsureSuccessStatusCode();
        cloud.Token = response.Headers.GetValues("X-Subject-Token").First();
        var token = (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("token");
        cloud.ProjectId = token.GetProperty("project").GetProperty("id").GetString()!;
        foreach (var service in token.GetProperty("catalog").EnumerateArray())
        {
            foreach (var endpoint in service.GetProperty("endpoints").EnumerateArray())
            {
                if (endpoint.GetProperty("interface").GetString() == "public" && endpoint.GetProperty("region").GetString() == variables["OS_REGION_NAME"])
                {
                    cloud.endpoints[service.GetProperty("type").GetString()!] = endpoint.GetProperty("url").GetString()!.TrimEnd('/');
                }
            }
        }

        return cloud;
    }

    public string Endpoint(string serviceType) => endpoints[serviceType];

    public async Task<JsonElement> JsonAsync(HttpMethod method, string serviceType, string path, JsonNode? body = null)
    {
        using var response = await SendAsync(method, serviceType, path, body is null ? null : JsonContent.Create(body));
        var text = await response.Content.ReadAsStringAsync();
        return response.IsSuccessStatusCode
            ? text.Length == 0 ? default : JsonDocument.Parse(text).RootElement
            : throw new InvalidOperationException($"{method} {path}: {(int)response.StatusCode} {text}");
    }

    public Task<HttpResponseMessage> SendAsync(HttpMethod method, string serviceType, string path, HttpContent? content)
    {
        var request = new HttpRequestMessage(method, endpoints[serviceType] + path) { Content = content };
        request.Headers.Add("X-Auth-Token", Token);
        request.Headers.Add("Accept", "application/json");
        return http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
    }

    public void Dispose() => http.Dispose();
}
