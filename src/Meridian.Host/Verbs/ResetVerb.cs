// SPDX-License-Identifier: Apache-2.0
using System.CommandLine;

using Meridian.Host.State;

namespace Meridian.Host.Verbs;

/// <summary><c>meridian reset --yes</c>: ends everything and deletes the state directory.</summary>
internal static class ResetVerb
{
    public static Command Command()
    {
        var stateDirectory = MeridianCommand.StateDirectoryOption();
        var yes = new Option<bool>("--yes") { Description = "Really delete it: users, images, servers and their disks are gone." };
        var command = new Command("reset", "End everything and delete the state directory.") { stateDirectory, yes };
        command.SetAction(async (parsed, _) =>
        {
            var state = MeridianCommand.StateDirectoryOf(parsed, stateDirectory);
            if (!state.Exists)
            {
                Console.WriteLine($"There is no cloud in {state.Root}.");
                return 0;
            }

            if (!parsed.GetValue(yes))
            {
                await Console.Error.WriteLineAsync($"meridian: this deletes {state.Root} with all users, images and servers; say `reset --yes` to do it.");
                return 2;
            }

            await DownVerb.RunAsync(state, keepGuests: false);
            Delete(state);
            Console.WriteLine($"{state.Root} is deleted.");
            return 0;
        });
        return command;
    }

    // Only what Meridian made: a folder that holds something else as well stays, with that in it.
    private static void Delete(StateDirectory state)
    {
        foreach (var folder in (string[])["etc", "lib", "log", "run"])
        {
            var path = Path.Combine(state.Root, folder);
            if (Directory.Exists(path))
            {
                Directory.Delete(path, recursive: true);
            }
        }

        foreach (var file in Directory.EnumerateFiles(state.Root).Where(f => Path.GetFileName(f) is "secrets.json" or "clouds.yaml" || Path.GetFileName(f).Contains("-openrc-", StringComparison.Ordinal)))
        {
            File.Delete(file);
        }

        // The plan last: a reset that was interrupted can be repeated until it is gone.
        File.Delete(state.PlanFile);
        if (!Directory.EnumerateFileSystemEntries(state.Root).Any())
        {
            Directory.Delete(state.Root);
        }
    }
}
