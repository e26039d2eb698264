// SPDX-License-Identifier: Apache-2.0
using System.Text.Json;

namespace Meridian.Compute.Tests.ServerGroups;

/// <summary>Three simulated hosts, and limits that a test reaches.</summary>
public sealed class ServerGroupFixture : ComputeFixture
{
    protected override int Hosts => 3;

    protected override string Further => "[quota]\nserver_groups = 12\nserver_group_members = 4\ninstances = 50\ncores = 50\n"
        // More than free memory, CPUs and disk weigh together.
        + "[filter_scheduler]\nsoft_affinity_weight_multiplier = 10\nsoft_anti_affinity_weight_multiplier = 10\n";
}

public sealed class ServerGroupTests(ServerGroupFixture fixture) : IClassFixture<ServerGroupFixture>
{
    private const string Groups = "/v2.1/os-server-groups";

    [Fact]
    public async Task A_group_is_created_shown_listed_and_deleted()
    {
        var created = await CreateAsync("""{"name": "web", "policy": "anti-affinity", "rules": {"max_server_per_host": 2}}""");
        var id = created.GetProperty("id").GetString()!;

        var shown = (await fixture.GetAsync($"{Groups}/{id}")).Is(200).Json.GetProperty("server_group");
        var listed = await ListAsync(Groups);

        Assert.Equal(created.GetRawText(), shown.GetRawText());
        Assert.Equal(("web", "anti-affinity", 2), (shown.GetProperty("name").GetString(), shown.GetProperty("policy").GetString(), shown.GetProperty("rules").GetProperty("max_server_per_host").GetInt32()));
        Assert.Equal(fixture.Keystone.User("demo").ProjectId, shown.GetProperty("project_id").GetString());
        Assert.Contains(id, listed);
        await DeleteAsync(id);
        Assert.Equal($"Instance group {id} could not be found.", (await fixture.GetAsync($"{Groups}/{id}")).Is(404).Message);
        Assert.Equal(404, (await fixture.SendAsync("DELETE", $"{Groups}/{id}", null)).Status);
    }

    [Theory]
    [InlineData("2.1", """{"name": "old", "policies": ["affinity"]}""", "id,name,policies,metadata,members")]
    [InlineData("2.12", """{"name": "old", "policies": ["affinity"]}""", "id,name,policies,metadata,members")]
    [InlineData("2.13", """{"name": "old", "policies": ["affinity"]}""", "id,name,policies,metadata,members,project_id,user_id")]
    [InlineData("2.15", """{"name": "old", "policies": ["soft-affinity"]}""", "id,name,policies,metadata,members,project_id,user_id")]
    [InlineData("2.64", """{"name": "new", "policy": "soft-anti-affinity"}""", "id,name,policy,rules,members,project_id,user_id")]
    public async Task Each_version_has_its_members(string version, string body, string members)
    {
        var group = await CreateAsync(body, version);

        Assert.Equal(members, string.Join(',', group.EnumerateObject().Select(m => m.Name)));
        await DeleteAsync(group.GetProperty("id").GetString()!);
    }

    [Theory]
    [InlineData("2.64", """{"policy": "affinity"}""", "name")]
    [InlineData("2.64", """{"name": "", "policy": "affinity"}""", "name")]
    [InlineData("2.64", """{"name": "x", "policies": ["affinity"]}""", "policy")]
    [InlineData("2.64", """{"name": "x", "policy": "other"}""", "policy")]
    [InlineData("2.64", """{"name": "x", "policy": 1}""", "policy")]
    [InlineData("2.64", """{"name": "x", "policy": "affinity", "rules": {"max_server_per_host": 2}}""", "Only anti-affinity policy supports rules.")]
    [InlineData("2.64", """{"name": "x", "policy": "anti-affinity", "rules": {"max_server_per_host": 0}}""", "max_server_per_host")]
    [InlineData("2.64", """{"name": "x", "policy": "anti-affinity", "rules": {"more": 1}}""", "more")]
    [InlineData("2.64", """{"name": "x", "policy": "anti-affinity", "colour": "red"}""", "colour")]
    [InlineData("2.63", """{"name": "x", "policy": "affinity"}""", "policies")]
    [InlineData("2.14", """{"name": "x", "policies": ["soft-affinity"]}""", "policies")]
    [InlineData("2.15", """{"name": "x", "policies": []}""", "policies")]
    [InlineData("2.15", """{"name": "x", "policies": ["affinity", "anti-affinity"]}""", "policies")]
    public async Task A_bad_field_is_400_and_named(string version, string body, string named) =>
        Assert.Contains(named, (await fixture.PostAsync(Groups, $$"""{"server_group": {{body}}}""", version: version)).Is(400).Message, StringComparison.Ordinal);

