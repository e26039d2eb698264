// SPDX-License-Identifier: Apache-2.0
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;

using Meridian.Testing;
using Meridian.Testing.Engines;

namespace Meridian.System.Tests.Zed;

/// <summary>
/// A service of OpenStack Zed that trusts Meridian's Keystone: Debian's glance-api with keystonemiddleware, memcached, service tokens and oslo.limit.
/// Asked with tokens of every state.
/// </summary>
[Trait("needs", "engines")]
public sealed class ZedGlanceTests(MemcachedFixture memcached, ZedGlanceTests.Cloud cloud) : IClassFixture<ZedGlanceTests.Cloud>, IAsyncLifetime
{
    private const string Password = "member-secret";
    private readonly HttpClient http = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        await cloud.Glance.StartAsync(cloud.Keystone, await memcached.StartAsync());
        http.BaseAddress = new(cloud.Glance.Url);
    }

    public ValueTask DisposeAsync()
    {
        http.Dispose();
        return default;
    }

    [Fact]
    public async Task A_token_uploads_and_downloads_an_image_of_its_project()
    {
        var (user, projectId) = await CreateMemberAsync();
        var token = await TokenAsync(user);
        var data = new byte[3_000_000];
        new Random(3).NextBytes(data);

        var id = await CreateImageAsync(token);
        using var uploaded = await SendAsync(HttpMethod.Put, $"/v2/images/{id}/file", token, body: Bytes(data));
        using var downloaded = await SendAsync(HttpMethod.Get, $"/v2/images/{id}/file", token);
        using var shown = await SendAsync(HttpMethod.Get, $"/v2/images/{id}", token);
        var image = await shown.Content.ReadFromJsonAsync<JsonElement>(Cancellation);

        Assert.Equal(HttpStatusCode.NoContent, uploaded.StatusCode);
        Assert.Equal(data, await downloaded.Content.ReadAsByteArrayAsync(Cancellation));
        Assert.Equal("active", image.GetProperty("status").GetString());
        Assert.Equal(projectId, image.GetProperty("owner").GetString());
    }

    [Fact]
    public async Task Another_projects_token_does_not_find_the_image()
    {
        var (owner, _) = await CreateMemberAsync();
        var (other, _) = await CreateMemberAsync();
        var id = await CreateImageAsync(await TokenAsync(owner));

        using var shown = await SendAsync(HttpMethod.Get, $"/v2/images/{id}", await TokenAsync(other));

        Assert.Equal(HttpStatusCode.NotFound, shown.StatusCode);
    }

    [Fact]
    public async Task The_policy_of_glance_reads_the_roles_of_the_token()
    {
        var (member, _) = await CreateMemberAsync();
        var body = new { name = "public", disk_format = "raw", container_format = "bare", visibility = "public" };

        using var refused = await SendAsync(HttpMethod.Post, "/v2/images", await TokenAsync(member), body: JsonContent.Create(body));
        using var created = await SendAsync(HttpMethod.Post, "/v2/images", await cloud.Keystone.AdminTokenAsync(), body: JsonContent.Create(body));

        Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);
        Assert.Equal(HttpStatusCode.Created, created.StatusCode);
    }

    [Fact]
    public async Task A_limit_that_keystone_holds_for_the_project_bounds_its_images()
    {
        var (user, project_id) = await CreateMemberAsync();
        var registered = (await cloud.Keystone.CallAsync(HttpMethod.Get, "/v3/registered_limits?resource_name=image_count_total"))!.Value.GetProperty("registered_limits")[0];
        var (service_id, region_id) = (registered.GetProperty("service_id").GetString(), registered.GetProperty("region_id").GetString());
        var limit = new { project_id, service_id, region_id, resource_name = "image_count_total", resource_limit = 1 };
        await cloud.Keystone.CallAsync(HttpMethod.Post, "/v3/limits", new { limits = new[] { limit } });
        var token = await TokenAsync(user);

        await CreateImageAsync(token);
        using var second = await SendAsync(HttpMethod.Post, "/v2/images", token, body: JsonContent.Create(new { name = "second", disk_format = "raw", container_format = "bare" }));

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, second.StatusCode);
    }

    [Fact]
    public async Task An_expired_token_uploads_with_a_service_token_and_not_without()
    {
        var (user, projectId) = await CreateMemberAsync();
        var expired = await cloud.ExpiredTokenAsync(user, Password);
        var service = await cloud.Keystone.TokenAsync("glance", "service-secret", "service");

        using var alone = await SendAsync(HttpMethod.Get, "/v2/images", expired);
        var id = await CreateImageAsync(expired, service);
        using var uploaded = await SendAsync(HttpMethod.Put, $"/v2/images/{id}/file", expired, service, Bytes(new byte[100_000]));
        using var shown = await SendAsync(HttpMethod.Get, $"/v2/images/{id}", expired, service);
        using var aloneAgain = await SendAsync(HttpMethod.Get, $"/v2/images/{id}", expired);

        Assert.Equal(HttpStatusCode.Unauthorized, alone.StatusCode);
        Assert.Equal(HttpStatusCode.NoContent, uploaded.StatusCode);
        Assert.Equal(projectId, (await shown.Content.ReadFromJsonAsync<JsonElement>(Cancellation)).GetProperty("owner").GetString());
        Assert.Equal(HttpStatusCode.Unauthorized, aloneAgain.StatusCode);
    }

    [Fact]
    public async Task A_service_token_without_the_service_role_lets_no_expired_token_through()
    {
        var (user, _) = await CreateMemberAsync();
        var expired = await cloud.ExpiredTokenAsync(user, Password);

        using var answer = await SendAsync(HttpMethod.Get, "/v2/images", expired, service: await TokenAsync(user));

        Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
    }

    [Fact]
    public async Task A_revoked_token_is_refused_once_the_middleware_asks_again()
    {
        var (user, _) = await CreateMemberAsync();
        var token = await TokenAsync(user);
        using var before = await SendAsync(HttpMethod.Get, "/v2/images", token);

        using var revocation = new HttpRequestMessage(HttpMethod.Delete, "/v3/auth/tokens");
        revocation.Headers.Add("X-Auth-Token", token);
        revocation.Headers.Add("X-Subject-Token", token);
        using var revoked = await cloud.Keystone.Service.Client.SendAsync(revocation, Cancellation);
        var refused = await Wait.UntilAsync(
            async () =>
            {
                using var answer = await SendAsync(HttpMethod.Get, "/v2/images", token);
                return answer.StatusCode == HttpStatusCode.Unauthorized;
            },
            ZedGlance.TokenCacheTime + TimeSpan.FromSeconds(10));

        Assert.Equal(HttpStatusCode.OK, before.StatusCode);
        Assert.Equal(HttpStatusCode.NoContent, revoked.StatusCode);
        Assert.True(refused, "a revoked token is still let in");
    }

    private async Task<string> CreateImageAsync(string token, string? service = null)
    {
        using var created = await SendAsync(
            HttpMethod.Post, "/v2/images", token, service, JsonContent.Create(new { name = "small", disk_format = "raw", container_format = "bare" }));
        Assert.True(created.StatusCode == HttpStatusCode.Created, $"{(int)created.StatusCode} {await created.Content.ReadAsStringAsync(Cancellation)}");
        return (await created.Content.ReadFromJsonAsync<JsonElement>(Cancellation)).GetProperty("id").GetString()!;
    }

    private async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, string token, string? service = null, HttpContent? body = null)
    {
        using var request = new HttpRequestMessage(method, path) { Content = body };
        request.Headers.Add("X-Auth-Token", token);
        if (service is not null)
        {
            request.Headers.Add("X-Service-Token", service);
        }

        return await http.SendAsync(request, Cancellation);
    }

    /// <summary>A user of a project of the same name.</summary>
    private async Task<(string User, string ProjectId)> CreateMemberAsync()
    {
        var name = "m" + Guid.NewGuid().ToString("N")[..8];
        return (name, (await cloud.Keystone.CreateUserAsync(name, Password, name, "member")).ProjectId);
    }

    private Task<string> TokenAsync(string user) => cloud.Keystone.TokenAsync(user, Password, user);

    private static ByteArrayContent Bytes(byte[] data) => new(data) { Headers = { ContentType = new("application/octet-stream") } };

    /// <summary>The Keystone and the glance-api that trusts it.</summary>
    public sealed class Cloud : IAsyncLifetime
    {
        private readonly ShiftedClock clock = new();

        public KeystoneFixture Keystone { get; private set; } = null!;

        public ZedGlance Glance { get; } = new();

        public async ValueTask InitializeAsync() => Keystone = await KeystoneFixture.StartAsync(clock: clock);

        /// <summary>A token that ended an hour ago, well within [token] allow_expired_window.</summary>
        public async Task<string> ExpiredTokenAsync(string user, string password)
        {
            clock.Shift = TimeSpan.FromHours(-2);
            try
            {
                return await Keystone.TokenAsync(user, password, user);
            }
            finally
            {
                clock.Shift = TimeSpan.Zero;
            }
        }

        public async ValueTask DisposeAsync()
        {
            await Glance.DisposeAsync();
            await Keystone.DisposeAsync();
        }
    }
}
