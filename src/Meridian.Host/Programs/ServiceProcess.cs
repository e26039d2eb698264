// SPDX-License-Identifier: Apache-2.0
using System.Data.Common;

using Meridian.Platform;
using Meridian.Platform.Config;
using Meridian.Platform.Http;
using Meridian.Platform.Policy;
using Meridian.Platform.Storage;
using Meridian.Platform.Telemetry;

using Microsoft.Extensions.Logging;

namespace Meridian.Host.Programs;

/// <summary>One program in a process of its own, as operators of OpenStack run it: <c>nova-api --config-file /etc/nova/nova.conf</c>.</summary>
internal static class ServiceProcess
{
    public static async Task<int> RunAsync(ServiceProgram program, string name, string[] arguments)
    {
        var definition = program.Define();
        var sources = new ConfigArguments(program.Project, definition.ConfigFileName);
        var debug = new System.CommandLine.Option<bool>("--debug", "-d") { Description = "Log at level DEBUG." };
        var logFile = new System.CommandLine.Option<string?>("--log-file") { Description = "Write the log to this file." };
        var root = CommandLines.Program(name, $"{name}: OpenStack's program of that name, by Meridian. Runs until SIGTERM; SIGHUP re-reads option debug and the policy files.");
        foreach (var option in (System.CommandLine.Option[])[sources.Files, sources.Folders, debug, logFile])
        {
            root.Options.Add(option);
        }

        root.SetAction((parsed, _) => ServeAsync(program, definition, () => sources.Load(parsed, definition), parsed.GetValue(debug), parsed.GetValue(logFile)));
        return await CommandLines.RunAsync(root, name, arguments);
    }

    private static async Task<int> ServeAsync(ServiceProgram program, ServiceDefinition definition, Func<ServiceConfig> load, bool debug, string? logFile)
    {
        using var signals = new Signals();
        var config = load();
        if (config.Get(DefaultOptions.TransportUrl) is { } bus && bus.StartsWith("fake:", StringComparison.Ordinal))
        {
            throw new ConfigException($"{config.Describe(DefaultOptions.TransportUrl)}: fake:// is the bus inside one process, but {program.Name} runs alone here; set rabbit://user:password@host:5672/.");
        }

        var path = logFile ?? OsloLoggerProvider.FindFile(config, program.Name);
        await using var target = path is null ? LogFile.ToStream(Console.OpenStandardError()) : LogFile.Open(path);
        var levels = new LogLevels { Debug = debug || config.Get(DefaultOptions.Debug) };
        var region = RegionOf(config, definition);
        using var provider = new OsloLoggerProvider(target, levels, region, TimeProvider.System);
        var logger = provider.CreateLogger("Meridian.Host");
        ConfigTable.Warn(config, logger);

        await using var resources = new ProcessResources();
        await CheckSchemaAsync(program, config, definition, resources, logger, signals.Stopping);
        await using var host = ServiceHost.Build(definition, new(config, resources)
        {
            Region = region, Logging = logging => logging.SetMinimumLevel(LogLevel.Trace).AddProvider(provider),
            Extend = app => Telemetry.Metrics.Map(app, resources),
        });
        signals.OnReload(() =>
        {
            levels.Debug = debug || load().Get(DefaultOptions.Debug);
            logger.LogInformation("Signal SIGHUP: debug is now {Debug}", levels.Debug);
            host.Services.ReloadPolicy(logger);
        });
        await host.StartAsync(signals.Stopping);
        logger.LogInformation("{Program} {Version} runs{Listening}", program.Name, CommandLines.Version, host.Address is { } address ? " at " + address : "");
        await Task.Delay(Timeout.Infinite, signals.Stopping).ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        logger.LogInformation("{Program} stops", program.Name);
        await host.StopAsync(CancellationToken.None);
        return 0;
    }

    /// <summary>The region that the configuration names: where its own Keystone endpoint is looked up.</summary>
    internal static string? RegionOf(ServiceConfig config, ServiceDefinition definition) =>
        definition.Options.Contains(KeystoneAuthtokenOptions.Auth.RegionName) ? config.Get(KeystoneAuthtokenOptions.Auth.RegionName) : null;

    // A database that is away does not keep the program from starting (DESIGN 3); one with an older schema does (DESIGN 6).
    private static async Task CheckSchemaAsync(
        ServiceProgram program, ServiceConfig config, ServiceDefinition definition, ProcessResources resources, ILogger logger, CancellationToken cancellationToken)
    {
        if (definition is not { Connection: { } connection, Migrations: { } migrations })
        {
            return;
        }

        try
        {
            var state = await Schema.CheckAsync(ServiceHost.OpenDatabase(config, connection, resources), migrations, cancellationToken);
            if (!state.IsCurrent)
            {
                throw new ConfigException(
                    $"{config.Describe(connection)}: the database's schema is at version {state.Applied}, this program needs {state.Known}. " +
                    $"Run: {ManageProgram.SyncCommand(program.Project)} --config-file {config.FileNames}");
            }
        }
        catch (DbException exception)
        {
            logger.LogWarning("The database does not answer ({Reason}); requests that need it get 503 until it does", exception.Message);
        }
    }
}
