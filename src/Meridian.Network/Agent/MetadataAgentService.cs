// SPDX-License-Identifier: Apache-2.0

using Meridian.Network.Drivers.Ovn;
using Meridian.Platform.Config;
using Meridian.Platform.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Meridian.Network.Agent;

/// <summary>The composition root of neutron-ovn-metadata-agent. It has no API of its own: its sockets are in the networks.</summary>
public static class MetadataAgentService
{
    private static readonly TimeSpan NovaTimeout = TimeSpan.FromSeconds(30);

    public static ServiceDefinition Definition() => new()
    {
        Program = "neutron-ovn-metadata-agent",
        ConfigFileName = "neutron.conf",
        Options = [.. ServiceDefinition.CommonOptions, .. MetadataAgentOptions.All],
        Services = AddMetadataAgent,
    };

    internal static void AddMetadataAgent(IServiceCollection services, ServiceConfig config)
    {
        var settings = MetadataAgentSettings.From(config);
        var southbound = OvnDriverSettings.Endpoints(config, OvnOptions.Southbound);
        var local = OvnDriverSettings.Endpoints(config, MetadataAgentOptions.SwitchConnection);
        services.AddSingleton(settings);
        services.AddSingleton(provider =>
        {
            var (clock, logger) = (provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<MetadataConnections>>());
            return new MetadataConnections(
                new(southbound, "OVN_Southbound", MetadataConnections.SouthboundTables, clock, logger), new(local, "Open_vSwitch", MetadataConnections.LocalTables, clock, logger));
        });
        services.AddSingleton(provider =>
        {
            var connections = provider.GetRequiredService<MetadataConnections>();
            return new MetadataDirectory(connections.Southbound, connections.Local);
        });
        services.AddSingleton(provider => new MetadataNamespaces(
            provider.GetRequiredService<MetadataConnections>().Local, settings.SwitchNamespace, provider.GetRequiredService<ILogger<MetadataNamespaces>>()));
        services.AddSingleton<MetadataListener>();
        services.AddSingleton(provider => new MetadataProxy(
            provider.GetRequiredService<MetadataDirectory>(), new HttpClient(new SocketsHttpHandler { UseProxy = false, UseCookies = false, AllowAutoRedirect = false }) { Timeout = NovaTimeout },
            settings, provider.GetRequiredService<ILogger<MetadataProxy>>()));
        services.AddHostedService<MetadataAgent>();
    }
}
