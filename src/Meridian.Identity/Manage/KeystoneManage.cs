// SPDX-License-Identifier: Apache-2.0
using Meridian.Platform;
using Meridian.Platform.Config;

namespace Meridian.Identity.Manage;

/// <summary>
/// The program <c>keystone-manage</c>: same commands, flags and exit codes as Keystone's. What it did goes to the error stream, as a log;
/// answers go to the output.
/// </summary>
public static class KeystoneManage
{
    private const string DefaultConfigFile = "/etc/keystone/keystone.conf";

    /// <param name="arguments">What follows the program's name.</param>
    /// <param name="resources">Shared with a Keystone that runs in this process, or null.</param>
    /// <param name="environment">Environment variables; the process's own when null.</param>
    public static async Task<int> RunAsync(
        IReadOnlyList<string> arguments, TextWriter output, TextWriter error, CancellationToken cancellationToken,
        ProcessResources? resources = null, Func<string, string?>? environment = null)
    {
        ManageArguments parsed;
        try
        {
            parsed = ManageArguments.Parse(arguments);
        }
        catch (FormatException exception)
        {
            await error.WriteLineAsync($"usage: keystone-manage [--config-file PATH] [--config-dir DIR] {{{string.Join(',', ManageArguments.Commands)}}} ...");
            await error.WriteLineAsync($"keystone-manage: error: {exception.Message}");
            return 2;
        }

        var owned = resources is null ? new ProcessResources() : null;
        try
        {
            var config = Load(parsed);
            var command = new ManageCommands(config, resources ?? owned!, parsed, output, error, environment ?? Environment.GetEnvironmentVariable);
            return await command.RunAsync(cancellationToken);
        }
        catch (Exception exception) when (exception is ConfigException or IOException or UnauthorizedAccessException or InvalidOperationException or InvalidDataException)
        {
            await error.WriteLineAsync($"CRITICAL keystone: {exception.Message}");
            return 1;
        }
        finally
        {
            if (owned is not null)
            {
                await owned.DisposeAsync();
            }
        }
    }

    private static ServiceConfig Load(ManageArguments arguments)
    {
        var sources = new ConfigSources();
        var files = arguments.All("--config-file");
        foreach (var file in files.Count > 0 ? files : File.Exists(DefaultConfigFile) ? [DefaultConfigFile] : [])
        {
            sources.AddFile(file);
        }

        foreach (var directory in arguments.All("--config-dir"))
        {
            sources.AddDirectory(directory);
        }

        return ServiceConfig.Load(sources, IdentityService.Options);
    }
}