    [Fact]
    public async Task Another_projects_group_does_not_exist_and_a_reader_changes_nothing()
    {
        var id = (await CreateAsync("""{"name": "mine", "policy": "affinity"}""")).GetProperty("id").GetString()!;

        Assert.Equal(404, (await fixture.GetAsync($"{Groups}/{id}", "other")).Status);
        Assert.Equal(404, (await fixture.SendAsync("DELETE", $"{Groups}/{id}", null, "other")).Status);
        Assert.DoesNotContain(id, await ListAsync(Groups, "other"));
        Assert.Contains(id, await ListAsync(Groups + "?all_projects=True", "admin"));
        Assert.DoesNotContain(id, await ListAsync(Groups + "?all_projects=True", "other"));
        Assert.Equal(200, (await fixture.GetAsync($"{Groups}/{id}", "reader")).Status);
        Assert.Equal(403, (await fixture.SendAsync("DELETE", $"{Groups}/{id}", null, "reader")).Status);
        Assert.Equal(403, (await fixture.PostAsync(Groups, """{"server_group": {"name": "x", "policy": "affinity"}}""", "reader")).Status);
        Assert.Equal(400, (await fixture.PostAsync("/v2.1/servers", Hinted(id), "other")).Status);
        await DeleteAsync(id);
    }

    [Fact]
    public async Task A_list_pages_by_limit_and_offset()
    {
        var made = new List<string>();
        foreach (var name in new[] { "a", "b", "c" })
        {
            made.Add((await CreateAsync($$"""{"name": "{{name}}", "policy": "affinity"}""")).GetProperty("id").GetString()!);
        }

        var all = await ListAsync(Groups);
        var at = all.IndexOf(made[0]);

        Assert.Equal(made, all[at..(at + 3)]);
        Assert.Equal([made[1]], await ListAsync($"{Groups}?limit=1&offset={at + 1}"));
        Assert.Equal(400, (await fixture.GetAsync($"{Groups}?limit=-1")).Status);
        Assert.Equal(400, (await fixture.GetAsync($"{Groups}?offset=x")).Status);
        Assert.Equal(400, (await fixture.GetAsync($"{Groups}?colour=red", version: "2.75")).Status);
        foreach (var id in made)
        {
            await DeleteAsync(id);
        }
    }

    [Fact]
    public async Task Twenty_creates_at_once_never_pass_the_quota_and_a_deleted_one_gives_its_place_back()
    {
        fixture.Keystone.Add(new("quota", "member", "reader"));
        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(i => fixture.PostAsync(Groups, $$$"""{"server_group": {"name": "q{{{i}}}", "policy": "affinity"}}""", "quota")));

        Assert.Equal(12, answers.Count(a => a.Status == 200));
        Assert.All(answers.Where(a => a.Status != 200), a => Assert.Equal("Quota exceeded, too many server groups.", a.Is(403).Message));
        Assert.Equal(12, (await fixture.GetAsync("/v2.1/limits", "quota")).Json.GetProperty("limits").GetProperty("absolute").GetProperty("totalServerGroupsUsed").GetInt32());
        foreach (var id in await ListAsync(Groups, "quota"))
        {
            (await fixture.SendAsync("DELETE", $"{Groups}/{id}", null, "quota")).Is(204);
        }

