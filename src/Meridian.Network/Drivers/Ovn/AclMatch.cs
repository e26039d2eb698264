// SPDX-License-Identifier: Apache-2.0

using System.Collections.Frozen;

namespace Meridian.Network.Drivers.Ovn;

/// <summary>Writes a security group rule as an OVN match expression (ovn-nb(5), ACL; ovn-sb(5), Logical_Flow match).</summary>
internal static class AclMatch
{
    /// <summary>IANA's numbers of the protocol names that neutron takes (those with an expression of their own apart).</summary>
    private static readonly FrozenDictionary<string, int> Protocols = new Dictionary<string, int>
    {
        ["hopopt"] = 0, ["ah"] = 51, ["dccp"] = 33, ["egp"] = 8, ["esp"] = 50, ["gre"] = 47, ["igmp"] = 2, ["ipip"] = 4, ["ipv6-encap"] = 41, ["ipv6-frag"] = 44,
        ["ipv6-nonxt"] = 59, ["ipv6-opts"] = 60, ["ipv6-route"] = 43, ["ospf"] = 89, ["pgm"] = 113, ["rsvp"] = 46, ["udplite"] = 136, ["vrrp"] = 112,
    }.ToFrozenDictionary(StringComparer.Ordinal);

    public static string Direction(SecurityGroupRuleState rule) => rule.Direction == "ingress" ? "to-lport" : "from-lport";

    public static string Of(string portGroup, SecurityGroupRuleState rule)
    {
        var ingress = rule.Direction == "ingress";
        var family = rule.EtherType == "IPv6" ? "ip6" : "ip4";
        var remote = $"{family}.{(ingress ? "src" : "dst")}";
        List<string> terms = [$"{(ingress ? "outport" : "inport")} == @{portGroup}", family];
        if (rule.RemoteIpPrefix is { Length: > 0 } prefix && prefix is not ("0.0.0.0/0" or "::/0"))
        {
            terms.Add($"{remote} == {prefix}");
        }

        if (rule.RemoteGroupId is { Length: > 0 } group)
        {
            terms.Add($"{remote} == ${OvnNames.PortGroup(group)}_{family}");
        }

        terms.AddRange(ProtocolTerms(rule, family));
        return string.Join(" && ", terms);
    }

    private static IEnumerable<string> ProtocolTerms(SecurityGroupRuleState rule, string family)
    {
        switch (rule.Protocol?.ToLowerInvariant())
        {
            case null or "" or "any":
                return [];
            case "tcp" or "6":
                return PortTerms("tcp", rule);
            case "udp" or "17":
                return PortTerms("udp", rule);
            case "sctp" or "132":
                return PortTerms("sctp", rule);
            case "icmp" or "icmpv6" or "ipv6-icmp" or "1" or "58":
                return IcmpTerms(family == "ip6" ? "icmp6" : "icmp4", rule);
            case "0":
                return ["ip.proto == 0"];
            case var other:
                return int.TryParse(other, out var number) || Protocols.TryGetValue(other, out number)
                    ? [$"ip.proto == {number}"]
                    : throw new NetworkDriverException($"security group rule {rule.Id}: the protocol {other} is not known to OVN");
        }
    }

    private static IEnumerable<string> PortTerms(string protocol, SecurityGroupRuleState rule)
    {
        yield return protocol;
        if (rule.PortRangeMin is { } low && rule.PortRangeMin == rule.PortRangeMax)
        {
            yield return $"{protocol}.dst == {low}";
            yield break;
        }

        if (rule.PortRangeMin is { } from)
        {
            yield return $"{protocol}.dst >= {from}";
        }

        if (rule.PortRangeMax is { } to)
        {
            yield return $"{protocol}.dst <= {to}";
        }
    }

    private static IEnumerable<string> IcmpTerms(string protocol, SecurityGroupRuleState rule)
    {
        yield return protocol;
        if (rule.PortRangeMin is { } type)
        {
            yield return $"{protocol}.type == {type}";
        }

        if (rule.PortRangeMax is { } code)
        {
            yield return $"{protocol}.code == {code}";
        }
    }
}
