// SPDX-License-Identifier: Apache-2.0
using Meridian.Network.Agents;
using Meridian.Network.Api;
using Meridian.Network.Audit;
using Meridian.Network.Drivers;
using Meridian.Network.Drivers.Ovn;
using Meridian.Network.Extensions;
using Meridian.Network.FloatingIps;
using Meridian.Network.Networks;
using Meridian.Network.Northbound;
using Meridian.Network.Ports;
using Meridian.Network.Quotas;
using Meridian.Network.Routers;
using Meridian.Network.SecurityGroups;
using Meridian.Network.ServerEvents;
using Meridian.Network.Subnets;
using Meridian.Network.Tags;
using Meridian.Platform.Config;
using Meridian.Platform.Http;
using Meridian.Platform.Policy;

using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Meridian.Network;

/// <summary>
/// Composition root of the network service (neutron-server). Order of checks, as neutron's: the form of the body, then the row, then the policy, then the
/// resource's own rules.
/// </summary>
public static class NetworkService
{
    public static ServiceDefinition Definition() => new()
    {
        Program = "neutron-server",
        ServiceType = "network",
        ConfigFileName = "neutron.conf",
        Options =
        [
            .. ServiceDefinition.CommonOptions, .. KeystoneAuthtokenOptions.All, .. NetworkOptions.All, .. Ml2Options.All, .. OvnOptions.All, .. QuotaOptions.All, .. NovaOptions.Auth.All,
        ],
        Retired =
        [
            new("DEFAULT", "allow_overlapping_ips", "addresses of different networks may always overlap"),
            new("DEFAULT", "dhcp_agents_per_network", "OVN serves DHCP on every host; there are no DHCP agents"),
            new("DEFAULT", "api_workers", "one process serves all requests"),
            new("DEFAULT", "rpc_workers", "there is no RPC to network agents"),
            new("DEFAULT", "send_events_interval", "events are sent at once, and together when several wait"),
            new("DEFAULT", "l3_ha", "an OVN router is highly available by its gateway chassis"),
            new("DEFAULT", "router_distributed", "an OVN router is distributed by itself"),
            new("oslo_concurrency", "lock_path", "no lock files are used"),
            new("quotas", "quota_driver", "quotas are always counted in the database"),
        ],
        Listen = config => new(config.Get(NetworkOptions.BindHost)!, config.Get(NetworkOptions.BindPort)),
        Faults = new NetworkFaults(),
        Connection = DatabaseOptions.Connection,
        Migrations = typeof(NetworkService).Assembly,
        ValidatesTokens = true,
        Policies = NetworkPolicies.All,
        Services = AddNetwork,
        Map = MapNetwork,
    };

    internal static void AddNetwork(IServiceCollection services, ServiceConfig config)
    {
        services.AddPolicy(config, NetworkPolicies.All, rule => Errors.Denied($"rule:{rule.Name}"));
        services.TryAddSingleton<ILoggerFactory>(NullLoggerFactory.Instance);
        services.TryAdd(ServiceDescriptor.Singleton(typeof(ILogger<>), typeof(Logger<>)));
        services.AddSingleton<ChangeSignal>().AddSingleton<NetworkCore>().AddSingleton<QuotaCounter>().AddSingleton<Segments>();
        services.AddSingleton(provider => DriverFactory.Create(provider, config));
        services.AddSingleton<DefaultSecurityGroup>().AddSingleton<ServerEventOutbox>().AddSingleton<PortStore>().AddSingleton<PortBinder>().AddSingleton<MetadataPort>();
        services.AddResource<NetworksResource, NetworkRow>().AddResource<SubnetsResource, SubnetRow>().AddResource<PortsResource, PortRow>().AddResource<RoutersResource, RouterRow>()
            .AddResource<FloatingIpsResource, FloatingIpRow>().AddResource<SecurityGroupsResource, SecurityGroupRow>().AddResource<SecurityGroupRulesResource, SecurityGroupRuleRow>();
        services.AddSingleton<RouterActions>().AddSingleton<QuotaEndpoints>().AddSingleton<AgentEndpoints>().AddSingleton<IpAvailability>();
        services.AddSingleton<Platform.Audit.IAudit>(provider => provider.GetRequiredService<NetworkAudit>());
        services.AddSingleton<StateReader>().AddSingleton<NetworkAudit>().AddSingleton<IServerEvents, ComputeServerEvents>();
        services.AddSingleton<NorthboundWriter>().AddHostedService(p => p.GetRequiredService<NorthboundWriter>());
        services.AddSingleton<NorthboundReconciler>().AddHostedService(p => p.GetRequiredService<NorthboundReconciler>());
        services.AddHostedService<PortStatusWatcher>().AddHostedService<ServerEventSender>();
    }

    internal static void MapNetwork(WebApplication app)
    {
        app.MapRoot();
        var api = app.MapGroup("/v2.0");
        api.MapExtensions();
        app.Services.MapResource<NetworkRow>(api);
        app.Services.MapResource<SubnetRow>(api);
        app.Services.MapResource<PortRow>(api);
        app.Services.MapResource<RouterRow>(api);
        app.Services.MapResource<FloatingIpRow>(api);
        app.Services.MapResource<SecurityGroupRow>(api);
        app.Services.GetRequiredService<ResourceEndpoints<SecurityGroupRuleRow>>().Map(api, update: false);
        app.Services.GetRequiredService<RouterActions>().Map(api);
        app.Services.GetRequiredService<QuotaEndpoints>().Map(api);
        app.Services.GetRequiredService<AgentEndpoints>().Map(api);
        app.Services.GetRequiredService<IpAvailability>().Map(api);
    }

    private static IServiceCollection AddResource<TResource, TRow>(this IServiceCollection services)
        where TResource : NetworkResource<TRow>
        where TRow : StandardRow => services
        .AddSingleton<TResource>()
        .AddSingleton<NetworkResource<TRow>>(provider => provider.GetRequiredService<TResource>())
        .AddSingleton<ResourceEndpoints<TRow>>()
        .AddSingleton<TagEndpoints<TRow>>();

    private static void MapResource<TRow>(this IServiceProvider services, RouteGroupBuilder api)
        where TRow : StandardRow
    {
        services.GetRequiredService<ResourceEndpoints<TRow>>().Map(api);
        services.GetRequiredService<TagEndpoints<TRow>>().Map(api);
    }
}
