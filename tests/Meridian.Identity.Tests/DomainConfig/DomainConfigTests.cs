// SPDX-License-Identifier: Apache-2.0
using System.Text.Json;

namespace Meridian.Identity.Tests.DomainConfig;

/// <summary>A Keystone whose passwords must match a pattern, and whose [ldap] says something of its own.</summary>
public sealed class DomainConfigApi : IdentityApi
{
    protected override string Further => """
        [ldap]
        url = ldaps://directory.example.org
        password = directory-secret
        page_size = 50
        [security_compliance]
        password_regex = ^.+$
        password_regex_description = Anything.
        """;
}

public sealed class DomainConfigTests(DomainConfigApi api) : IClassFixture<DomainConfigApi>
{
    [Fact]
    public async Task A_configuration_is_set_shown_in_parts_and_set_anew()
    {
        var path = await DomainAsync();
        var created = await api.PutAsync(path, Config("""{"ldap":{"url":"ldap://a","page_size":7,"user_attribute_ignore":["a"]},"identity":{"driver":"ldap"}}"""));

        Assert.Equal(201, created.Status);
        Assert.Equal("""{"identity":{"driver":"ldap"},"ldap":{"page_size":7,"url":"ldap://a","user_attribute_ignore":["a"]}}""", created["config"].GetRawText());
        Assert.Equal(created["config"].GetRawText(), (await api.GetAsync(path))["config"].GetRawText());
        Assert.Equal("""{"identity":{"driver":"ldap"}}""", (await api.GetAsync(path + "/identity"))["config"].GetRawText());
        Assert.Equal("""{"page_size":7}""", (await api.GetAsync(path + "/ldap/page_size"))["config"].GetRawText());
        var again = await api.PutAsync(path, Config("""{"identity":{"driver":"sql"}}"""));
        Assert.Equal((200, """{"identity":{"driver":"sql"}}"""), (again.Status, again["config"].GetRawText()));
        Assert.Equal(200, (await api.SendAsync(HttpMethod.Head, path, null)).Status);
    }

    [Fact]
    public async Task A_secret_is_taken_and_never_shown()
    {
        var path = await DomainAsync();

        var answers = new[]
        {
            await api.PutAsync(path, Config("""{"ldap":{"password":"hush","user":"u"}}""")),
            await api.PatchAsync(path, Config("""{"ldap":{"password":"hush2"}}""")),
            await api.PatchAsync(path + "/ldap/password", Config("""{"password":"hush3"}""")),
            await api.GetAsync(path),
            await api.GetAsync(path + "/ldap"),
            await api.GetAsync(path + "/ldap/password"),
        };

        Assert.Equal([201, 200, 200, 200, 200, 404], answers.Select(a => a.Status));
        Assert.DoesNotContain(answers, a => a.Text.Contains("hush", StringComparison.Ordinal));
        Assert.Equal(204, (await api.DeleteAsync(path + "/ldap/password")).Status);
        Assert.Equal(404, (await api.DeleteAsync(path + "/ldap/password")).Status);
    }

    [Fact]
    public async Task Changes_are_merged()
    {
        var path = await DomainAsync();
        await api.PutAsync(path, Config("""{"ldap":{"url":"a","user":"u"}}"""));

        await api.PatchAsync(path, Config("""{"ldap":{"url":"b"},"identity":{"list_limit":5}}"""));
        await api.PatchAsync(path + "/ldap", Config("""{"ldap":{"suffix":"s"}}"""));
        var changed = await api.PatchAsync(path + "/ldap/user", Config("""{"user":"v"}"""));

        Assert.Equal("""{"identity":{"list_limit":5},"ldap":{"suffix":"s","url":"b","user":"v"}}""", changed["config"].GetRawText());
    }

