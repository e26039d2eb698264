// SPDX-License-Identifier: Apache-2.0
using System.Diagnostics;

using Meridian.Testing;

namespace Meridian.System.Tests;

/// <summary>Two regions by <c>meridian up --simulate</c>, once for the tests of a class, on loopback addresses of its own.</summary>
public sealed class SimulatedCloud : IAsyncLifetime
{
    private static int made;

    private readonly TemporaryFolder folder = new();
    private readonly int number = Interlocked.Increment(ref made);
    private Process? process;

    /// <summary>The program, built beside the tests.</summary>
    public static string Program => Path.Combine(AppContext.BaseDirectory, "meridian");

    public string StateDirectory => folder.File("state");

    public int ProcessId => process!.Id;

    public string RegionOne => $"{Prefix}.{(10 * number) + 5}";

    public string RegionTwo => $"{Prefix}.{(10 * number) + 6}";

    private static string Prefix { get; } = $"127.{Environment.ProcessId / 250 % 250 + 1}.{Environment.ProcessId % 250 + 1}";

    public string AdminOpenrc(string region) => Path.Combine(StateDirectory, "admin-openrc-" + region);

    public string DemoOpenrc(string region) => Path.Combine(StateDirectory, "demo-openrc-" + region);

    public async ValueTask InitializeAsync()
    {
        var start = new ProcessStartInfo(
            Program, ["up", "--simulate", "--state-dir", StateDirectory, "--address", "RegionOne=" + RegionOne, "--address", "RegionTwo=" + RegionTwo])
        {
            RedirectStandardOutput = true, RedirectStandardError = true,
        };
        process = Process.Start(start) ?? throw new InvalidOperationException("meridian did not start");
        var ready = new TaskCompletionSource();
        var output = new global::System.Text.StringBuilder();
        process.OutputDataReceived += (_, line) => Read(line.Data, output, ready);
        process.ErrorDataReceived += (_, line) => Read(line.Data, output, ready);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        var ended = process.WaitForExitAsync();
        if (await Task.WhenAny(ready.Task, ended, Task.Delay(TimeSpan.FromMinutes(3))) != ready.Task)
        {
            throw new InvalidOperationException("meridian up --simulate did not come up:\n" + output);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (process is { HasExited: false })
        {
            using var term = Process.Start("kill", ["-TERM", process.Id.ToString()]);
            await process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(30));
        }

        process?.Dispose();
        folder.Dispose();
    }

    // "Try:" heads the last lines that `up` prints, when everything is there.
    private static void Read(string? line, global::System.Text.StringBuilder output, TaskCompletionSource ready)
    {
        lock (output)
        {
            output.AppendLine(line);
        }

        if (line?.Contains("Try:", StringComparison.Ordinal) == true)
        {
            ready.TrySetResult();
        }
    }
}
