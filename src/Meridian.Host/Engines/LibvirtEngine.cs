// SPDX-License-Identifier: Apache-2.0

using System.Diagnostics;
using System.Globalization;
using Meridian.Platform.Processes;

namespace Meridian.Host.Engines;

/// <param name="Directory">libvirt's own files of this region: configuration, sockets, logs, defined guests.</param>
/// <param name="StateRoot">The folder that QEMU, as its own user, must be able to reach: guests' disks and cached images are below it.</param>
internal sealed record LibvirtEngineSettings(string Directory, string StateRoot);

internal sealed record LibvirtEngineStatus(int? Pid, long MemoryKib, IReadOnlyList<int> Guests);

/// <summary>
/// One region's own libvirtd on this machine. It sees the folder's etc, run, lib, log and cache in place of /etc/libvirt and so on, in a
/// private mount namespace, and so is a whole qemu:///system beside others and beside the machine's own. Guests are not its children: they
/// survive it, and are found by the next one.
/// </summary>
internal sealed class LibvirtEngine(LibvirtEngineSettings settings)
{
    /// <summary>Debian's user for QEMU, made by its package. Its main group owns /dev/kvm.</summary>
    private const string QemuUser = "libvirt-qemu";

    private const string Daemon = "/usr/sbin/libvirtd";
    private const UnixFileMode Traversable =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupRead | UnixFileMode.GroupExecute
        | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan PollTime = TimeSpan.FromMilliseconds(50);

    /// <summary>
    /// $1 the engine's folder, $2 the state's root, $3 the topmost folder above it that QEMU's user may not enter, or nothing. That one is hidden, in this
    /// namespace only, behind an empty folder in which just the state's root appears, at its usual path: a state directory in /root works,
    /// and a guest that breaks out of QEMU finds nothing else of /root.
    /// </summary>
    private const string Script = """
        set -e
        if [ -n "$3" ]; then
          mkdir -p "$1/visible"
          mount --rbind "$2" "$1/visible"
          held=/proc/self/fd/9
          exec 9<"$1/visible"
          mount -t tmpfs -o mode=0711,size=1m tmpfs "$3"
          mkdir -p "$2"
          mount --rbind "$held/." "$2"
          exec 9<&-
        fi
        for pair in etc:/etc/libvirt run:/run/libvirt lib:/var/lib/libvirt log:/var/log/libvirt cache:/var/cache/libvirt; do
          mkdir -p "${pair#*:}"
          mount --bind "$1/${pair%%:*}" "${pair#*:}"
        done
        exec /usr/sbin/libvirtd -d -f "$1/etc/libvirtd.conf" -p "$1/run/libvirtd.pid"
        """;

    /// <summary>For nova.conf's [libvirt] connection_uri.</summary>
    public string ConnectionUri => $"qemu+unix:///system?socket={Run}/libvirt-sock";

    private string Run => Path.Combine(settings.Directory, "run");

    private string PidFile => Path.Combine(Run, "libvirtd.pid");

    /// <summary>Starts it unless it runs; returns once it answers.</summary>
    /// <exception cref="ProcessException">It could not be started; the message has its last words.</exception>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        if (FindPid() is null)
        {
            foreach (var folder in (string[])["etc", "run", "lib", "log", "cache"])
            {
                System.IO.Directory.CreateDirectory(Path.Combine(settings.Directory, folder), Traversable);
            }

            // The folder is Meridian's own, unlike those above it; what is secret in it has modes of its own.
            File.SetUnixFileMode(settings.StateRoot, File.GetUnixFileMode(settings.StateRoot) | UnixFileMode.OtherExecute);
            await WriteConfigurationAsync(cancellationToken);
            File.Delete(PidFile);
            File.Delete(Path.Combine(Run, "libvirt-sock"));
            await ProcessRunner.RunAsync(
                "unshare", ["--mount", "--propagation", "private", "/bin/sh", "-c", Script, "libvirt-engine", settings.Directory, settings.StateRoot, FindClosedFolder(settings.StateRoot) ?? ""],
                new() { Timeout = TimeSpan.FromSeconds(30) }, cancellationToken);
        }

