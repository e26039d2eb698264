// SPDX-License-Identifier: Apache-2.0
using System.Net.Sockets;

using Meridian.Platform.Processes;
using Meridian.Testing;
using Meridian.Testing.Engines;

namespace Meridian.System.Tests.Zed;

/// <summary>Debian's glance-api (OpenStack Zed: eventlet, SQLite, keystonemiddleware) on loopback, as an operator configures it for the Keystone that it is given.</summary>
public sealed class ZedGlance() : EngineServer("zed-glance")
{
    /// <summary>How long keystonemiddleware trusts what it has asked: a revoked token may pass that long.</summary>
    public static readonly TimeSpan TokenCacheTime = TimeSpan.FromSeconds(2);

    private static readonly string[] Counted = ["image_size_total", "image_stage_total", "image_count_total", "image_count_uploading"];

    private KeystoneFixture keystone = null!;
    private string memcached = "";
    private string endpointId = "";
    private int port;

    public string Url => $"http://{Address}:{port}";

    public Task StartAsync(KeystoneFixture trusted, string tokenCache)
    {
        (keystone, memcached) = (trusted, tokenCache);
        return EnsureStartedAsync("/usr/bin/glance-api", "glance-api", TestContext.Current.CancellationToken);
    }

    protected override async Task StartServerAsync(CancellationToken cancellationToken)
    {
        port = TestService.FreePort(Address);
        await keystone.AddServiceAsync("image", "glance", Url);
        await SetLimitsAsync();
        var file = Path.Combine(Folder, "glance-api.conf");
        await File.WriteAllTextAsync(file, Configuration(), cancellationToken);
        await ProcessRunner.RunAsync("/usr/bin/glance-manage", ["--config-file", file, "db_sync"], new() { Timeout = TimeSpan.FromMinutes(2) }, cancellationToken);
        Launch("/usr/bin/glance-api", ["--config-file", file]);
        await WaitUntilAsync("glance-api", TimeSpan.FromMinutes(2), IsListeningAsync);
    }

    // No worker processes: the one that is started serves, and ends.
    private string Configuration() => $"""
        [DEFAULT]
        bind_host = {Address}
        bind_port = {port}
        public_endpoint = {Url}
        workers = 0
        node_staging_uri = file://{Folder}/staging
        use_keystone_limits = true
        [database]
        connection = sqlite:///{Folder}/glance.db
        [glance_store]
        stores = file
        default_store = file
        filesystem_store_datadir = {Folder}/images
        [oslo_concurrency]
        lock_path = {Folder}/lock
        [paste_deploy]
        flavor = keystone
        config_file = /usr/share/glance-common/glance-api-paste.ini
        {keystone.AuthSection("glance")}
        www_authenticate_uri = {keystone.Url}
        memcached_servers = {memcached}
        token_cache_time = {TokenCacheTime.TotalSeconds}
        service_token_roles = service
        service_token_roles_required = true
        [oslo_limit]
        auth_url = {keystone.Url}
        auth_type = password
        username = glance
        password = service-secret
        user_domain_name = Default
        system_scope = all
        endpoint_id = {endpointId}
        """;

    /// <summary>What oslo.limit asks Keystone for: the endpoint, by its id, and a default of every resource that glance counts; without one nothing may be made.</summary>
    private async Task SetLimitsAsync()
    {
        var endpoint = (await keystone.CallAsync(HttpMethod.Get, $"/v3/endpoints?interface=public&service_id={await keystone.FindIdAsync("services", "glance")}"))!.Value.GetProperty("endpoints")[0];
        endpointId = endpoint.GetProperty("id").GetString()!;
        var (service_id, region_id) = (endpoint.GetProperty("service_id").GetString(), endpoint.GetProperty("region_id").GetString());
        await keystone.CallAsync(HttpMethod.Post, "/v3/registered_limits", new
        {
            registered_limits = Counted.Select(resource_name => new { service_id, region_id, resource_name, default_limit = 100 }),
        });
        await keystone.CallAsync(HttpMethod.Put, $"/v3/system/users/{await keystone.FindIdAsync("users", "glance")}/roles/{await keystone.FindIdAsync("roles", "reader")}");
    }

    private async Task<bool> IsListeningAsync()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(Address, port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
