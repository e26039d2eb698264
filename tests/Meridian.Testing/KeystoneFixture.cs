// SPDX-License-Identifier: Apache-2.0
using System.Net.Http.Json;
using System.Text.Json;

using Meridian.Identity;
using Meridian.Identity.Manage;
using Meridian.Platform;

namespace Meridian.Testing;

/// <summary>
/// A real Keystone in this process, on its own address and database, bootstrapped: user, project and role <c>admin</c>, one region.
/// Passwords cost little here (bcrypt 4), so that tests are quick.
/// </summary>
public sealed class KeystoneFixture : IAsyncDisposable
{
    public const string AdminPassword = "admin-secret";
    public const string RegionOne = "RegionOne";

    private readonly TemporaryFolder folder = new();
    private readonly ProcessResources resources = new();
    private string? adminToken;

    private KeystoneFixture()
    {
    }

    /// <summary>http://127.0.0.1:port, without /v3.</summary>
    public string Url => Service.Client.BaseAddress!.ToString().TrimEnd('/');

    public string AuthUrl => Url + "/v3";

    public TestService Service { get; private set; } = null!;

    public ProcessResources Resources => resources;

    /// <summary>The configuration file, for keystone-manage.</summary>
    public string ConfigFile => folder.File("keystone.conf");

    public string KeyRepository => folder.File("fernet-keys");

    /// <param name="configuration">Further text of keystone.conf, with its section headers.</param>
    /// <param name="connection">[database] connection; a private SQLite file when null.</param>
    public static async Task<KeystoneFixture> StartAsync(
        string configuration = "", string? connection = null, TimeProvider? clock = null, IReadOnlyList<string>? regions = null, string address = "127.0.0.1")
    {
        var fixture = new KeystoneFixture();
        var port = TestService.FreePort(address);
        var text = $"""
            [DEFAULT]
            bind_host = {address}
            bind_port = {port}
            [database]
            connection = {connection ?? "sqlite:///" + fixture.folder.File("keystone.db")}
            sqlite_synchronous_mode = NORMAL
            [fernet_tokens]
            key_repository = {fixture.KeyRepository}
            [credential]
            key_repository = {fixture.folder.File("credential-keys")}
            [identity]
            password_hash_rounds = 4
            {configuration}

            """;
        await File.WriteAllTextAsync(fixture.ConfigFile, text);
        await fixture.ManageAsync("db_sync");
        await fixture.ManageAsync("fernet_setup");
        foreach (var region in regions ?? [RegionOne])
        {
            var url = $"http://{address}:{port}/v3";
            await fixture.ManageAsync(
                "bootstrap", "--bootstrap-password", AdminPassword, "--bootstrap-region-id", region,
                "--bootstrap-public-url", url, "--bootstrap-internal-url", url, "--bootstrap-admin-url", url);
        }

        fixture.Service = await TestService.StartAsync(IdentityService.Definition(), text, fixture.resources, clock: clock);
        return fixture;
    }

    /// <summary>Runs keystone-manage on this Keystone; anything but success is an exception with what it printed.</summary>
    public async Task<string> ManageAsync(params string[] arguments)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var code = await KeystoneManage.RunAsync(
            ["--config-file", ConfigFile, .. arguments], output, error, CancellationToken.None, resources, environment: _ => null);
        return code == 0 ? output.ToString() : throw new InvalidOperationException($"keystone-manage {arguments[0]}: exit {code}\n{output}{error}");
    }

    /// <summary>A token by password.</summary>
    /// <param name="project">Null for an unscoped token.</param>
    public async Task<string> TokenAsync(string user, string password, string? project, string userDomain = "Default", string projectDomain = "Default")
    {
        object identity = new { methods = new[] { "password" }, password = new { user = new { name = user, domain = new { name = userDomain }, password } } };
        object auth = project is null
            ? new { identity, scope = "unscoped" }
            : new { identity, scope = new { project = new { name = project, domain = new { name = projectDomain } } } };
        using var answer = await Service.Client.PostAsJsonAsync("/v3/auth/tokens", new { auth });
        return answer.IsSuccessStatusCode
            ? answer.Headers.GetValues("X-Subject-Token").Single()
            : throw new InvalidOperationException($"log-in of {user}: {(int)answer.StatusCode} {await answer.Content.ReadAsStringAsync()}");
    }

    /// <summary>The bootstrap administrator's token for project admin; one for the life of the fixture.</summary>
    public async Task<string> AdminTokenAsync() => adminToken ??= await TokenAsync("admin", AdminPassword, "admin");

    /// <summary>Calls the API as the administrator; null for an empty answer.</summary>
    /// <exception cref="InvalidOperationException">The answer is no success.</exception>
    public async Task<JsonElement?> CallAsync(HttpMethod method, string path, object? body = null)
    {
        using var request = new HttpRequestMessage(method, path);
        request.Headers.Add("X-Auth-Token", await AdminTokenAsync());
        request.Content = body is null ? null : JsonContent.Create(body);
        using var answer = await Service.Client.SendAsync(request);
        var text = await answer.Content.ReadAsStringAsync();
        return !answer.IsSuccessStatusCode ? throw new InvalidOperationException($"{method} {path}: {(int)answer.StatusCode} {text}")
            : text.Length == 0 ? null : JsonSerializer.Deserialize<JsonElement>(text);
    }

    public async ValueTask DisposeAsync()
    {
        if (Service is not null)
        {
            await Service.DisposeAsync();
        }

        await resources.DisposeAsync();
        folder.Dispose();
    }
}
