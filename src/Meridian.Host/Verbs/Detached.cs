// SPDX-License-Identifier: Apache-2.0
using System.Diagnostics;

using Meridian.Host.Output;
using Meridian.Host.State;
using Meridian.Platform.Config;

namespace Meridian.Host.Verbs;

/// <summary><c>up --detach</c>: runs <c>up</c> in a session of its own, shows what it says until the cloud is up, and leaves it.</summary>
internal static class Detached
{
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(50);

    public static async Task<int> RunAsync(StateDirectory state, Steps steps, CancellationToken cancellationToken)
    {
        state.Create();
        if (InstanceLock.FindOwner(state) is { } owner)
        {
            throw new ConfigException($"Meridian already runs from {state.Root} (process {owner}).");
        }

        Directory.CreateDirectory(state.Log());
        var log = Path.Combine(state.Log(), "up.log");
        File.Delete(log);
        using var process = Start(log);
        using var output = new StreamReader(new FileStream(log, FileMode.OpenOrCreate, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete));
        while (true)
        {
            var ready = await ControlSocket.AskAsync(state, cancellationToken) is { Ready: true } report && report.ProcessId == process.Id;
            var ended = process.HasExited;
            while (await output.ReadLineAsync(cancellationToken) is { } line)
            {
                steps.Say(line);
            }

            if (ended)
            {
                return process.ExitCode == 0 ? 1 : process.ExitCode;
            }

            if (ready)
            {
                return 0;
            }

            await Task.Delay(Look, cancellationToken);
        }
    }

    /// <summary>The same command line without --detach, through setsid, so that no terminal's signals reach it; its output into a file.</summary>
    private static Process Start(string log)
    {
        var start = new ProcessStartInfo("/bin/sh") { UseShellExecute = false };
        foreach (var argument in (string[])["-c", "log=$1; shift; exec setsid \"$@\" >\"$log\" 2>&1 </dev/null", "sh", log, Environment.ProcessPath!])
        {
            start.ArgumentList.Add(argument);
        }

        foreach (var argument in Environment.GetCommandLineArgs().Skip(1).Where(a => a != "--detach"))
        {
            start.ArgumentList.Add(argument);
        }

        return Process.Start(start)!;
    }
}
