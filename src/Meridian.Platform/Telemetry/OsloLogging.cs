// SPDX-License-Identifier: Apache-2.0
using Meridian.Platform.Config;
using Meridian.Platform.Http;

using Microsoft.Extensions.Logging;

namespace Meridian.Platform.Telemetry;

/// <summary>The levels that a program logs at; changed while it runs by SIGHUP (option debug is mutable).</summary>
public sealed class LogLevels
{
    private volatile bool debug;

    public bool Debug
    {
        get => debug;
        set => debug = value;
    }

    internal bool IsEnabled(string category, LogLevel level) =>
        category.StartsWith("Meridian.", StringComparison.Ordinal)
            ? level >= (debug ? LogLevel.Debug : LogLevel.Information)
            : level is >= LogLevel.Warning and < LogLevel.None;
}

/// <summary>Logs of one program of one region, in oslo.log's form.</summary>
public sealed class OsloLoggerProvider(LogFile target, LogLevels levels, string? region, TimeProvider clock) : ILoggerProvider, ISupportExternalScope
{
    private IExternalScopeProvider scopes = new LoggerExternalScopeProvider();

    public ILogger CreateLogger(string categoryName) => new Logger(this, categoryName);

    public void SetScopeProvider(IExternalScopeProvider scopeProvider) => scopes = scopeProvider;

    public void Dispose()
    {
        // The file belongs to whoever opened it.
    }

    /// <summary>
    /// The file that [DEFAULT] log_file and log_dir name; null where they name none and the log goes to standard error.
    /// Source: oslo.log: log_dir alone gives a file named after the program.
    /// </summary>
    public static string? FindFile(ServiceConfig config, string program) => (config.Get(DefaultOptions.LogDir), config.Get(DefaultOptions.LogFile)) switch
    {
        (null, null) => null,
        (null, { } file) => file,
        ({ } folder, null) => Path.Combine(folder, program + ".log"),
        ({ } folder, { } file) => Path.Combine(folder, file),
    };

    private sealed class Logger(OsloLoggerProvider provider, string category) : ILogger
    {
        // Meridian.Compute.Servers.ServerEndpoints+X is written as oslo does: lower case, dotted.
        private readonly string name = category.ToLowerInvariant().Replace('+', '.');

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => provider.scopes.Push(state);

        public bool IsEnabled(LogLevel logLevel) => provider.Levels.IsEnabled(category, logLevel);

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (!IsEnabled(logLevel))
            {
                return;
            }

            var found = new Found();
            provider.scopes.ForEachScope(static (scope, found) => found.See(scope), found);
            provider.Target.Write(OsloLogFormat.Format(provider.Clock.GetUtcNow(), logLevel, name, provider.Region, found.Scope, found.RequestId, formatter(state, exception), exception));
        }
    }

    private LogLevels Levels => levels;

    private LogFile Target => target;

    private TimeProvider Clock => clock;

    private string? Region => region;

    private sealed class Found
    {
        public RequestScope? Scope { get; private set; }

        /// <summary>Of the saga or message that carries a request's work on.</summary>
        public string? RequestId { get; private set; }

        public void See(object? scope)
        {
            Scope = scope as RequestScope ?? Scope;
            RequestId = scope switch
            {
                Sagas.SagaScope saga => saga.RequestId,
                Messaging.BusScope message => message.RequestId,
                _ => RequestId,
            };
        }
    }
}
