// SPDX-License-Identifier: Apache-2.0
using System.CommandLine;

using Meridian.Host.Engines;
using Meridian.Host.Programs;
using Meridian.Host.State;

using Microsoft.Extensions.Logging.Abstractions;

using Spectre.Console;

namespace Meridian.Host.Verbs;

/// <summary><c>meridian status</c>: regions, programs and whether they answer, engines, memory, versions.</summary>
internal static class StatusVerb
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(3);

    public static Command Command()
    {
        var stateDirectory = MeridianCommand.StateDirectoryOption();
        var command = new Command("status", "Show regions, services and their health, engines, memory and versions. Ends with 0 when all is well, 3 when nothing runs.") { stateDirectory };
        command.SetAction((parsed, token) => RunAsync(MeridianCommand.StateDirectoryOf(parsed, stateDirectory), token));
        return command;
    }

    private static async Task<int> RunAsync(StateDirectory state, CancellationToken cancellationToken)
    {
        if (state.FindPlan() is not { } cloud)
        {
            Console.WriteLine($"There is no cloud in {state.Root}; `meridian up` makes one.");
            return 3;
        }

        var report = await ControlSocket.AskAsync(state, cancellationToken);
        var console = AnsiConsole.Create(new AnsiConsoleSettings());
        if (Console.IsOutputRedirected)
        {
            console.Profile.Width = 240;
        }

        if (report is null)
        {
            Console.WriteLine($"Meridian {CommandLines.Version}: the control process of {state.Root} does not run ({string.Join(", ", cloud.Regions.Select(r => r.Name))}{(cloud.Simulated ? ", simulated" : "")}).");
            Engines(console, new MachineEngines(cloud, state, NullLoggerFactory.Instance).Status());
            return 3;
        }

        var uptime = TimeProvider.System.GetUtcNow() - report.Since;
        Console.WriteLine(
            $"Meridian {report.Version}, process {report.ProcessId}, up {uptime:d\\.hh\\:mm\\:ss}, memory {ProcessMemory.PssMib(report.ProcessId):F0} MiB" +
            $"{(report.Simulated ? ", hypervisors and networks SIMULATED" : "")}{(report.Ready ? "" : ", still coming up")}");
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { Timeout = Deadline };
        var health = await Task.WhenAll(report.Programs.Select(p => HealthAsync(http, p, cancellationToken)));
        var table = new Table().Border(TableBorder.Simple).AddColumns("Region", "Program", "State", "Address", "Health");
        foreach (var (program, word) in report.Programs.Zip(health))
        {
            table.AddRow(program.Region.EscapeMarkup(), program.Program.EscapeMarkup(), program.State, (program.Address ?? "").EscapeMarkup(), word.EscapeMarkup());
        }

        console.Write(table);
        Engines(console, report.Engines);
        return report.Programs.All(p => p.State == "running") && health.All(h => h is "ok" or "" || h.StartsWith("simulated", StringComparison.Ordinal)) ? 0 : 1;
    }

    private static void Engines(IAnsiConsole console, IReadOnlyList<EngineStatus> engines)
    {
        if (engines.Count == 0)
        {
            return;
        }

        var table = new Table().Border(TableBorder.Simple).AddColumns("Region", "Engine", "State", "Process", "MiB", "Note");
        foreach (var engine in engines)
        {
            table.AddRow(
                engine.Region.EscapeMarkup(), engine.Engine.EscapeMarkup(), engine.State, engine.ProcessId?.ToString() ?? "",
                engine.ProcessId is { } pid ? $"{ProcessMemory.PssMib(pid):F0}" : "", (engine.Note ?? "").EscapeMarkup());
        }

        console.Write(table);
    }

    private static async Task<string> HealthAsync(HttpClient http, ProgramStatus program, CancellationToken cancellationToken)
    {
        if (program.Address is null)
        {
            return program.Note ?? "";
        }

        try
        {
            using var response = await http.GetAsync(program.Address + "/healthcheck", cancellationToken);
            return response.IsSuccessStatusCode ? program.Note ?? "ok" : (await response.Content.ReadAsStringAsync(cancellationToken)).ReplaceLineEndings("; ");
        }
        catch (Exception exception) when (exception is HttpRequestException or TaskCanceledException)
        {
            return $"does not answer: {exception.Message}";
        }
    }
}
