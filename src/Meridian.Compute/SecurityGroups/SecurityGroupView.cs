// SPDX-License-Identifier: Apache-2.0
using System.Text.Json;

using Meridian.Contracts.Network;

namespace Meridian.Compute.SecurityGroups;

/// <summary>
/// A group of the network service in compute's own shape: rules for incoming packets only, ports -1 for any ICMP, 1 to 65535 for any TCP or UDP.
/// Source: nova/api/openstack/compute/security_groups.py, nova/network/security_group_api.py.
/// </summary>
internal sealed class SecurityGroupView
{
    private readonly Dictionary<string, SecurityGroupInfo> sources;

    private SecurityGroupView(IEnumerable<SecurityGroupInfo> sources) => this.sources = sources.ToDictionary(g => g.Id, StringComparer.Ordinal);

    /// <summary>Names of the groups that rules refer to are asked for once for all of <paramref name="groups"/>.</summary>
    public static async Task<SecurityGroupView> CreateAsync(NetworkClient client, IReadOnlyList<SecurityGroupInfo> groups, CancellationToken cancellationToken)
    {
        var known = groups.Select(g => g.Id).ToHashSet(StringComparer.Ordinal);
        var others = groups.SelectMany(g => g.SecurityGroupRules ?? []).Select(r => r.RemoteGroupId).OfType<string>().Where(id => !known.Contains(id)).Distinct(StringComparer.Ordinal).ToList();
        return new(groups.Concat(await client.ListSecurityGroupsAsync(ids: others, cancellationToken: cancellationToken)));
    }

    public void Write(Utf8JsonWriter json, SecurityGroupInfo group)
    {
        json.WriteString("id", group.Id);
        json.WriteString("name", group.Name);
        json.WriteString("description", group.Description ?? "");
        json.WriteString("tenant_id", group.ProjectId);
        json.WriteStartArray("rules");
        foreach (var rule in group.SecurityGroupRules?.Where(r => r.Direction == "ingress") ?? [])
        {
            Write(json, group, rule);
        }

        json.WriteEndArray();
    }

    private void Write(Utf8JsonWriter json, SecurityGroupInfo group, SecurityGroupRuleInfo rule)
    {
        var source = rule.RemoteGroupId is { } id ? sources.GetValueOrDefault(id) : null;
        if (rule.RemoteGroupId is not null && source is null)
        {
            // The user may not see that group, or it is gone; nova leaves such a rule out as well.
            return;
        }

        var (from, to) = Ports(rule);
        json.WriteStartObject();
        json.WriteString("id", rule.Id);
        json.WriteString("parent_group_id", group.Id);
        json.WriteString("ip_protocol", rule.Protocol);
        WritePort(json, "from_port", from);
        WritePort(json, "to_port", to);
        json.WriteStartObject("group");
        if (source is not null)
        {
            json.WriteString("name", source.Name);
            json.WriteString("tenant_id", source.ProjectId);
        }

        json.WriteEndObject();
        json.WriteStartObject("ip_range");
        if (source is null)
        {
            json.WriteString("cidr", rule.RemoteIpPrefix ?? (rule.Ethertype == "IPv6" ? "::/0" : "0.0.0.0/0"));
        }

        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static (int? From, int? To) Ports(SecurityGroupRuleInfo rule) => (rule.PortRangeMin, rule.PortRangeMax, rule.Protocol?.ToUpperInvariant()) switch
    {
        (null, null, "ICMP" or "ICMPV6") => (-1, -1),
        (null, null, "TCP" or "UDP") => (1, 65535),
        var (from, to, _) => (from, to),
    };

    private static void WritePort(Utf8JsonWriter json, string name, int? port)
    {
        if (port is { } number)
        {
            json.WriteNumber(name, number);
        }
        else
        {
            json.WriteNull(name);
        }
    }
}
