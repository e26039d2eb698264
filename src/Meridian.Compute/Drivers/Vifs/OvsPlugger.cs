// SPDX-License-Identifier: Apache-2.0

using Meridian.Platform.Native;
using Meridian.Platform.Ovsdb;
using Meridian.Platform.Processes;
using Microsoft.Extensions.Logging;

namespace Meridian.Compute.Drivers.Vifs;

/// <param name="Connection">[os_vif_ovs] ovsdb_connection: the host's Open_vSwitch database.</param>
/// <param name="Namespace">The network namespace that ovs-vswitchd runs in; null for the host's own.</param>
internal sealed record OvsPluggerSettings(string Connection, string? Namespace);

/// <summary>
/// Connects taps to Open vSwitch as neutron's ovs_hybrid_plug: tap, bridge qbr, veth qvb and qvo, integration bridge. The veth carries the guest's packets
/// into the switch's namespace, and with its offloads off the kernel completes checksums that a userspace datapath wouldn't: the guest's own
/// virtio-net stays as it is on any host. Names end in the first eleven characters of the port's id, as os-vif's do.
/// </summary>
internal sealed class OvsPlugger(OvsPluggerSettings settings, ILogger<OvsPlugger> logger) : IVifPlugger, IAsyncDisposable
{
    private const string DefaultBridge = "br-int";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly OvsdbClient ovs = new(
        OvsdbEndpoint.ParseList(settings.Connection), "Open_vSwitch", [new("Open_vSwitch", ["next_cfg", "cur_cfg"]), new("Bridge", ["name", "ports"]), new("Port", ["name", "interfaces"]), new("Interface", ["name", "external_ids"])], logger: logger);

    public async Task PlugAsync(string serverId, GuestVif vif, CancellationToken cancellationToken)
    {
        if (vif.VifType != "ovs")
        {
            throw new HypervisorException($"Unexpected vif_type={vif.VifType}");
        }

        var names = new Names(vif.TapName);
        try
        {
            await MakeLinksAsync(vif, names, cancellationToken);
            await AddPortAsync(serverId, vif, names.SwitchEnd, cancellationToken);
        }
        catch (Exception e) when (e is ProcessException or OvsdbException or TimeoutException)
        {
            throw new HypervisorException($"Failed to plug VIF {vif.PortId}: {e.Message}", e);
        }
    }

    public async Task UnplugAsync(string tapName, CancellationToken cancellationToken)
    {
        var names = new Names(tapName);
        try
        {
            await RemovePortAsync(names.SwitchEnd, wait: false, cancellationToken);
            string[] links = [.. ((string[])[tapName, names.HostEnd, names.Bridge]).Where(TapPlugger.Exists)];
            if (links.Length > 0)
            {
                await NetworkLinks.BatchAsync(null, links.Select(l => $"link delete dev {l}"), cancellationToken);
            }
        }
        catch (Exception e) when (e is ProcessException or OvsdbException or TimeoutException)
        {
            throw new HypervisorException($"Failed to unplug VIF {tapName}: {e.Message}", e);
        }
    }

    /// <summary>Those that this switch has a port for: another region's guests may plug in the same namespace.</summary>
    public async Task<IReadOnlyList<string>> ListTapsAsync(CancellationToken cancellationToken)
    {
        await ovs.ConnectAsync(Patience, cancellationToken);
        return [.. TapPlugger.List().Where(t => ovs.Table("Port").FindBy("name", new Names(t).SwitchEnd) is not null)];
    }

    public ValueTask DisposeAsync() => ovs.DisposeAsync();

