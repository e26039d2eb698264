// SPDX-License-Identifier: Apache-2.0
using LinqToDB;

using Meridian.Compute.Agent;
using Meridian.Compute.Http;
using Meridian.Compute.InstanceActions;
using Meridian.Platform.Http;
using Meridian.Platform.Messaging;
using Meridian.Platform.Policy;

using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Meridian.Compute.Servers;

/// <summary>POST /servers/{id}/action. Source: OpenStack Compute API reference, "Servers - run an action".</summary>
internal static class ServerActionEndpoints
{
    private const int MaxConsoleBytes = 102_400;

    /// <summary>Actions of nova that are not there yet.</summary>
    private static readonly string[] NotBuilt =
    [
        "addFixedIp", "addFloatingIp", "changePassword", "confirmResize", "createBackup", "createImage", "evacuate", "injectNetworkInfo", "migrate", "os-getRDPConsole",
        "os-getSPICEConsole", "os-getSerialConsole", "os-getVNCConsole", "os-migrateLive", "pause", "rebuild", "removeFixedIp", "removeFloatingIp", "rescue", "resetNetwork",
        "resize", "restore", "resume", "revertResize", "shelve", "shelveOffload", "suspend", "trigger_crash_dump", "unpause", "unrescue", "unshelve",
    ];

    public static void MapServerActions(this RouteGroupBuilder api) => api.MapPost("/servers/{id}/action", ActAsync);

    private static async Task<IResult> ActAsync(
        string id, HttpRequest http, ServerContext servers, ServerSecurityGroups groups, IMessageBus bus, CancellationToken cancellationToken)
    {
        var body = await RequestObject.ReadRootAsync(http, servers.Context, cancellationToken);
        var names = body.Names.ToList();
        if (names.Count != 1)
        {
            throw new ApiException(400, "Malformed request body");
        }

        var (context, action) = (servers.Context, names[0]);
        switch (action)
        {
            case "os-start":
                CheckNull(body, action);
                return await PowerAsync(id, servers, ServerPolicies.Start, PowerServerSaga.Start, cancellationToken);
            case "os-stop":
                CheckNull(body, action);
                return await PowerAsync(id, servers, ServerPolicies.Stop, PowerServerSaga.Stop, cancellationToken);
            case "reboot":
                return await PowerAsync(id, servers, ServerPolicies.Reboot, ReadReboot(body), cancellationToken);
            case "os-getConsoleOutput":
                return await ReadConsoleAsync(id, body.Object(action)!, servers, bus, cancellationToken);
            case "addSecurityGroup":
                await groups.ChangeAsync(await servers.GetAsync(id, ServerPolicies.AddSecurityGroup, cancellationToken), ReadGroup(body, action), true, context, cancellationToken);
                return TypedResults.Accepted((string?)null);
            case "removeSecurityGroup":
                await groups.ChangeAsync(await servers.GetAsync(id, ServerPolicies.RemoveSecurityGroup, cancellationToken), ReadGroup(body, action), false, context, cancellationToken);
                return TypedResults.Accepted((string?)null);
            case "lock":
                return await LockAsync(id, body, servers, cancellationToken);
            case "unlock":
                return await UnlockAsync(id, servers, cancellationToken);
            case "os-resetState":
                return await ResetStateAsync(id, body.Object(action)!, servers, cancellationToken);
            case "forceDelete":
                await ServerEndpoints.BeginDeleteAsync(await servers.GetAsync(id, ServerPolicies.ForceDelete, cancellationToken), servers, cancellationToken);
                return TypedResults.Accepted((string?)null);
            default:
                if (NotBuilt.Contains(action, StringComparer.Ordinal))
                {
                    // A server that is not there is told first: nova knows the action.
                    await servers.GetAsync(id, ServerPolicies.Show, cancellationToken);
                }

                throw new ApiException(400, $"There is no such action: {(action.Length > 255 ? action[..255] : action)}");
        }
    }

    private static void CheckNull(RequestObject body, string action)
    {
        if (body.Element(action) is { ValueKind: System.Text.Json.JsonValueKind.Object } element && element.EnumerateObject().Any())
        {
            throw RequestObject.Invalid(action, element, "Additional properties are not allowed");
        }
    }

    private static string ReadReboot(RequestObject body)
    {
        var reboot = body.Object("reboot")!;
        var type = reboot.Text("type", required: true)!;
        reboot.Done();
        return type.ToUpperInvariant() switch
        {
            "SOFT" => PowerServerSaga.Reboot,
            "HARD" => PowerServerSaga.HardReboot,
            _ => throw new ApiException(400, $"Invalid input for field/attribute type. Value: {type}. '{type}' is not one of ['HARD', 'Hard', 'hard', 'SOFT', 'Soft', 'soft']"),
        };
    }

    private static string ReadGroup(RequestObject body, string action)
    {
        var group = body.Object(action)!;
        var name = group.Text("name", 1, 255, required: true)!;
        group.Done();
        return name;
    }

