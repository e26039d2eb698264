// SPDX-License-Identifier: Apache-2.0
using System.Diagnostics;
using System.Globalization;

using Meridian.Testing;

namespace Meridian.System.Tests.Kills;

/// <summary>One simulated region whose process a test kills and starts again over the same state.</summary>
public sealed class SimulatedRegion : IAsyncDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly global::System.Text.StringBuilder output = new();
    private Process? process;

    /// <param name="number">Last part of its address, which begins as this run's others do; those of <see cref="SimulatedCloud"/> end in 5 and 6.</param>
    public SimulatedRegion(int number) => Address = AddressOf(number);

    public string Address { get; }

    public string StateDirectory => folder.File("state");

    private string FaultFile => folder.File("faults");

    public static string AddressOf(int number) => $"127.{(Environment.ProcessId / 250 % 250) + 1}.{(Environment.ProcessId % 250) + 1}.{number}";

    /// <summary>Runs <c>up</c> until it says that everything is there.</summary>
    public async Task StartAsync(string? address = null)
    {
        process?.Dispose();
        var start = new ProcessStartInfo(
            SimulatedCloud.Program, ["up", "--simulate", "--regions", "1", "--state-dir", StateDirectory, "--address", "RegionOne=" + (address ?? Address)])
        {
            RedirectStandardOutput = true, RedirectStandardError = true,
        };
        start.Environment["MERIDIAN_TEST_FAULTS"] = FaultFile;
        process = Process.Start(start) ?? throw new InvalidOperationException("meridian did not start");
        var ready = new TaskCompletionSource();
        process.OutputDataReceived += (_, line) => Read(line.Data, ready);
        process.ErrorDataReceived += (_, line) => Read(line.Data, ready);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();

        // A saga that is taken over may meet the next fault while `up` still starts: then it is dead already.
        if (await Task.WhenAny(ready.Task, process.WaitForExitAsync(), Task.Delay(TimeSpan.FromMinutes(3))) != ready.Task)
        {
            throw new InvalidOperationException("meridian up --simulate did not come up:\n" + output);
        }
    }

    /// <summary>Puts faults at saga boundaries, such as <c>kill create_server/ports/AfterDo</c>.</summary>
    public void Arm(params string[] faults) => File.WriteAllLines(FaultFile, faults);

    /// <summary>The boundaries that sagas have met so far, each once, in order.</summary>
    public IReadOnlyList<string> Seen() => File.Exists(FaultFile + ".seen") ? [.. File.ReadLines(FaultFile + ".seen").Distinct()] : [];

    public void Forget() => File.Delete(FaultFile + ".seen");

    public Task WaitForDeathAsync(string fault) =>
        process!.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(60)).ContinueWith(
            ended => Assert.True(ended.IsCompletedSuccessfully, $"the process did not die of: {fault}"), TaskScheduler.Default);

    /// <summary>kill -9.</summary>
    public async Task KillAsync()
    {
        process!.Kill();
        await process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(30));
    }

    public async Task StopAsync()
    {
        if (process is { HasExited: false })
        {
            using var term = Process.Start("kill", ["-TERM", process.Id.ToString(CultureInfo.InvariantCulture)]);
            await process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(30));
        }
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        process?.Dispose();
        folder.Dispose();
    }

    private void Read(string? line, TaskCompletionSource ready)
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
