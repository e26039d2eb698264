// SPDX-License-Identifier: Apache-2.0
using System.Net;
using System.Security.Cryptography.X509Certificates;

using Meridian.Platform.Auth;
using Meridian.Platform.Config;
using Meridian.Platform.Storage;

using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.HttpOverrides;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Meridian.Platform.Http;

/// <summary>
/// One running program: its container, its listener, its background work. It owns no console, no signal handler and no static state, so that
/// any number of them live in one process (DESIGN 2). Starting waits for nothing but the listener (DESIGN 3).
/// </summary>
public sealed class ServiceHost : IAsyncDisposable
{
    private readonly WebApplication app;
    private readonly ServiceDefinition definition;
    private readonly ServiceEnvironment environment;

    private ServiceHost(WebApplication app, ServiceDefinition definition, ServiceEnvironment environment)
    {
        this.app = app;
        this.definition = definition;
        this.environment = environment;
    }

    public string Program => definition.Program;

    public ServiceDefinition Definition => definition;

    public IServiceProvider Services => app.Services;

    /// <summary>Every route that the program has mapped.</summary>
    public IReadOnlyList<RouteInfo> Routes => RouteInfo.Of(app);

    /// <summary>Base URL of the listener (http://127.0.0.15:8774), once started; null without one.</summary>
    public Uri? Address => app.Services.GetService<IServer>()?.Features.Get<IServerAddressesFeature>()?.Addresses.Select(a => new Uri(a)).FirstOrDefault();

    public static ServiceHost Build(ServiceDefinition definition, ServiceEnvironment environment)
    {
        var builder = WebApplication.CreateEmptyBuilder(new() { ApplicationName = definition.Program });
        var config = environment.Config;
        var services = builder.Services;
        services.AddSingleton<IHostLifetime, NoLifetime>();
        services.AddSingleton(config);
        services.AddSingleton(environment.Resources);
        services.AddSingleton(environment.Clock);
        services.AddSingleton(new ServiceIdentity(definition.Program, environment.Region, definition.RequestIdHeader));
        services.Configure<HostOptions>(options =>
        {
            options.ServicesStartConcurrently = true;
            options.ServicesStopConcurrently = true;
            options.ShutdownTimeout = TimeSpan.FromSeconds(10);
        });
        environment.Logging?.Invoke(builder.Logging);
        if (definition.Connection is { } connection)
        {
            // An instance, not a factory: what others of the process share must outlive this container.
            services.AddSingleton(OpenDatabase(config, connection, environment.Resources));
        }

        if (definition.Listen is { } listen)
        {
            AddListener(builder, listen(config), config);
            services.AddScoped<RequestContext>();
            services.AddSingleton(definition.Faults ?? throw new InvalidOperationException($"{definition.Program} listens but has no fault style."));
            services.AddRouting();
            services.Configure<Microsoft.AspNetCore.Routing.RouteHandlerOptions>(options => options.ThrowOnBadRequest = true);
        }
        else
        {
            services.AddSingleton<IServer, NoServer>();
        }

        if (definition.ValidatesTokens)
        {
            services.AddKeystoneAuth();
        }

        definition.Services(services, config);
        environment.Override?.Invoke(services);
        var built = builder.Build();
        if (definition.Listen is not null)
        {
            UsePipeline(built, definition, config);
        }

        environment.Extend?.Invoke(built);
        definition.Map(built);
        return new(built, definition, environment);
    }

    /// <summary>Starts listener and background work. Without <see cref="ServiceEnvironment.MigrateOnStart"/> a schema older than the program's is refused.</summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        if (definition is { Connection: not null, Migrations: { } migrations } && environment.MigrateOnStart)
        {
            await Schema.MigrateAsync(app.Services.GetRequiredService<Database>(), migrations, cancellationToken);
        }

        await app.StartAsync(cancellationToken);
    }

    public Task StopAsync(CancellationToken cancellationToken) => app.StopAsync(cancellationToken);

    public ValueTask DisposeAsync() => app.DisposeAsync();

    /// <exception cref="ConfigException">No database is configured, or its URL is wrong.</exception>
    public static Database OpenDatabase(ServiceConfig config, Option<string?> connection, ProcessResources resources)
    {
        var url = config.Get(connection) ?? throw new ConfigException($"{config.Describe(connection)}: no database is configured; set it, for example to sqlite:////var/lib/meridian/name.db.");
        return resources.Database(url, config.Describe(connection), config.Get(DatabaseOptions.Synchronous));
    }

    private static void AddListener(WebApplicationBuilder builder, ListenAddress listen, ServiceConfig config)
    {
        var endpoint = listen.Resolve("listen address");
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = null; // JsonBody bounds bodies; image data has no bound of its own.
            kestrel.Limits.MinRequestBodyDataRate = null;
            kestrel.Listen(endpoint, options =>
            {
                options.Protocols = HttpProtocols.Http1;
                if (config.Get(ListenerTlsOptions.CertFile) is { } certificate)
                {
                    options.UseHttps(X509Certificate2.CreateFromPemFile(certificate, config.Get(ListenerTlsOptions.KeyFile)));
                }
            });
        });
        if (config.Get(ListenerTlsOptions.CertFile) is not null)
        {
            builder.WebHost.UseKestrelHttpsConfiguration();
        }
    }

    // Outermost first: proxy headers, request id and log, faults, routing, token, microversion, endpoint (style.md 3).
    private static void UsePipeline(WebApplication app, ServiceDefinition definition, ServiceConfig config)
    {
        if (config.Get(MiddlewareOptions.EnableProxyHeadersParsing))
        {
            app.UseForwardedHeaders(new() { ForwardedHeaders = ForwardedHeaders.All, KnownProxies = { IPAddress.Any } });
        }

        app.UseMiddleware<RequestIdMiddleware>();
        app.UseMiddleware<FaultsMiddleware>();
        app.UseRouting();
        if (definition.ValidatesTokens)
        {
            app.UseMiddleware<AuthTokenMiddleware>(definition.ServiceType ?? "");
        }

        app.Use(next => context => MicroversionRouting.NegotiateAsync(context, next));
        app.MapHealth();
    }

    private sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }

    /// <summary>Stands where a program without an API has no listener.</summary>
    private sealed class NoServer : IServer
    {
        public Microsoft.AspNetCore.Http.Features.IFeatureCollection Features { get; } = new Microsoft.AspNetCore.Http.Features.FeatureCollection();

        public Task StartAsync<TContext>(IHttpApplication<TContext> application, CancellationToken cancellationToken)
            where TContext : notnull => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public void Dispose()
        {
        }
    }
}
