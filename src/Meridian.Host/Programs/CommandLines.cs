// SPDX-License-Identifier: Apache-2.0
using System.CommandLine;
using System.CommandLine.Help;
using System.Reflection;

using Meridian.Platform.Config;
using Meridian.Platform.Policy;
using Meridian.Platform.Processes;

namespace Meridian.Host.Programs;

/// <summary>How every command line of this executable is carried out: errors in one line on standard error, signals left to <see cref="Signals"/>.</summary>
internal static class CommandLines
{
    public static string Version { get; } = typeof(CommandLines).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion;

    /// <summary>The command of a program that this executable is called by the name of.</summary>
    public static Command Program(string name, string description) => new(name, description) { new HelpOption(), new VersionOption() };

    public static async Task<int> RunAsync(Command root, string name, string[] arguments)
    {
        try
        {
            // Arguments that cannot be read end with 2, as those of OpenStack's programs do (argparse).
            var parsed = root.Parse(arguments);
            var code = await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null });
            return parsed.Errors.Count > 0 ? 2 : code;
        }
        catch (Exception exception) when (exception is ConfigException or PolicyException or ProcessException or IOException or UnauthorizedAccessException)
        {
            await Console.Error.WriteLineAsync($"{name}: {exception.Message}");
            return 1;
        }
        catch (OperationCanceledException)
        {
            await Console.Error.WriteLineAsync($"{name}: interrupted");
            return 130;
        }
    }
}
