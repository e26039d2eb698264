// SPDX-License-Identifier: Apache-2.0
using System.Collections.Concurrent;

using Microsoft.Extensions.Logging;

namespace Meridian.Compute.Tests;

/// <summary>Everything that the programs of a fixture log, for assertions about it and for failures' messages.</summary>
public sealed class CollectedLog : ILoggerProvider
{
    private readonly ConcurrentQueue<(LogLevel Level, string Text)> entries = new();

    public IEnumerable<(LogLevel Level, string Text)> Entries => entries;

    /// <summary>Warnings and worse, the newest at the end.</summary>
    public string Warnings => string.Join('\n', entries.Where(e => e.Level >= (Environment.GetEnvironmentVariable("TESTLOG") is null ? LogLevel.Warning : LogLevel.Information)).Select(e => $"{e.Level}: {e.Text}").TakeLast(80));

    public ILogger CreateLogger(string categoryName) => new Logger(categoryName, entries);

    public void Dispose()
    {
    }

    private sealed class Logger(string category, ConcurrentQueue<(LogLevel, string)> entries) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            entries.Enqueue((logLevel, $"{TimeProvider.System.GetUtcNow():ss.fff} {category} {formatter(state, exception)} {exception}"));
    }
}