    private static async Task<IResult> PowerAsync(string id, ServerContext servers, PolicyRule rule, string action, CancellationToken cancellationToken)
    {
        var server = await servers.GetAsync(id, rule, cancellationToken);
        servers.CheckLock(server);
        string? saga = null;
        var changed = await servers.Store.ChangeAsync(
            id,
            current =>
            {
                CheckState(current, action);
                var task = action switch
                {
                    PowerServerSaga.Start => TaskStates.PoweringOn,
                    PowerServerSaga.Stop => TaskStates.PoweringOff,
                    PowerServerSaga.Reboot => TaskStates.Rebooting,
                    _ => TaskStates.RebootingHard,
                };
                return update => update.Set(s => s.TaskState, task);
            },
            cancellationToken,
            async db =>
            {
                var name = action is PowerServerSaga.Start or PowerServerSaga.Stop ? action : "reboot";
                await InstanceActionStore.BeginAsync(db, id, name, servers.Context, servers.Store.Now, cancellationToken);
                saga = await servers.Sagas.EnqueueAsync(db, PowerServerSaga.Type, new(id, action), id, servers.Context.RequestId, cancellationToken);
            });
        if (changed is null)
        {
            throw ServerContext.NotFound(id);
        }

        await servers.Sagas.WakeAsync(saga!, cancellationToken);
        return TypedResults.Accepted((string?)null);
    }

    // Which states an action may begin in: nova/compute/api.py's check_instance_state.
    private static void CheckState(Server server, string action)
    {
        var name = action switch
        {
            PowerServerSaga.Start => "start",
            PowerServerSaga.Stop => "stop",
            _ => "reboot",
        };
        var states = action switch
        {
            PowerServerSaga.Start => new[] { VmStates.Stopped },
            PowerServerSaga.Stop => [VmStates.Active, VmStates.Error],
            PowerServerSaga.Reboot => [VmStates.Active],
            _ => [VmStates.Active, VmStates.Stopped, VmStates.Paused, VmStates.Error],
        };
        if (server.Host is null)
        {
            throw new ApiException(409, $"Instance {server.Id} is not ready");
        }

        if (!states.Contains(server.VmState, StringComparer.Ordinal))
        {
            throw new ApiException(409, $"Cannot '{name}' instance {server.Id} while it is in vm_state {server.VmState}");
        }

        var allowed = action == PowerServerSaga.HardReboot && server.TaskState is TaskStates.Rebooting or TaskStates.RebootingHard
            || action == PowerServerSaga.Stop && server.TaskState is TaskStates.PoweringOff;
        if (server.TaskState is not null && !allowed)
        {
            throw new ApiException(409, $"Cannot '{name}' instance {server.Id} while it is in task_state {server.TaskState}");
        }
    }

    private static async Task<IResult> ReadConsoleAsync(string id, RequestObject request, ServerContext servers, IMessageBus bus, CancellationToken cancellationToken)
    {
        var length = request.Element("length") is { ValueKind: System.Text.Json.JsonValueKind.Null } ? null : request.Integer("length", -1, int.MaxValue);
        request.Done();
        var server = await servers.GetAsync(id, ServerPolicies.ConsoleOutput, cancellationToken);
        if (server.Host is null)
        {
            throw new ApiException(409, $"Instance {id} is not ready");
        }

        var text = (await bus.CallAsync(ComputeTopic.Of(server.Host), ComputeTopic.Console, new(id, MaxConsoleBytes), null, servers.Context.RequestId, cancellationToken)).Text;
        if (length is >= 0 and var lines)
        {
            text = lines == 0 ? "" : string.Join('\n', text.TrimEnd('\n').Split('\n').TakeLast((int)lines));
        }

        return JsonAnswer.Object(json => json.WriteString("output", text));
    }

    private static async Task<IResult> LockAsync(string id, RequestObject body, ServerContext servers, CancellationToken cancellationToken)
    {
        string? reason = null;
        if (body.Element("lock") is { ValueKind: System.Text.Json.JsonValueKind.Object } && servers.Context.Version >= new Microversion(2, 73))
        {
            var request = body.Object("lock")!;
            reason = request.Text("locked_reason", 1, 255);
            request.Done();
        }

        var server = await servers.GetAsync(id, ServerPolicies.Lock, cancellationToken);
        var by = servers.Context.IsAdmin && servers.Context.ProjectId != server.ProjectId ? "admin" : "owner";
        await servers.ChangeAsync(id, _ => update => update.Set(s => s.LockedBy, by).Set(s => s.LockedReason, reason), cancellationToken);
        return TypedResults.Accepted((string?)null);
    }

    private static async Task<IResult> UnlockAsync(string id, ServerContext servers, CancellationToken cancellationToken)
    {
        var server = await servers.GetAsync(id, ServerPolicies.Unlock, cancellationToken);
        if (server.LockedBy == "admin")
        {
            servers.Policy.Require(servers.Context, ServerPolicies.UnlockOverride, new(server.ProjectId, server.UserId));
        }

        await servers.ChangeAsync(id, _ => update => update.Set(s => s.LockedBy, (string?)null).Set(s => s.LockedReason, (string?)null), cancellationToken);
        return TypedResults.Accepted((string?)null);
    }

    private static async Task<IResult> ResetStateAsync(string id, RequestObject request, ServerContext servers, CancellationToken cancellationToken)
    {
        var state = request.Text("state", required: true)!;
        request.Done();
        if (state is not ("active" or "error"))
        {
            throw new ApiException(400, $"Invalid input for field/attribute state. Value: {state}. '{state}' is not one of ['active', 'error']");
        }

        await servers.GetAsync(id, ServerPolicies.ResetState, cancellationToken);
        await servers.ChangeAsync(id, _ => update => update.Set(s => s.VmState, state == "active" ? VmStates.Active : VmStates.Error).Set(s => s.TaskState, (string?)null), cancellationToken);
        return TypedResults.Accepted((string?)null);
    }
}
