// SPDX-License-Identifier: Apache-2.0
using System.Collections.Concurrent;
using System.Net.Http.Json;
using System.Text.Json;

using Meridian.Testing;
using Meridian.Testing.Engines;

namespace Meridian.Identity.Tests;

/// <summary>On SQLite.</summary>
public sealed class SqliteTests(SqliteFixture server) : DatabaseTests(server);

/// <summary>On MariaDB.</summary>
[Trait("needs", "engines")]
public sealed class MariaDbTests(MariaDbFixture server) : DatabaseTests(server);

/// <summary>On PostgreSQL.</summary>
[Trait("needs", "engines")]
public sealed class PostgreSqlTests(PostgreSqlFixture server) : DatabaseTests(server);

/// <summary>What must be alike on all databases: every kind of query that the API makes, by a walk through it.</summary>
public abstract class DatabaseTests(IDatabaseServer server) : DatabaseTests<KeystoneFixture>(server)
{
    protected override Task<KeystoneFixture> StartAsync(string connection) =>
        KeystoneFixture.StartAsync("[unified_limit]\nenforcement_model = strict_two_level", connection, regions: ["RegionOne", "RegionTwo"]);

    [Fact]
    public async Task The_walk_of_an_administrator_works()
    {
        var parent = await Fixture.CreateAsync("project", new { name = "Päreñt 😀", tags = new[] { "one" } });
        var child = await Fixture.CreateAsync("project", new { name = "child", parent_id = parent, tags = new[] { "one", "two" } });
        var (user, _) = await Fixture.CreateUserAsync("Usér 😀", "pw", "child", "member");
        var group = await Fixture.CreateAsync("group", new { name = "group" });
        var reader = await Fixture.FindIdAsync("roles", "READER");
        await Fixture.CallAsync(HttpMethod.Put, $"/v3/groups/{group}/users/{user}");
        await Fixture.CallAsync(HttpMethod.Put, $"/v3/OS-INHERIT/domains/default/groups/{group}/roles/{reader}/inherited_to_projects");
        await Fixture.CallAsync(HttpMethod.Put, $"/v3/system/users/{user}/roles/{reader}");

        Assert.Equal(user, await Fixture.FindIdAsync("users", "USÉR 😀"));
        Assert.Equal(1, await CountAsync("projects?tags=one,two", "projects"));
        Assert.Equal(1, await CountAsync("projects?name__contains=EÑT", "projects"));
        Assert.Equal(2, await CountAsync("projects?sort_key=name&sort_dir=desc&limit=2", "projects"));
        Assert.Equal(1, await CountAsync($"projects?parent_id={parent}&sort_key=name&limit=5", "projects"));
        Assert.Equal(2, await CountAsync($"role_assignments?user.id={user}&scope.project.id={child}&effective&include_names", "role_assignments"));
        Assert.Equal(1, await CountAsync($"role_assignments?scope.project.id={parent}&include_subtree", "role_assignments"));
        Assert.Equal(1, await CountAsync($"groups/{group}/users", "users"));
        Assert.Equal(6, await CountAsync("endpoints", "endpoints"));

        var token = await Fixture.TokenAsync("usér 😀", "pw", "CHILD");
        await Fixture.CallAsync(HttpMethod.Patch, $"/v3/users/{user}", new { user = new { email = "a@b", password = "new" } });
        await Assert.ThrowsAsync<InvalidOperationException>(() => Fixture.TokenAsync("usér 😀", "pw", "child"));
        Assert.NotEqual(token, await Fixture.TokenAsync("usér 😀", "new", "child"));
        await Assert.ThrowsAsync<InvalidOperationException>(() => Fixture.CreateAsync("project", new { name = "pÄREÑT 😀" }));

        var domain = await Fixture.CreateAsync("domain", new { name = "Doomed" });
        await Fixture.CreateAsync("user", new { name = "x", domain_id = domain });
        await Fixture.CallAsync(HttpMethod.Patch, $"/v3/domains/{domain}", new { domain = new { enabled = false } });
        await Fixture.CallAsync(HttpMethod.Delete, $"/v3/domains/{domain}");
        await Fixture.CallAsync(HttpMethod.Delete, $"/v3/projects/{child}");
        await Fixture.CallAsync(HttpMethod.Delete, $"/v3/users/{user}");
    }

