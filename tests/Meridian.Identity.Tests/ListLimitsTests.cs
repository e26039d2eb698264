// SPDX-License-Identifier: Apache-2.0
using System.Text.Json;

namespace Meridian.Identity.Tests;

/// <summary>A Keystone whose lists are short, each kind in its own way, and whose domains may bound theirs.</summary>
public sealed class ListLimitsApi : IdentityApi
{
    protected override string Further => """
        [DEFAULT]
        list_limit = 4
        max_db_limit = 6
        [identity]
        list_limit = 3
        domain_specific_drivers_enabled = true
        domain_configurations_from_database = true
        [assignment]
        list_limit = 2
        [catalog]
        list_limit = 1
        """;
}

public sealed class ListLimitsTests(ListLimitsApi api) : IClassFixture<ListLimitsApi>
{
    [Fact]
    public async Task Users_and_groups_of_a_domain_go_by_identity_list_limit()
    {
        var (domain, user, group) = await DomainAsync();

        await AssertCutAsync(3, "users", $"/v3/users?domain_id={domain}");
        await AssertCutAsync(3, "groups", $"/v3/groups?domain_id={domain}");
        await AssertCutAsync(3, "users", $"/v3/groups/{group}/users");
        await AssertCutAsync(3, "groups", $"/v3/users/{user}/groups");
    }

    [Theory]
    [InlineData("2")]
    [InlineData("\"2\"")]
    public async Task A_domain_that_configures_list_limit_goes_by_its_own(string limit)
    {
        var (domain, user, group) = await DomainAsync();
        Assert.Equal(201, (await api.PutAsync($"/v3/domains/{domain}/config", """{"config":{"identity":{"list_limit":LIMIT}}}""".Replace("LIMIT", limit, StringComparison.Ordinal))).Status);

        await AssertCutAsync(2, "users", $"/v3/users?domain_id={domain}");
        await AssertCutAsync(2, "groups", $"/v3/groups?domain_id={domain}");
        await AssertCutAsync(2, "users", $"/v3/groups/{group}/users");
        await AssertCutAsync(2, "groups", $"/v3/users/{user}/groups");
    }

    [Fact]
    public async Task A_domain_that_configures_no_number_goes_by_the_file()
    {
        var (domain, _, _) = await DomainAsync();
        Assert.Equal(201, (await api.PutAsync($"/v3/domains/{domain}/config", """{"config":{"identity":{"list_limit":{"a":1}}}}""")).Status);

        await AssertCutAsync(3, "users", $"/v3/users?domain_id={domain}");
    }

    [Fact]
    public async Task With_drivers_of_domains_a_list_is_of_the_tokens_domain()
    {
        var (domain, _, _) = await DomainAsync();
        var answer = await api.GetAsync("/v3/users?limit=6");

        Assert.All(answer["users"].EnumerateArray(), user => Assert.Equal("default", user.GetProperty("domain_id").GetString()));
        Assert.Equal(400, (await api.GetAsync($"/v3/users?domain_id={domain}%00")).Status);
    }

    [Fact]
    public async Task A_query_may_ask_for_more_than_list_limit_and_never_for_more_than_max_db_limit()
    {
        var (domain, _, _) = await DomainAsync();

        await AssertCutAsync(4, "users", $"/v3/users?domain_id={domain}&limit=4");
        await AssertCutAsync(1, "users", $"/v3/users?domain_id={domain}&limit=1");
        await AssertCutAsync(6, "users", $"/v3/users?domain_id={domain}&limit=100");
    }

    [Fact]
    public async Task Other_lists_go_by_their_own_limit_or_the_default_one()
    {
        var parent = await api.Keystone.CreateAsync("project", new { name = IdentityApi.Unique("parent") });
        for (var i = 0; i < 5; i++)
        {
            await api.Keystone.CreateAsync("project", new { name = IdentityApi.Unique("limited"), parent_id = parent });
            await api.Keystone.CreateAsync("role", new { name = IdentityApi.Unique("limited") });
        }

        await AssertCutAsync(2, "projects", "/v3/projects?parent_id=" + parent);
        await AssertCutAsync(4, "roles", "/v3/roles");
        await AssertCutAsync(1, "regions", "/v3/regions");
        await AssertCutAsync(1, "endpoints", "/v3/endpoints");
    }

    [Fact]
    public async Task What_keystone_never_cuts_is_whole()
    {
        var (user, _) = await api.Keystone.CreateUserAsync(IdentityApi.Unique("many"), "pw", IdentityApi.Unique("home"), "member");
        var role = await api.Keystone.FindIdAsync("roles", "reader");
        for (var i = 0; i < 5; i++)
        {
            var project = await api.Keystone.CreateAsync("project", new { name = IdentityApi.Unique("whole") });
            await api.PutAsync($"/v3/projects/{project}/users/{user}/roles/{role}");
        }

        var projects = await api.GetAsync($"/v3/users/{user}/projects");
        var assignments = await api.GetAsync($"/v3/role_assignments?user.id={user}");

        Assert.Equal((6, false), (projects["projects"].GetArrayLength(), projects.Body.TryGetProperty("truncated", out _)));
        Assert.Equal(6, assignments["role_assignments"].GetArrayLength());
    }

    private async Task AssertCutAsync(int length, string collection, string path)
    {
        var answer = await api.GetAsync(path);
        Assert.Equal((200, length, true), (answer.Status, answer[collection].GetArrayLength(), answer["truncated"].GetBoolean()));
        Assert.Equal(JsonValueKind.String, answer["links"].GetProperty("next").ValueKind);
    }

    /// <summary>A domain of seven users and seven groups: the first group has all the users, and the first user is in all groups.</summary>
    private async Task<(string Domain, string User, string Group)> DomainAsync()
    {
        var domain = await api.Keystone.CreateAsync("domain", new { name = IdentityApi.Unique("limits") });
        var (users, groups) = (new List<string>(), new List<string>());
        for (var i = 0; i < 7; i++)
        {
            users.Add(await api.Keystone.CreateAsync("user", new { name = $"user{i}", domain_id = domain }));
            groups.Add(await api.Keystone.CreateAsync("group", new { name = $"group{i}", domain_id = domain }));
            await api.PutAsync($"/v3/groups/{groups[0]}/users/{users[i]}");
            await api.PutAsync($"/v3/groups/{groups[i]}/users/{users[0]}");
        }

        return (domain, users[0], groups[0]);
    }
}
