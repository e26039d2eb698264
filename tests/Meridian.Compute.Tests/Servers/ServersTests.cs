// SPDX-License-Identifier: Apache-2.0
using System.Text.Json;

namespace Meridian.Compute.Tests.Servers;

public sealed class ServersTests(ComputeFixture fixture) : IClassFixture<ComputeFixture>
{
    [Fact]
    public async Task A_server_is_built_and_deleted_and_leaves_nothing()
    {
        var id = await fixture.CreateServerAsync("first");
        var server = await fixture.WaitForStatusAsync(id, "ACTIVE");

        Assert.Equal("net1", server.GetProperty("addresses").EnumerateObject().Single().Name);
        Assert.Contains(fixture.Neighbours.Ports.Values, p => p["device_id"]!.GetValue<string>() == id);

        await fixture.DeleteServerAsync(id);

        Assert.DoesNotContain(fixture.Neighbours.Ports.Values, p => p["device_id"]!.GetValue<string>() == id);
        Assert.Equal((0, 0), (await fixture.CountAllocationsAsync(id), fixture.CountGuests(id)));
    }

    [Fact]
    public async Task It_stops_starts_and_reboots_and_keeps_its_actions()
    {
        var id = await fixture.CreateActiveServerAsync();

        (await fixture.PostAsync($"/v2.1/servers/{id}/action", """{"os-stop": null}""")).Is(202);
        await fixture.WaitForStatusAsync(id, "SHUTOFF");
        Assert.Equal(409, (await fixture.PostAsync($"/v2.1/servers/{id}/action", """{"os-stop": null}""")).Status);
        (await fixture.PostAsync($"/v2.1/servers/{id}/action", """{"os-start": null}""")).Is(202);
        await fixture.WaitForStatusAsync(id, "ACTIVE");
        (await fixture.PostAsync($"/v2.1/servers/{id}/action", """{"reboot": {"type": "HARD"}}""")).Is(202);
        await fixture.WaitForStatusAsync(id, "ACTIVE");
        var actions = (await fixture.GetAsync($"/v2.1/servers/{id}/os-instance-actions")).Is(200).Json.GetProperty("instanceActions");
        var console = (await fixture.PostAsync($"/v2.1/servers/{id}/action", """{"os-getConsoleOutput": {"length": 1}}""")).Is(200).Json;

        Assert.Equal(["reboot", "start", "stop", "create"], actions.EnumerateArray().Select(a => a.GetProperty("action").GetString()));
        Assert.Equal("vm login: ", console.GetProperty("output").GetString());
        await fixture.DeleteServerAsync(id);
    }

    [Fact]
    public async Task Another_project_is_only_listed_together_with_all_tenants()
    {
        var id = await fixture.CreateActiveServerAsync();
        var demo = fixture.Keystone.User("demo").ProjectId;

        foreach (var (query, sees) in new[] { ($"tenant_id={demo}", false), ($"project_id={demo}", false), ($"all_tenants=1&tenant_id={demo}", true), ("all_tenants=", true) })
        {
            var servers = (await fixture.GetAsync("/v2.1/servers?" + query, "admin")).Is(200).Json.GetProperty("servers");
            Assert.Equal(sees, servers.EnumerateArray().Any(s => s.GetProperty("id").GetString() == id));
        }

        await fixture.DeleteServerAsync(id);
    }

    [Fact]
    public async Task An_update_may_be_empty_and_an_action_of_no_server_is_404()
    {
        var id = await fixture.CreateActiveServerAsync();

        (await fixture.SendAsync("PUT", "/v2.1/servers/" + id, """{"server": {}}""")).Is(200);
        Assert.Equal(404, (await fixture.PostAsync($"/v2.1/servers/{Guid.NewGuid()}/action", """{"migrate": null}""", "admin")).Status);
        Assert.Equal(400, (await fixture.PostAsync($"/v2.1/servers/{id}/action", """{"migrate": null}""", "admin")).Status);
        Assert.Equal(400, (await fixture.PostAsync($"/v2.1/servers/{Guid.NewGuid()}/action", """{"fly": null}""", "admin")).Status);

        await fixture.DeleteServerAsync(id);
    }

    [Fact]
    public async Task A_refused_port_ends_in_error_with_the_reason_and_nothing_left()
    {
        fixture.Neighbours.Fault = (method, path) => method == "POST" && path == "/v2.0/ports" ? FakeFault.Refuse : null;
        try
        {
            var id = await fixture.CreateServerAsync("unlucky");
            var server = await fixture.WaitForStatusAsync(id, "ERROR");

            Assert.Equal("No more IP addresses available on network n.", server.GetProperty("fault").GetProperty("message").GetString());
            Assert.Equal((0, 0), (await fixture.CountAllocationsAsync(id), fixture.CountGuests(id)));
            await fixture.DeleteServerAsync(id);
        }
        finally
        {
            fixture.Neighbours.Fault = null;
        }
    }

    [Fact]
    public async Task A_lost_answer_of_the_network_service_makes_no_second_port()
    {
        var lost = 0;
        fixture.Neighbours.Fault = (method, path) =>
            method == "POST" && path == "/v2.0/ports" && Interlocked.Exchange(ref lost, 1) == 0 ? FakeFault.LoseAnswer : null;
        try
        {
            var id = await fixture.CreateActiveServerAsync("twice");

            Assert.Single(fixture.Neighbours.Ports.Values, p => p["device_id"]!.GetValue<string>() == id);
            await fixture.DeleteServerAsync(id);
        }
        finally
        {
            fixture.Neighbours.Fault = null;
        }
    }

