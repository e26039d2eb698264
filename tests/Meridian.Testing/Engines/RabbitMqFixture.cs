// SPDX-License-Identifier: Apache-2.0
using System.Net.Sockets;

using Meridian.Platform.Processes;

namespace Meridian.Testing.Engines;

/// <summary>
/// Debian's RabbitMQ, with an epmd of its own. In a test project: <c>[assembly: AssemblyFixture(typeof(RabbitMqFixture))]</c>, a constructor parameter
/// in the test class, and <c>[Trait("needs", "engines")]</c> on it.
/// </summary>
public sealed class RabbitMqFixture() : EngineServer("rabbitmq")
{
    // Debian's wrapper in /usr/sbin wants to be the user rabbitmq.
    private const string Server = "/usr/lib/rabbitmq/bin/rabbitmq-server";
    private readonly string password = Guid.NewGuid().ToString("N");

    public string Host => Address;

    public int Port { get; private set; }

    /// <summary>Starts the broker when nobody has.</summary>
    /// <returns>The transport_url of its default virtual host.</returns>
    public async Task<string> StartAsync(string? throughHost = null, int? throughPort = null)
    {
        await EnsureStartedAsync(Server, "rabbitmq-server", TestContext.Current.CancellationToken);
        return $"rabbit://openstack:{password}@{throughHost ?? Address}:{throughPort ?? Port}/";
    }

    protected override async Task StartServerAsync(CancellationToken cancellationToken)
    {
        Port = TestService.FreePort(Address);
        var (names, distribution) = (TestService.FreePort(Address), TestService.FreePort(Address));
        var config = Path.Combine(Folder, "rabbitmq.conf");
        await File.WriteAllTextAsync(
            config,
            $"""
            listeners.tcp.1 = {Address}:{Port}
            loopback_users = none
            default_user = openstack
            default_pass = {password}
            vm_memory_high_watermark.absolute = 256MB
            disk_free_limit.absolute = 50MB

            """,
            cancellationToken);
        await File.WriteAllTextAsync(Path.Combine(Folder, "enabled_plugins"), "[].", cancellationToken);
        Launch(ProcessRunner.Find("epmd")!, ["-address", Address, "-port", $"{names}"], new Dictionary<string, string> { ["HOME"] = Folder });
        Launch(Server, [], new Dictionary<string, string>
        {
            ["HOME"] = Folder, ["ERL_EPMD_PORT"] = $"{names}", ["ERL_EPMD_ADDRESS"] = Address, ["RABBITMQ_USE_LONGNAME"] = "true",
            ["RABBITMQ_NODENAME"] = $"meridian{Environment.ProcessId}@{Address}", ["RABBITMQ_CONFIG_FILE"] = config,
            ["RABBITMQ_MNESIA_BASE"] = Path.Combine(Folder, "mnesia"), ["RABBITMQ_LOG_BASE"] = Path.Combine(Folder, "log"),
            ["RABBITMQ_ENABLED_PLUGINS_FILE"] = Path.Combine(Folder, "enabled_plugins"), ["RABBITMQ_PID_FILE"] = Path.Combine(Folder, "rabbitmq.pid"),
            ["RABBITMQ_DIST_PORT"] = $"{distribution}", ["RABBITMQ_CONF_ENV_FILE"] = "/dev/null",

            // Two cores are shared with the tests: no schedulers that spin.
            ["RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS"] =
                $"-kernel inet_dist_use_interface {{{Address.Replace('.', ',')}}} +sbwt none +sbwtdcpu none +sbwtdio none +S 2:2",
        });
        await WaitUntilAsync("RabbitMQ", TimeSpan.FromMinutes(3), IsListeningAsync);
    }

    private async Task<bool> IsListeningAsync()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(Address, Port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
