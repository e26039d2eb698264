// SPDX-License-Identifier: Apache-2.0
using System.Net;

using CsCheck;
using Meridian.Network.Ipam;

namespace Meridian.Network.Tests.Ipam;

public sealed class AddressTests
{
    [Theory]
    [InlineData("10.0.0.1", true)]
    [InlineData("010.0.0.1", false)]
    [InlineData("10.1", false)]
    [InlineData("0x0a000001", false)]
    [InlineData("fd00::1", true)]
    [InlineData("[fd00::1]", false)]
    [InlineData("fe80::1%eth0", false)]
    [InlineData("10.0.0.1/24", false)]
    [InlineData("", false)]
    public void Only_texts_that_mean_one_address_to_everybody_are_taken(string text, bool taken) =>
        Assert.Equal(taken, IpAddress.TryParse(text, out _));

    [Fact]
    public void Keys_sort_as_addresses_do_and_texts_come_back() => (from a in Gen.UInt from b in Gen.UInt select (a, b)).Sample(pair =>
    {
        var (x, y) = (new IpAddress(pair.a, 4), new IpAddress(pair.b, 4));
        return Math.Sign(string.CompareOrdinal(x.Key, y.Key)) == Math.Sign(x.CompareTo(y)) && IpAddress.Parse(x.ToString()) == x && IpAddress.FromKey(y.Key) == y;
    });

    [Fact]
    public void A_cidr_holds_what_the_framework_s_network_holds() => (from address in Gen.UInt from length in Gen.Int[0, 32] from probe in Gen.UInt select (address, length, probe)).Sample(t =>
    {
        var cidr = IpCidr.Parse($"{new IpAddress(t.address, 4)}/{t.length}");
        var model = new IPNetwork(IPAddress.Parse(cidr.First.ToString()), t.length);
        var probe = new IpAddress(t.probe, 4);
        return cidr.Contains(probe) == model.Contains(IPAddress.Parse(probe.ToString())) && cidr.ToString() == model.ToString();
    });

    [Fact]
    public void Default_pools_are_every_usable_address_but_the_gateway() => (from address in Gen.UInt from length in Gen.Int[20, 30] from offset in Gen.Int[0, 4095] select (address, length, offset)).Sample(t =>
    {
        var cidr = IpCidr.Parse($"{new IpAddress(t.address, 4)}/{t.length}");
        var gateway = cidr.First + (UInt128)(t.offset % (int)cidr.Size);
        var pools = PoolRules.Default(cidr, gateway);
        for (var i = UInt128.Zero; i < cidr.Size; i++)
        {
            var one = cidr.First + i;
            var expected = i != 0 && i != cidr.Size - 1 && one != gateway;
            if (PoolRules.Contains(pools, one) != expected)
            {
                return false;
            }
        }

        PoolRules.Check(cidr, pools, gateway);
        return true;
    }, iter: 200);

    [Fact]
    public void The_slaac_address_of_a_mac_is_its_eui_64() =>
        Assert.Equal("fd71:1::f816:3eff:fe12:3456", MacAddress.Eui64(IpCidr.Parse("fd71:1::/64"), "fa:16:3e:12:34:56").ToString());

    [Theory]
    [InlineData("10.0.0.0/24", "10.0.0.20", "10.0.0.10", null, "InvalidAllocationPool")]
    [InlineData("10.0.0.0/24", "10.0.0.1", "10.0.0.255", null, "OutOfBoundsAllocationPool")]
    [InlineData("10.0.0.0/24", "10.0.0.0", "10.0.0.9", null, "OutOfBoundsAllocationPool")]
    [InlineData("10.0.0.0/24", "10.0.1.1", "10.0.1.9", null, "OutOfBoundsAllocationPool")]
    [InlineData("10.0.0.0/24", "10.0.0.1", "10.0.0.9", "10.0.0.5", "GatewayConflictWithAllocationPools")]
    [InlineData("10.0.0.0/24", "fd00::1", "fd00::9", null, "InvalidAllocationPool")]
    public void Bad_pools_are_refused_by_neutron_s_names(string cidr, string start, string end, string? gateway, string type)
    {
        var refused = Assert.Throws<Platform.Http.ApiException>(
            () => PoolRules.Check(IpCidr.Parse(cidr), [new(start, end)], gateway is null ? null : IpAddress.Parse(gateway)));

        Assert.Equal(type, refused.Type);
    }

    [Fact]
    public void Overlapping_pools_are_refused()
    {
        var refused = Assert.Throws<Platform.Http.ApiException>(
            () => PoolRules.Check(IpCidr.Parse("10.0.0.0/24"), [new("10.0.0.10", "10.0.0.20"), new("10.0.0.20", "10.0.0.30")], null));

        Assert.Equal((409, "OverlappingAllocationPools"), (refused.Status, refused.Type));
    }

    [Theory]
    [InlineData("FA-16-3E-00-00-01", "fa:16:3e:00:00:01")]
    [InlineData("fa:16:3e:00:00:01", "fa:16:3e:00:00:01")]
    [InlineData("00:00:00:00:00:00", null)]
    [InlineData("fa163e000001", null)]
    [InlineData("fa:16:3e:00:00:0g", null)]
    public void Macs_have_one_form(string text, string? expected) =>
        Assert.Equal(expected, MacAddress.TryNormalize(text, out var mac) ? mac : null);

    [Fact]
    public void Generated_macs_keep_the_base()
    {
        Assert.StartsWith("fa:16:3e:", MacAddress.Generate("fa:16:3e:00:00:00"), StringComparison.Ordinal);
        Assert.StartsWith("fa:16:3e:4f:", MacAddress.Generate("fa:16:3e:4f:00:00"), StringComparison.Ordinal);
    }
}
