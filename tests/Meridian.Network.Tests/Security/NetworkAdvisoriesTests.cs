// SPDX-License-Identifier: Apache-2.0

namespace Meridian.Network.Tests.Security;

/// <summary>Advisories of OpenStack's network service that this one could repeat, each by its number.</summary>
public sealed class NetworkAdvisoriesTests(SharedCloud shared) : IClassFixture<SharedCloud>
{
    private readonly NetworkFixture cloud = shared.Cloud;

    [Theory]
    [InlineData("network:router_interface")]
    [InlineData("network:router_gateway")]
    [InlineData("compute:nova")]
    public async Task OSSA_2014_008_nobody_plugs_a_port_into_another_project_s_router(string owner)
    {
        var router = NetworkFixture.Id(await cloud.CreateAsync("routers", new { name = "theirs" }, "other"));
        var (network, _) = await cloud.NetworkAsync();

        var created = await cloud.RefusedAsync("demo", HttpMethod.Post, "/v2.0/ports", new { port = new { network_id = network, device_owner = owner, device_id = router } });
        var port = NetworkFixture.Id(await cloud.CreateAsync("ports", new { network_id = network }));
        var updated = await cloud.RefusedAsync("demo", HttpMethod.Put, "/v2.0/ports/" + port, new { port = new { device_owner = owner, device_id = router } });
        var plugged = await cloud.RefusedAsync("demo", HttpMethod.Put, $"/v2.0/routers/{router}/add_router_interface", new { port_id = port });

        Assert.Equal((409, "DeviceIDNotOwnedByTenant"), (created.Status, created.Type));
        Assert.Equal((409, "DeviceIDNotOwnedByTenant"), (updated.Status, updated.Type));
        Assert.Equal((404, "RouterNotFound"), (plugged.Status, plugged.Type));
    }

    [Fact]
    public async Task OSSA_2015_018_a_port_on_another_s_network_does_not_become_a_network_device()
    {
        var (network, _) = await cloud.NetworkAsync(user: "admin", network: new { name = "shared", shared = true });
        var port = NetworkFixture.Id(await cloud.CreateAsync("ports", new { network_id = network }));

        foreach (var owner in new[] { "network:router_interface", "network:dhcp", "network:distributed" })
        {
            var created = await cloud.RefusedAsync("demo", HttpMethod.Post, "/v2.0/ports", new { port = new { network_id = network, device_owner = owner } });
            var updated = await cloud.RefusedAsync("demo", HttpMethod.Put, "/v2.0/ports/" + port, new { port = new { device_owner = owner } });

            Assert.Equal((403, "PolicyNotAuthorized"), (created.Status, created.Type));
            Assert.Equal((403, "PolicyNotAuthorized"), (updated.Status, updated.Type));
        }
    }

    [Theory]
    [InlineData("10.0.0.0")]
    [InlineData("10.0.0.0/33")]
    [InlineData("10.0.0.0/-1")]
    [InlineData("10.0.0/24")]
    [InlineData("10.0.0.0/24; rm -rf /")]
    [InlineData("10.0.0.0/24\n")]
    [InlineData("999.0.0.0/8")]
    [InlineData("fe80::%eth0/64")]
    [InlineData("")]
    public async Task OSSA_2014_014_an_invalid_cidr_is_refused_everywhere(string cidr)
    {
        var network = NetworkFixture.Id(await cloud.CreateAsync("networks", new { }));
        var group = NetworkFixture.Id((await cloud.GetAsync("/v2.0/security-groups?name=default")).Body.GetProperty("security_groups")[0]);

        var subnet = await cloud.RefusedAsync("demo", HttpMethod.Post, "/v2.0/subnets", new { subnet = new { network_id = network, cidr, ip_version = 4 } });
        var route = await cloud.RefusedAsync(
            "demo", HttpMethod.Post, "/v2.0/subnets", new { subnet = new { network_id = network, cidr = "10.0.0.0/24", ip_version = 4, host_routes = new[] { new { destination = cidr, nexthop = "10.0.0.9" } } } });
        Assert.Equal(400, subnet.Status);
        Assert.Equal(400, route.Status);
        if (cidr is not ("10.0.0.0" or ""))
        {
            var rule = await cloud.RefusedAsync("demo", HttpMethod.Post, "/v2.0/security-group-rules", new { security_group_rule = new { security_group_id = group, direction = "ingress", remote_ip_prefix = cidr } });
            var pair = await cloud.RefusedAsync("demo", HttpMethod.Post, "/v2.0/ports", new { port = new { network_id = network, allowed_address_pairs = new[] { new { ip_address = cidr } } } });
            Assert.Equal(400, rule.Status);
            Assert.Equal(400, pair.Status);
        }
    }

