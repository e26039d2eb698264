// SPDX-License-Identifier: Apache-2.0
using LinqToDB;
using LinqToDB.Data;

using Meridian.Network.Ports;
using Meridian.Platform.Config;

namespace Meridian.Network.ServerEvents;

/// <summary>Notes what compute must be told, in the transaction that it tells of. Source: neutron's notifiers/nova.</summary>
internal sealed class ServerEventOutbox(ServiceConfig config, TimeProvider clock)
{
    private readonly bool status = config.Get(NetworkOptions.NotifyStatus);
    private readonly bool data = config.Get(NetworkOptions.NotifyData);

    /// <summary>Only ports of servers are told of: owner compute:…, device a server's id.</summary>
    public Task AddAsync(DataConnection db, string name, PortRow port, CancellationToken cancellationToken)
    {
        var wanted = name is "network-vif-plugged" or "network-vif-unplugged" ? status : data;
        if (!wanted || !port.DeviceOwner.StartsWith(DeviceOwner.ComputePrefix, StringComparison.Ordinal) || !Guid.TryParse(port.DeviceId, out _))
        {
            return Task.CompletedTask;
        }

        return db.InsertAsync(
            new ServerEventRow { Name = name, ServerId = port.DeviceId, PortId = port.Id, CreatedAt = clock.GetUtcNow().UtcDateTime }, token: cancellationToken);
    }
}
