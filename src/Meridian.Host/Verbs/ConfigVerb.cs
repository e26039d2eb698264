// SPDX-License-Identifier: Apache-2.0
using System.CommandLine;

using Meridian.Host.Programs;
using Meridian.Host.State;
using Meridian.Platform.Config;

using Spectre.Console;

namespace Meridian.Host.Verbs;

/// <summary><c>meridian config</c>: what became of each option of a configuration file (DESIGN 4).</summary>
internal static class ConfigVerb
{
    public static Command Command()
    {
        var stateDirectory = MeridianCommand.StateDirectoryOption();
        var file = new Argument<string[]>("file") { Description = "Configuration files, such as /etc/nova/nova.conf; those of the state directory when none is named.", Arity = ArgumentArity.ZeroOrMore };
        var all = new System.CommandLine.Option<bool>("--all") { Description = "Show honoured options too." };
        var command = new Command("config", "Tell of each option in configuration files whether it is honoured, and why not.") { file, all, stateDirectory };
        command.SetAction(parsed =>
        {
            var files = parsed.GetValue(file) is { Length: > 0 } named ? named : FilesOf(MeridianCommand.StateDirectoryOf(parsed, stateDirectory));
            return files.Aggregate(0, (code, path) => Math.Max(code, Show(path, parsed.GetValue(all))));
        });
        return command;
    }

    private static string[] FilesOf(StateDirectory state)
    {
        var folder = Path.Combine(state.Root, "etc");
        return Directory.Exists(folder)
            ? [.. Directory.EnumerateFiles(folder, "*.conf", SearchOption.AllDirectories).Order(StringComparer.Ordinal)]
            : throw new ConfigException($"{folder} does not exist; name a configuration file.");
    }

    /// <returns>0 when everything in the file means something here, 1 otherwise.</returns>
    private static int Show(string path, bool all)
    {
        var name = Path.GetFileName(path);
        if (!ProgramTable.Services.Any(s => s.Define().ConfigFileName == name))
        {
            throw new ConfigException($"{path}: no program reads a file of this name; known are {string.Join(", ", ProgramTable.Services.Select(s => s.Define().ConfigFileName).Distinct())}.");
        }

        var config = ServiceConfig.Load(new ConfigSources().AddFile(path), ProgramTable.OptionsOf(name, []), ProgramTable.RetiredOf(name));
        var odd = config.Findings.Count(f => f.Kind != FindingKind.Honoured);
        Console.WriteLine($"{path}: {config.Findings.Count} options, {odd} to look at");
        var shown = config.Findings.Where(f => all || f.Kind != FindingKind.Honoured).ToList();
        if (shown.Count > 0)
        {
            var table = new Table().Border(TableBorder.Simple).AddColumns("Line", "Section", "Option", "", "Why");
            foreach (var finding in shown)
            {
                table.AddRow($"{finding.Value.Line}", finding.Value.Section.EscapeMarkup(), finding.Value.Name.EscapeMarkup(), ConfigTable.Word(finding.Kind), (finding.Note ?? "").EscapeMarkup());
            }

            var console = AnsiConsole.Create(new AnsiConsoleSettings());
            if (Console.IsOutputRedirected)
            {
                console.Profile.Width = 240;
            }

            console.Write(table);
        }

        return odd == 0 ? 0 : 1;
    }
}