    [Theory]
    [InlineData("icmp", 1, 300)]
    [InlineData("gre", 1, 2)]
    [InlineData("vrrp", 1, 1)]
    [InlineData("112", 22, 22)]
    [InlineData(null, 22, 22)]
    [InlineData("tcp", 30, 20)]
    [InlineData("udp", null, 20)]
    public async Task OSSA_2019_001_ports_of_a_protocol_without_ports_are_refused(string? protocol, int? low, int? high)
    {
        var group = NetworkFixture.Id((await cloud.GetAsync("/v2.0/security-groups?name=default")).Body.GetProperty("security_groups")[0]);

        var refused = await cloud.RefusedAsync(
            "demo", HttpMethod.Post, "/v2.0/security-group-rules",
            new { security_group_rule = new { security_group_id = group, direction = "ingress", protocol, port_range_min = low, port_range_max = high } });

        Assert.Equal(400, refused.Status);
    }

    [Theory]
    [InlineData("a\nb", "x")]
    [InlineData("option", "x\ndhcp-script=/tmp/evil")]
    [InlineData("option", "x\r")]
    [InlineData("option", "x\u0085y")]
    [InlineData("option", "x\u2028y")]
    [InlineData("op tion", "x")]
    [InlineData("option", "x\u0000y")]
    public async Task OSSA_2021_005_a_dhcp_option_holds_no_line_break(string name, string value)
    {
        var (network, _) = await cloud.NetworkAsync();

        var refused = await cloud.RefusedAsync(
            "demo", HttpMethod.Post, "/v2.0/ports", new { port = new { network_id = network, extra_dhcp_opts = new[] { new { opt_name = name, opt_value = value } } } });

        Assert.Equal(400, refused.Status);
    }

    [Theory]
    [InlineData("{\"dns_nameservers\": [\"10.0.0.2\\nserver=evil\"]}")]
    [InlineData("{\"dns_nameservers\": [\"evil.example\"]}")]
    [InlineData("{\"dns_nameservers\": [\"10.0.0.2\", \"10.0.0.2\"]}")]
    [InlineData("{\"dns_nameservers\": [\"\"]}")]
    [InlineData("{\"host_routes\": [{\"destination\": \"10.1.0.0/16\\n\", \"nexthop\": \"10.0.0.3\"}]}")]
    [InlineData("{\"ipv6_ra_mode\": \"slaac\"}")]
    [InlineData("{\"ipv6_address_mode\": \"slaac\"}")]
    [InlineData("{\"cidr\": \"fd00::/64\", \"ip_version\": 6, \"ipv6_ra_mode\": \"slaac\", \"ipv6_address_mode\": \"dhcpv6-stateful\"}")]
    [InlineData("{\"cidr\": \"fd00::/120\", \"ip_version\": 6, \"ipv6_ra_mode\": \"slaac\", \"ipv6_address_mode\": \"slaac\"}")]
    [InlineData("{\"cidr\": \"fd00::/64\", \"ip_version\": 6, \"enable_dhcp\": false, \"ipv6_ra_mode\": \"slaac\", \"ipv6_address_mode\": \"slaac\"}")]
    public async Task OSSA_2014_039_2014_019_2015_001_what_would_upset_a_dhcp_or_router_daemon_is_refused(string changes)
    {
        var network = NetworkFixture.Id(await cloud.CreateAsync("networks", new { }));
        var subnet = new System.Text.Json.Nodes.JsonObject { ["network_id"] = network, ["cidr"] = "10.0.0.0/24", ["ip_version"] = 4 };
        foreach (var (name, value) in System.Text.Json.Nodes.JsonNode.Parse(changes)!.AsObject())
        {
            subnet[name] = value!.DeepClone();
        }

        var refused = await cloud.RefusedAsync("demo", HttpMethod.Post, "/v2.0/subnets", $"{{\"subnet\": {subnet.ToJsonString()}}}");

        Assert.True(refused.Status == 400, refused.ToString());
    }

