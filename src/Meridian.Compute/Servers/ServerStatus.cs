// SPDX-License-Identifier: Apache-2.0
namespace Meridian.Compute.Servers;

/// <summary>The API's status from vm_state and task_state. Source: Compute API guide, "Server concepts"; nova/api/openstack/common.py has the table.</summary>
internal static class ServerStatus
{
    private static readonly (string Status, string VmState, string? TaskState)[] Table =
    [
        ("REBOOT", VmStates.Active, TaskStates.Rebooting),
        ("HARD_REBOOT", VmStates.Active, TaskStates.RebootingHard),
        ("ACTIVE", VmStates.Active, null),
        ("BUILD", VmStates.Building, null),
        ("HARD_REBOOT", VmStates.Stopped, TaskStates.RebootingHard),
        ("SHUTOFF", VmStates.Stopped, null),
        ("PAUSED", VmStates.Paused, null),
        ("ERROR", VmStates.Error, null),
        ("DELETED", VmStates.Deleted, null),
    ];

    // Statuses of the API that no server of this service is ever in: known, and match nothing.
    private static readonly string[] Others =
        ["MIGRATING", "PASSWORD", "REBUILD", "RESCUE", "RESIZE", "REVERT_RESIZE", "SHELVED", "SHELVED_OFFLOADED", "SOFT_DELETED", "SUSPENDED", "UNKNOWN", "VERIFY_RESIZE"];

    public static string Of(Server server)
    {
        foreach (var (status, vmState, taskState) in Table)
        {
            if (vmState == server.VmState && (taskState is null || taskState == server.TaskState))
            {
                return status;
            }
        }

        return "UNKNOWN";
    }

    /// <summary>The vm_state that a status filter means, and the task_states that it has or must not have.</summary>
    /// <returns>Null for a word that is no status.</returns>
    public static (string? VmState, string? TaskState)? Find(string status)
    {
        status = status.ToUpperInvariant();
        foreach (var row in Table)
        {
            if (row.Status == status)
            {
                return (row.VmState, row.TaskState);
            }
        }

        return Others.Contains(status, StringComparer.Ordinal) ? ("none", null) : null;
    }
}