    [Theory]
    [InlineData("", """{}""", 403, "No options specified")]
    [InlineData("", """{"ldap":{}}""", 403, "The value of group ldap specified in the config should be a dictionary of options")]
    [InlineData("", """{"ldap":"url"}""", 403, "The value of group ldap specified in the config should be a dictionary of options")]
    [InlineData("", """{"database":{"connection":"x"}}""", 403, "Group database is not supported for domain specific configurations")]
    [InlineData("", """{"ldap":{"nosuch":1}}""", 403, "Option nosuch in group ldap is not supported for domain specific configurations")]
    [InlineData("", """{"identity":{"default_domain_id":"x"}}""", 403, "Option default_domain_id in group identity is not supported for domain specific configurations")]
    [InlineData("/ldap", """{"ldap":{"url":"b"},"identity":{"driver":"sql"}}""", 403, "Trying to update group ldap, so that, and only that, group must be specified in the config")]
    [InlineData("/ldap", """{"identity":{"driver":"sql"}}""", 403, "request to update group ldap, but config provided contains group identity instead")]
    [InlineData("/ldap/url", """{"url":"b","user":"u"}""", 403, "Trying to update option url in group ldap, so that, and only that, option must be specified  in the config")]
    [InlineData("/ldap/url", """{"user":"u"}""", 403, "Trying to update option url in group ldap, but config provided contains option user instead")]
    [InlineData("/security_compliance", """{"security_compliance":{"password_regex":".*"}}""", 403, "Group security_compliance is not supported for domain specific configurations")]
    public async Task A_change_that_does_not_fit_is_refused(string place, string config, int status, string reason)
    {
        var path = await DomainAsync();
        await api.PutAsync(path, Config("""{"ldap":{"url":"a","user":"u"}}"""));

        var answer = await api.PatchAsync(path + place, Config(config));

        Assert.Equal((status, $"Invalid domain specific configuration: {reason}."), (answer.Status, answer.Message));
        Assert.Equal("""{"ldap":{"url":"a","user":"u"}}""", (await api.GetAsync(path))["config"].GetRawText());
    }

    [Theory]
    [InlineData("""{"config":[]}""", 400)]
    [InlineData("""{"config":null}""", 400)]
    [InlineData("""[]""", 400)]
    [InlineData("""{}""", 403)]
    public async Task A_body_that_is_no_configuration_is_refused(string body, int status) => Assert.Equal(status, (await api.PutAsync(await DomainAsync(), body)).Status);

    [Fact]
    public async Task What_is_not_configured_is_404()
    {
        var path = await DomainAsync();
        var domain = path.Split('/')[3];

        var none = await api.GetAsync(path);
        await api.PutAsync(path, Config("""{"identity":{"driver":"sql"}}"""));
        var group = await api.GetAsync(path + "/ldap");
        var option = await api.GetAsync(path + "/identity/list_limit");

        Assert.Equal((404, $"Could not find any options in domain configuration for domain {domain}."), (none.Status, none.Message));
        Assert.Equal((404, $"Could not find group ldap in domain configuration for domain {domain}."), (group.Status, group.Message));
        Assert.Equal((404, $"Could not find option list_limit in group identity in domain configuration for domain {domain}."), (option.Status, option.Message));
        Assert.Equal(404, (await api.PatchAsync(path + "/ldap", Config("""{"ldap":{"url":"a"}}"""))).Status);
        Assert.Equal(404, (await api.PatchAsync(path + "/identity/list_limit", Config("""{"list_limit":1}"""))).Status);
        Assert.Equal(404, (await api.DeleteAsync(path + "/ldap")).Status);
        Assert.Equal((404, 404, 404), ((await api.GetAsync("/v3/domains/nosuch/config")).Status, (await api.PutAsync("/v3/domains/nosuch/config", Config("{}"))).Status, (await api.DeleteAsync("/v3/domains/nosuch/config")).Status));
    }

    [Fact]
    public async Task It_is_deleted_in_parts_whole_and_with_its_domain()
    {
        var path = await DomainAsync();
        await api.PutAsync(path, Config("""{"ldap":{"url":"a","user":"u"},"identity":{"driver":"sql"}}"""));

        Assert.Equal(204, (await api.DeleteAsync(path + "/ldap/url")).Status);
        Assert.Equal("""{"ldap":{"user":"u"}}""", (await api.GetAsync(path + "/ldap"))["config"].GetRawText());
        Assert.Equal(204, (await api.DeleteAsync(path + "/ldap")).Status);
        Assert.Equal("""{"identity":{"driver":"sql"}}""", (await api.GetAsync(path))["config"].GetRawText());
        Assert.Equal(204, (await api.DeleteAsync(path)).Status);
        Assert.Equal(204, (await api.DeleteAsync(path)).Status);

        await api.PutAsync(path, Config("""{"ldap":{"url":"a"}}"""));
        var id = path.Split('/')[3];
        await api.PatchAsync("/v3/domains/" + id, new { domain = new { enabled = false } });
        await api.DeleteAsync("/v3/domains/" + id);
        await api.PostAsync("/v3/domains", new { domain = new { name = IdentityApi.Unique("again"), explicit_domain_id = id } });
        Assert.Equal(404, (await api.GetAsync(path)).Status);
    }