    [Fact]
    public async Task OSSA_2014_025_the_number_of_address_pairs_is_bounded_and_wide_ones_need_a_network_of_one_s_own()
    {
        var (own, _) = await cloud.NetworkAsync();
        var (shared, _) = await cloud.NetworkAsync("10.9.0.0/24", "admin", new { shared = true });
        var many = Enumerable.Range(1, 200).Select(i => new { ip_address = $"10.0.1.{i}" }).ToArray();

        var tooMany = await cloud.RefusedAsync("demo", HttpMethod.Post, "/v2.0/ports", new { port = new { network_id = own, allowed_address_pairs = many } });
        var wide = await cloud.RefusedAsync("demo", HttpMethod.Post, "/v2.0/ports", new { port = new { network_id = shared, allowed_address_pairs = new[] { new { ip_address = "0.0.0.0/0" } } } });
        var mine = await cloud.CreateAsync("ports", new { network_id = own, allowed_address_pairs = new[] { new { ip_address = "0.0.0.0/0" } } });

        Assert.Equal((400, "AllowedAddressPairExhausted"), (tooMany.Status, tooMany.Type));
        Assert.Equal(403, wide.Status);
        Assert.Equal("0.0.0.0/0", mine.GetProperty("allowed_address_pairs")[0].GetProperty("ip_address").GetString());
    }

    [Fact]
    public async Task OSSA_2014_031_an_admin_s_attribute_is_not_reset_by_naming_its_default()
    {
        var network = NetworkFixture.Id(await cloud.CreateAsync("networks", new { }));
        await cloud.CallAsync("admin", HttpMethod.Put, "/v2.0/networks/" + network, new { network = new { shared = true } });

        var refused = await cloud.RefusedAsync("demo", HttpMethod.Put, "/v2.0/networks/" + network, new { network = new { shared = false } });

        Assert.Equal((403, "(rule:update_network and rule:update_network:shared) is disallowed by policy"), (refused.Status, refused.Message));
        Assert.True((await cloud.GetAsync("/v2.0/networks/" + network)).Body.GetProperty("network").GetProperty("shared").GetBoolean());
    }

    [Fact]
    public async Task OSSA_2024_005_tags_of_others_resources_cannot_be_touched()
    {
        foreach (var (path, body) in await TheirsAsync())
        {
            foreach (var (method, suffix) in new[] { (HttpMethod.Put, "/tags"), (HttpMethod.Post, "/tags"), (HttpMethod.Delete, "/tags"), (HttpMethod.Put, "/tags/x"), (HttpMethod.Delete, "/tags/x"), (HttpMethod.Get, "/tags") })
            {
                var refused = await cloud.RefusedAsync("other", method, path + suffix, method != HttpMethod.Get && suffix == "/tags" && method != HttpMethod.Delete ? new { tags = new[] { "evil" } } : null);
                Assert.True(refused.Status == 404, $"{method} {path}{suffix}: {refused} {body}");
            }
        }

        // Seen by everybody because it is shared: tags are still its owner's.
        var shared = NetworkFixture.Id(await cloud.CreateAsync("networks", new { shared = true }, "admin"));
        Assert.Equal(403, (await cloud.RefusedAsync("other", HttpMethod.Put, $"/v2.0/networks/{shared}/tags", new { tags = new[] { "evil" } })).Status);
        Assert.Equal(403, (await cloud.RefusedAsync("other", HttpMethod.Delete, $"/v2.0/networks/{shared}/tags")).Status);
    }

