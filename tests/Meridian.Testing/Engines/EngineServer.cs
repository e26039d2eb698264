// SPDX-License-Identifier: Apache-2.0
using System.Diagnostics;
using System.Globalization;

using Meridian.Platform.Processes;

namespace Meridian.Testing.Engines;

/// <summary>
/// A server of Debian's on loopback for one test assembly: started on first use in a folder of its own, ended with the assembly, by process id. What an
/// assembly that was killed left behind is ended by the next one.
/// </summary>
public abstract class EngineServer(string kind) : IAsyncDisposable
{
    private readonly List<Process> processes = [];
    private readonly Lock gate = new();
    private Task? starting;

    /// <summary>Of the tests' own: nothing of the machine's listens there.</summary>
    protected static string Address => "127.0.8.1";

    protected string Folder { get; } = Path.Combine(Root, $"{kind}-{Environment.ProcessId}");

    private static string Root { get; } = Path.Combine(Path.GetTempPath(), $"meridian-engines-{Environment.UserName}");

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        if (processes.Any(process => !process.HasExited))
        {
            await StopServerAsync();
        }

        foreach (var process in processes)
        {
            ProcessRunner.KillGroup(process.Id);
            await process.WaitForExitAsync();
            process.Dispose();
        }

        if (Directory.Exists(Folder))
        {
            Directory.Delete(Folder, recursive: true);
        }
    }

    /// <summary>Starts it when nobody has; skips the test when it isn't installed.</summary>
    protected async Task EnsureStartedAsync(string program, string package, CancellationToken cancellationToken)
    {
        Assert.SkipWhen(ProcessRunner.Find(program) is null, $"{package} is not installed");
        Task start;
        lock (gate)
        {
            start = starting ??= StartOnceAsync();
        }

        await start.WaitAsync(cancellationToken);
    }

    /// <summary>Once: a start that failed fails every test that needs it, at once. Not ended with the test that happened to be first.</summary>
    private async Task StartOnceAsync()
    {
        Sweep();
        Directory.CreateDirectory(Folder);
        await StartServerAsync(CancellationToken.None);
    }

    protected abstract Task StartServerAsync(CancellationToken cancellationToken);

    /// <summary>Called before the processes are killed: for servers that leave something behind then.</summary>
    protected virtual Task StopServerAsync() => Task.CompletedTask;

    /// <summary>Starts a daemon in a session of its own; what it prints goes to a file beside its data.</summary>
    protected Process Launch(string program, IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment = null)
    {
        // The shell only moves the output: nothing of the arguments is its to read.
        var start = new ProcessStartInfo("/usr/bin/setsid", ["/bin/sh", "-c", "log=$1; shift; exec \"$@\" >\"$log\" 2>&1 </dev/null", "sh", Path.Combine(Folder, Path.GetFileName(program) + ".log"), program, .. arguments]);
        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
        {
            start.Environment[name] = value;
        }

        var process = Process.Start(start)!;
        processes.Add(process);
        File.AppendAllText(Path.Combine(Folder, "pids"), process.Id.ToString(CultureInfo.InvariantCulture) + "\n");
        return process;
    }

    protected async Task WaitUntilAsync(string what, TimeSpan limit, Func<Task<bool>> ready)
    {
        var failed = processes.Count > 0 && !await Wait.UntilAsync(async () => processes.Any(process => process.HasExited) || await ready(), limit);
        if (failed || processes.Any(process => process.HasExited))
        {
            var logs = Directory.EnumerateFiles(Folder, "*.log").Select(file => $"{file}: {string.Join('\n', File.ReadLines(file).TakeLast(20))}");
            throw new InvalidOperationException($"{what} did not start within {limit.TotalSeconds} s.\n{string.Join('\n', logs)}");
        }
    }

    private static void Sweep()
    {
        foreach (var folder in Directory.Exists(Root) ? Directory.GetDirectories(Root) : [])
        {
            var owner = folder[(folder.LastIndexOf('-') + 1)..];
            if (Directory.Exists($"/proc/{owner}"))
            {
                continue;
            }

            foreach (var pid in File.Exists(Path.Combine(folder, "pids")) ? File.ReadAllLines(Path.Combine(folder, "pids")) : [])
            {
                // Numbers come again: only a process that names the folder is the one that was started there.
                if (File.Exists($"/proc/{pid}/environ") && (File.ReadAllText($"/proc/{pid}/cmdline") + File.ReadAllText($"/proc/{pid}/environ")).Contains(folder, StringComparison.Ordinal))
                {
                    ProcessRunner.KillGroup(int.Parse(pid, CultureInfo.InvariantCulture));
                }
            }

            Directory.Delete(folder, recursive: true);
        }
    }
}