    [Fact]
    public async Task Too_large_a_flavor_finds_no_valid_host()
    {
        await fixture.CreateFlavorAsync("huge", "m1.huge", 16, 50000, 9999);
        var body = fixture.ServerBody("huge").Replace("\"flavorRef\":\"1\"", "\"flavorRef\":\"huge\"", StringComparison.Ordinal);

        var id = (await fixture.PostAsync("/v2.1/servers", body)).Is(202).Json.GetProperty("server").GetProperty("id").GetString()!;
        var server = await fixture.WaitForStatusAsync(id, "ERROR");

        Assert.Equal("No valid host was found. There are not enough hosts available.", server.GetProperty("fault").GetProperty("message").GetString());
        await fixture.DeleteServerAsync(id);
    }

    [Theory]
    [InlineData("""{"server": {"name": "x"}}""", "'flavorRef' is a required property")]
    [InlineData("""{"server": {"name": "", "flavorRef": "1", "imageRef": "IMAGE", "networks": "none"}}""", "name. Value: . '' is too short")]
    [InlineData("""{"server": {"name": "x", "flavorRef": "1", "imageRef": "not-a-uuid", "networks": "none"}}""", "Invalid imageRef provided.")]
    [InlineData("""{"server": {"name": "x", "flavorRef": "nosuch", "imageRef": "IMAGE", "networks": "none"}}""", "Flavor nosuch could not be found.")]
    [InlineData("""{"server": {"name": "x", "flavorRef": "1", "imageRef": "IMAGE", "networks": "some"}}""", "networks")]
    [InlineData("""{"server": {"name": "x", "flavorRef": "1", "imageRef": "IMAGE", "networks": "none", "key_name": "nosuch"}}""", "Invalid key_name provided.")]
    [InlineData("""{"server": {"name": "x", "flavorRef": "1", "imageRef": "IMAGE", "networks": "none", "user_data": "%%%"}}""", "is not a 'base64'")]
    [InlineData("""{"server": {"name": "x", "flavorRef": "1", "imageRef": "IMAGE", "networks": "none", "status": "ACTIVE"}}""", "'status' was unexpected")]
    [InlineData("""{"server": {"name": "x", "flavorRef": "1", "imageRef": "IMAGE", "networks": "none", "min_count": 0}}""", "0 is less than the minimum of 1")]
    [InlineData("[]", "malformed")]
    [InlineData("{", "not valid JSON")]
    public async Task Create_with_a_bad_body_is_400(string body, string expected)
    {
        var answer = await fixture.PostAsync("/v2.1/servers", body.Replace("IMAGE", fixture.Neighbours.ImageId, StringComparison.Ordinal));

        Assert.Equal(400, answer.Is(400).Json.GetProperty("badRequest").GetProperty("code").GetInt32());
        Assert.Contains(expected, answer.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Lists_filter_by_name_status_and_tags_and_page_by_key()
    {
        var ids = new List<string>();
        foreach (var name in new[] { "list-a", "list-b", "list-c" })
        {
            ids.Add(await fixture.CreateActiveServerAsync(name, ("tags", new[] { name, "all" })));
        }

        Assert.Equal(["list-b"], await NamesAsync("/v2.1/servers?name=list-b"));
        Assert.Equal(["list-c", "list-a"], await NamesAsync("/v2.1/servers?name=^list-[ac]$"));
        Assert.Equal(["list-a"], await NamesAsync("/v2.1/servers?tags=all,list-a"));
        Assert.Equal(["list-c", "list-b"], await NamesAsync("/v2.1/servers?name=list-&not-tags=list-a"));
        Assert.Equal(["list-a", "list-b"], await NamesAsync("/v2.1/servers?name=list-&sort_key=display_name&sort_dir=asc&limit=2"));
        Assert.Equal(["list-c"], await NamesAsync($"/v2.1/servers?name=list-&sort_key=display_name&sort_dir=asc&limit=2&marker={ids[1]}"));
        Assert.Equal(400, (await fixture.GetAsync("/v2.1/servers?status=NOSUCH")).Status);
        Assert.Equal(400, (await fixture.GetAsync("/v2.1/servers?nosuch=1")).Status);
        foreach (var id in ids)
        {
            await fixture.DeleteServerAsync(id);
        }
    }

    [Fact]
    public async Task Versions_say_what_the_service_speaks()
    {
        var root = (await fixture.GetAsync("/")).Is(200).Json.GetProperty("versions");
        var current = root.EnumerateArray().Single(v => v.GetProperty("status").GetString() == "CURRENT");

        Assert.Equal(("v2.1", "2.96", "2.1"), (Text(current, "id"), Text(current, "version"), Text(current, "min_version")));
        Assert.Equal(406, (await fixture.GetAsync("/v2.1/flavors", version: "2.999")).Status);
        Assert.Equal(404, (await fixture.GetAsync("/v2.1/nosuch")).Status);
    }

    private static string? Text(JsonElement element, string name) => element.GetProperty(name).GetString();

    private async Task<IEnumerable<string?>> NamesAsync(string path) =>
        (await fixture.GetAsync(path)).Is(200).Json.GetProperty("servers").EnumerateArray().Select(s => s.GetProperty("name").GetString()).ToList();
}
