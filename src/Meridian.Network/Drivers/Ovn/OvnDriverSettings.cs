// SPDX-License-Identifier: Apache-2.0

using Meridian.Platform.Config;
using Meridian.Platform.Ovsdb;

namespace Meridian.Network.Drivers.Ovn;

/// <summary>Section [ovn] of ml2_conf.ini. Source: Neutron configuration reference, "ovn".</summary>
internal static class OvnOptions
{
    public static readonly Option<string?> Northbound = Opt.Text(
        "ovn", "ovn_nb_connection", "tcp:127.0.0.1:6641", "OVN's northbound database: tcp:HOST:PORT or unix:PATH, comma separated for a cluster.");

    public static readonly Option<string?> Southbound = Opt.Text(
        "ovn", "ovn_sb_connection", "tcp:127.0.0.1:6642", "OVN's southbound database: tcp:HOST:PORT or unix:PATH, comma separated for a cluster.");

    public static readonly Option<TimeSpan> LeaseTime = Opt.Seconds("ovn", "dhcp_default_lease_time", 43200, "For how many seconds guests keep an address.");

    public static readonly Option<string[]> DnsServers = Opt.List("ovn", "dns_servers", [], "Name servers given to guests whose subnet names none.");

    public static readonly Option<bool> MetadataEnabled = Opt.Boolean("ovn", "ovn_metadata_enabled", false, "Whether networks get a port for the metadata agent.");

    public static readonly Option<string> SyncMode = Opt.Choice(
        "ovn", "neutron_sync_mode", "repair", "What to do where database and backend differ: off, log or repair.", ["off", "log", "repair"]);

    public static IReadOnlyList<Option> All { get; } = [Northbound, Southbound, LeaseTime, DnsServers, MetadataEnabled, SyncMode];
}

internal sealed record OvnDriverSettings(IReadOnlyList<OvsdbEndpoint> Northbound, IReadOnlyList<OvsdbEndpoint> Southbound)
{
    public TimeSpan LeaseTime { get; init; } = TimeSpan.FromSeconds(43200);
    public IReadOnlyList<string> DnsServers { get; init; } = [];
    public bool MetadataPorts { get; init; } = true;

    /// <exception cref="ConfigException">A connection is not understood; the message names file and option, and says what was expected.</exception>
    public static OvnDriverSettings From(ServiceConfig config) => new(Endpoints(config, OvnOptions.Northbound), Endpoints(config, OvnOptions.Southbound))
    {
        LeaseTime = config.Get(OvnOptions.LeaseTime), DnsServers = config.Get(OvnOptions.DnsServers), MetadataPorts = config.Get(OvnOptions.MetadataEnabled),
    };

    internal static IReadOnlyList<OvsdbEndpoint> Endpoints(ServiceConfig config, Option<string?> option)
    {
        try
        {
            return OvsdbEndpoint.ParseList(config.Get(option) ?? "");
        }
        catch (FormatException error)
        {
            throw new ConfigException($"{config.Describe(option)}: {error.Message}");
        }
    }
}
