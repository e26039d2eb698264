// SPDX-License-Identifier: Apache-2.0

using System.Net;
using Meridian.Host.Engines;
using Meridian.Platform.Native;
using Meridian.Platform.Processes;

namespace Meridian.Network.Tests.Engines;

[Trait("needs", "root")]
public sealed class UplinkTests : IAsyncLifetime
{
    private readonly EngineSandbox sandbox = new();
    private Uplink uplink = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private ProviderNetwork Provider => new(sandbox.Engine, IPNetwork.Parse("172.31.6.0/24"), IPAddress.Parse("172.31.6.1"));

    public async ValueTask InitializeAsync()
    {
        Assert.SkipWhen(EngineSandbox.Missing is not null, EngineSandbox.Missing ?? "");
        uplink = new($"6{sandbox.Name[5..]}");
        try
        {
            await sandbox.Engine.StartAsync(Token);
        }
        catch
        {
            await sandbox.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await uplink.DownAsync(CancellationToken.None);
        await sandbox.DisposeAsync();
    }

    [Fact]
    public async Task It_is_made_once_made_again_when_lost_and_leaves_nothing()
    {
        var routes = await RoutesAsync();
        var forwarding = await File.ReadAllTextAsync("/proc/sys/net/ipv4/ip_forward", Token);

        await uplink.UpAsync([Provider], Token);
        var before = await LinksAsync();
        await uplink.UpAsync([Provider], Token);
        Assert.Equal(before, await LinksAsync());
        Assert.Contains($"172.31.6.0/24 via", await RoutesAsync(), StringComparison.Ordinal);

        await NetworkLinks.DeleteNamespaceAsync(uplink.Namespace, Token);
        await uplink.UpAsync([Provider], Token);
        Assert.True(await NetworkLinks.ExistsAsync(uplink.Namespace, "host", Token));
        Assert.True(await NetworkLinks.ExistsAsync(sandbox.Name, "uplink0", Token));

        await uplink.DownAsync(Token);
        Assert.False(await NetworkLinks.ExistsAsync(null, uplink.HostLink, Token));
        Assert.Equal(routes, await RoutesAsync());
        Assert.Equal(forwarding, await File.ReadAllTextAsync("/proc/sys/net/ipv4/ip_forward", Token));
    }

    [Fact]
    public async Task Another_route_to_a_provider_network_is_left_alone_and_named()
    {
        await NetworkLinks.BatchAsync(null, ["route add 172.31.6.0/24 dev lo"], Token);
        try
        {
            var error = await Assert.ThrowsAsync<UplinkException>(() => uplink.UpAsync([Provider], Token));

            Assert.Contains("172.31.6.0/24 by lo", error.Message, StringComparison.Ordinal);
        }
        finally
        {
            await NetworkLinks.BatchAsync(null, ["route del 172.31.6.0/24 dev lo"], CancellationToken.None);
        }
    }

    private static async Task<string> RoutesAsync() => (await ProcessRunner.RunAsync("ip", ["route", "show", "172.31.6.0/24"], ProcessOptions.Default, Token)).Output;

    private async Task<string> LinksAsync() => (await ProcessRunner.RunAsync("ip", ["-n", uplink.Namespace, "-o", "link"], ProcessOptions.Default, Token)).Output;
}
