// SPDX-License-Identifier: Apache-2.0
using System.Diagnostics;

using Meridian.Platform.Sagas;

namespace Meridian.Host.Regions;

/// <summary>
/// Faults that the system tests put at the step boundaries of sagas: only in a simulated cloud, and only where the environment names a file. Each line of
/// the file is <c>kill</c> or <c>fail</c> and a boundary (<c>kill create_server/ports/AfterDo</c>); it is used once and taken out before it strikes.
/// Each boundary met is noted in a second file, <c>.seen</c>, so that a test knows them all.
/// </summary>
internal sealed class FaultFile : ISagaObserver
{
    public const string Variable = "MERIDIAN_TEST_FAULTS";
    private readonly string path;
    private readonly Lock gate = new();

    private FaultFile(string path) => this.path = path;

    /// <returns>Null when no faults are asked for.</returns>
    public static FaultFile? Find(bool simulated) =>
        simulated && Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } path ? new(path) : null;

    public Task AtAsync(SagaMoment moment, CancellationToken cancellationToken)
    {
        switch (Take(moment.ToString()))
        {
            case "kill":
                using (var self = Process.GetCurrentProcess())
                {
                    self.Kill(); // SIGKILL: nothing of ours runs after it.
                }

                return Task.Delay(Timeout.Infinite, cancellationToken);
            case "fail":
                throw new StepFailedException($"A test failed {moment}.");
            default:
                return Task.CompletedTask;
        }
    }

    private string? Take(string boundary)
    {
        lock (gate)
        {
            File.AppendAllText(path + ".seen", boundary + "\n");
            if (!File.Exists(path))
            {
                return null;
            }

            var lines = File.ReadAllLines(path);
            var found = Array.FindIndex(lines, line => line.Split(' ') is [_, var at] && at == boundary);
            if (found < 0)
            {
                return null;
            }

            File.WriteAllLines(path, lines.Where((_, i) => i != found));
            return lines[found].Split(' ')[0];
        }
    }
}
