// SPDX-License-Identifier: Apache-2.0
using System.Diagnostics;
using System.Net;
using System.Text.Json;

namespace Meridian.Network.Tests.Ipam;

public sealed class AllocationTests : IAsyncLifetime
{
    private NetworkFixture cloud = null!;

    public async ValueTask InitializeAsync() => cloud = await NetworkFixture.StartAsync("quota_port = -1");

    public ValueTask DisposeAsync() => cloud.DisposeAsync();

    [Fact]
    public async Task Parallel_ports_never_share_an_address_and_a_full_pool_says_so()
    {
        var (network, _) = await cloud.NetworkAsync("10.0.0.0/27");

        var answers = await Task.WhenAll(Enumerable.Range(0, 60).Select(_ => cloud.CallAsync("demo", HttpMethod.Post, "/v2.0/ports", new { port = new { network_id = network } })));

        var created = answers.Where(a => a.Status == HttpStatusCode.Created).Select(a => Address(a.Body.GetProperty("port"))).ToList();
        Assert.Equal(29, created.Count);
        Assert.Equal(29, created.Distinct().Count());
        Assert.All(answers.Where(a => a.Status != HttpStatusCode.Created), a => Assert.Equal("IpAddressGenerationFailure", a.Body.GetProperty("NeutronError").GetProperty("type").GetString()));
    }

    [Fact]
    public async Task One_address_asked_for_by_many_at_once_goes_to_one()
    {
        var (network, subnet) = await cloud.NetworkAsync("10.1.0.0/24");

        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => cloud.CallAsync(
            "demo", HttpMethod.Post, "/v2.0/ports", new { port = new { network_id = network, fixed_ips = new[] { new { subnet_id = subnet, ip_address = "10.1.0.77" } } } })));

        Assert.Single(answers, a => a.Status == HttpStatusCode.Created);
        Assert.All(answers.Where(a => a.Status != HttpStatusCode.Created), a => Assert.Equal("IpAddressAlreadyAllocated", a.Body.GetProperty("NeutronError").GetProperty("type").GetString()));
    }

    [Fact]
    public async Task The_last_free_address_of_a_full_pool_is_found_quickly()
    {
        var (network, _) = await cloud.NetworkAsync("10.2.0.0/22");
        var made = new List<JsonElement>();
        for (var i = 0; i < 1021; i += 100)
        {
            var (status, body) = await cloud.CallAsync(
                "demo", HttpMethod.Post, "/v2.0/ports", new { ports = Enumerable.Range(0, Math.Min(100, 1021 - i)).Select(_ => new { network_id = network }).ToArray() });
            Assert.Equal(HttpStatusCode.Created, status);
            made.AddRange(body.GetProperty("ports").EnumerateArray());
        }

        Assert.Equal("IpAddressGenerationFailure", (await cloud.RefusedAsync("demo", HttpMethod.Post, "/v2.0/ports", new { port = new { network_id = network } })).Type);
        await cloud.CallAsync("demo", HttpMethod.Delete, "/v2.0/ports/" + NetworkFixture.Id(made[500]));
        var clock = Stopwatch.StartNew();
        var last = await cloud.CreateAsync("ports", new { network_id = network });

        Assert.Equal(Address(made[500]), Address(last));
        Assert.True(clock.ElapsedMilliseconds < 2000, $"took {clock.ElapsedMilliseconds} ms");
    }

    [Fact]
    public async Task Fixed_ips_are_kept_added_and_given_back()
    {
        var (network, subnet) = await cloud.NetworkAsync("10.3.0.0/29");
        var port = await cloud.CreateAsync("ports", new { network_id = network, fixed_ips = new[] { new { ip_address = "10.3.0.2" } } });
        var path = "/v2.0/ports/" + NetworkFixture.Id(port);

        var two = await cloud.CallAsync("demo", HttpMethod.Put, path, new { port = new { fixed_ips = new object[] { new { ip_address = "10.3.0.2" }, new { subnet_id = subnet, ip_address = "10.3.0.3" } } } });
        var one = await cloud.CallAsync("demo", HttpMethod.Put, path, new { port = new { fixed_ips = new object[] { new { ip_address = "10.3.0.3" } } } });
        var again = await cloud.CreateAsync("ports", new { network_id = network, fixed_ips = new[] { new { ip_address = "10.3.0.2" } } });

        Assert.Equal(["10.3.0.2", "10.3.0.3"], Addresses(two.Body.GetProperty("port")).Order());
        Assert.Equal(["10.3.0.3"], Addresses(one.Body.GetProperty("port")));
        Assert.Equal(["10.3.0.2"], Addresses(again));
    }

    [Fact]
    public async Task A_slaac_subnet_gives_every_port_its_eui_64_address_also_ports_that_were_there()
    {
        var (network, _) = await cloud.NetworkAsync("10.4.0.0/24");
        var before = await cloud.CreateAsync("ports", new { network_id = network, mac_address = "fa:16:3e:00:00:01" });
        await cloud.CreateAsync("subnets", new { network_id = network, cidr = "fd04::/64", ip_version = 6, ipv6_ra_mode = "slaac", ipv6_address_mode = "slaac" });
        var after = await cloud.CreateAsync("ports", new { network_id = network, mac_address = "fa:16:3e:00:00:02" });

        var shown = (await cloud.GetAsync("/v2.0/ports/" + NetworkFixture.Id(before))).Body.GetProperty("port");
        Assert.Contains("fd04::f816:3eff:fe00:1", Addresses(shown));
        Assert.Contains("fd04::f816:3eff:fe00:2", Addresses(after));
    }

    [Fact]
    public async Task A_stateful_ipv6_subnet_gives_addresses_of_its_pool()
    {
        var network = NetworkFixture.Id(await cloud.CreateAsync("networks", new { }));
        await cloud.CreateAsync("subnets", new { network_id = network, cidr = "fd05::/120", ip_version = 6, ipv6_ra_mode = "dhcpv6-stateful", ipv6_address_mode = "dhcpv6-stateful" });

        var port = await cloud.CreateAsync("ports", new { network_id = network });

        Assert.StartsWith("fd05::", Address(port), StringComparison.Ordinal);
    }

    private static string Address(JsonElement port) => Addresses(port).Single();

    private static IEnumerable<string> Addresses(JsonElement port) => port.GetProperty("fixed_ips").EnumerateArray().Select(ip => ip.GetProperty("ip_address").GetString()!);
}
