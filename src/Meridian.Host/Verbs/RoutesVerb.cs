// SPDX-License-Identifier: Apache-2.0
using System.CommandLine;
using System.Globalization;
using System.Text;

using Meridian.Host.Programs;
using Meridian.Platform;
using Meridian.Platform.Config;
using Meridian.Platform.Http;

namespace Meridian.Host.Verbs;

/// <summary><c>meridian routes</c>: every route that is mapped, as the tables of docs/compatibility.md (scripts/compatibility writes them there).</summary>
internal static class RoutesVerb
{
    public static Command Command()
    {
        var command = new Command("routes", "List the API routes of every service, with their microversions, as Markdown.");
        command.SetAction(async (_, cancellationToken) =>
        {
            Console.Out.Write(await RenderAsync());
            return cancellationToken.IsCancellationRequested ? 130 : 0;
        });
        return command;
    }

    internal static async Task<string> RenderAsync()
    {
        var text = new StringBuilder();
        await using var resources = new ProcessResources();
        foreach (var definition in ProgramTable.Services.Select(service => service.Define()).Where(definition => definition.Listen is not null))
        {
            var config = ServiceConfig.Load(new ConfigSources().AddText(Minimal(definition), definition.ConfigFileName), definition.Options);
            await using var host = ServiceHost.Build(definition, new ServiceEnvironment(config, resources));
            Append(text, definition, [.. host.Routes.Where(route => route.Path != "/healthcheck" && route.Method != "*")]);
        }

        return text.ToString();
    }

    // What a program must be given to be built; nothing is opened, for it is never started.
    private static string Minimal(ServiceDefinition definition)
    {
        var unused = Path.Combine(Path.GetTempPath(), "meridian-routes", "none.db");
        var connection = definition.Connection is { } option ? $"[{option.Section}]\n{option.Name} = sqlite:///{unused}\n" : "";
        return $"[DEFAULT]\ntransport_url = fake://\n{connection}";
    }

    private static void Append(StringBuilder text, ServiceDefinition definition, List<RouteInfo> routes)
    {
        if (routes.Count == 0)
        {
            return;
        }

        text.Append(CultureInfo.InvariantCulture, $"## {definition.Program}\n\n");
        if (routes.Select(route => route.Api).FirstOrDefault(api => api is not null) is { } versions)
        {
            text.Append(CultureInfo.InvariantCulture, $"Microversions {versions.Min} to {versions.Max}.\n\n");
        }

        text.Append("| Method | Path | Microversions | Token |\n| --- | --- | --- | --- |\n");
        foreach (var route in routes)
        {
            var range = (route.Since, route.Until) switch
            {
                (null, null) => route.Api is null ? "" : "all",
                ({ } since, null) => $"{since} and later",
                (null, { } until) => $"up to {until}",
                ({ } since, { } until) => $"{since} to {until}",
            };
            text.Append(CultureInfo.InvariantCulture, $"| {route.Method} | `{route.Path}` | {range} | {(route.NeedsToken ? "yes" : "no")} |\n");
        }

        text.Append('\n');
    }
}
