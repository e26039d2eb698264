// SPDX-License-Identifier: Apache-2.0
using System.Net.Sockets;

using Meridian.Platform.Processes;

namespace Meridian.Testing.Engines;

/// <summary>Debian's memcached; used as <see cref="MariaDbFixture"/> is.</summary>
public sealed class MemcachedFixture() : EngineServer("memcached")
{
    private int port;

    /// <returns>host:port.</returns>
    public async Task<string> StartAsync()
    {
        await EnsureStartedAsync("memcached", "memcached", TestContext.Current.CancellationToken);
        return $"{Address}:{port}";
    }

    protected override async Task StartServerAsync(CancellationToken cancellationToken)
    {
        port = TestService.FreePort(Address);
        Launch(ProcessRunner.Find("memcached")!, ["-u", Environment.UserName, "-l", Address, "-p", $"{port}", "-m", "16", "-U", "0"], new Dictionary<string, string> { ["FOLDER"] = Folder });
        await WaitUntilAsync("memcached", TimeSpan.FromSeconds(30), async () =>
        {
            using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
            try
            {
                await socket.ConnectAsync(Address, port, cancellationToken);
                return true;
            }
            catch (SocketException)
            {
                return false;
            }
        });
    }
}
