// SPDX-License-Identifier: Apache-2.0

using Meridian.Platform.Native;
using Meridian.Platform.Ovsdb;
using Microsoft.Extensions.Logging;

namespace Meridian.Network.Agent;

/// <summary>
/// Gives each served network a namespace <c>ovnmeta-{network id}</c> with the metadata port's addresses and 169.254.169.254, wired to br-int.
/// The switch's own Interface rows remember what was made, so that the next agent finds and removes it.
/// </summary>
internal sealed partial class MetadataNamespaces(OvsdbClient local, string? switchNamespace, ILogger<MetadataNamespaces> logger)
{
    /// <summary>Marks an Interface row of ours; its value is the namespace's name. The engine that stops the switch reads it too.</summary>
    public const string Mark = "metadata-namespace";

    private const string Prefix = "ovnmeta-";

    public static string NameOf(string networkId) => Prefix + networkId;

    /// <summary>Networks that have a namespace from before, served or not.</summary>
    public IReadOnlyList<string> Existing() =>
        [.. local.Table("Interface").Rows.Select(r => r.Entry("external_ids", Mark)).OfType<string>().Where(n => n.StartsWith(Prefix, StringComparison.Ordinal)).Select(n => n[Prefix.Length..])];

    /// <summary>Idempotent; links that were lost (a reboot, a new switch namespace) are made again.</summary>
    public async Task EnsureAsync(MetadataNetwork network, CancellationToken cancellationToken)
    {
        var name = NameOf(network.NetworkId);
        var (outer, inner) = Links(network.NetworkId);
        await NetworkLinks.EnsureNamespaceAsync(name, null, cancellationToken);
        if (!await NetworkLinks.ExistsAsync(name, inner, cancellationToken) || !await NetworkLinks.ExistsAsync(switchNamespace, outer, cancellationToken))
        {
            await NetworkLinks.DeleteAsync(switchNamespace, outer, cancellationToken);
            await NetworkLinks.BatchAsync(switchNamespace, [$"link add {outer} type veth peer name {inner} netns {name} address {network.MacAddress}"], cancellationToken);
            await NetworkLinks.DisableOffloadAsync(switchNamespace, outer, cancellationToken);
            await NetworkLinks.DisableOffloadAsync(name, inner, cancellationToken);
        }

        await NetworkLinks.BatchAsync(switchNamespace, [$"link set {outer} up"], cancellationToken);
        await NetworkLinks.BatchAsync(
            name,
            ["link set lo up", $"link set {inner} up", .. network.Cidrs.Append("169.254.169.254/32").Select(cidr => $"addr replace {cidr} dev {inner}{(cidr.Contains(':', StringComparison.Ordinal) ? " nodad" : "")}")],
            cancellationToken);
        await PlugAsync(network, outer, name, cancellationToken);
    }

    public async Task RemoveAsync(string networkId, CancellationToken cancellationToken)
    {
        var (outer, _) = Links(networkId);
        if (local.Table("Port").FindBy("name", outer) is { } port)
        {
            var transaction = new OvsdbTransaction();
            foreach (var bridge in local.Table("Bridge").Rows.Where(b => b.References("ports").Contains(port.Uuid)))
            {
                transaction.Remove("Bridge", bridge.Uuid, "ports", new object[] { port.Uuid });
            }

            await local.TransactAsync(transaction, cancellationToken);
        }

        await NetworkLinks.DeleteAsync(switchNamespace, outer, cancellationToken);
        await NetworkLinks.DeleteNamespaceAsync(NameOf(networkId), cancellationToken);
        LogRemoved(networkId);
    }

    private static (string Outer, string Inner) Links(string networkId) => ($"tap{networkId[..10]}0", $"tap{networkId[..10]}1");

    private async Task PlugAsync(MetadataNetwork network, string outer, string name, CancellationToken cancellationToken)
    {
        var ids = new Dictionary<string, string> { ["iface-id"] = network.LogicalPort, [Mark] = name };
        var transaction = new OvsdbTransaction();
        if (local.Table("Interface").FindBy("name", outer) is { } row)
        {
            transaction.UpdateDifferences(row, new Dictionary<string, object?> { ["external_ids"] = ids });
        }
        else
        {
            var bridge = local.Table("Bridge").FindBy("name", "br-int") ?? throw new OvsdbException("Open vSwitch has no bridge br-int");
            var link = transaction.Insert("Interface", new Dictionary<string, object?> { ["name"] = outer, ["external_ids"] = ids });
            var port = transaction.Insert("Port", new Dictionary<string, object?> { ["name"] = outer, ["interfaces"] = new object[] { link } });
            transaction.Add("Bridge", bridge.Uuid, "ports", new object[] { port });
            LogServed(network.NetworkId);
        }

        await local.TransactAsync(transaction, cancellationToken);
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Metadata is served in network {NetworkId}")]
    private partial void LogServed(string networkId);

    [LoggerMessage(Level = LogLevel.Information, Message = "Metadata is no longer served in network {NetworkId}: it has no port on this host")]
    private partial void LogRemoved(string networkId);
}
