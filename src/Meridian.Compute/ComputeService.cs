// SPDX-License-Identifier: Apache-2.0
using System.Reflection;

using Meridian.Compute.Agent;
using Meridian.Compute.Aggregates;
using Meridian.Compute.Audit;
using Meridian.Compute.AvailabilityZones;
using Meridian.Compute.Extensions;
using Meridian.Compute.Flavors;
using Meridian.Compute.Http;
using Meridian.Compute.Hypervisors;
using Meridian.Compute.InstanceActions;
using Meridian.Compute.Keypairs;
using Meridian.Compute.Limits;
using Meridian.Compute.Metadata;
using Meridian.Compute.QuotaSets;
using Meridian.Compute.Scheduling;
using Meridian.Compute.SecurityGroups;
using Meridian.Compute.ServerExternalEvents;
using Meridian.Compute.ServerGroups;
using Meridian.Compute.Servers;
using Meridian.Compute.Services;
using Meridian.Compute.Versions;
using Meridian.Platform.Config;
using Meridian.Platform.Http;
using Meridian.Platform.Messaging;
using Meridian.Platform.Policy;
using Meridian.Platform.Sagas;
using Meridian.Platform.Storage;

using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Meridian.Compute;

/// <summary>
/// Compute's programs: nova-api, nova-metadata, nova-scheduler, nova-conductor and nova-compute. All read nova.conf; all but nova-compute have the database.
/// Handlers check the body's form first, then load, then ask policy, as nova does.
/// </summary>
public static class ComputeService
{
    private const string ServiceType = "compute";

    /// <summary>nova-api: the compute API.</summary>
    public static ServiceDefinition ApiDefinition() => new()
    {
        Program = "nova-api",
        ServiceType = ServiceType,
        ConfigFileName = "nova.conf",
        Options = NovaConf.Options,
        Retired = NovaConf.Retired,
        Listen = config => new(config.Get(NovaOptions.OsapiListen)!, config.Get(NovaOptions.OsapiListenPort)),
        Faults = new ComputeFaults(),
        Connection = DatabaseOptions.Connection,
        Migrations = Assembly.GetExecutingAssembly(),
        RequestIdHeader = "x-compute-request-id",
        ValidatesTokens = true,
        Policies = ComputePolicies.All,
        Services = AddApi,
        Map = MapApi,
    };

    /// <summary>nova-metadata: what guests may know of themselves.</summary>
    public static ServiceDefinition MetadataDefinition() => new()
    {
        Program = "nova-metadata",
        ConfigFileName = "nova.conf",
        Options = NovaConf.Options,
        Retired = NovaConf.Retired,
        Listen = config => new(config.Get(NovaOptions.MetadataListen)!, config.Get(NovaOptions.MetadataListenPort)),
        Faults = new MetadataFaults(),
        Connection = DatabaseOptions.Connection,
        Migrations = Assembly.GetExecutingAssembly(),
        Services = (services, config) =>
        {
            AddCommon(services, config);
            AddStores(services);
            services.AddSingleton<InstanceMetadata>();
        },
        Map = app => app.MapMetadata(),
    };

    /// <summary>nova-scheduler: chooses hosts and claims there.</summary>
    public static ServiceDefinition SchedulerDefinition() => Worker("nova-scheduler", hasDatabase: true, (services, config) =>
    {
        AddCommon(services, config);
        AddStores(services);
        services.AddHostedService<HostSelector>();
        services.AddHostedService<ServiceReporter>();
    });

    /// <summary>nova-conductor: runs the sagas of servers, and stands between compute hosts and the database.</summary>
    public static ServiceDefinition ConductorDefinition() => Worker("nova-conductor", hasDatabase: true, (services, config) =>
    {
        AddCommon(services, config);
        AddStores(services);
        services.AddSingleton<ServerPorts>().AddSingleton<HostCalls>().AddSingleton<GuestSpecs>().AddSingleton<InstanceMetadata>();
        services.AddSaga<CreateServerSaga>().AddSaga<DeleteServerSaga>().AddSaga<PowerServerSaga>();
        services.AddHostedService<Conductor>();
        services.AddSingleton(provider => new ComputeAudit(
            provider.GetRequiredService<Database>(), provider.GetRequiredService<HostStore>(), provider.GetRequiredService<Neighbours>(),
            provider.GetRequiredService<IMessageBus>(), provider.GetRequiredService<ISagaQueue>()));
        services.AddHostedService<ServiceReporter>();
    });

