// SPDX-License-Identifier: Apache-2.0
using System.Collections.Concurrent;
using System.Text.Json;

using LinqToDB;

using Meridian.Compute.Agent;
using Meridian.Compute.Drivers;
using Meridian.Compute.InstanceActions;
using Meridian.Compute.Scheduling;
using Meridian.Compute.ServerGroups;
using Meridian.Platform.Messaging;
using Meridian.Platform.Sagas;
using Meridian.Platform.Storage;

namespace Meridian.Compute.Servers;

internal sealed record CreateServer(string ServerId);

/// <summary>Builds a server: claim a host, make ports, start the guest. Undone on failure, with the server in ERROR and its fault telling why.</summary>
internal sealed class CreateServerSaga(
    ServerStore servers, ServerGroupStore groups, ServerPorts ports, Neighbours neighbours, GuestSpecs specs, HostCalls hosts, IMessageBus bus) : Saga<CreateServer>(Type)
{
    public static readonly SagaType<CreateServer> Type = new("create_server", ComputeJson.Default.CreateServer);

    private const int MostPlacements = 10;

    // Sagas whose claim this process made and whose ports it did not yet begin: nothing to look for at the network service.
    private readonly ConcurrentDictionary<string, bool> untouched = new(StringComparer.Ordinal);

    protected override IReadOnlyList<Step<CreateServer>> Steps =>
    [
        new("claim", ClaimAsync, UndoClaimAsync),
        new("ports", CreatePortsAsync, UndoPortsAsync),
        new("spawn", SpawnAsync, UndoSpawnAsync),
        new("activate", ActivateAsync),
    ];

    private async Task ClaimAsync(SagaContext<CreateServer> c, CancellationToken cancellationToken)
    {
        var server = await GetAsync(c, cancellationToken);
        var flavor = server.Flavor();
        for (var attempt = 1; ; attempt++)
        {
            var group = await groups.PlacementAsync(server, cancellationToken);
            var selected = await bus.CallAsync(SchedulerTopic.Address, SchedulerTopic.Select, new SelectHost
            {
                ServerId = server.Id, ProjectId = server.ProjectId, UserId = server.UserId, Vcpus = flavor.Vcpus, MemoryMib = flavor.MemoryMib, DiskGib = DiskOf(flavor),
                ExtraSpecs = flavor.ExtraSpecs, ImageProperties = server.ImageProperties(), Zone = server.RequestedZone, Host = server.RequestedHost, Node = server.Node, Group = group,
            }, null, c.RequestId, cancellationToken);
            if (selected.Host is null)
            {
                throw new StepFailedException($"No valid host was found. {selected.Reason}");
            }

            if (await PlaceAsync(server, group, selected, cancellationToken))
            {
                break;
            }

            // Another member of the group took the place: without this claim the scheduler chooses anew.
            await neighbours.Placement(c.RequestId).DeleteAllocationsAsync(server.Id, cancellationToken);
            if (attempt == MostPlacements)
            {
                throw new StepFailedException("No valid host was found. There are not enough hosts available.");
            }
        }

        untouched[c.SagaId] = true;
    }

    /// <returns>False when another member of the server's group took the place meanwhile.</returns>
    private async Task<bool> PlaceAsync(Server server, SelectGroup? group, SelectedHost selected, CancellationToken cancellationToken)
    {
        try
        {
            await servers.ChangeAsync(
                server.Id, _ => update => update.Set(s => s.Host, selected.Host).Set(s => s.Node, selected.Node).Set(s => s.Zone, selected.Zone)
                    .Set(s => s.TaskState, s => s.TaskState == TaskStates.Scheduling ? TaskStates.Networking : s.TaskState),
                cancellationToken, group is null ? null : CheckGroupAsync);
            return true;
        }
        catch (PlaceTakenException)
        {
            return false;
        }

        async Task CheckGroupAsync(WriteConnection db)
        {
            if (!await ServerGroupStore.StillSuitsAsync(db, server, group, selected.Host!, cancellationToken))
            {
                throw new PlaceTakenException();
            }
        }
    }

    private async Task CreatePortsAsync(SagaContext<CreateServer> c, CancellationToken cancellationToken)
    {
        var fresh = untouched.TryRemove(c.SagaId, out _);
        var server = await GetAsync(c, cancellationToken);
        var interfaces = server.RequestedNetworks().Count == 0 ? [] : await ports.EnsureAsync(server, maybeBegun: !fresh, c.RequestId, cancellationToken);
        var json = ServerStore.Json(interfaces);
        await servers.ChangeAsync(
            server.Id, _ => update => update.Set(s => s.NetworkInfoJson, json)
                .Set(s => s.TaskState, s => s.TaskState == TaskStates.Networking || s.TaskState == TaskStates.Scheduling ? TaskStates.Spawning : s.TaskState),
            cancellationToken);
    }

    private async Task SpawnAsync(SagaContext<CreateServer> c, CancellationToken cancellationToken)
    {
        var server = await GetAsync(c, cancellationToken);
        await hosts.CallAsync(server.Host!, ComputeTopic.Build, await specs.BuildAsync(server, cancellationToken), c.RequestId, cancellationToken);
    }

    private Task ActivateAsync(SagaContext<CreateServer> c, CancellationToken cancellationToken)
    {
        var now = servers.Now;
        string? host = null;
        return servers.ChangeAsync(
            c.Input.ServerId,
            server =>
            {
                host = server.Host;
                return server.VmState != VmStates.Building ? null : update => update.Set(s => s.VmState, VmStates.Active)
                    .Set(s => s.TaskState, s => s.TaskState == TaskStates.Deleting ? s.TaskState : null)
                    .Set(s => s.PowerState, (int)PowerState.Running).Set(s => s.LaunchedAt, now);
            },
            cancellationToken,
            db => InstanceActionStore.FinishAsync(db, c.Input.ServerId, c.RequestId, "compute__do_build_and_run_instance", host, null, now, cancellationToken));
    }

    private async Task UndoSpawnAsync(SagaContext<CreateServer> c, CancellationToken cancellationToken)
    {
        if (await servers.FindForAllProjectsAsync(c.Input.ServerId, cancellationToken) is { Host: { } host } server)
        {
            await hosts.DestroyAsync(host, server, c.RequestId, cancellationToken);
        }
    }

    private async Task UndoPortsAsync(SagaContext<CreateServer> c, CancellationToken cancellationToken)
    {
        untouched.TryRemove(c.SagaId, out _);
        if (await servers.FindForAllProjectsAsync(c.Input.ServerId, cancellationToken) is { } server)
        {
            await ports.ReleaseAsync(server, c.RequestId, cancellationToken);
        }
    }

    // Undone last: nothing is held any more when the server shows ERROR.
    private async Task UndoClaimAsync(SagaContext<CreateServer> c, CancellationToken cancellationToken)
    {
        untouched.TryRemove(c.SagaId, out _);
        await neighbours.Placement(c.RequestId).DeleteAllocationsAsync(c.Input.ServerId, cancellationToken);
        var now = servers.Now;
        var fault = JsonSerializer.Serialize(
            new ServerFault(c.Failure?.Code ?? 500, c.Failure?.Message ?? "The server could not be built.", c.Failure?.Details, now), ComputeJson.Default.ServerFault);
        await servers.ChangeAsync(
            c.Input.ServerId,
            server => server.TaskState == TaskStates.Deleting
                ? update => update.Set(s => s.Host, (string?)null).Set(s => s.Node, (string?)null).Set(s => s.NetworkInfoJson, "[]")
                : update => update.Set(s => s.VmState, VmStates.Error).Set(s => s.TaskState, (string?)null).Set(s => s.FaultJson, fault)
                    .Set(s => s.Host, (string?)null).Set(s => s.Node, (string?)null).Set(s => s.NetworkInfoJson, "[]").Set(s => s.PowerState, (int)PowerState.NoState),
            cancellationToken,
            db => InstanceActionStore.FinishAsync(
                db, c.Input.ServerId, c.RequestId, "compute__do_build_and_run_instance", null, c.Failure?.Message ?? "undone", now, cancellationToken));
    }

    /// <summary>GiB that placement counts: root, ephemeral and swap, rounded up.</summary>
    internal static int DiskOf(ServerFlavor flavor) => flavor.DiskGib + flavor.EphemeralGib + ((flavor.SwapMib + 1023) / 1024);

    private async Task<Server> GetAsync(SagaContext<CreateServer> c, CancellationToken cancellationToken) =>
        await servers.FindForAllProjectsAsync(c.Input.ServerId, cancellationToken) ?? throw new StepFailedException($"Instance {c.Input.ServerId} could not be found.", 404);

    // Rolls the placement's transaction back.
    private sealed class PlaceTakenException : Exception;
}
