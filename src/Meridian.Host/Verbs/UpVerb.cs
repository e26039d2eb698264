// SPDX-License-Identifier: Apache-2.0
using System.CommandLine;
using System.CommandLine.Parsing;

using Meridian.Host.Output;
using Meridian.Host.Packages;
using Meridian.Host.Programs;
using Meridian.Host.Regions;
using Meridian.Host.Setup;
using Meridian.Host.State;

namespace Meridian.Host.Verbs;

/// <summary><c>meridian up</c>: all set-up, then the regions until Ctrl-C.</summary>
internal static class UpVerb
{
    public static Command Command()
    {
        var stateDirectory = MeridianCommand.StateDirectoryOption();
        var detach = new System.CommandLine.Option<bool>("--detach") { Description = "Return when everything is up, and leave it running; its output goes to log/up.log of the state directory." };
        var regions = new System.CommandLine.Option<int?>("--regions") { Description = $"How many regions, 1 to {CloudPlan.MostRegions} (default 2, or what the state directory has).", HelpName = "N" };
        var addresses = new System.CommandLine.Option<string[]>("--address")
        {
            Description = "Address of a region's APIs, REGION=ADDRESS; may be repeated (default RegionOne=127.0.0.15, RegionTwo=127.0.0.23).", HelpName = "REGION=ADDRESS",
            DefaultValueFactory = _ => [],
        };
        var simulate = new System.CommandLine.Option<bool>("--simulate") { Description = "Simulate hypervisors and networks: no packages, no root, no real servers." };
        regions.Validators.Add(result => Check(result, result.Tokens.All(t => int.TryParse(t.Value, out var n) && n is >= 1 and <= CloudPlan.MostRegions), $"--regions must be a number from 1 to {CloudPlan.MostRegions}."));
        addresses.Validators.Add(result => Check(result, result.Tokens.All(t => t.Value.IndexOf('=', StringComparison.Ordinal) > 0), "--address is written REGION=ADDRESS."));

        var command = new Command("up", "Bring up the regions and run them until Ctrl-C. Run again, it goes on with the same users, images and servers.")
        {
            stateDirectory, detach, regions, addresses, simulate,
        };
        command.SetAction((parsed, _) => RunAsync(
            MeridianCommand.StateDirectoryOf(parsed, stateDirectory), parsed.GetValue(detach), parsed.GetValue(simulate), parsed.GetValue(regions),
            parsed.GetValue(addresses)!.Select(a => a.Split('=', 2)).ToDictionary(a => a[0], a => a[1], StringComparer.Ordinal)));
        return command;
    }

    private static async Task<int> RunAsync(StateDirectory state, bool detach, bool simulate, int? regions, Dictionary<string, string> addresses)
    {
        using var signals = new Signals();
        var steps = Steps.ForConsole();
        if (detach)
        {
            return await Detached.RunAsync(state, steps, signals.Stopping);
        }

        state.Create();
        using var only = await InstanceLock.TakeAsync(state, signals.Stopping);
        var cloud = CloudPlan.Decide(state.FindPlan(), simulate, regions, addresses);
        state.SavePlan(cloud);
        if (cloud.Simulated)
        {
            steps.Say("Hypervisors and networks are simulated: servers are records only.");
        }

        else
        {
            await new DebianPackages(Installation.Find(), steps).EnsureAsync(signals.Stopping);
        }

        await using var control = new ControlProcess(cloud, state, steps);
        signals.OnReload(control.Reload);
        var complete = await control.StartAsync(signals.Stopping);
        Summary.Print(cloud, state, Secrets.Ensure(state), steps, complete);
        await Task.Delay(Timeout.Infinite, signals.Stopping).ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        steps.Say(cloud.Simulated ? "Stopping." : "Stopping the control process; engines and guests go on (`meridian down` ends them).");
        return 0;
    }

    private static void Check(SymbolResult result, bool holds, string error)
    {
        if (!holds)
        {
            result.AddError(error);
        }
    }
}
