// SPDX-License-Identifier: Apache-2.0
using System.CommandLine;
using System.Diagnostics;

using Meridian.Host.Engines;
using Meridian.Host.Output;
using Meridian.Host.Programs;
using Meridian.Host.State;
using Meridian.Platform.Processes;

using Microsoft.Extensions.Logging.Abstractions;

namespace Meridian.Host.Verbs;

/// <summary><c>meridian down</c>: ends the control process, and the engines and guests with it unless they are to go on.</summary>
internal static class DownVerb
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    public static Command Command()
    {
        var stateDirectory = MeridianCommand.StateDirectoryOption();
        var keep = new Option<bool>("--keep-guests") { Description = "End only the control process; guests and what carries their traffic go on." };
        var command = new Command("down", "End the regions that `up` started. All state stays; `up` goes on with it.") { stateDirectory, keep };
        command.SetAction((parsed, _) => RunAsync(MeridianCommand.StateDirectoryOf(parsed, stateDirectory), parsed.GetValue(keep)));
        return command;
    }

    public static async Task<int> RunAsync(StateDirectory state, bool keepGuests)
    {
        using var signals = new Signals();
        var steps = Steps.ForConsole();
        if (state.FindPlan() is not { } cloud)
        {
            steps.Say($"There is no cloud in {state.Root}.");
            return 0;
        }

        if (InstanceLock.FindOwner(state) is { } pid)
        {
            await steps.RunAsync($"stopping the control process {pid}", () => StopAsync(state, pid, signals.Stopping));
        }

        if (!keepGuests && !cloud.Simulated)
        {
            var engines = new MachineEngines(cloud, state, NullLoggerFactory.Instance);
            await steps.RunAsync("stopping guests and engines", () => engines.StopAsync(signals.Stopping));
        }

        steps.Say(keepGuests ? "The control process has ended; engines and guests go on." : "Everything of this cloud has ended.");
        return 0;
    }

    private static async Task StopAsync(StateDirectory state, int pid, CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(Patience);
        await ProcessRunner.RunAsync("kill", ["-TERM", $"{pid}"], new ProcessOptions { SuccessCodes = [0, 1] }, cancellationToken);
        try
        {
            while (InstanceLock.FindOwner(state) is not null)
            {
                await Task.Delay(50, patience.Token);
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // It hangs; everything that it does survives a kill (DESIGN 17).
            using var process = Process.GetProcessById(pid);
            process.Kill();
            await process.WaitForExitAsync(cancellationToken);
        }
    }
}
