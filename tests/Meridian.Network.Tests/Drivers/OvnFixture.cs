// SPDX-License-Identifier: Apache-2.0

using Meridian.Host.Engines;
using Meridian.Network.Drivers.Ovn;
using Meridian.Network.Tests.Drivers;
using Meridian.Network.Tests.Engines;
using Meridian.Platform.Ovsdb;
using Microsoft.Extensions.Logging.Abstractions;

[assembly: AssemblyFixture(typeof(OvnFixture))]

namespace Meridian.Network.Tests.Drivers;

/// <summary>A real OVN with a driver, started by the first test that needs it. Tests share it and use ids of their own.</summary>
public sealed class OvnFixture : IAsyncDisposable
{
    private readonly SemaphoreSlim gate = new(1, 1);
    private EngineSandbox? sandbox;
    private OvsdbClient? local;
    private Uplink? uplink;
    private int guests;
    private int numbers = 9;

    /// <summary>The provider network's first three octets: not the ones that <c>up</c> takes.</summary>
    public const string Outside = "172.31.5";

    public string UplinkNamespace => uplink!.Namespace;

    /// <summary>Of a topology: its last octet on the provider network.</summary>
    public int NextNumber() => Interlocked.Increment(ref numbers);

    internal OvnNetworkDriver Driver { get; private set; } = null!;

    internal OvnEngine Engine => sandbox!.Engine;

    /// <summary>The region's network namespace.</summary>
    public string Namespace => sandbox!.Name;

    internal OvsdbClient Switch => local!;

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        Assert.SkipWhen(EngineSandbox.Missing is not null, EngineSandbox.Missing ?? "");
        await gate.WaitAsync(cancellationToken);
        try
        {
            if (sandbox is not null)
            {
                return;
            }

            sandbox = new();
            await Engine.StartAsync(cancellationToken);
            Driver = new(new(OvsdbEndpoint.ParseList(Engine.Northbound), OvsdbEndpoint.ParseList(Engine.Southbound)), TimeProvider.System, NullLogger<OvnNetworkDriver>.Instance);
            uplink = new($"5{Namespace[5..]}");
            await uplink.UpAsync([new(Engine, System.Net.IPNetwork.Parse($"{Outside}.0/24"), System.Net.IPAddress.Parse($"{Outside}.1"))], cancellationToken);
            local = new(OvsdbEndpoint.ParseList(Engine.Switch), "Open_vSwitch", [new("Open_vSwitch"), new("Bridge"), new("Port"), new("Interface")]);
        }
        finally
        {
            gate.Release();
        }
    }

    internal Task<GuestNamespace> PlugAsync(string portId, string mac, CancellationToken cancellationToken) =>
        GuestNamespace.PlugAsync(this, $"{Namespace}-g{Interlocked.Increment(ref guests)}", portId, mac, cancellationToken);

    public async ValueTask DisposeAsync()
    {
        if (sandbox is not null)
        {
            await local!.DisposeAsync();
            await uplink!.DownAsync(CancellationToken.None);
            await Driver.DisposeAsync();
            await sandbox.DisposeAsync();
        }

        gate.Dispose();
    }
}