    [Fact]
    public async Task OSSA_2012_005_the_rules_of_a_group_are_counted()
    {
        cloud.Keystone.Add(new("counted", "member", "reader"));
        var group = NetworkFixture.Id(await cloud.CreateAsync("security-groups", new { name = "g" }, "counted"));

        var answers = await Task.WhenAll(Enumerable.Range(1, 130).Select(port => cloud.RefusedAsync(
            "counted", HttpMethod.Post, "/v2.0/security-group-rules",
            new { security_group_rule = new { security_group_id = group, direction = "ingress", protocol = "tcp", port_range_min = port, port_range_max = port } })));

        // A hundred in all: four of the default group, two of this one.
        Assert.Equal(94, answers.Count(a => a.Status == 201));
        Assert.All(answers.Where(a => a.Status != 201), a => Assert.Equal((409, "OverQuota"), (a.Status, a.Type)));
    }

    [Theory]
    [InlineData("networks", "status", "\"ACTIVE\"")]
    [InlineData("networks", "id", "\"6a3b8bb4-0000-4000-8000-000000000000\"")]
    [InlineData("networks", "revision_number", "99")]
    [InlineData("networks", "created_at", "\"2020-01-01T00:00:00Z\"")]
    [InlineData("routers", "status", "\"ACTIVE\"")]
    [InlineData("routers", "flavor_id", "null")]
    [InlineData("security-groups", "security_group_rules", "[]")]
    public async Task S12_what_the_service_decides_cannot_be_assigned(string resource, string attribute, string value)
    {
        var singular = resource.TrimEnd('s').Replace('-', '_');
        var id = NetworkFixture.Id(await cloud.CreateAsync(resource, new { name = "mine" }));

        var post = await cloud.RefusedAsync("demo", HttpMethod.Post, "/v2.0/" + resource, $"{{\"{singular}\": {{\"name\": \"x\", \"{attribute}\": {value}}}}}");
        var put = await cloud.RefusedAsync("demo", HttpMethod.Put, $"/v2.0/{resource}/{id}", $"{{\"{singular}\": {{\"{attribute}\": {value}}}}}");

        Assert.Equal((400, $"Attribute '{attribute}' not allowed in POST"), (post.Status, post.Message));
        Assert.Equal((400, $"Cannot update read-only attribute {attribute}"), (put.Status, put.Message));
    }

    [Fact]
    public async Task S12_a_resource_is_not_given_to_or_taken_from_another_project()
    {
        var theirs = cloud.Keystone.User("other").ProjectId;
        var network = NetworkFixture.Id(await cloud.CreateAsync("networks", new { }));

        Assert.Equal(400, (await cloud.RefusedAsync("demo", HttpMethod.Post, "/v2.0/networks", new { network = new { project_id = theirs } })).Status);
        Assert.Equal(400, (await cloud.RefusedAsync("demo", HttpMethod.Post, "/v2.0/networks", new { network = new { tenant_id = theirs } })).Status);
        Assert.Equal(400, (await cloud.RefusedAsync("demo", HttpMethod.Put, "/v2.0/networks/" + network, new { network = new { project_id = theirs } })).Status);
    }

