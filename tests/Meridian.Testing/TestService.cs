// SPDX-License-Identifier: Apache-2.0
using System.Net.Sockets;

using Meridian.Platform;
using Meridian.Platform.Config;
using Meridian.Platform.Http;

using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Meridian.Testing;

/// <summary>One program in this process on a free loopback port, with a configuration as an operator would write it.</summary>
public sealed class TestService : IAsyncDisposable
{
    private readonly ProcessResources? owned;

    private TestService(ServiceHost host, ProcessResources? owned)
    {
        Host = host;
        this.owned = owned;
        Client = host.Address is { } address ? new HttpClient { BaseAddress = address } : new HttpClient();
    }

    public ServiceHost Host { get; }

    public HttpClient Client { get; }

    /// <param name="configuration">Text of the configuration file.</param>
    /// <param name="resources">Share the process's with other programs (a bus, a database); private when null.</param>
    public static async Task<TestService> StartAsync(
        ServiceDefinition definition, string configuration, ProcessResources? resources = null, Action<IServiceCollection>? services = null,
        TimeProvider? clock = null)
    {
        var config = ServiceConfig.Load(new ConfigSources().AddText(configuration, definition.ConfigFileName), definition.Options, definition.Retired);
        var owned = resources is null ? new ProcessResources() : null;
        var host = ServiceHost.Build(definition, new ServiceEnvironment(config, resources ?? owned!)
        {
            MigrateOnStart = true, Override = services, Clock = clock ?? TimeProvider.System, Logging = logging => logging.AddProvider(new Unexpected()),
        });
        await host.StartAsync(TestContext.Current.CancellationToken);
        return new(host, owned);
    }

    /// <summary>A port that nothing listens on at this moment.</summary>
    public static int FreePort(string address = "127.0.0.1")
    {
        using var listener = new TcpListener(System.Net.IPAddress.Parse(address), 0);
        listener.Start();
        return ((System.Net.IPEndPoint)listener.LocalEndpoint).Port;
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await Host.StopAsync(CancellationToken.None);
        await Host.DisposeAsync();
        if (owned is not null)
        {
            await owned.DisposeAsync();
        }
    }

    /// <summary>Exceptions that became an answer 500 or the like: without them a test's failure says nothing of its cause.</summary>
    private sealed class Unexpected : ILoggerProvider, ILogger
    {
        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Error;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (exception is not null && IsEnabled(logLevel))
            {
                Console.Error.WriteLine($"{formatter(state, exception)}: {exception}");
            }
        }

        public void Dispose()
        {
        }
    }
}
