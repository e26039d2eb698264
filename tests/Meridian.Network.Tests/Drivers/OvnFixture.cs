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
    private int guests;

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
            local = new(OvsdbEndpoint.ParseList(Engine.Switch), "Open_vSwitch", [new("Bridge"), new("Port"), new("Interface")]);
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
            await Driver.DisposeAsync();
            await sandbox.DisposeAsync();
        }

        gate.Dispose();
    }
}
