// SPDX-License-Identifier: Apache-2.0
using LinqToDB.Data;

using Meridian.Network.Drivers;
using Meridian.Network.Ports;

namespace Meridian.Network.Northbound;

internal static class RouterPokes
{
    /// <summary>A router's state holds the addresses of its ports.</summary>
    public static Task OfPortAsync(DataConnection db, PortRow port, DateTime now, CancellationToken cancellationToken) =>
        port.DeviceOwner is DeviceOwner.RouterInterface or DeviceOwner.RouterGateway
            ? Pending.AddAsync(db, NetworkResourceKind.Router, port.DeviceId, now, cancellationToken)
            : Task.CompletedTask;
}