    /// <summary>nova-compute: one host's guests, or those of many simulated hosts. It has the bus and the APIs, never a database.</summary>
    public static ServiceDefinition ComputeDefinition() => Worker("nova-compute", hasDatabase: false, (services, config) =>
    {
        AddCommon(services, config);
        services.AddSingleton(provider => new DriverFactory(
            config, provider.GetRequiredService<Neighbours>(), provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILoggerFactory>(),
            provider.GetService<Drivers.Simulated.SimulatedFault>()));
        services.AddSingleton<ComputeHosts>();
        services.AddSingleton<Platform.Audit.IAudit, GuestAudit>();
        services.AddHostedService<ComputeAgent>();
        services.AddHostedService<GuestReconciler>();
        services.AddHostedService<GuestWatcher>();
    });

    private static ServiceDefinition Worker(string program, bool hasDatabase, Action<IServiceCollection, ServiceConfig> services) => new()
    {
        Program = program,
        ConfigFileName = "nova.conf",
        Options = NovaConf.Options,
        Retired = NovaConf.Retired,
        Connection = hasDatabase ? DatabaseOptions.Connection : null,
        Migrations = hasDatabase ? Assembly.GetExecutingAssembly() : null,
        Services = services,
    };

    private static void AddCommon(IServiceCollection services, ServiceConfig config)
    {
        services.AddMessaging(config);
        services.AddMemoryCache();
        services.AddSingleton<Neighbours>();
    }

    private static void AddStores(IServiceCollection services) =>
        services.AddSingleton<ServerStore>().AddSingleton<HostStore>().AddSingleton<Quotas>().AddSingleton<FlavorStore>().AddSingleton<KeypairStore>()
            .AddSingleton<InstanceActionStore>().AddSingleton<ServerGroupStore>();

    private static void AddApi(IServiceCollection services, ServiceConfig config)
    {
        AddCommon(services, config);
        AddStores(services);
        services.AddSagaQueue();
        services.AddPolicy(config, ComputePolicies.All);
        services.AddSingleton<ComputeRequest>().AddSingleton<ServerNeighbours>().AddSingleton<ServerCreation>().AddSingleton<ServerPorts>()
            .AddSingleton<ServerSecurityGroups>().AddSingleton<AggregateStore>();
        services.AddScoped<FlavorContext>().AddScoped<ServerContext>().AddScoped<HypervisorContext>();
    }

    private static void MapApi(WebApplication app)
    {
        app.MapVersions();
        MapResources(app.MapGroup("/v2.1").WithMicroversions(ComputeVersions.Api));
        MapResources(app.MapGroup("/v2.1/{project_id}").WithMicroversions(ComputeVersions.Api).AddEndpointFilter(CheckProjectAsync));
        MapResources(app.MapGroup("/v2"));
        MapResources(app.MapGroup("/v2/{project_id}").AddEndpointFilter(CheckProjectAsync));
    }

    private static void MapResources(RouteGroupBuilder api)
    {
        api.MapFlavors();
        api.MapFlavorAccess();
        api.MapExtraSpecs();
        api.MapKeypairs();
        api.MapServers();
        api.MapServerActions();
        api.MapServerMetadata();
        api.MapServerTags();
        api.MapServerParts();
        api.MapSecurityGroups();
        api.MapServerGroups();
        api.MapHypervisors();
        api.MapServices();
        api.MapAvailabilityZones();
        api.MapAggregates();
        api.MapLimits();
        api.MapQuotaSets();
        api.MapInstanceActions();
        api.MapServerExternalEvents();
        api.MapExtensions();
    }

    // A project in the URL must be the token's (OSSA 2012-001).
    private static async ValueTask<object?> CheckProjectAsync(EndpointFilterInvocationContext invocation, EndpointFilterDelegate next)
    {
        var context = invocation.HttpContext.RequestServices.GetRequiredService<RequestContext>();
        var project = (string?)invocation.HttpContext.Request.RouteValues["project_id"];
        return project == context.ProjectId
            ? await next(invocation)
            : throw new ApiException(400, $"Malformed request URL: URL's project_id '{project}' doesn't match Context's project_id '{context.ProjectId}'");
    }
}
