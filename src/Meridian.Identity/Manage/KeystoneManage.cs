// SPDX-License-Identifier: Apache-2.0
using Meridian.Platform;
using Meridian.Platform.Config;
using Meridian.Platform.Http;

namespace Meridian.Identity.Manage;

/// <summary>
/// The program <c>keystone-manage</c>: same commands, flags and exit codes as Keystone's. What it did goes to the error stream, as a log;
/// answers go to the output.
/// </summary>
public static class KeystoneManage
{
    private const string DefaultConfigFile = "/etc/keystone/keystone.conf";

    /// <summary>In the order in which help lists them.</summary>
    internal static IReadOnlyList<ManageCommand> Commands { get; } =
    [
        BootstrapCommand.Bootstrap, CredentialCommands.Migrate, CredentialCommands.Rotate, KeyCommands.CredentialSetup, DatabaseCommands.Sync, DatabaseCommands.Version,
        DoctorCommand.Doctor, DomainConfigCommand.Upload, KeyCommands.FernetRotate,
        KeyCommands.FernetSetup, JwsKeyPairCommand.CreateJwsKeyPair, MappingCommands.Populate, MappingCommands.Purge, MappingCommands.Engine, SetupCommands.Project,
        KeyCommands.ReceiptRotate, KeyCommands.ReceiptSetup, ResetLastActiveCommand.ResetLastActive, KeyCommands.TokenRotate, KeyCommands.TokenSetup,
        TrustFlushCommand.TrustFlush, SetupCommands.User,
    ];

    /// <param name="arguments">What follows the program's name.</param>
    /// <param name="resources">Shared with a Keystone that runs in this process, or null.</param>
    /// <param name="environment">Environment variables; the process's own when null.</param>
    /// <param name="input">Where answers to questions are read; nothing when null.</param>
    /// <param name="workingDirectory">Where create_jws_keypair writes; the process's own when null.</param>
    public static async Task<int> RunAsync(
        IReadOnlyList<string> arguments, TextWriter output, TextWriter error, CancellationToken cancellationToken,
        ProcessResources? resources = null, Func<string, string?>? environment = null, TextReader? input = null, string? workingDirectory = null)
    {
        ManageArguments parsed;
        try
        {
            parsed = ManageArguments.Parse(arguments, Commands);
        }
        catch (ManageUsageException exception)
        {
            await error.WriteAsync(ManageHelp.Usage(Commands, exception.Command));
            await error.WriteLineAsync($"keystone-manage{(exception.Command is { } command ? " " + command.Name : "")}: error: {exception.Message}");
            return 2;
        }

        if (parsed.WantsHelp || parsed.Command is null)
        {
            await output.WriteAsync(parsed.WantsHelp ? ManageHelp.Of(Commands, parsed.Command) : Version() + "\n");
            return 0;
        }

        var owned = resources is null ? new ProcessResources() : null;
        try
        {
            var context = new ManageContext(
                Load(parsed), resources ?? owned!, parsed, output, error, input ?? TextReader.Null, environment ?? Environment.GetEnvironmentVariable,
                workingDirectory ?? Directory.GetCurrentDirectory());
            return await parsed.Command.Run(context, cancellationToken);
        }
        catch (ManageExitException exception)
        {
            await error.WriteLineAsync(exception.Message);
            return 1;
        }
        catch (Exception exception) when (exception is ConfigException or ApiException or IOException or UnauthorizedAccessException or InvalidOperationException or InvalidDataException)
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

    private static string Version() => typeof(KeystoneManage).Assembly.GetName().Version?.ToString(3) ?? "0.0.0";

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

        return ServiceConfig.Load(sources, IdentityService.Options, IdentityService.Retired);
    }
}