    private async Task MakeLinksAsync(GuestVif vif, Names names, CancellationToken cancellationToken)
    {
        if (!TapPlugger.Exists(names.Bridge))
        {
            await NetworkLinks.BatchAsync(null, [$"link add {names.Bridge} type bridge forward_delay 0 stp_state 0 mcast_snooping 0"], cancellationToken);
        }

        // The bridge has no address of its own, and shall not give itself one.
        var ipv6 = $"/proc/sys/net/ipv6/conf/{names.Bridge}/disable_ipv6";
        if (File.Exists(ipv6))
        {
            await File.WriteAllTextAsync(ipv6, "1", cancellationToken);
        }

        if (!TapPlugger.Exists(names.HostEnd))
        {
            // The switch must let go of a link that is gone before there's another of its name: it would go on reading the old one.
            await RemovePortAsync(names.SwitchEnd, wait: true, cancellationToken);
            var inside = settings.Namespace is { } name ? $" netns {name}" : "";
            await NetworkLinks.BatchAsync(null, [$"link add {names.HostEnd} type veth peer name {names.SwitchEnd}{inside}"], cancellationToken);
            await NetworkLinks.DisableOffloadAsync(null, names.HostEnd, cancellationToken);
            await NetworkLinks.DisableOffloadAsync(settings.Namespace, names.SwitchEnd, cancellationToken);
        }

        await NetworkLinks.BatchAsync(settings.Namespace, [$"link set dev {names.SwitchEnd} mtu {vif.Mtu} up"], cancellationToken);
        string[] tap = TapPlugger.Exists(vif.TapName) ? [] : [$"tuntap add dev {vif.TapName} mode tap"];
        await NetworkLinks.BatchAsync(
            null,
            [
                .. tap,
                $"link set dev {names.HostEnd} mtu {vif.Mtu} master {names.Bridge} up",
                $"link set dev {vif.TapName} mtu {vif.Mtu} master {names.Bridge} up",
                $"link set dev {names.Bridge} up",
            ],
            cancellationToken);
    }

    private async Task AddPortAsync(string serverId, GuestVif vif, string link, CancellationToken cancellationToken)
    {
        await ovs.ConnectAsync(Patience, cancellationToken);

        // OVN binds the logical port that iface-id names.
        var ids = new Dictionary<string, string>
        {
            ["iface-id"] = vif.PortId, ["iface-status"] = "active", ["attached-mac"] = vif.MacAddress, ["vm-uuid"] = serverId,
        };
        var change = new OvsdbTransaction();
        if (ovs.Table("Interface").FindBy("name", link) is { } known)
        {
            change.UpdateDifferences(known, new Dictionary<string, object?> { ["external_ids"] = ids });
        }
        else
        {
            var bridge = vif.Details.GetValueOrDefault("bridge_name", DefaultBridge);
            var row = ovs.Table("Bridge").FindBy("name", bridge) ?? throw new OvsdbException($"there is no bridge {bridge}");
            var device = change.Insert("Interface", new Dictionary<string, object?> { ["name"] = link, ["external_ids"] = ids });
            var port = change.Insert("Port", new Dictionary<string, object?> { ["name"] = link, ["interfaces"] = new object[] { device } });
            change.Add("Bridge", row.Uuid, "ports", new object[] { port });
        }

        if (!change.IsEmpty)
        {
            await ovs.TransactAsync(change, cancellationToken);
        }
    }

    private async Task RemovePortAsync(string link, bool wait, CancellationToken cancellationToken)
    {
        await ovs.ConnectAsync(Patience, cancellationToken);
        if (ovs.Table("Port").FindBy("name", link) is not { } port)
        {
            return;
        }

        // Rows that nothing refers to go by themselves.
        var change = new OvsdbTransaction();
        foreach (var bridge in ovs.Table("Bridge").Rows.Where(b => b.Set("ports").Contains(port.Uuid)))
        {
            change.Remove("Bridge", bridge.Uuid, "ports", new object[] { (OvsdbReference)port.Uuid });
        }

        change.Increment("Open_vSwitch", ovs.Table("Open_vSwitch").Rows.Single().Uuid, "next_cfg");
        await ovs.TransactAsync(change, cancellationToken);
        if (!wait)
        {
            return;
        }

        await ovs.WaitForAsync(
            c => c.Table("Port").FindBy("name", link) is null && c.Table("Open_vSwitch").Rows.Single() is var row && row.Integer("cur_cfg") >= row.Integer("next_cfg"),
            Patience, cancellationToken);
    }

    private readonly struct Names(string tap)
    {
        public string Bridge { get; } = "qbr" + tap[3..];

        public string HostEnd { get; } = "qvb" + tap[3..];

        public string SwitchEnd { get; } = "qvo" + tap[3..];
    }
}
