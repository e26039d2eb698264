// SPDX-License-Identifier: Apache-2.0
using System.Text.Json.Nodes;

namespace Meridian.Compute.Tests.SecurityGroups;

/// <summary>The groups of the network service as compute's older clients see them.</summary>
public sealed class SecurityGroupTests(ComputeFixture fixture) : IClassFixture<ComputeFixture>
{
    private string ProjectId => fixture.Keystone.User("demo").ProjectId;

    [Fact]
    public async Task A_list_shows_the_projects_groups_by_name_and_pages()
    {
        Add("zeta");
        Add("alpha");

        var all = (await fixture.GetAsync("/v2.1/os-security-groups", version: "2.1")).Is(200).Json.GetProperty("security_groups");
        var second = (await fixture.GetAsync("/v2.1/os-security-groups?limit=1&offset=1", version: "2.1")).Is(200).Json.GetProperty("security_groups");

        var names = all.EnumerateArray().Select(g => g.GetProperty("name").GetString()!).ToList();
        Assert.Equal(names.Order(StringComparer.Ordinal), names);
        Assert.Contains("alpha", names);
        Assert.Equal(names[1], Assert.Single(second.EnumerateArray()).GetProperty("name").GetString());
        Assert.Equal(400, (await fixture.GetAsync("/v2.1/os-security-groups?offset=x", version: "2.1")).Status);
    }

    [Fact]
    public async Task A_groups_incoming_rules_are_in_computes_shape()
    {
        var web = Add("web");
        var id = Add("shown", Rule("tcp", 22, 22), Rule("icmp", null, null), Rule("udp", null, null, prefix: "10.0.0.0/8"), Rule("tcp", 80, 81, group: web), Rule("tcp", 1, 2, direction: "egress"));

        var group = (await fixture.GetAsync($"/v2.1/os-security-groups/{id}", version: "2.35")).Is(200).Json.GetProperty("security_group");

        Assert.Equal(("shown", ProjectId), (group.GetProperty("name").GetString(), group.GetProperty("tenant_id").GetString()));
        Assert.Equal(
            ["tcp 22-22 0.0.0.0/0", "icmp -1--1 0.0.0.0/0", "udp 1-65535 10.0.0.0/8", "tcp 80-81 web"],
            group.GetProperty("rules").EnumerateArray().Select(r =>
                $"{r.GetProperty("ip_protocol")} {r.GetProperty("from_port")}-{r.GetProperty("to_port")} {(r.GetProperty("group").TryGetProperty("name", out var name) ? name : r.GetProperty("ip_range").GetProperty("cidr"))}"));
    }

    [Fact]
    public async Task An_unknown_group_is_404_a_malformed_id_400_and_the_route_ends_at_2_35()
    {
        var unknown = Guid.NewGuid().ToString();

        Assert.Equal($"Security group {unknown} not found.", (await fixture.GetAsync($"/v2.1/os-security-groups/{unknown}", version: "2.1")).Is(404).Message);
        Assert.Equal("Security group id should be uuid", (await fixture.GetAsync("/v2.1/os-security-groups/web", version: "2.1")).Is(400).Message);
        Assert.Equal(404, (await fixture.GetAsync("/v2.1/os-security-groups", version: "2.36")).Status);
    }

    [Fact]
    public async Task A_server_gets_and_loses_a_group()
    {
        var group = Add("extra", Rule("tcp", 8080, 8080));
        var server = await fixture.CreateActiveServerAsync();

        (await fixture.PostAsync($"/v2.1/servers/{server}/action", $$$"""{"addSecurityGroup": {"name": "{{{group}}}"}}""")).Is(202);
        var added = (await fixture.GetAsync($"/v2.1/servers/{server}/os-security-groups")).Is(200).Json.GetProperty("security_groups");
        (await fixture.PostAsync($"/v2.1/servers/{server}/action", """{"removeSecurityGroup": {"name": "extra"}}""")).Is(202);
        var left = (await fixture.GetAsync($"/v2.1/servers/{server}/os-security-groups")).Is(200).Json.GetProperty("security_groups");

        var extra = Assert.Single(added.EnumerateArray(), g => g.GetProperty("name").GetString() == "extra");
        Assert.Equal(8080, Assert.Single(extra.GetProperty("rules").EnumerateArray()).GetProperty("to_port").GetInt32());
        Assert.Equal("default", Assert.Single(left.EnumerateArray()).GetProperty("name").GetString());
        Assert.Equal(404, (await fixture.PostAsync($"/v2.1/servers/{server}/action", """{"removeSecurityGroup": {"name": "extra"}}""")).Status);
        await fixture.DeleteServerAsync(server);
    }

    private static JsonObject Rule(string protocol, int? from, int? to, string direction = "ingress", string? prefix = null, string? group = null) => new()
    {
        ["id"] = Guid.NewGuid().ToString(), ["direction"] = direction, ["ethertype"] = "IPv4", ["protocol"] = protocol, ["port_range_min"] = from, ["port_range_max"] = to,
        ["remote_ip_prefix"] = prefix, ["remote_group_id"] = group,
    };

    private string Add(string name, params JsonNode[] rules)
    {
        var id = Guid.NewGuid().ToString();
        fixture.Neighbours.SecurityGroups[id] = new() { ["id"] = id, ["name"] = name, ["project_id"] = ProjectId, ["security_group_rules"] = new JsonArray(rules) };
        return id;
    }
}
