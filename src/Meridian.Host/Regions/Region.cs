// SPDX-License-Identifier: Apache-2.0
using System.Collections.Concurrent;

using Meridian.Host.Programs;
using Meridian.Host.State;
using Meridian.Platform;
using Meridian.Platform.Audit;
using Meridian.Platform.Config;
using Meridian.Platform.Http;
using Meridian.Platform.Policy;
using Meridian.Platform.Sagas;
using Meridian.Platform.Telemetry;

using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Meridian.Host.Regions;

/// <summary>
/// One region of this process: owns the hosts of its programs (DESIGN 2). They start at once and stop in reverse; one that cannot start is a row of
/// <c>status</c> with its reason, not the end of the others.
/// </summary>
internal sealed class Region(CloudPlan cloud, RegionPlan plan, StateDirectory state, ProcessResources resources) : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, ProgramStatus> status = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, ServiceHost> hosts = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, LogFile> logs = new(StringComparer.Ordinal);
    private readonly LogLevels levels = new();
    private readonly FaultFile? faults = FaultFile.Find(cloud.Simulated);

    /// <summary>What this region runs.</summary>
    public IReadOnlyList<ServiceProgram> Programs { get; } = [.. ProgramTable.Services.Where(p => (plan.HasIdentity || !p.IdentityRegionOnly) && !(cloud.Simulated && p.NeedsEngines))];

    public RegionPlan Plan => plan;

    public IReadOnlyList<ProgramStatus> Status => [.. Programs.Select(p => status.GetValueOrDefault(p.Name, new(plan.Name, p.Name, "stopped", null, null)))];

    /// <summary>Starts programs at once; returns when all run or have failed.</summary>
    public Task StartAsync(IEnumerable<ServiceProgram> programs, CancellationToken cancellationToken) => Task.WhenAll(programs.Select(p => StartAsync(p, cancellationToken)));

    /// <summary>Starts one program from its file; what goes wrong ends up in <see cref="Status"/> and in its log.</summary>
    private async Task StartAsync(ServiceProgram program, CancellationToken cancellationToken)
    {
        Set(program, "starting", null, null);
        try
        {
            var host = await Task.Run(() => Build(program), cancellationToken);
            hosts[program.Name] = host;
            await host.StartAsync(cancellationToken);
            Set(program, "running", host.Address?.ToString().TrimEnd('/'), null);
        }
        catch (Exception exception) when (exception is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            Set(program, "failed", null, Reason(exception));
            Logger(program.Name).LogCritical(exception, "{Program} could not start", program.Name);
        }
    }

    /// <summary>What the running programs themselves can say of what they keep.</summary>
    public IReadOnlyList<IAudit> Audits => [.. hosts.Values.SelectMany(host => host.Services.GetServices<IAudit>())];

    /// <summary>Re-reads the options that may change while running: SIGHUP.</summary>
    public void Reload()
    {
        levels.Debug = Programs.Any(p => Load(p.Define()).Get(DefaultOptions.Debug));
        foreach (var host in hosts.Values)
        {
            Logger(host.Program).LogInformation("Signal SIGHUP: debug is now {Debug}", levels.Debug);
            host.Services.ReloadPolicy(Logger(host.Program));
        }
    }

    public async Task StopAsync()
    {
        foreach (var program in Programs.Reverse())
        {
            if (hosts.TryRemove(program.Name, out var host))
            {
                await host.StopAsync(CancellationToken.None);
                await host.DisposeAsync();
                Set(program, "stopped", null, null);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        foreach (var log in logs.Values)
        {
            await log.DisposeAsync();
        }
    }

    private ServiceHost Build(ServiceProgram program)
    {
        var definition = program.Define();
        var config = Load(definition);
        levels.Debug |= config.Get(DefaultOptions.Debug);
        var target = logs.GetOrAdd(program.Name, name => LogFile.Open(OsloLoggerProvider.FindFile(config, name) ?? Path.Combine(state.Log(plan.Name), name + ".log")));
        var provider = new OsloLoggerProvider(target, levels, plan.Name, TimeProvider.System);
        if (Programs.First(p => p.Define().ConfigFileName == definition.ConfigFileName) == program)
        {
            // Once a file, whichever programs read it.
            ConfigTable.Warn(config, provider.CreateLogger("Meridian.Host"));
        }

        return ServiceHost.Build(definition, new(config, resources)
        {
            Region = plan.Name, MigrateOnStart = true, Logging = logging => logging.SetMinimumLevel(LogLevel.Trace).AddProvider(provider),
            Extend = app => Telemetry.Metrics.Map(app, resources),
            Override = faults is null ? null : services => services.AddSingleton<ISagaObserver>(faults),
        });
    }

    private ServiceConfig Load(ServiceDefinition definition) => ServiceConfig.Load(
        new ConfigSources().AddFile(Path.Combine(state.Etc(plan.Name), definition.ConfigFileName)),
        ProgramTable.OptionsOf(definition.ConfigFileName, definition.Options), ProgramTable.RetiredOf(definition.ConfigFileName));

    private ILogger Logger(string program)
    {
        var target = logs.GetOrAdd(program, name => LogFile.Open(Path.Combine(state.Log(plan.Name), name + ".log")));
        return new OsloLoggerProvider(target, levels, plan.Name, TimeProvider.System).CreateLogger("Meridian.Host");
    }

    private void Set(ServiceProgram program, string value, string? address, string? note) =>
        status[program.Name] = new(plan.Name, program.Name, value, address, note ?? (cloud.Simulated && program.Simulates is { } what ? what : null));

    private static string Reason(Exception exception) => exception switch
    {
        ConfigException config => config.Message,
        IOException { InnerException: { } inner } => $"{exception.Message} {inner.Message}",
        _ => exception.Message,
    };
}
