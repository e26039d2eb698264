// SPDX-License-Identifier: Apache-2.0
namespace Meridian.Identity.Tests;

/// <summary>Rules that several resources have in common.</summary>
public sealed class ResourceRulesTests(IdentityApi api) : IClassFixture<IdentityApi>
{
    public static TheoryData<string, string> Changeable => new()
    {
        { "region", "{}" }, { "service", """{"type":"t"}""" }, { "project", """{"name":"NAME"}""" }, { "group", """{"name":"NAME"}""" }, { "role", """{"name":"NAME"}""" },
    };

    public static TheoryData<string, string> Named => new() { { "project", "n" }, { "domain", "n" }, { "group", "n" } };

    [Theory]
    [MemberData(nameof(Changeable))]
    public async Task A_change_that_names_another_id_is_400(string member, string body)
    {
        var path = await CreateAsync(member, body);

        var answer = await api.PatchAsync(path, Wrap(member, """{"id":"other","description":"d"}"""));

        Assert.Equal((400, "Cannot change ID"), (answer.Status, answer.Message));
        Assert.Equal(200, (await api.PatchAsync(path, Wrap(member, "{\"id\":\"" + path[(path.LastIndexOf('/') + 1)..] + "\",\"description\":\"d\"}"))).Status);
    }

    [Theory]
    [InlineData("region", "{}")]
    [InlineData("service", """{"type":"t"}""")]
    [InlineData("group", """{"name":"NAME"}""")]
    [InlineData("role", """{"name":"NAME"}""")]
    [InlineData("domain", """{"name":"NAME"}""")]
    public async Task A_change_of_nothing_is_400(string member, string body) =>
        Assert.Equal(400, (await api.PatchAsync(await CreateAsync(member, body), Wrap(member, "{}"))).Status);

    [Theory]
    [MemberData(nameof(Named))]
    public async Task Blanks_around_a_name_are_dropped(string member, string prefix)
    {
        var name = IdentityApi.Unique(prefix);

        var created = await api.PostAsync($"/v3/{member}s", new Dictionary<string, object> { [member] = new { name = $"  {name} " } });
        var changed = await api.PatchAsync($"/v3/{member}s/{created[member].GetProperty("id").GetString()}", new Dictionary<string, object> { [member] = new { name = $"\t{name}x\n" } });

        Assert.Equal((name, name + "x"), (created[member].GetProperty("name").GetString(), changed[member].GetProperty("name").GetString()));
    }

    [Theory]
    [InlineData("project")]
    [InlineData("domain")]
    [InlineData("role")]
    public async Task An_immutable_one_is_released_by_a_change_that_does_nothing_else(string member)
    {
        var path = await CreateAsync(member, """{"name":"NAME","options":{"immutable":true}}""");

        var (renamed, together, deleted) = (await ChangeAsync("""{"name":"n"}"""), await ChangeAsync("""{"description":"d","options":{"immutable":false}}"""), await api.DeleteAsync(path));

        Assert.Equal((403, 403, 403), (renamed.Status, together.Status, deleted.Status));
        Assert.StartsWith($"Unable to delete immutable {member} resource", deleted.Message, StringComparison.Ordinal);
        Assert.Equal(200, (await ChangeAsync("""{"options":{"immutable":false}}""")).Status);
        Assert.Equal(200, (await ChangeAsync("""{"description":"d"}""")).Status);

        Task<ApiAnswer> ChangeAsync(string change) => api.PatchAsync(path, Wrap(member, change));
    }

