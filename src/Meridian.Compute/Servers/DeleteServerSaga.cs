// SPDX-License-Identifier: Apache-2.0
using LinqToDB;

using Meridian.Compute.InstanceActions;
using Meridian.Compute.QuotaSets;
using Meridian.Platform.Sagas;

namespace Meridian.Compute.Servers;

internal sealed record DeleteServer(string ServerId);

/// <summary>Removes a server in whatever state it is. Runs after the unwinding of what was under way; nothing is undone, it is tried until it is done.</summary>
internal sealed class DeleteServerSaga(ServerStore servers, ServerPorts ports, Neighbours neighbours, HostCalls hosts) : Saga<DeleteServer>(Type)
{
    public static readonly SagaType<DeleteServer> Type = new("delete_server", ComputeJson.Default.DeleteServer);

    public override int RetryLimit => int.MaxValue;

    protected override IReadOnlyList<Step<DeleteServer>> Steps =>
    [
        new("destroy", DestroyAsync),
        new("ports", ReleasePortsAsync),
        new("allocations", (c, cancellationToken) => neighbours.Placement(c.RequestId).DeleteAllocationsAsync(c.Input.ServerId, cancellationToken)),
        new("finish", FinishAsync),
    ];

    private async Task DestroyAsync(SagaContext<DeleteServer> c, CancellationToken cancellationToken)
    {
        if (await servers.FindForAllProjectsAsync(c.Input.ServerId, cancellationToken) is { Host: { } host } server)
        {
            await hosts.DestroyAsync(host, server, c.RequestId, cancellationToken);
        }
    }

    private async Task ReleasePortsAsync(SagaContext<DeleteServer> c, CancellationToken cancellationToken)
    {
        if (await servers.FindForAllProjectsAsync(c.Input.ServerId, cancellationToken) is { } server)
        {
            await ports.ReleaseAsync(server, c.RequestId, cancellationToken);
        }
    }

    private async Task FinishAsync(SagaContext<DeleteServer> c, CancellationToken cancellationToken)
    {
        var now = servers.Now;
        Server? deleted = null;
        await servers.ChangeAsync(
            c.Input.ServerId,
            server =>
            {
                deleted = server;
                return update => update.Set(s => s.VmState, VmStates.Deleted).Set(s => s.TaskState, (string?)null).Set(s => s.PowerState, 0)
                    .Set(s => s.DeletedAt, now).Set(s => s.TerminatedAt, now).Set(s => s.NetworkInfoJson, "[]").Set(s => s.UserData, (string?)null);
            },
            cancellationToken,
            async db =>
            {
                await Quotas.ReturnAsync(db, deleted!.ProjectId, deleted.Flavor().Use, cancellationToken);
                await InstanceActionStore.FinishAsync(db, deleted.Id, c.RequestId, "compute_terminate_instance", deleted.Host, null, now, cancellationToken);
            });
    }
}
