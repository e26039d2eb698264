// SPDX-License-Identifier: Apache-2.0

using Meridian.Platform.Ovsdb;

namespace Meridian.Host.Engines;

/// <summary>What ovn-controller(8) reads from the local Open_vSwitch database, and the bridges.</summary>
internal static class SwitchConfiguration
{
    public static void Ensure(OvsdbClient local, OvsdbTransaction transaction, OvnEngineSettings settings, string southbound)
    {
        var wanted = new Dictionary<string, string>
        {
            ["system-id"] = settings.HostName,
            ["hostname"] = settings.HostName,
            ["ovn-remote"] = southbound,
            ["ovn-encap-type"] = "geneve",
            ["ovn-encap-ip"] = settings.TunnelAddress,
            ["ovn-bridge"] = OvnEngine.IntegrationBridge,
            ["ovn-bridge-datapath-type"] = "netdev",
            ["ovn-bridge-mappings"] = string.Join(',', settings.BridgeMappings.Select(m => $"{m.Key}:{m.Value}")),
            ["ovn-cms-options"] = "enable-chassis-as-gw",
            ["ovn-monitor-all"] = "true",
        };
        var row = local.Table("Open_vSwitch").Rows.FirstOrDefault();
        OvsdbReference root;
        if (row is null)
        {
            root = transaction.Insert("Open_vSwitch", new Dictionary<string, object?> { ["external_ids"] = wanted });
        }
        else
        {
            root = row.Uuid;
            var merged = row.Map("external_ids").Where(p => !wanted.ContainsKey(p.Key)).Concat(wanted).ToDictionary(p => p.Key, p => p.Value);
            transaction.UpdateDifferences(row, new Dictionary<string, object?> { ["external_ids"] = merged });
        }

        EnsureBridge(local, transaction, root, OvnEngine.IntegrationBridge, isIntegration: true);
        foreach (var bridge in settings.BridgeMappings.Values.Distinct(StringComparer.Ordinal))
        {
            EnsureBridge(local, transaction, root, bridge, isIntegration: false);
        }

        if (row is not null && !transaction.IsEmpty)
        {
            transaction.Increment("Open_vSwitch", row.Uuid, "next_cfg");
        }
    }

    public static void EnsurePort(OvsdbClient local, OvsdbTransaction transaction, string bridge, string link)
    {
        if (local.Table("Port").FindBy("name", link) is null)
        {
            var owner = local.Table("Bridge").FindBy("name", bridge) ?? throw new OvsdbException($"there is no bridge {bridge}");
            transaction.Add("Bridge", owner.Uuid, "ports", new object[] { InsertPort(transaction, link, type: "") });
        }
    }

    private static void EnsureBridge(OvsdbClient local, OvsdbTransaction transaction, OvsdbReference root, string name, bool isIntegration)
    {
        if (local.Table("Bridge").FindBy("name", name) is not null)
        {
            return;
        }

        var bridge = transaction.Insert("Bridge", new Dictionary<string, object?>
        {
            ["name"] = name,
            ["datapath_type"] = "netdev",
            ["fail_mode"] = isIntegration ? "secure" : null,
            ["other_config"] = isIntegration ? new Dictionary<string, string> { ["disable-in-band"] = "true" } : [],
            ["ports"] = new object[] { InsertPort(transaction, name, "internal") },
        });
        transaction.Add("Open_vSwitch", root, "bridges", new object[] { bridge });
    }

    private static OvsdbReference InsertPort(OvsdbTransaction transaction, string name, string type)
    {
        var port = transaction.Insert("Interface", new Dictionary<string, object?> { ["name"] = name, ["type"] = type });
        return transaction.Insert("Port", new Dictionary<string, object?> { ["name"] = name, ["interfaces"] = new object[] { port } });
    }
}
