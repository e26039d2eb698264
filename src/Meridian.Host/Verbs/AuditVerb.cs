// SPDX-License-Identifier: Apache-2.0
using System.CommandLine;

using Meridian.Host.State;

namespace Meridian.Host.Verbs;

/// <summary><c>meridian audit</c>: what does not agree between servers, allocations, ports, addresses, images, guests and OVN's rows.</summary>
internal static class AuditVerb
{
    public static Command Command()
    {
        var stateDirectory = MeridianCommand.StateDirectoryOption();
        var command = new Command("audit", "Hold what the services keep against one another; change nothing. Ends with 0 when all agrees, 1 when not, 3 when nothing runs.") { stateDirectory };
        command.SetAction((parsed, token) => RunAsync(MeridianCommand.StateDirectoryOf(parsed, stateDirectory), token));
        return command;
    }

    private static async Task<int> RunAsync(StateDirectory state, CancellationToken cancellationToken)
    {
        if (await ControlSocket.AuditAsync(state, cancellationToken) is not { } findings)
        {
            await Console.Error.WriteLineAsync($"meridian: the control process of {state.Root} does not answer: see `meridian status`.");
            return 3;
        }

        foreach (var finding in findings)
        {
            Console.WriteLine(finding);
        }

        Console.WriteLine(findings.Count == 0 ? "Everything agrees." : $"{findings.Count} things do not agree.");
        return findings.Count == 0 ? 0 : 1;
    }
}