    [Fact]
    public async Task Limits_are_made_filtered_kept_within_their_domains_and_deleted()
    {
        var (service, project) = (await Fixture.FindIdAsync("services", "keystone"), await Fixture.CreateAsync("project", new { name = "limited" }));
        var registered = await Fixture.CallAsync(HttpMethod.Post, "/v3/registered_limits", new { registered_limits = new[] { new { service_id = service, resource_name = "cöres", default_limit = 10 } } });
        await Assert.ThrowsAsync<InvalidOperationException>(() => LimitAsync(11));
        await LimitAsync(9);
        await Assert.ThrowsAsync<InvalidOperationException>(() => LimitAsync(9));

        Assert.Equal(1, await CountAsync($"limits?service_id={service}&resource_name__contains=ö&project_id={project}&sort_key=resource_name&limit=5", "limits"));
        await Assert.ThrowsAsync<InvalidOperationException>(() => Fixture.CallAsync(HttpMethod.Delete, "/v3/services/" + service));
        await Fixture.CallAsync(HttpMethod.Delete, "/v3/projects/" + project);
        Assert.Equal(0, await CountAsync("limits", "limits"));
        await Fixture.CallAsync(HttpMethod.Delete, "/v3/registered_limits/" + registered!.Value.GetProperty("registered_limits")[0].GetProperty("id").GetString());

        Task<JsonElement?> LimitAsync(int value) =>
            Fixture.CallAsync(HttpMethod.Post, "/v3/limits", new { limits = new[] { new { service_id = service, resource_name = "cöres", resource_limit = value, project_id = project } } });
    }