    [Fact]
    public async Task S13_another_project_s_resources_do_not_exist()
    {
        foreach (var (path, body) in await TheirsAsync())
        {
            Assert.Equal(404, (await cloud.RefusedAsync("other", HttpMethod.Get, path)).Status);
            Assert.Equal(404, (await cloud.RefusedAsync("other", HttpMethod.Delete, path)).Status);
            if (!path.Contains("rules", StringComparison.Ordinal))
            {
                Assert.Equal(404, (await cloud.RefusedAsync("other", HttpMethod.Put, path, body)).Status);
            }

            var collection = path[..path.LastIndexOf('/')];
            var listed = (await cloud.GetAsync(collection, "other")).Body.EnumerateObject().First().Value;
            Assert.DoesNotContain(listed.EnumerateArray(), r => path.EndsWith(NetworkFixture.Id(r), StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task S13_another_project_s_resources_cannot_be_used()
    {
        var (network, subnet) = await cloud.NetworkAsync();
        var group = NetworkFixture.Id(await cloud.CreateAsync("security-groups", new { name = "g" }));
        var router = NetworkFixture.Id(await cloud.CreateAsync("routers", new { }, "other"));
        var (theirs, _) = await cloud.NetworkAsync("10.5.0.0/24", "other");
        var theirGroup = NetworkFixture.Id(await cloud.CreateAsync("security-groups", new { name = "t" }, "other"));

        Assert.Equal("NetworkNotFound", (await cloud.RefusedAsync("other", HttpMethod.Post, "/v2.0/ports", new { port = new { network_id = network } })).Type);
        Assert.Equal("NetworkNotFound", (await cloud.RefusedAsync("other", HttpMethod.Post, "/v2.0/subnets", new { subnet = new { network_id = network, cidr = "10.6.0.0/24", ip_version = 4 } })).Type);
        Assert.Equal("SubnetNotFound", (await cloud.RefusedAsync("other", HttpMethod.Put, $"/v2.0/routers/{router}/add_router_interface", new { subnet_id = subnet })).Type);
        Assert.Equal("SecurityGroupNotFound", (await cloud.RefusedAsync("other", HttpMethod.Post, "/v2.0/ports", new { port = new { network_id = theirs, security_groups = new[] { group } } })).Type);
        Assert.Equal("SecurityGroupNotFound", (await cloud.RefusedAsync(
            "other", HttpMethod.Post, "/v2.0/security-group-rules", new { security_group_rule = new { security_group_id = theirGroup, direction = "ingress", remote_group_id = group } })).Type);
        Assert.Equal("SecurityGroupNotFound", (await cloud.RefusedAsync(
            "other", HttpMethod.Post, "/v2.0/security-group-rules", new { security_group_rule = new { security_group_id = group, direction = "ingress" } })).Type);
    }

    [Fact]
    public async Task S14_another_project_s_id_is_no_marker()
    {
        var network = NetworkFixture.Id(await cloud.CreateAsync("networks", new { }));

        var foreign = await cloud.RefusedAsync("other", HttpMethod.Get, "/v2.0/networks?limit=1&marker=" + network);
        var unknown = await cloud.RefusedAsync("other", HttpMethod.Get, "/v2.0/networks?limit=1&marker=6a3b8bb4-0000-4000-8000-000000000000");

        Assert.Equal((404, "NetworkNotFound"), (foreign.Status, foreign.Type));
        Assert.Equal((404, "NetworkNotFound"), (unknown.Status, unknown.Type));
    }

    [Fact]
    public async Task OSSA_2026_001_identity_headers_of_a_client_mean_nothing()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v2.0/agents");
        request.Headers.Add("X-Auth-Token", Testing.FakeKeystone.TokenOf("demo"));
        foreach (var name in new[] { "X-Roles", "x-role", "X_Roles" })
        {
            request.Headers.TryAddWithoutValidation(name, "admin");
        }

        using var response = await cloud.Service.Client.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal("{\"agents\":[]}", await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    /// <summary>One of each resource, of project demo: path and a body that its owner may PUT.</summary>
    private async Task<List<(string Path, object Body)>> TheirsAsync()
    {
        var external = NetworkFixture.Id(await cloud.CreateAsync("networks", new Dictionary<string, object> { ["router:external"] = true }, "admin"));
        await cloud.CreateAsync("subnets", new { network_id = external, cidr = "172.24.4.0/24", ip_version = 4 }, "admin");
        var (network, subnet) = await cloud.NetworkAsync();
        var port = NetworkFixture.Id(await cloud.CreateAsync("ports", new { network_id = network }));
        var router = NetworkFixture.Id(await cloud.CreateAsync("routers", new { }));
        var floating = NetworkFixture.Id(await cloud.CreateAsync("floatingips", new { floating_network_id = external }));
        var group = await cloud.CreateAsync("security-groups", new { name = "g" });
        return
        [
            ("/v2.0/networks/" + network, new { network = new { name = "stolen" } }), ("/v2.0/subnets/" + subnet, new { subnet = new { name = "stolen" } }),
            ("/v2.0/ports/" + port, new { port = new { name = "stolen" } }), ("/v2.0/routers/" + router, new { router = new { name = "stolen" } }),
            ("/v2.0/floatingips/" + floating, new { floatingip = new { description = "stolen" } }), ("/v2.0/security-groups/" + NetworkFixture.Id(group), new { security_group = new { name = "stolen" } }),
        ];
    }
}
