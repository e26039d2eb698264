// SPDX-License-Identifier: Apache-2.0

using Meridian.Platform.Ovsdb;

namespace Meridian.Network.Agent;

/// <summary>The agent's two databases: OVN's southbound one, and the host's own switch.</summary>
internal sealed record MetadataConnections(OvsdbClient Southbound, OvsdbClient Local) : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    public static IReadOnlyList<OvsdbMonitor> SouthboundTables { get; } =
    [
        new("SB_Global", ["nb_cfg"]), new("Chassis", ["name"]), new("Chassis_Private", ["name", "external_ids"]),
        new("Port_Binding", ["logical_port", "type", "datapath", "chassis", "mac", "external_ids"]),
    ];

    public static IReadOnlyList<OvsdbMonitor> LocalTables { get; } =
        [new("Open_vSwitch", ["external_ids"]), new("Bridge", ["name", "ports"]), new("Port", ["name", "interfaces"]), new("Interface", ["name", "external_ids"])];

    /// <exception cref="OvsdbUnavailableException"/>
    public async Task ConnectAsync(CancellationToken cancellationToken)
    {
        await Southbound.ConnectAsync(Patience, cancellationToken);
        await Local.ConnectAsync(Patience, cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        await Southbound.DisposeAsync();
        await Local.DisposeAsync();
    }
}
