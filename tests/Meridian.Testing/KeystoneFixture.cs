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

    public string CredentialKeyRepository => folder.File("credential-keys");

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
            [fernet_receipts]
            key_repository = {fixture.KeyRepository}
            [credential]
            key_repository = {fixture.CredentialKeyRepository}
            [identity]
            password_hash_rounds = 4
            {configuration}

            """;
        await File.WriteAllTextAsync(fixture.ConfigFile, text);
        await fixture.ManageAsync("db_sync");
        await fixture.ManageAsync("fernet_setup");
        await fixture.ManageAsync("credential_setup");
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

    /// <summary>Creates a user of the default domain with these roles on a project of that name, which is created unless it exists.</summary>
    /// <returns>Ids of the user and the project.</returns>
    public async Task<(string UserId, string ProjectId)> CreateUserAsync(string name, string password, string project, params string[] roles)
    {
        var user = await CreateAsync("user", new { name, password, domain_id = "default" });
        var projectId = await FindIdAsync("projects", project) ?? await CreateAsync("project", new { name = project, domain_id = "default" });
        foreach (var role in roles)
        {
            var roleId = await FindIdAsync("roles", role) ?? await CreateAsync("role", new { name = role });
            await CallAsync(HttpMethod.Put, $"/v3/projects/{projectId}/users/{user}/roles/{roleId}");
        }

        return (user, projectId);
    }

    /// <summary>
    /// Creates what a service needs to validate tokens and to be found: its user (roles admin and service on project service), the service, and its endpoints in a region.
    /// </summary>
    /// <param name="type">Service type in the catalog: image.</param>
    /// <param name="name">Name of the service and of its user: glance.</param>
    public async Task AddServiceAsync(string type, string name, string url, string password = "service-secret", string region = RegionOne)
    {
        if (await FindIdAsync("users", name) is null)
        {
            await CreateUserAsync(name, password, "service", "admin", "service");
        }

        await AddEndpointsAsync(type, name, url, region);
    }

    /// <summary>Adds public, internal and admin endpoints, and the region and the service where they are missing.</summary>
    public async Task AddEndpointsAsync(string type, string name, string url, string region = RegionOne)
    {
        var regions = (await CallAsync(HttpMethod.Get, "/v3/regions"))!.Value.GetProperty("regions").EnumerateArray();
        if (!regions.Any(r => r.GetProperty("id").GetString() == region))
        {
            await CallAsync(HttpMethod.Post, "/v3/regions", new { region = new { id = region } });
        }

        var services = (await CallAsync(HttpMethod.Get, "/v3/services?type=" + type))!.Value.GetProperty("services");
        var id = services.GetArrayLength() > 0 ? services[0].GetProperty("id").GetString()! : await CreateAsync("service", new { type, name });
        foreach (var kind in new[] { "public", "internal", "admin" })
        {
            await CreateAsync("endpoint", new Dictionary<string, string> { ["service_id"] = id, ["interface"] = kind, ["region_id"] = region, ["url"] = url });
        }
    }

    /// <summary>[keystone_authtoken] (or another section) for a service user made by <see cref="AddServiceAsync"/>.</summary>
    public string AuthSection(string user, string password = "service-secret", string section = "keystone_authtoken", string region = RegionOne) => $"""
        [{section}]
        auth_url = {Url}
        auth_type = password
        username = {user}
        password = {password}
        project_name = service
        user_domain_name = Default
        project_domain_name = Default
        region_name = {region}

        """;

    /// <summary>POSTs an object to its collection (users for user) and returns its id.</summary>
    public async Task<string> CreateAsync(string member, object body)
    {
        var answer = await CallAsync(HttpMethod.Post, $"/v3/{member}s", new Dictionary<string, object> { [member] = body });
        return answer!.Value.GetProperty(member).GetProperty("id").GetString()!;
    }

    /// <summary>The id of the object of that name in a collection such as projects.</summary>
    public async Task<string?> FindIdAsync(string collection, string name)
    {
        var found = (await CallAsync(HttpMethod.Get, $"/v3/{collection}?name={Uri.EscapeDataString(name)}"))!.Value.GetProperty(collection);
        return found.GetArrayLength() > 0 ? found[0].GetProperty("id").GetString() : null;
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
