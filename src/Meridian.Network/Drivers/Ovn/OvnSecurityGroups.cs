// SPDX-License-Identifier: Apache-2.0

using Meridian.Platform.Ovsdb;

namespace Meridian.Network.Drivers.Ovn;

/// <summary>
/// A security group is a port group with an ACL a rule; OVN keeps the address sets <c>pg_…_ip4</c> and <c>_ip6</c> of its ports by itself.
/// All guest ports with port security are in the drop group too: what no rule allows is dropped.
/// </summary>
internal static class OvnSecurityGroups
{
    private const int DropPriority = 1001;
    private const int AllowPriority = 1002;

    public static void Ensure(OvsdbClient northbound, OvsdbTransaction transaction, SecurityGroupState group)
    {
        var name = OvnNames.PortGroup(group.Id);
        var ids = new Dictionary<string, string> { [OvnNames.GroupId] = group.Id, [OvnNames.Revision] = $"{group.Revision}" };
        var wanted = group.Rules.Select(r => Acl(AclMatch.Direction(r), AllowPriority, AclMatch.Of(name, r), group.Stateful ? "allow-related" : "allow-stateless", r.Id));
        EnsureGroup(northbound, transaction, name, ids, [.. wanted]);
    }

    public static OvsdbReference EnsureDropGroup(OvsdbClient northbound, OvsdbTransaction transaction) => EnsureGroup(northbound, transaction, OvnNames.DropGroup, [],
    [
        Acl("from-lport", DropPriority, $"inport == @{OvnNames.DropGroup} && ip", "drop", null),
        Acl("to-lport", DropPriority, $"outport == @{OvnNames.DropGroup} && ip", "drop", null),

        // A guest may always ask for its address, as with neutron's other drivers: OVN itself answers, nothing leaves the host.
        Acl("from-lport", AllowPriority, $"inport == @{OvnNames.DropGroup} && ip4 && ip4.dst == 255.255.255.255 && udp && udp.src == 68 && udp.dst == 67", "allow", null),
        Acl("from-lport", AllowPriority, $"inport == @{OvnNames.DropGroup} && ip6 && ip6.dst == ff02::1:2 && udp && udp.src == 546 && udp.dst == 547", "allow", null),
    ]);

    /// <summary>Puts the port into these groups and out of all others.</summary>
    public static void EnsureMembership(OvsdbClient northbound, OvsdbTransaction transaction, OvsdbReference port, IReadOnlySet<string> groups)
    {
        foreach (var group in northbound.Table("Port_Group").Rows.Where(IsOurs))
        {
            var wanted = groups.Contains(group.Text("name"));
            var member = port.Uuid is { } uuid && group.References("ports").Contains(uuid);
            if (wanted && !member)
            {
                transaction.Add("Port_Group", group.Uuid, "ports", new object[] { port });
            }
            else if (!wanted && member)
            {
                transaction.Remove("Port_Group", group.Uuid, "ports", new object[] { port });
            }
        }
    }

    public static void Delete(OvsdbClient northbound, OvsdbTransaction transaction, string id)
    {
        foreach (var group in northbound.Table("Port_Group").Rows.Where(g => g.Text("name") == OvnNames.PortGroup(id)))
        {
            transaction.Delete("Port_Group", group.Uuid);
        }
    }

    private static bool IsOurs(OvsdbRow group) => group.Text("name") == OvnNames.DropGroup || group.Entry("external_ids", OvnNames.GroupId) is not null;

    private static Dictionary<string, object?> Acl(string direction, int priority, string match, string action, string? ruleId) => new()
    {
        ["direction"] = direction, ["priority"] = priority, ["match"] = match, ["action"] = action,
        ["external_ids"] = ruleId is null ? [] : new Dictionary<string, string> { [OvnNames.RuleId] = ruleId },
    };

    private static OvsdbReference EnsureGroup(
        OvsdbClient northbound, OvsdbTransaction transaction, string name, Dictionary<string, string> ids, IReadOnlyList<Dictionary<string, object?>> acls)
    {
        if (northbound.Table("Port_Group").FindBy("name", name) is not { } group)
        {
            return transaction.Insert("Port_Group", new Dictionary<string, object?>
            {
                ["name"] = name, ["external_ids"] = ids, ["acls"] = acls.Select(a => transaction.Insert("ACL", a)).ToArray(),
            });
        }

        transaction.UpdateDifferences(group, new Dictionary<string, object?> { ["external_ids"] = ids });
        var kept = new HashSet<Guid>();
        var existing = group.References("acls").Select(northbound.Table("ACL").Find).OfType<OvsdbRow>().ToList();
        foreach (var acl in acls)
        {
            if (existing.Find(e => !kept.Contains(e.Uuid) && acl.All(c => OvsdbRow.Same(e.Value(c.Key), c.Value))) is { } same)
            {
                kept.Add(same.Uuid);
            }
            else
            {
                transaction.Add("Port_Group", group.Uuid, "acls", new object[] { transaction.Insert("ACL", acl) });
            }
        }

        var gone = group.References("acls").Where(a => !kept.Contains(a)).Cast<object>().ToArray();
        if (gone.Length > 0)
        {
            transaction.Remove("Port_Group", group.Uuid, "acls", gone);
        }

        return group.Uuid;
    }
}
