// SPDX-License-Identifier: Apache-2.0
using System.Text;
using System.Text.Json;

using Meridian.Testing;

namespace Meridian.Placement.Tests;

/// <summary>Placement with a private database, and a fake Keystone beside it. One a test class.</summary>
public sealed class PlacementFixture : IAsyncLifetime
{
    private readonly TemporaryFolder folder = new();

    /// <summary>[placement_database] connection; a private SQLite file when null.</summary>
    public string? Connection { get; init; }

    public FakeKeystone Keystone { get; private set; } = null!;

    public TestService Service { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Keystone = await FakeKeystone.StartAsync();
        Service = await TestService.StartAsync(
            PlacementService.Definition(),
            $"""
            [DEFAULT]
            bind_host = 127.0.0.1
            bind_port = 0
            [placement_database]
            connection = {Connection ?? "sqlite:///" + folder.File("placement.db")}
            [database]
            sqlite_synchronous_mode = NORMAL
            {Keystone.AuthtokenSection("placement")}
            """);
    }

    public async ValueTask DisposeAsync()
    {
        await Service.DisposeAsync();
        await Keystone.DisposeAsync();
        folder.Dispose();
    }

    /// <summary>Sends a request as a user, at a version; the body is JSON text.</summary>
    public async Task<Answer> SendAsync(string method, string path, string? body = null, string version = "1.39", string user = "admin")
    {
        using var request = new HttpRequestMessage(new(method), path);
        request.Headers.Add("X-Auth-Token", FakeKeystone.TokenOf(user));
        request.Headers.Add("OpenStack-API-Version", "placement " + version);
        if (body is not null)
        {
            request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        }

        using var response = await Service.Client.SendAsync(request, TestContext.Current.CancellationToken);
        var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        return new((int)response.StatusCode, text, response.Headers.Concat(response.Content.Headers).ToDictionary(h => h.Key.ToLowerInvariant(), h => string.Join(",", h.Value)));
    }

    /// <summary>A provider with inventories: class → total.</summary>
    public async Task<string> AddProviderAsync(string? parent = null, string[]? traits = null, string[]? aggregates = null, params (string Class, long Total)[] inventories)
    {
        var uuid = Guid.NewGuid().ToString();
        await OkAsync("POST", "/resource_providers", JsonSerializer.Serialize(new { uuid, name = "host-" + uuid, parent_provider_uuid = parent }));
        var generation = 0;
        if (inventories.Length > 0)
        {
            var all = string.Join(',', inventories.Select(i => $"\"{i.Class}\": {{\"total\": {i.Total}}}"));
            await OkAsync("PUT", $"/resource_providers/{uuid}/inventories", $"{{\"resource_provider_generation\": {generation++}, \"inventories\": {{{all}}}}}");
        }

        if (traits is not null)
        {
            foreach (var trait in traits.Where(t => t.StartsWith("CUSTOM_", StringComparison.Ordinal)))
            {
                await OkAsync("PUT", $"/traits/{trait}");
            }

            await OkAsync("PUT", $"/resource_providers/{uuid}/traits", JsonSerializer.Serialize(new { resource_provider_generation = generation++, traits }));
        }

        if (aggregates is not null)
        {
            await OkAsync("PUT", $"/resource_providers/{uuid}/aggregates", JsonSerializer.Serialize(new { resource_provider_generation = generation, aggregates }));
        }

        return uuid;
    }

    public async Task<Answer> OkAsync(string method, string path, string? body = null)
    {
        var answer = await SendAsync(method, path, body);
        Assert.True(answer.Status is >= 200 and < 300, $"{method} {path}: {answer.Status} {answer.Text}");
        return answer;
    }

    /// <summary>A claim's body; generation "null" is for a new consumer.</summary>
    public static string Claim(string generation, params (string Provider, string Resources)[] allocations) =>
        $"{{\"allocations\": {{{string.Join(',', allocations.Select(a => $"\"{a.Provider}\": {{\"resources\": {{{a.Resources}}}}}"))}}}, " +
        $"\"project_id\": \"p1\", \"user_id\": \"u1\", \"consumer_generation\": {generation}, \"consumer_type\": \"INSTANCE\"}}";

    public sealed record Answer(int Status, string Text, Dictionary<string, string> Headers)
    {
        public JsonElement Json => JsonDocument.Parse(Text).RootElement;

        /// <summary>The first error's detail.</summary>
        public string Detail => Json.GetProperty("errors")[0].GetProperty("detail").GetString()!;

        public string Code => Json.GetProperty("errors")[0].GetProperty("code").GetString()!;
    }
}
