// SPDX-License-Identifier: Apache-2.0
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

using Meridian.Testing;

namespace Meridian.Image.Tests;

/// <summary>Glance with a private database and folder, and a fake Keystone beside it. One a test class.</summary>
public sealed class ImageFixture : IAsyncLifetime
{
    private readonly TemporaryFolder folder = new();

    /// <summary>[database] connection; a private SQLite file when null.</summary>
    public string? Connection { get; init; }

    /// <summary>Replaces services: tests put a failing store there.</summary>
    public Action<Microsoft.Extensions.DependencyInjection.IServiceCollection>? Override { get; set; }

    public FakeKeystone Keystone { get; private set; } = null!;

    public TestService Service { get; private set; } = null!;

    /// <summary>Where the store keeps images.</summary>
    public string Store => Directory.CreateDirectory(folder.File("images")).FullName;

    public async ValueTask InitializeAsync()
    {
        Keystone = await FakeKeystone.StartAsync();
        await StartAsync();
    }

    /// <summary>Stops the service, as by kill -9 where nothing is under way, and starts it over the same files.</summary>
    public async Task RestartAsync(string further = "")
    {
        await Service.DisposeAsync();
        await StartAsync(further);
    }

    public async ValueTask DisposeAsync()
    {
        await Service.DisposeAsync();
        await Keystone.DisposeAsync();
        folder.Dispose();
    }

    public async Task<Answer> SendAsync(string method, string path, string? body = null, string user = "demo", string mediaType = "application/json", string? accept = null)
    {
        using var request = new HttpRequestMessage(new(method), path);
        if (body is not null)
        {
            request.Content = new StringContent(body, Encoding.UTF8, MediaTypeHeaderValue.Parse(mediaType));
        }

        if (accept is not null)
        {
            request.Headers.Accept.ParseAdd(accept);
        }

        return await SendAsync(request, user);
    }

    public async Task<Answer> SendAsync(HttpRequestMessage request, string user)
    {
        request.Headers.Add("X-Auth-Token", FakeKeystone.TokenOf(user));
        using var response = await Service.Client.SendAsync(request, TestContext.Current.CancellationToken);
        var bytes = await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken);
        return new((int)response.StatusCode, bytes, response.Headers.Concat(response.Content.Headers).ToDictionary(h => h.Key.ToLowerInvariant(), h => string.Join(",", h.Value)));
    }

    public Task<Answer> PatchAsync(string id, string changes, string user = "demo") =>
        SendAsync("PATCH", $"/v2/images/{id}", changes, user, "application/openstack-images-v2.1-json-patch", "application/json");

    public async Task<Answer> UploadAsync(string id, byte[] data, string user = "demo")
    {
        using var request = new HttpRequestMessage(HttpMethod.Put, $"/v2/images/{id}/file") { Content = new ByteArrayContent(data) };
        request.Content.Headers.ContentType = new("application/octet-stream");
        return await SendAsync(request, user);
    }

    /// <summary>A queued image's id.</summary>
    public async Task<string> CreateAsync(string diskFormat = "raw", string user = "demo", string further = "")
    {
        var answer = await SendAsync("POST", "/v2/images", $"{{\"name\": \"i\", \"disk_format\": \"{diskFormat}\", \"container_format\": \"bare\"{further}}}", user);
        Assert.Equal(201, answer.Status);
        return answer.Json.GetProperty("id").GetString()!;
    }

    public async Task<string> CreateActiveAsync(byte[] data, string user = "demo", string further = "")
    {
        var id = await CreateAsync("raw", user, further);
        Assert.Equal(204, (await UploadAsync(id, data, user)).Status);
        return id;
    }

    public async Task<string> StatusAsync(string id) => (await SendAsync("GET", $"/v2/images/{id}", user: "admin")).Json.GetProperty("status").GetString()!;

    private async Task StartAsync(string further = "") => Service = await TestService.StartAsync(
        ImageService.Definition(),
        $"""
        [DEFAULT]
        bind_host = 127.0.0.1
        bind_port = 0
        show_image_direct_url = True
        {further}
        [glance_store]
        filesystem_store_datadir = {Store}
        [database]
        connection = {Connection ?? "sqlite:///" + folder.File("glance.db")}
        sqlite_synchronous_mode = NORMAL
        {Keystone.AuthtokenSection("glance")}
        """,
        services: Override);

    public sealed record Answer(int Status, byte[] Bytes, Dictionary<string, string> Headers)
    {
        public string Text => Encoding.UTF8.GetString(Bytes);

        public JsonElement Json => JsonDocument.Parse(Bytes).RootElement;
    }
}
