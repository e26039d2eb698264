// SPDX-License-Identifier: Apache-2.0
using System.Text.RegularExpressions;

namespace Meridian.System.Tests.Client;

/// <summary>One command of a transcript and what OpenStack answered.</summary>
/// <param name="As">Who runs it: "the member", "a member of another project" …; empty for the cloud's admin.</param>
/// <param name="Capture">Set-up lines (<c>@ name = command</c>) keep their output under this name; null for a compared command.</param>
public sealed record TranscriptStep(string Command, string As, string Expected, string? ExpectedError, int ExpectedRc, string? Capture, bool IsSetUp);

/// <summary>
/// A recorded session of the openstack client. "$ command   # as NAME", the output, "exit N"; lines "@ [name =] command" set up what the
/// recording left out; "# …" lines are comments.
/// </summary>
public static partial class Transcript
{
    public static IReadOnlyList<TranscriptStep> Read(string path)
    {
        var steps = new List<TranscriptStep>();
        string? command = null;
        var body = new List<string>();
        foreach (var line in File.ReadLines(path))
        {
            if (command is null)
            {
                if (line.StartsWith("@ ", StringComparison.Ordinal))
                {
                    var (text, who) = Who(line[2..]);
                    var match = CaptureLine().Match(text);
                    steps.Add(new(match.Success ? match.Groups[2].Value : text, who, "", null, 0, match.Success ? match.Groups[1].Value : null, true));
                }
                else if (line.StartsWith("$ ", StringComparison.Ordinal))
                {
                    command = line[2..];
                }

                continue;
            }

            var exit = ExitLine().Match(line);
            if (!exit.Success)
            {
                body.Add(line);
                continue;
            }

            var error = body.FirstOrDefault(b => b.StartsWith("stderr: ", StringComparison.Ordinal));
            var output = string.Join('\n', body.Where(b => b != error));
            var (words, asWhom) = Who(command);
            steps.Add(new(words, asWhom, output, error?["stderr: ".Length..], int.Parse(exit.Groups[1].Value), null, false));
            command = null;
            body.Clear();
        }

        return steps;
    }

    private static (string Command, string As) Who(string line)
    {
        var match = AsSuffix().Match(line);
        return match.Success ? (line[..match.Index].TrimEnd(), match.Groups[1].Value) : (line.TrimEnd(), "");
    }

    [GeneratedRegex("""\s+# as (.*)$""")]
    private static partial Regex AsSuffix();

    [GeneratedRegex("""^exit (\d+)$""")]
    private static partial Regex ExitLine();

    [GeneratedRegex("""^(\w+) = (.*)$""")]
    private static partial Regex CaptureLine();
}
