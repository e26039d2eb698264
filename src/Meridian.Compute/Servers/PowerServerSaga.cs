// SPDX-License-Identifier: Apache-2.0
using System.Text.Json;

using LinqToDB;

using Meridian.Compute.Agent;
using Meridian.Compute.InstanceActions;
using Meridian.Platform.Sagas;

namespace Meridian.Compute.Servers;

internal sealed record PowerServer(string ServerId, string Action);

/// <summary>Starts, stops or reboots a server's guest.</summary>
internal sealed class PowerServerSaga(ServerStore servers, GuestSpecs specs, HostCalls hosts) : Saga<PowerServer>(Type)
{
    public const string Start = "start";
    public const string Stop = "stop";
    public const string Reboot = "reboot";
    public const string HardReboot = "hard_reboot";

    public static readonly SagaType<PowerServer> Type = new("power_server", ComputeJson.Default.PowerServer);

    protected override IReadOnlyList<Step<PowerServer>> Steps => [new("act", ActAsync, UndoAsync), new("finish", FinishAsync)];

    private async Task ActAsync(SagaContext<PowerServer> c, CancellationToken cancellationToken)
    {
        if (await servers.FindForAllProjectsAsync(c.Input.ServerId, cancellationToken) is not { Host: { } host } server)
        {
            throw new StepFailedException($"Instance {c.Input.ServerId} could not be found.", 404);
        }

        if (c.Input.Action == Stop)
        {
            await hosts.CallAsync(host, ComputeTopic.Stop, new GuestRef(host, server.Id), c.RequestId, cancellationToken);
            return;
        }

        var build = await specs.BuildAsync(server, cancellationToken, hard: c.Input.Action == HardReboot);
        await hosts.CallAsync(host, c.Input.Action == Start ? ComputeTopic.Start : ComputeTopic.Reboot, build, c.RequestId, cancellationToken);
    }

    private Task FinishAsync(SagaContext<PowerServer> c, CancellationToken cancellationToken)
    {
        var now = servers.Now;
        var stopped = c.Input.Action == Stop;
        var (vmState, power) = (stopped ? VmStates.Stopped : VmStates.Active, (int)(stopped ? Drivers.PowerState.Shutdown : Drivers.PowerState.Running));
        string? host = null;
        return servers.ChangeAsync(
            c.Input.ServerId,
            server =>
            {
                host = server.Host;
                return update => update.Set(s => s.VmState, vmState).Set(s => s.PowerState, power)
                    .Set(s => s.TaskState, s => s.TaskState == TaskStates.Deleting ? s.TaskState : null).Set(s => s.FaultJson, (string?)null);
            },
            cancellationToken,
            db => InstanceActionStore.FinishAsync(db, c.Input.ServerId, c.RequestId, EventOf(c.Input.Action), host, null, now, cancellationToken));
    }

    private async Task UndoAsync(SagaContext<PowerServer> c, CancellationToken cancellationToken)
    {
        var now = servers.Now;
        var fault = JsonSerializer.Serialize(
            new ServerFault(c.Failure?.Code ?? 500, c.Failure?.Message ?? "The operation failed.", c.Failure?.Details, now), ComputeJson.Default.ServerFault);
        await servers.ChangeAsync(
            c.Input.ServerId,
            server => server.TaskState == TaskStates.Deleting ? update => update.Set(s => s.FaultJson, s => s.FaultJson)
                : c.Input.Action == HardReboot ? update => update.Set(s => s.TaskState, (string?)null).Set(s => s.VmState, VmStates.Error).Set(s => s.FaultJson, fault)
                : update => update.Set(s => s.TaskState, (string?)null).Set(s => s.FaultJson, fault),
            cancellationToken,
            db => InstanceActionStore.FinishAsync(db, c.Input.ServerId, c.RequestId, EventOf(c.Input.Action), null, c.Failure?.Message ?? "undone", now, cancellationToken));
    }

    private static string EventOf(string action) => action switch
    {
        Start => "compute_start_instance",
        Stop => "compute_stop_instance",
        _ => "compute_reboot_instance",
    };
}
