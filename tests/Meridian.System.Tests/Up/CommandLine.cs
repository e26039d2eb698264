// SPDX-License-Identifier: Apache-2.0
using System.Diagnostics;

namespace Meridian.System.Tests.Up;

/// <summary>Meridian's executable, called as a user calls it and by any of its names.</summary>
internal static class CommandLine
{
    /// <summary>Runs it to its end.</summary>
    /// <param name="name">The name it is called by: meridian, keystone-manage …</param>
    public static async Task<(int Rc, string Out)> RunAsync(string name, params string[] arguments)
    {
        using var process = Start(name, arguments);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(TimeSpan.FromMinutes(2));
        var error = process.StandardError.ReadToEndAsync(limit.Token);
        var output = await process.StandardOutput.ReadToEndAsync(limit.Token);
        await process.WaitForExitAsync(limit.Token);
        return (process.ExitCode, output + await error);
    }

    public static Process Start(string name, params string[] arguments)
    {
        // The shell gives the program another argv[0], as a link of that name does.
        var start = new ProcessStartInfo("/bin/bash", ["-c", "name=$1; program=$2; shift 2; exec -a \"$name\" \"$program\" \"$@\"", "bash", name, SimulatedCloud.Program, .. arguments])
        {
            UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true,
        };
        return Process.Start(start) ?? throw new InvalidOperationException($"{name} did not start");
    }

    /// <summary>Waits until something holds; for what another process does.</summary>
    public static async Task WaitAsync(Func<Task<bool>> condition, string what)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(TimeSpan.FromMinutes(1));
        while (!await condition())
        {
            Assert.False(limit.IsCancellationRequested, $"did not come to pass: {what}");
            await Task.Delay(50, TestContext.Current.CancellationToken);
        }
    }
}
