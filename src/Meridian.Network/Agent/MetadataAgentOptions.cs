// SPDX-License-Identifier: Apache-2.0

using Meridian.Network.Drivers.Ovn;
using Meridian.Platform.Config;

namespace Meridian.Network.Agent;

/// <summary>What neutron_ovn_metadata_agent.ini holds. Source: Neutron configuration reference, "neutron_ovn_metadata_agent.ini".</summary>
internal static class MetadataAgentOptions
{
    public static readonly Option<string?> NovaHost = Opt.Text("DEFAULT", "nova_metadata_host", "127.0.0.1", "Where nova's metadata API listens.");

    public static readonly Option<int> NovaPort = Opt.Port("DEFAULT", "nova_metadata_port", 8775, "The port of nova's metadata API.");

    public static readonly Option<string> NovaProtocol = Opt.Choice("DEFAULT", "nova_metadata_protocol", "http", "The protocol of nova's metadata API.", ["http", "https"]);

    public static readonly Option<string?> SharedSecret = Opt.Text(
        "DEFAULT", "metadata_proxy_shared_secret", "", "Signs what is passed on to nova; the same as in nova.conf [neutron] metadata_proxy_shared_secret.", secret: true);

    public static readonly Option<string?> SwitchConnection = Opt.Text("ovs", "ovsdb_connection", "tcp:127.0.0.1:6640", "The host's own Open vSwitch database: tcp:HOST:PORT or unix:PATH.");

    /// <summary>Meridian's own: on one machine each region's switch has a namespace (DESIGN 22).</summary>
    public static readonly Option<string?> SwitchNamespace = Opt.Text("ovs", "network_namespace", null, "The network namespace that ovs-vswitchd runs in; the host's own when not set.");

    public static IReadOnlyList<Option> All { get; } = [NovaHost, NovaPort, NovaProtocol, SharedSecret, SwitchConnection, SwitchNamespace, OvnOptions.Southbound];
}

/// <param name="Nova">Base URL of nova's metadata API.</param>
internal sealed record MetadataAgentSettings(Uri Nova, string SharedSecret, string? SwitchNamespace)
{
    public static MetadataAgentSettings From(ServiceConfig config)
    {
        var host = config.Get(MetadataAgentOptions.NovaHost) ?? "127.0.0.1";
        return new(
            new UriBuilder(config.Get(MetadataAgentOptions.NovaProtocol), host.Trim('[', ']'), config.Get(MetadataAgentOptions.NovaPort)).Uri,
            config.Get(MetadataAgentOptions.SharedSecret) ?? "", config.Get(MetadataAgentOptions.SwitchNamespace));
    }
}