    [Theory]
    [InlineData("region", """{"description":"LONG"}""")]
    [InlineData("domain", """{"name":"NAME","description":"LONG"}""")]
    [InlineData("service", """{"type":""}""")]
    [InlineData("service", """{"type":"t","name":""}""")]
    [InlineData("service", """{"type":"t","name":null}""")]
    [InlineData("service", """{"name":"n"}""")]
    [InlineData("service", """{"type":"t","enabled":"yes"}""")]
    [InlineData("endpoint", """{"service_id":"SERVICE","interface":"public","url":"http://192.0.2.1","name":7}""")]
    [InlineData("endpoint", """{"service_id":"SERVICE","interface":"public","url":"http://192.0.2.1","description":[]}""")]
    [InlineData("endpoint", """{"service_id":"SERVICE","interface":"public","url":"http://192.0.2.1/LONG"}""")]
    [InlineData("endpoint", """{"service_id":"SERVICE","interface":"private","url":"http://192.0.2.1"}""")]
    [InlineData("endpoint", """{"service_id":"0123456789abcdef0123456789abcdef","interface":"public","url":"http://192.0.2.1"}""")]
    public async Task A_body_that_keystones_schema_refuses_is_400(string member, string body)
    {
        body = body.Replace("LONG", new string('x', 256), StringComparison.Ordinal).Replace("NAME", IdentityApi.Unique("n"), StringComparison.Ordinal)
            .Replace("SERVICE", await api.Keystone.FindIdAsync("services", "keystone"), StringComparison.Ordinal);

        Assert.Equal(400, (await api.PostAsync($"/v3/{member}s", Wrap(member, body))).Status);
    }

    [Fact]
    public async Task What_names_no_domain_goes_to_the_tokens_domain_or_the_default_one()
    {
        var (domain, name) = (await api.Keystone.CreateAsync("domain", new { name = IdentityApi.Unique("d") }), IdentityApi.Unique("u"));
        var user = await api.Keystone.CreateAsync("user", new { name, password = "pw" });
        var project = await api.Keystone.CreateAsync("project", new { name = "p", domain_id = domain });
        var admin = await api.Keystone.FindIdAsync("roles", "admin");
        await api.PutAsync($"/v3/projects/{project}/users/{user}/roles/{admin}");
        await api.PutAsync($"/v3/domains/{domain}/users/{user}/roles/{admin}");

        var byDomain = await CreatedAsync(new { domain = new { id = domain } });
        var byProject = await CreatedAsync(new { project = new { id = project } });

        Assert.Equal((domain, "default"), (byDomain, byProject));

        async Task<string?> CreatedAsync(object scope)
        {
            var token = (await api.LogInAsync(name, "pw", scope)).Headers["X-Subject-Token"];
            return (await api.PostAsync("/v3/groups", new { group = new { name = IdentityApi.Unique("g") } }, token))["group"].GetProperty("domain_id").GetString();
        }
    }

    [Fact]
    public async Task A_domain_with_an_immutable_project_is_not_deleted()
    {
        var domain = await api.Keystone.CreateAsync("domain", new { name = IdentityApi.Unique("d"), enabled = false });
        await api.PatchAsync("/v3/domains/" + domain, new { domain = new { enabled = true } });
        var project = await api.Keystone.CreateAsync("project", new { name = "p", domain_id = domain, options = new { immutable = true } });
        await api.PatchAsync("/v3/domains/" + domain, new { domain = new { enabled = false } });

        Assert.Equal(403, (await api.DeleteAsync("/v3/domains/" + domain)).Status);
        Assert.Equal(200, (await api.GetAsync("/v3/projects/" + project)).Status);
    }

    [Fact]
    public async Task A_list_links_to_itself_as_it_was_asked_for()
    {
        var answer = await api.GetAsync("/v3/regions?parent_region_id=RegionOne");

        Assert.EndsWith("/v3/regions?parent_region_id=RegionOne", answer["links"].GetProperty("self").GetString(), StringComparison.Ordinal);
    }

    private static string Wrap(string member, string body) => "{\"" + member + "\":" + body + "}";

    private async Task<string> CreateAsync(string member, string body)
    {
        var created = await api.PostAsync($"/v3/{member}s", Wrap(member, body.Replace("NAME", IdentityApi.Unique("n"), StringComparison.Ordinal)));
        return $"/v3/{member}s/{created[member].GetProperty("id").GetString()}";
    }
}