        var began = Stopwatch.GetTimestamp();
        while (FindPid() is null || !File.Exists(Path.Combine(Run, "libvirt-sock")))
        {
            if (Stopwatch.GetElapsedTime(began) > Patience)
            {
                throw new ProcessException("libvirtd", null, LastLogLine(), $"did not come up within {Patience.TotalSeconds:0} s");
            }

            await Task.Delay(PollTime, cancellationToken);
        }
    }

    /// <summary>Ends the daemon, and the guests first when asked to. Returns once they are gone.</summary>
    public async Task StopAsync(bool endGuests, CancellationToken cancellationToken)
    {
        if (FindPid() is { } pid)
        {
            await EndAsync(pid, cancellationToken);
        }

        if (endGuests)
        {
            await Task.WhenAll(FindGuests().Select(guest => EndAsync(guest, cancellationToken)));
        }
    }

    public LibvirtEngineStatus Status()
    {
        var pid = FindPid();
        return new(pid, pid is { } found ? MemoryKib(found) : 0, FindGuests());
    }

    private int? FindPid() => ReadPid(PidFile, Daemon);

    /// <summary>QEMU processes of this region: libvirt keeps a pid file of each.</summary>
    private List<int> FindGuests()
    {
        var folder = Path.Combine(Run, "qemu");
        return System.IO.Directory.Exists(folder)
            ? [.. System.IO.Directory.EnumerateFiles(folder, "*.pid").Select(f => ReadPid(f, "qemu-system")).OfType<int>()]
            : [];
    }

    /// <summary>Pids are used again: the process must also be the program.</summary>
    private static int? ReadPid(string file, string program)
    {
        try
        {
            return int.TryParse(File.ReadAllText(file).Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var pid)
                && File.ReadAllText($"/proc/{pid}/cmdline").Split('\0')[0].Contains(Path.GetFileName(program), StringComparison.Ordinal)
                ? pid
                : null;
        }
        catch (IOException)
        {
            return null;
        }
    }

    private static async Task EndAsync(int pid, CancellationToken cancellationToken)
    {
        Process process;
        try
        {
            process = Process.GetProcessById(pid);
        }
        catch (ArgumentException)
        {
            return;
        }

        using (process)
        {
            await ProcessRunner.RunAsync("kill", ["-TERM", $"{pid}"], new() { SuccessCodes = [0, 1] }, cancellationToken);
            try
            {
                await process.WaitForExitAsync(cancellationToken).WaitAsync(Patience, cancellationToken);
            }
            catch (TimeoutException)
            {
                process.Kill();
                await process.WaitForExitAsync(cancellationToken);
            }
        }
    }

    private async Task WriteConfigurationAsync(CancellationToken cancellationToken)
    {
        var etc = Path.Combine(settings.Directory, "etc");
        var idFile = Path.Combine(etc, "host-uuid");
        if (!File.Exists(idFile))
        {
            await File.WriteAllTextAsync(idFile, Guid.NewGuid().ToString("D"), cancellationToken);
        }

        var hasUser = (await File.ReadAllLinesAsync("/etc/passwd", cancellationToken)).Any(l => l.StartsWith(QemuUser + ":", StringComparison.Ordinal));
        await File.WriteAllTextAsync(
            Path.Combine(etc, "libvirtd.conf"),
            $"""
            # Written by Meridian at every start.
            unix_sock_dir = "{Run}"
            unix_sock_group = "root"
            unix_sock_ro_perms = "0700"
            unix_sock_rw_perms = "0700"
            auth_unix_rw = "none"
            auth_unix_ro = "none"
            log_outputs = "3:file:{settings.Directory}/log/libvirtd.log"
            host_uuid = "{(await File.ReadAllTextAsync(idFile, cancellationToken)).Trim()}"

            """,
            cancellationToken);

        // Files get their owners from nova-compute. With libvirt's own way (dynamic_ownership) the shared images would change hands, too.
        await File.WriteAllTextAsync(
            Path.Combine(etc, "qemu.conf"),
            $"""
            # Written by Meridian at every start.
            user = "{(hasUser ? QemuUser : "root")}"
            group = "{(hasUser ? "kvm" : "root")}"
            dynamic_ownership = 0
            remember_owner = 0
            security_driver = "none"
            cgroup_controllers = [ ]
            namespaces = [ ]
            stdio_handler = "file"
            max_core = 0

            """,
            cancellationToken);
    }

    /// <returns>The topmost folder on the way to the state that others may not enter; null when there is none.</returns>
    private static string? FindClosedFolder(string root)
    {
        string? closed = null;
        for (var folder = Path.GetDirectoryName(Path.GetFullPath(root)); folder is not null and not "/"; folder = Path.GetDirectoryName(folder))
        {
            if (System.IO.Directory.Exists(folder) && (File.GetUnixFileMode(folder) & UnixFileMode.OtherExecute) == UnixFileMode.None)
            {
                closed = folder;
            }
        }

        return closed;
    }

    private string LastLogLine()
    {
        var log = Path.Combine(settings.Directory, "log", "libvirtd.log");
        return File.Exists(log) ? File.ReadLines(log).LastOrDefault() ?? "" : "";
    }

    private static long MemoryKib(int pid)
    {
        const string prefix = "VmRSS:";
        try
        {
            var line = File.ReadLines($"/proc/{pid}/status").FirstOrDefault(l => l.StartsWith(prefix, StringComparison.Ordinal));
            return long.TryParse(line?[prefix.Length..].Replace("kB", "", StringComparison.Ordinal).Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var kib) ? kib : 0;
        }
        catch (IOException)
        {
            return 0;
        }
    }
}