    [Fact]
    public async Task A_group_of_endpoints_makes_a_projects_catalog()
    {
        var (_, project) = await Fixture.CreateUserAsync("regional", "pw", "regional", "member");
        var group = (await Fixture.CallAsync(
            HttpMethod.Post, "/v3/OS-EP-FILTER/endpoint_groups", new { endpoint_group = new { name = "g", filters = new { region_id = "RegionTwo", @interface = "public" } } }))!.Value
            .GetProperty("endpoint_group").GetProperty("id").GetString();
        await Fixture.CallAsync(HttpMethod.Put, $"/v3/OS-EP-FILTER/endpoint_groups/{group}/projects/{project}");

        Assert.Equal(1, await CountAsync($"OS-EP-FILTER/projects/{project}/endpoints", "endpoints"));
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v3/auth/catalog");
        request.Headers.Add("X-Auth-Token", await Fixture.TokenAsync("regional", "pw", "regional"));
        using var answer = await Fixture.Service.Client.SendAsync(request, Token);
        var catalog = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(Token)).RootElement.GetProperty("catalog");
        Assert.Equal("RegionTwo", Assert.Single(Assert.Single(catalog.EnumerateArray()).GetProperty("endpoints").EnumerateArray()).GetProperty("region_id").GetString());
        await Fixture.CallAsync(HttpMethod.Delete, $"/v3/OS-EP-FILTER/endpoint_groups/{group}");
        Assert.Equal(0, await CountAsync($"OS-EP-FILTER/projects/{project}/endpoint_groups", "endpoint_groups"));
    }

    [Fact]
    public async Task Policies_and_configurations_are_set_twice_found_and_deleted()
    {
        var (service, domain) = (await Fixture.FindIdAsync("services", "keystone"), await Fixture.CreateAsync("domain", new { name = "configured" }));
        var policy = (await Fixture.CallAsync(HttpMethod.Post, "/v3/policies", new { policy = new { blob = "{}", type = "application/json" } }))!.Value.GetProperty("policy").GetProperty("id").GetString();
        for (var i = 0; i < 2; i++)
        {
            await Fixture.CallAsync(HttpMethod.Put, $"/v3/policies/{policy}/OS-ENDPOINT-POLICY/services/{service}/regions/RegionTwo");
            await Fixture.CallAsync(HttpMethod.Put, $"/v3/domains/{domain}/config", new { config = new { ldap = new { url = "ldap://ü" } } });
            await Fixture.CallAsync(HttpMethod.Patch, $"/v3/domains/{domain}/config/ldap/url", new { config = new { url = "ldap://ö" } });
        }

        Assert.Equal(3, await CountAsync($"policies/{policy}/OS-ENDPOINT-POLICY/endpoints", "endpoints"));
        Assert.Equal("ldap://ö", (await Fixture.CallAsync(HttpMethod.Get, $"/v3/domains/{domain}/config/ldap/url"))!.Value.GetProperty("config").GetProperty("url").GetString());
        await Fixture.CallAsync(HttpMethod.Delete, $"/v3/domains/{domain}/config/ldap");
        await Fixture.CallAsync(HttpMethod.Delete, "/v3/policies/" + policy);
    }

    [Fact]
    public async Task Names_sort_by_their_characters_without_regard_to_case()
    {
        var domain = await Fixture.CreateAsync("domain", new { name = "sorted" });
        foreach (var name in new[] { "b", "a", "B2", "é", "Z", "_", "a b" })
        {
            await Fixture.CreateAsync("project", new { name, domain_id = domain });
        }

        var ascending = await NamesAsync($"projects?domain_id={domain}&sort_key=name");
        var pages = new List<string>();
        for (string? next = $"projects?domain_id={domain}&sort_key=name&sort_dir=desc&limit=3"; next is not null;)
        {
            var page = (await Fixture.CallAsync(HttpMethod.Get, "/v3/" + next))!.Value;
            pages.AddRange(page.GetProperty("projects").EnumerateArray().Select(p => p.GetProperty("name").GetString()!));
            next = page.GetProperty("links").GetProperty("next").GetString() is { } link ? link[(link.IndexOf("/v3/", StringComparison.Ordinal) + 4)..] : null;
        }

        Assert.Equal(["_", "a", "a b", "b", "B2", "Z", "é"], ascending);
        Assert.Equal(ascending.AsEnumerable().Reverse(), pages);
    }

    [Fact]
    public async Task Names_that_differ_in_case_alone_are_one_and_look_alikes_are_not()
    {
        await Fixture.CreateAsync("user", new { name = "Straße" });

        await Assert.ThrowsAsync<InvalidOperationException>(() => Fixture.CreateAsync("user", new { name = "STRAßE" }));
        await Fixture.CreateAsync("user", new { name = "Strasse" });
        await Assert.ThrowsAsync<InvalidOperationException>(() => Fixture.CreateAsync("user", new { name = " Straße " }));

        Assert.Equal(["Straße"], await NamesAsync("users?name=sTRAßE", "users"));
        Assert.Equal(["Straße"], await NamesAsync("users?name__startswith=STRAß&sort_key=name", "users"));
        Assert.Empty(await NamesAsync("users?name__contains=%25", "users"));
        Assert.Empty(await NamesAsync("users?name__contains=tr_sse", "users"));
    }

    [Fact]
    public async Task Of_two_creations_of_one_name_at_once_one_is_409()
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => PostAsync("users", new { user = new { name = i % 2 == 0 ? "Twin" : "twin" } })));

        Assert.Equal(1, answers.Count(status => status == 201));
        Assert.Equal(7, answers.Count(status => status == 409));
    }

    [Fact]
    public async Task A_tag_that_is_too_long_or_one_too_many_is_400()
    {
        var project = await Fixture.CreateAsync("project", new { name = "tagged", tags = Enumerable.Range(0, 79).Select(i => $"t{i}") });

        Assert.Equal(400, await StatusAsync(HttpMethod.Put, $"projects/{project}/tags/{new string('x', 256)}"));
        Assert.Equal(201, await StatusAsync(HttpMethod.Put, $"projects/{project}/tags/{new string('é', 255)}"));
        Assert.Equal(201, await StatusAsync(HttpMethod.Put, $"projects/{project}/tags/t1"));
        Assert.Equal(400, await StatusAsync(HttpMethod.Put, $"projects/{project}/tags/more"));
        Assert.Equal(404, await StatusAsync(HttpMethod.Delete, $"projects/{project}/tags/more"));
        Assert.Equal(204, await StatusAsync(HttpMethod.Delete, $"projects/{project}/tags/t1"));
    }

    [Fact]
    public async Task A_nul_in_a_text_is_refused()
    {
        Assert.Equal(400, await PostAsync("users", new { user = new { name = "a\0b" } }));
        Assert.Equal(400, await PostAsync("projects", new { project = new { name = "p", description = "a\0b" } }));
        Assert.Equal(201, await PostAsync("users", new { user = new { name = "extra", note = "a\0b" } }));
        Assert.Equal(400, await StatusAsync(HttpMethod.Get, "users?name=a%00b"));
        Assert.Equal(400, await StatusAsync(HttpMethod.Get, "users?name__contains=%00"));
    }

    [Fact]
    public async Task Many_changes_at_once_lose_nothing()
    {
        var (user, project) = await Fixture.CreateUserAsync("many", "pw", "many");
        var roles = await Task.WhenAll(Enumerable.Range(0, 20).Select(i => Fixture.CreateAsync("role", new { name = $"many-{i}" })));

        await Task.WhenAll(roles.Select(role => Fixture.CallAsync(HttpMethod.Put, $"/v3/projects/{project}/users/{user}/roles/{role}")));
        await Task.WhenAll(roles.Take(10).Select(role => Fixture.CallAsync(HttpMethod.Delete, $"/v3/projects/{project}/users/{user}/roles/{role}")));

        Assert.Equal(10, await CountAsync($"projects/{project}/users/{user}/roles", "roles"));
    }

    [Fact]
    public async Task Those_who_make_the_same_thing_at_once_all_find_it_made()
    {
        var (user, project) = await Fixture.CreateUserAsync("same", "pw", "same");
        var group = await Fixture.CreateAsync("group", new { name = "same" });
        var domain = await Fixture.CreateAsync("domain", new { name = "same" });
        var service = await Fixture.FindIdAsync("services", "keystone");

        for (var round = 0; round < 5; round++)
        {
            var members = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => StatusAsync(HttpMethod.Put, $"groups/{group}/users/{user}")));
            var same = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => StatusAsync(HttpMethod.Put, $"projects/{project}/tags/r{round}")));
            var tags = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => StatusAsync(HttpMethod.Put, $"projects/{project}/tags/r{round}-{i}")));
            var configs = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => StatusAsync(HttpMethod.Put, $"domains/{domain}/config", new { config = new { ldap = new { url = $"ldap://{i}" } } })));
            var endpoints = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => PostAsync("endpoints", new { endpoint = new { service_id = service, @interface = "public", url = "http://x", region = $"New{round}" } })));

            Assert.All(members, status => Assert.Equal(204, status));
            Assert.All(same.Concat(tags), status => Assert.Equal(201, status));
            Assert.All(configs, status => Assert.InRange(status, 200, 201));
            Assert.All(endpoints, status => Assert.Equal(201, status));
            await Fixture.CallAsync(HttpMethod.Delete, $"/v3/groups/{group}/users/{user}");
            await Fixture.CallAsync(HttpMethod.Delete, $"/v3/domains/{domain}/config");
        }

        Assert.Equal(45, await CountAsync($"projects/{project}/tags", "tags"));
    }

    // Each deletes from its own end what the others write: rows are locked in any order.
    [Fact]
    public async Task Writers_at_once_never_fail_for_being_at_once()
    {
        var statuses = new ConcurrentQueue<int>();
        async Task<int> DoAsync(HttpMethod method, string path, object? body = null)
        {
            var status = await StatusAsync(method, path, body);
            statuses.Enqueue(status);
            return status;
        }

        for (var round = 0; round < 2; round++)
        {
            var names = Enumerable.Range(0, 8).Select(i => $"{round}-{i}").ToList();
            var roles = await Task.WhenAll(names.Select(name => Fixture.CreateAsync("role", new { name })));
            var users = await Task.WhenAll(names.Select(name => Fixture.CreateAsync("user", new { name })));
            var projects = await Task.WhenAll(names.Select(name => Fixture.CreateAsync("project", new { name })));
            var groups = await Task.WhenAll(names.Select(name => Fixture.CreateAsync("group", new { name })));
            string Grant(int user, int project, int role) => $"projects/{projects[project]}/users/{users[user]}/roles/{roles[role]}";
            await Task.WhenAll(Enumerable.Range(0, 64).Select(i => DoAsync(HttpMethod.Put, Grant(i % 8, i / 8, (i + (i / 8)) % 8))));
            await Task.WhenAll(Enumerable.Range(0, 64).Select(i => DoAsync(HttpMethod.Put, $"groups/{groups[i % 8]}/users/{users[i / 8]}")));

            await Task.WhenAll(Enumerable.Range(0, 8).SelectMany(i => new[]
            {
                DoAsync(HttpMethod.Delete, "roles/" + roles[i]),
                DoAsync(HttpMethod.Delete, "users/" + users[i]),
                DoAsync(HttpMethod.Delete, "projects/" + projects[i]),
                DoAsync(HttpMethod.Delete, "groups/" + groups[i]),
                DoAsync(HttpMethod.Put, Grant(i, 7 - i, i)),
                DoAsync(HttpMethod.Put, $"groups/{groups[i]}/users/{users[7 - i]}"),
                DoAsync(HttpMethod.Put, $"roles/{roles[i]}/implies/{roles[(i + 1) % 8]}"),
                DoAsync(HttpMethod.Patch, "users/" + users[i], new { user = new { description = "d" } }),
                DoAsync(HttpMethod.Patch, "roles/" + roles[i], new { role = new { name = names[(i + 1) % 8] } }),
                DoAsync(HttpMethod.Post, "roles", new { role = new { name = names[i] } }),
                DoAsync(HttpMethod.Post, "roles", new { role = new { name = names[i] } }),
            }));
        }

        Assert.DoesNotContain(statuses, status => status >= 500);
    }

    // Revocation in one process is seen by another within the lease of the revision.
    [Fact]
    public async Task Another_process_sees_a_revocation_within_its_lease()
    {
        var token = await Fixture.TokenAsync("admin", KeystoneFixture.AdminPassword, "admin");
        await using var resources = new Platform.ProcessResources();
        await using var other = await TestService.StartAsync(
            IdentityService.Definition(), (await File.ReadAllTextAsync(Fixture.ConfigFile, Token)).Replace("bind_port = ", "bind_port = 0\n#", StringComparison.Ordinal), resources);
        Assert.Equal(200, await ValidateAsync(other, token));

        await Fixture.ManageAsync("bootstrap", "--bootstrap-password", "another");

        Assert.True(await Wait.UntilAsync(async () => await ValidateAsync(other, token) == 401));
    }

    private static async Task<int> ValidateAsync(TestService service, string token)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v3/auth/tokens");
        request.Headers.Add("X-Auth-Token", token);
        request.Headers.Add("X-Subject-Token", token);
        using var answer = await service.Client.SendAsync(request, Token);
        return (int)answer.StatusCode;
    }

    private Task<int> PostAsync(string collection, object body) => StatusAsync(HttpMethod.Post, collection, body);

    private async Task<int> StatusAsync(HttpMethod method, string path, object? body = null)
    {
        using var request = new HttpRequestMessage(method, "/v3/" + path) { Content = body is null ? null : JsonContent.Create(body) };
        request.Headers.Add("X-Auth-Token", await Fixture.AdminTokenAsync());
        using var answer = await Fixture.Service.Client.SendAsync(request, Token);
        return (int)answer.StatusCode;
    }

    private async Task<List<string>> NamesAsync(string path, string collection = "projects") =>
        [.. (await Fixture.CallAsync(HttpMethod.Get, "/v3/" + path))!.Value.GetProperty(collection).EnumerateArray().Select(item => item.GetProperty("name").GetString()!)];

    private async Task<int> CountAsync(string path, string collection) =>
        (await Fixture.CallAsync(HttpMethod.Get, "/v3/" + path))!.Value.GetProperty(collection).GetArrayLength();
}