        Assert.Equal(0, (await fixture.GetAsync("/v2.1/limits", "quota")).Json.GetProperty("limits").GetProperty("absolute").GetProperty("totalServerGroupsUsed").GetInt32());
    }

    [Fact]
    public async Task Anti_affinity_puts_servers_created_at_once_on_hosts_of_their_own_and_refuses_one_too_many()
    {
        var group = (await CreateAsync("""{"name": "apart", "policy": "anti-affinity"}""")).GetProperty("id").GetString()!;

        var ids = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => CreateServerAsync(group)));
        var servers = await Task.WhenAll(ids.Select(id => fixture.WaitForStatusAsync(id, "ACTIVE")));
        var further = await CreateServerAsync(group);
        var refused = await fixture.WaitForStatusAsync(further, "ERROR");

        Assert.Equal(3, servers.Select(HostOf).Distinct().Count());
        Assert.Equal("No valid host was found. There are not enough hosts available.", refused.GetProperty("fault").GetProperty("message").GetString());
        Assert.Equal(0, await fixture.CountAllocationsAsync(further));
        Assert.Equal([group], servers[0].GetProperty("server_groups").EnumerateArray().Select(g => g.GetString()));
        Assert.Equal("Quota exceeded, too many servers in group", (await fixture.PostAsync("/v2.1/servers", Hinted(group))).Is(403).Message);
        var members = (await fixture.GetAsync($"{Groups}/{group}")).Json.GetProperty("server_group").GetProperty("members").EnumerateArray().Select(m => m.GetString());
        Assert.Equal(ids.Append(further).Order(StringComparer.Ordinal), members.Order(StringComparer.Ordinal));
        await DeleteAsync(group);
        Assert.Empty((await fixture.GetAsync($"/v2.1/servers/{ids[0]}")).Json.GetProperty("server").GetProperty("server_groups").EnumerateArray());
        await Task.WhenAll(ids.Append(further).Select(fixture.DeleteServerAsync));
    }

    [Theory]
    [InlineData("affinity", 1)]
    [InlineData("soft-affinity", 1)]
    [InlineData("soft-anti-affinity", 3)]
    public async Task A_policy_chooses_hosts(string policy, int hosts)
    {
        var group = (await CreateAsync($$"""{"name": "g", "policy": "{{policy}}"}""")).GetProperty("id").GetString()!;
        var used = new HashSet<string?>();
        var ids = new List<string>();
        for (var i = 0; i < 3; i++)
        {
            ids.Add(await CreateServerAsync(group));
            used.Add(HostOf(await fixture.WaitForStatusAsync(ids[^1], "ACTIVE")));
        }

        Assert.Equal(hosts, used.Count);
        await Task.WhenAll(ids.Select(fixture.DeleteServerAsync));
        Assert.Empty((await fixture.GetAsync($"{Groups}/{group}")).Json.GetProperty("server_group").GetProperty("members").EnumerateArray());
        await DeleteAsync(group);
    }

    [Fact]
    public async Task A_hint_of_no_group_is_400()
    {
        var unknown = Guid.NewGuid().ToString();

        Assert.Equal($"Instance group {unknown} could not be found.", (await fixture.PostAsync("/v2.1/servers", Hinted(unknown))).Is(400).Message);
        Assert.Contains("group", (await fixture.PostAsync("/v2.1/servers", Hinted("web"))).Is(400).Message, StringComparison.Ordinal);
    }

    private static string? HostOf(JsonElement server) => server.GetProperty("OS-EXT-SRV-ATTR:host").GetString();

    private string Hinted(string group) => fixture.ServerBody()[..^1] + $$$""", "os:scheduler_hints": {"group": "{{{group}}}"}}""";

    private async Task<string> CreateServerAsync(string group) =>
        (await fixture.PostAsync("/v2.1/servers", Hinted(group))).Is(202, fixture.Log).Json.GetProperty("server").GetProperty("id").GetString()!;

    private async Task<JsonElement> CreateAsync(string body, string version = "2.96") =>
        (await fixture.PostAsync(Groups, $$"""{"server_group": {{body}}}""", version: version)).Is(200, fixture.Log).Json.GetProperty("server_group");

    private async Task<List<string>> ListAsync(string path, string user = "demo") =>
        [.. (await fixture.GetAsync(path, user)).Is(200).Json.GetProperty("server_groups").EnumerateArray().Select(g => g.GetProperty("id").GetString()!)];

    private async Task DeleteAsync(string id) => (await fixture.SendAsync("DELETE", $"{Groups}/{id}", null)).Is(204);
}
