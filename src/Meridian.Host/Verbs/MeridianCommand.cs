// SPDX-License-Identifier: Apache-2.0
using System.CommandLine;

using Meridian.Host.Programs;
using Meridian.Host.State;

namespace Meridian.Host.Verbs;

/// <summary>The command line of <c>meridian</c> itself: its verbs.</summary>
internal static class MeridianCommand
{
    public static Task<int> RunAsync(string[] arguments)
    {
        var root = new RootCommand("Meridian: OpenStack regions in one program. `meridian up` brings up two of them on this machine.")
        {
            UpVerb.Command(), DownVerb.Command(), StatusVerb.Command(), ResetVerb.Command(), AuditVerb.Command(), ConfigVerb.Command(), PolicyVerb.Command(), RoutesVerb.Command(),
        };
        return CommandLines.RunAsync(root, "meridian", arguments);
    }

    /// <summary>The option that every verb has. A new object each: a symbol belongs to one command.</summary>
    public static Option<string> StateDirectoryOption() => new("--state-dir")
    {
        Description = "Folder that holds the cloud: configuration, databases, images, disks, logs, passwords.", HelpName = "DIR", DefaultValueFactory = _ => "state",
    };

    public static StateDirectory StateDirectoryOf(ParseResult parsed, Option<string> option) => new(parsed.GetValue(option)!);
}
