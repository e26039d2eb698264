// SPDX-License-Identifier: Apache-2.0
using System.Globalization;
using System.Text.Json;

using CsCheck;

using Meridian.Network.Drivers.Ovn;
using Meridian.Network.Ipam;
using Meridian.Network.Northbound;
using Meridian.Network.SecurityGroups;
using Meridian.Platform.Http;

namespace Meridian.Network.Tests.Security;

/// <summary>OSSA-2019-001 and OSSA-2019-002: whatever the API lets in, the backend can render.</summary>
public sealed class RuleRenderingTests
{
    private static readonly string?[] Protocols =
        [null, "tcp", "udp", "icmp", "icmpv6", "ipv6-icmp", "sctp", "dccp", "udplite", "ah", "esp", "gre", "vrrp", "ip", "ipip", "ipv6-encap", "ipv6-route", "igmp", "ospf", "hopopt", "6", "17", "1", "58", "0", "132", "112", "255"];

    private static readonly string?[] Prefixes = [null, "0.0.0.0/0", "::/0", "10.0.0.0/8", "10.1.2.3/24", "10.0.0.1", "fd00::/8", "fd00::1", "0.0.0.0/1", "128.0.0.0/1", "192.0.2.1/32"];

    private static readonly Gen<SecurityGroupRuleRow> Rules =
        from direction in OneOf("ingress", "egress")
        from ethertype in OneOf("IPv4", "IPv6")
        from protocol in OneOf(Protocols)
        from ports in Gen.OneOf(Gen.Const<(int?, int?)>((null, null)), Gen.Int[0, 65535].Select(p => ((int?, int?))(p, p)), Gen.Select(Gen.Int[0, 65535], Gen.Int[0, 65535]).Select(p => ((int?, int?))(p.Item1, p.Item2)), Gen.Int[0, 255].Select(p => ((int?, int?))(p, null)))
        from prefix in OneOf(Prefixes)
        from remote in Gen.Bool
        select new SecurityGroupRuleRow
        {
            Id = "r", Direction = direction, Ethertype = ethertype, Protocol = RuleValues.Canonical((string?)RuleValues.Protocol(Json(protocol)), ethertype), PortRangeMin = ports.Item1, PortRangeMax = ports.Item2,
            RemoteIpPrefix = prefix, NormalizedCidr = prefix is null ? null : IpCidr.Parse(prefix).ToString(), RemoteGroupId = remote && prefix is null ? "6a3b8bb4-0000-4000-8000-000000000000" : null,
        };

    [Fact]
    public void OSSA_2019_002_every_rule_that_is_let_in_renders_to_one_well_formed_match()
    {
        var rendered = 0;
        Rules.Array[1, 12].Sample(
            set =>
            {
                foreach (var rule in set)
                {
                    try
                    {
                        RuleValues.Check(rule);
                    }
                    catch (ApiException refused) when (refused.Status == 400)
                    {
                        continue;
                    }

                    var match = AclMatch.Of("pg_1", StateReader.State(rule));
                    Interlocked.Increment(ref rendered);
                    Assert.False(string.IsNullOrWhiteSpace(match));
                    Assert.Equal(match.Count(c => c == '('), match.Count(c => c == ')'));
                    Assert.DoesNotContain('\n', match);
                    Assert.DoesNotContain("null", match, StringComparison.OrdinalIgnoreCase);
                    Assert.Contains(rule.Ethertype == "IPv4" ? "ip4" : "ip6", match, StringComparison.Ordinal);
                    if (rule.PortRangeMin is { } low && rule.PortRangeMax is { } high && RuleValues.Number(rule.Protocol) is 6 or 17)
                    {
                        Assert.True(low <= high, match);
                        Assert.Contains(low.ToString(CultureInfo.InvariantCulture), match, StringComparison.Ordinal);
                    }
                }
            },
            iter: 10_000);

        Assert.True(rendered > 10_000, $"only {rendered} of the rules were let in");
    }

    private static Gen<T> OneOf<T>(params T[] values) => Gen.Int[0, values.Length - 1].Select(i => values[i]);

    private static JsonElement Json(string? text) => JsonSerializer.SerializeToElement(text);
}
