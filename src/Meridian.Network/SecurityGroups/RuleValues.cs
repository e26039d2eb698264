// SPDX-License-Identifier: Apache-2.0
using System.Globalization;
using System.Text.Json;

using Meridian.Network.Api;
using Meridian.Network.Ipam;

namespace Meridian.Network.SecurityGroups;

/// <summary>Reads and judges the values of a rule. Source: neutron's extensions/securitygroup and securitygroups_db (OSSA-2019-001, 2019-002).</summary>
internal static class RuleValues
{
    private static readonly (string Name, int Number)[] Protocols =
    [
        ("ah", 51), ("dccp", 33), ("egp", 8), ("esp", 50), ("gre", 47), ("hopopt", 0), ("icmp", 1), ("igmp", 2), ("ip", 0), ("ipip", 4), ("ipv6-encap", 41), ("ipv6-frag", 44), ("ipv6-icmp", 58),
        ("icmpv6", 58), ("ipv6-nonxt", 59), ("ipv6-opts", 60), ("ipv6-route", 43), ("ospf", 89), ("pgm", 113), ("rsvp", 46), ("sctp", 132), ("tcp", 6), ("udp", 17), ("udplite", 136), ("vrrp", 112),
    ];

    private static readonly string Names = "[None, " + string.Join(", ", Protocols.Select(p => $"'{p.Name}'")) + "]";

    private static readonly int[] WithPorts = [6, 17, 33, 132, 136];

    public static object? Protocol(JsonElement element)
    {
        var text = element.ValueKind == JsonValueKind.Null ? null : Read.Shown(element);
        if (text is null or "-1" or "" or "any")
        {
            return null;
        }

        if (int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number))
        {
            return number is >= 0 and <= 255 ? number.ToString(CultureInfo.InvariantCulture) : throw Unsupported(text);
        }

        var lower = text.ToLowerInvariant();
        return element.ValueKind == JsonValueKind.String && Protocols.Any(p => p.Name == lower) ? lower : throw Unsupported(text);
    }

    public static object? Port(JsonElement element)
    {
        if (element.ValueKind == JsonValueKind.Null)
        {
            return null;
        }

        var text = element.ValueKind is JsonValueKind.Number or JsonValueKind.String ? Read.Shown(element) : "";
        return int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var port) && port is >= 0 and <= 65535
            ? port
            : throw Errors.Invalid($"Invalid value for port {Read.Shown(element)}", "SecurityGroupInvalidPortValue");
    }

    public static object? Ethertype(JsonElement element) => Read.Shown(element).ToLowerInvariant() switch
    {
        "ipv4" => "IPv4",
        "ipv6" => "IPv6",
        _ => throw Errors.Invalid($"Security group rule for ethertype '{Read.Shown(element)}' not supported. Allowed values are ['IPv4', 'IPv6'].", "SecurityGroupRuleInvalidEtherType"),
    };

    /// <summary>The prefix as it was written, host bits and all; the normalized form is kept beside it.</summary>
    public static object? Prefix(JsonElement element)
    {
        if (element.ValueKind == JsonValueKind.Null)
        {
            return null;
        }

        var text = element.ValueKind == JsonValueKind.String ? element.GetString()! : "";
        if (text.Length == 0)
        {
            return null;
        }

        if (!IpCidr.TryParse(text, out var cidr))
        {
            throw Errors.Invalid($"CIDR {Read.Shown(element)} is invalid.", "InvalidCIDR");
        }

        return text.Contains('/', StringComparison.Ordinal) ? $"{IpAddress.Parse(text.Split('/')[0])}/{cidr.PrefixLength}" : cidr.ToString();
    }

    /// <exception cref="Meridian.Platform.Http.ApiException">A combination that no backend could render.</exception>
    public static void Check(SecurityGroupRuleRow rule)
    {
        if (rule is { RemoteGroupId: not null, RemoteIpPrefix: not null })
        {
            throw Errors.Invalid("Only one of remote_ip_prefix or remote_group_id or remote_address_group_id may be provided.", "SecurityGroupMultipleRemoteEntites");
        }

        var number = Number(rule.Protocol);
        if ((rule.Protocol is "ipv6-icmp" or "icmpv6" or "ipv6-encap" or "ipv6-frag" or "ipv6-nonxt" or "ipv6-opts" or "ipv6-route" || number == 58) && rule.Ethertype == "IPv4")
        {
            throw Errors.Invalid($"Invalid ethertype {rule.Ethertype} for protocol {rule.Protocol}.", "SecurityGroupEthertypeConflictWithProtocol");
        }

        if (rule.NormalizedCidr is { } cidr && IpCidr.Parse(cidr).Version != (rule.Ethertype == "IPv4" ? 4 : 6))
        {
            throw Errors.Invalid($"Conflicting value ethertype {rule.Ethertype} for CIDR {rule.RemoteIpPrefix}", "SecurityGroupRuleParameterConflict");
        }

        CheckPorts(rule, number);
    }

    /// <summary>Icmp of IPv6 has names enough; one is kept.</summary>
    public static string? Canonical(string? protocol, string ethertype) => (protocol, ethertype) switch
    {
        ("icmp" or "icmpv6", "IPv6") => "ipv6-icmp",
        ("ip", _) => null,
        _ => protocol,
    };

    public static int? Number(string? protocol) =>
        protocol is null ? null
        : int.TryParse(protocol, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number
        : Protocols.First(p => p.Name == protocol).Number;

    private static void CheckPorts(SecurityGroupRuleRow rule, int? number)
    {
        var (low, high) = (rule.PortRangeMin, rule.PortRangeMax);
        if (low is null && high is null)
        {
            return;
        }

        if (number is null)
        {
            throw Errors.Invalid("Must also specify protocol if port range is given.", "SecurityGroupProtocolRequiredWithPorts");
        }

        if (number is 1 or 58)
        {
            foreach (var (attribute, field, value) in new[] { ("port_range_min", "type", low), ("port_range_max", "code", high) })
            {
                if (value is > 255)
                {
                    throw Errors.Invalid($"Invalid value for ICMP {field} ({attribute}) {value}. It must be 0 to 255.", "SecurityGroupInvalidIcmpValue");
                }
            }

            if (low is null)
            {
                throw Errors.Invalid($"ICMP code (port-range-max) {high} is provided but ICMP type (port-range-min) is missing.", "SecurityGroupMissingIcmpType");
            }

            return;
        }

        if (!WithPorts.Contains(number.Value))
        {
            throw Errors.Invalid($"Ports cannot be specified for protocol {rule.Protocol}. Ports are only supported for dccp, sctp, tcp, udp, udplite.", "SecurityGroupInvalidProtocolForPort");
        }

        if (low is null || high is null || low > high || (low == 0 && number is 6 or 17))
        {
            throw low == 0 && number is 6 or 17
                ? Errors.Invalid("Invalid value for port 0", "SecurityGroupInvalidPortValue")
                : Errors.Invalid("For TCP/UDP protocols, port_range_min must be <= port_range_max", "SecurityGroupInvalidPortRange");
        }
    }

    private static Platform.Http.ApiException Unsupported(string text) => Errors.Invalid(
        $"Security group rule protocol {text} not supported. Only protocol values {Names} and integer representations [0 to 255] are supported.", "SecurityGroupRuleInvalidProtocol");
}
