// SPDX-License-Identifier: Apache-2.0

using Meridian.Platform.Processes;

namespace Meridian.Host.Engines;

/// <summary>
/// A program that puts itself into the background and writes a pid file. It outlives this process; the next one finds it again by the file,
/// and by the command line, which must name the program and the file, as pids are used again.
/// </summary>
internal sealed record PidFileDaemon(string Program, string PidFile, IReadOnlyList<string> Arguments, string? Namespace = null)
{
    /// <summary>Null when it does not run.</summary>
    public int? FindPid()
    {
        try
        {
            return int.TryParse(File.ReadAllText(PidFile).Trim(), out var pid) && IsOurs(pid) ? pid : null;
        }
        catch (IOException)
        {
            return null;
        }
    }

    /// <returns>Whether it had to be started.</returns>
    public async Task<bool> StartAsync(IReadOnlyDictionary<string, string> environment, CancellationToken cancellationToken)
    {
        if (FindPid() is not null)
        {
            return false;
        }

        File.Delete(PidFile);
        string[] prefix = Namespace is null ? [] : ["/usr/sbin/ip", "netns", "exec", Namespace];
        string[] command = [.. prefix, Program, .. Arguments];
        await ProcessRunner.RunAsync(command[0], command[1..], new() { Environment = environment }, cancellationToken);
        return true;
    }

    /// <summary>Asks it to end, then ends it. Returns once it is gone.</summary>
    public async Task StopAsync(TimeSpan patience, CancellationToken cancellationToken)
    {
        if (FindPid() is not { } pid)
        {
            return;
        }

        using var process = System.Diagnostics.Process.GetProcessById(pid);
        await ProcessRunner.RunAsync("kill", ["-TERM", $"{pid}"], new() { SuccessCodes = [0, 1] }, cancellationToken);
        try
        {
            await process.WaitForExitAsync(cancellationToken).WaitAsync(patience, cancellationToken);
        }
        catch (TimeoutException)
        {
            process.Kill();
            await process.WaitForExitAsync(cancellationToken);
        }
    }

    /// <summary>What it holds in memory of its own, in KiB; 0 when it does not run.</summary>
    public long MemoryKib()
    {
        try
        {
            var line = FindPid() is { } pid ? File.ReadLines($"/proc/{pid}/smaps_rollup").FirstOrDefault(l => l.StartsWith("Pss:", StringComparison.Ordinal)) : null;
            return line is null ? 0 : long.Parse(line.AsSpan(4).Trim().TrimEnd("kB").Trim(), null);
        }
        catch (IOException)
        {
            return 0;
        }
    }

    private bool IsOurs(int pid)
    {
        try
        {
            var command = File.ReadAllText($"/proc/{pid}/cmdline").Split('\0');
            return Path.GetFileName(command[0]) == Path.GetFileName(Program) && command.Contains($"--pidfile={PidFile}", StringComparer.Ordinal);
        }
        catch (IOException)
        {
            return false;
        }
    }
}
