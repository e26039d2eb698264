// SPDX-License-Identifier: Apache-2.0

using System.Security.Cryptography;
using System.Text;
using Meridian.Platform.Ovsdb;
using Microsoft.Extensions.Logging;

namespace Meridian.Network.Drivers.Ovn;

/// <summary>The hosts as the southbound database (ovn-sb(5)) shows them: who may carry a gateway, and who answers.</summary>
internal sealed class OvnChassis(IReadOnlyList<OvsdbEndpoint> endpoints, OvsdbClient northbound, TimeProvider clock, ILogger logger) : IAsyncDisposable
{
    /// <summary>More stand-ins for one gateway help nobody (neutron's own limit).</summary>
    private const int MostGateways = 5;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan AnswerTime = TimeSpan.FromSeconds(1);
    private readonly OvsdbClient southbound = new(endpoints, "OVN_Southbound",
    [
        new("SB_Global", ["nb_cfg"]), new("Chassis", ["name", "hostname", "other_config", "external_ids"]),
        new("Chassis_Private", ["name", "nb_cfg", "nb_cfg_timestamp", "external_ids"]),
    ], clock, logger);

    /// <summary>Gateway hosts that are wired to the physical network, in an order that differs by router and stays the same for one.</summary>
    public async Task<IReadOnlyList<string>> GatewaysAsync(string routerId, string? physicalNetwork, CancellationToken cancellationToken)
    {
        try
        {
            await southbound.ConnectAsync(Patience, cancellationToken);
        }
        catch (OvsdbUnavailableException error)
        {
            throw new NetworkDriverException($"router {routerId}: {error.Message}", error);
        }

        return
        [
            .. southbound.Table("Chassis").Rows.Where(c => IsGateway(c) && (physicalNetwork is null || Mappings(c).Contains(physicalNetwork)))
                .Select(c => c.Text("name")).OrderBy(name => Rank(routerId, name), StringComparer.Ordinal).Take(MostGateways),
        ];
    }

    /// <summary>Asks every host for a sign of life (a new nb_cfg, which controllers repeat) and waits a second at most for the answers.</summary>
    public async Task<IReadOnlyList<NetworkHostAgent>> AgentsAsync(CancellationToken cancellationToken)
    {
        try
        {
            await southbound.ConnectAsync(Patience, cancellationToken);
            await PingAsync(cancellationToken);
        }
        catch (OvsdbException error)
        {
            throw new NetworkDriverException($"network agents: {error.Message}", error);
        }

        var signs = southbound.Table("Chassis_Private").Rows.ToDictionary(p => p.Text("name"));
        return [.. southbound.Table("Chassis").Rows.OrderBy(c => c.Text("hostname"), StringComparer.Ordinal).SelectMany(c => Agents(c, signs.GetValueOrDefault(c.Text("name"))))];
    }

    public ValueTask DisposeAsync() => southbound.DisposeAsync();

    private static string Rank(string routerId, string chassis) => Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(routerId + chassis)));

    private static bool IsGateway(OvsdbRow chassis) => Config(chassis, "ovn-cms-options").Split(',').Contains("enable-chassis-as-gw", StringComparer.Ordinal);

    private static IEnumerable<string> Mappings(OvsdbRow chassis) => Config(chassis, "ovn-bridge-mappings").Split(',').Select(m => m.Split(':')[0]);

    /// <summary>Moved from external_ids to other_config in OVN 20.09.</summary>
    private static string Config(OvsdbRow chassis, string key) => chassis.Entry("other_config", key) ?? chassis.Entry("external_ids", key) ?? "";

    private static string? MetadataId(OvsdbRow signs) => signs.Entry("external_ids", OvnNames.MetadataAgentId);

    private static long MetadataAnswer(OvsdbRow signs) => long.TryParse(signs.Entry("external_ids", OvnNames.MetadataAgentAnswer), out var answer) ? answer : 0;

    private long Asked() => southbound.Table("SB_Global").Rows.Select(r => r.Integer("nb_cfg")).FirstOrDefault();

    private async Task PingAsync(CancellationToken cancellationToken)
    {
        if (northbound.Table("NB_Global").Rows.FirstOrDefault() is not { } global)
        {
            return;
        }

        var before = Asked();
        var transaction = new OvsdbTransaction();
        transaction.Increment("NB_Global", global.Uuid, "nb_cfg");
        await northbound.TransactAsync(transaction, cancellationToken);
        try
        {
            await southbound.WaitForAsync(s => Asked() > before && s.Table("Chassis_Private").Rows.All(HasAnswered), AnswerTime, cancellationToken);
        }
        catch (TimeoutException)
        {
            // Somebody is away: the list shows who.
        }
    }

    private bool HasAnswered(OvsdbRow signs) => signs.Integer("nb_cfg") >= Asked() && (MetadataId(signs) is null || MetadataAnswer(signs) >= Asked());

    private IEnumerable<NetworkHostAgent> Agents(OvsdbRow chassis, OvsdbRow? signs)
    {
        var (host, asked) = (chassis.Text("hostname"), Asked());
        DateTime? heard = signs?.Integer("nb_cfg_timestamp") is { } milliseconds and > 0 ? DateTimeOffset.FromUnixTimeMilliseconds(milliseconds).UtcDateTime : null;
        var type = IsGateway(chassis) ? "OVN Controller Gateway agent" : "OVN Controller agent";
        yield return new(chassis.Text("name"), type, "ovn-controller", host, signs?.Integer("nb_cfg") >= asked, heard);
        if (signs is not null && MetadataId(signs) is { } metadata)
        {
            yield return new(metadata, "OVN Metadata agent", "neutron-ovn-metadata-agent", host, MetadataAnswer(signs) >= asked, heard);
        }
    }
}