    [Fact]
    public async Task Defaults_are_those_of_the_configuration_file()
    {
        var all = (await api.GetAsync("/v3/domains/config/default"))["config"];

        Assert.Equal(["identity", "ldap"], all.EnumerateObject().Select(g => g.Name));
        Assert.Equal("""{"driver":"sql","list_limit":null}""", all.GetProperty("identity").GetRawText());
        var ldap = all.GetProperty("ldap");
        Assert.Equal(49, ldap.EnumerateObject().Count());
        Assert.Equal(("ldaps://directory.example.org", 50), (ldap.GetProperty("url").GetString(), ldap.GetProperty("page_size").GetInt32()));
        Assert.Equal((0.1, JsonValueKind.Null, JsonValueKind.True), (ldap.GetProperty("pool_retry_delay").GetDouble(), ldap.GetProperty("debug_level").ValueKind, ldap.GetProperty("use_pool").ValueKind));
        Assert.Equal("""["default_project_id"]""", ldap.GetProperty("user_attribute_ignore").GetRawText());
        Assert.Equal(ldap.GetRawText(), (await api.GetAsync("/v3/domains/config/ldap/default"))["config"].GetProperty("ldap").GetRawText());
        Assert.Equal("""{"page_size":50}""", (await api.GetAsync("/v3/domains/config/ldap/page_size/default"))["config"].GetRawText());
        var secret = await api.GetAsync("/v3/domains/config/ldap/password/default");
        Assert.Equal((403, "Invalid domain specific configuration: Reading the default for option password in group ldap is not supported."), (secret.Status, secret.Message));
        Assert.Equal(403, (await api.GetAsync("/v3/domains/config/database/default")).Status);
        Assert.Equal(403, (await api.GetAsync("/v3/domains/config/ldap/nosuch/default")).Status);
    }

    [Fact]
    public async Task Everybody_reads_what_passwords_must_be_like_and_nothing_else()
    {
        var name = IdentityApi.Unique("u");
        var project = IdentityApi.Unique("p");
        await api.Keystone.CreateUserAsync(name, "pw", project, "manager");
        var token = await api.Keystone.TokenAsync(name, "pw", project);
        const string Path = "/v3/domains/default/config/security_compliance";

        Assert.Equal(
            """{"security_compliance":{"password_regex":"^.+$","password_regex_description":"Anything."}}""", (await api.GetAsync(Path, token))["config"].GetRawText());
        Assert.Equal("""{"password_regex":"^.+$"}""", (await api.GetAsync(Path + "/password_regex", token))["config"].GetRawText());
        Assert.Equal(200, (await api.SendAsync(HttpMethod.Head, Path + "/password_regex_description", null, token)).Status);
        Assert.Equal(403, (await api.GetAsync(Path + "/lockout_duration", token)).Status);
        Assert.Equal(403, (await api.GetAsync("/v3/domains/other/config/security_compliance", token)).Status);
        Assert.Equal(401, (await api.GetAsync(Path, "")).Status);
        foreach (var path in new[] { "/v3/domains/default/config", "/v3/domains/default/config/ldap", "/v3/domains/config/default", "/v3/domains/config/ldap/url/default" })
        {
            Assert.Equal(403, (await api.GetAsync(path, token)).Status);
        }

        Assert.Equal(403, (await api.PutAsync("/v3/domains/default/config", Config("{}"), token)).Status);
        Assert.Equal(403, (await api.PatchAsync("/v3/domains/default/config/ldap", Config("{}"), token)).Status);
        Assert.Equal(403, (await api.DeleteAsync("/v3/domains/default/config/ldap/url", token)).Status);
    }

    private static string Config(string config) => "{\"config\":" + config + "}";

    private async Task<string> DomainAsync() => $"/v3/domains/{await api.Keystone.CreateAsync("domain", new { name = IdentityApi.Unique("cd") })}/config";
}
