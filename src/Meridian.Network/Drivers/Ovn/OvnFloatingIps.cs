// SPDX-License-Identifier: Apache-2.0

using Meridian.Platform.Ovsdb;

namespace Meridian.Network.Drivers.Ovn;

/// <summary>A floating IP is a dnat_and_snat rule of its router (ovn-nb(5), NAT), done on the gateway's host.</summary>
internal static class OvnFloatingIps
{
    public static void Ensure(OvsdbClient northbound, OvsdbTransaction transaction, FloatingIpState floatingIp)
    {
        OvsdbRow? router = null;
        if (floatingIp is { RouterId: { } routerId, FixedIpAddress: not null })
        {
            router = northbound.Table("Logical_Router").FindBy("name", OvnNames.Of(routerId))
                ?? throw new NetworkDriverException($"floating IP {floatingIp.Id}: router {routerId} is not in OVN; it must be ensured first");
            OvnOwnedRows.Ensure(
                northbound, transaction, new("Logical_Router", "nat", "NAT"), router, router.Uuid, [Nat(floatingIp, routerId)],
                nat => nat.Entry("external_ids", OvnNames.FloatingIpId) == floatingIp.Id);
        }

        RemoveFrom(northbound, transaction, northbound.Table("Logical_Router").Rows.Where(r => r.Uuid != router?.Uuid), floatingIp.Id);
    }

    public static void Delete(OvsdbClient northbound, OvsdbTransaction transaction, string id) =>
        RemoveFrom(northbound, transaction, northbound.Table("Logical_Router").Rows, id);

    private static void RemoveFrom(OvsdbClient northbound, OvsdbTransaction transaction, IEnumerable<OvsdbRow> routers, string id)
    {
        foreach (var router in routers)
        {
            var found = router.References("nat").Where(n => northbound.Table("NAT").Find(n)?.Entry("external_ids", OvnNames.FloatingIpId) == id).Cast<object>().ToArray();
            if (found.Length > 0)
            {
                transaction.Remove("Logical_Router", router.Uuid, "nat", found);
            }
        }
    }

    private static Dictionary<string, object?> Nat(FloatingIpState floatingIp, string routerId) => new()
    {
        ["type"] = "dnat_and_snat",
        ["external_ip"] = floatingIp.FloatingIpAddress,
        ["logical_ip"] = floatingIp.FixedIpAddress,
        ["external_ids"] = new Dictionary<string, string>
        {
            [OvnNames.FloatingIpId] = floatingIp.Id,
            ["neutron:fip_port_id"] = floatingIp.PortId ?? "",
            ["neutron:fip_external_mac"] = floatingIp.FloatingMac,
            ["neutron:fip_network_id"] = floatingIp.FloatingNetworkId,
            ["neutron:router_name"] = OvnNames.Of(routerId),
            [OvnNames.Revision] = $"{floatingIp.Revision}",
        },
    };
}
