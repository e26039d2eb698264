// SPDX-License-Identifier: Apache-2.0
namespace Meridian.Platform.Sagas;

/// <summary>
/// Names a process so that others can tell whether it lives: machine, boot, process id and start time. A lease of a process of this machine that is gone is
/// taken over at once; one of another machine when it runs out.
/// </summary>
internal sealed record SagaOwner(string Machine, string Boot, int ProcessId, string Started)
{
    public static SagaOwner Current { get; } = ReadCurrent();

    public override string ToString() => $"{Machine} {Boot} {ProcessId} {Started}";

    /// <summary>True when the process ran on this machine and is gone; false when it lives or can't be judged from here.</summary>
    public bool KnowsDead(string owner)
    {
        var parts = owner.Split(' ');
        if (parts.Length != 4 || parts[0] != Machine)
        {
            return false;
        }

        return parts[1] != Boot || !int.TryParse(parts[2], out var id) || StartOf(id) != parts[3];
    }

    private static SagaOwner ReadCurrent()
    {
        // Containers of one machine see other processes under the same numbers: the pid namespace is part of the machine's name.
        var machine = $"{Environment.MachineName}:{ReadLine("/etc/machine-id")}:{File.ResolveLinkTarget("/proc/self/ns/pid", false)?.Name}";
        return new(machine.Replace(' ', '_'), ReadLine("/proc/sys/kernel/random/boot_id"), Environment.ProcessId, StartOf(Environment.ProcessId) ?? "0");
    }

    private static string ReadLine(string path) => File.Exists(path) ? File.ReadAllText(path).Trim() : "-";

    /// <summary>Start time in clock ticks since boot: field 22 of /proc/PID/stat; null when there's no such process or it's a zombie.</summary>
    private static string? StartOf(int processId)
    {
        try
        {
            var stat = File.ReadAllText($"/proc/{processId}/stat");
            var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            return fields[0] is "Z" or "X" ? null : fields[19];
        }
        catch (IOException)
        {
            return null;
        }
    }
}
