// SPDX-License-Identifier: Apache-2.0
using System.Net.Http.Json;
using System.Text.Json;

using Meridian.Testing;

namespace Meridian.Identity.Tests.Tokens;

public sealed class TokensTests(IdentityApi api) : IClassFixture<IdentityApi>
{
    [Fact]
    public async Task A_password_buys_a_token_with_roles_and_both_regions_in_the_catalog()
    {
        var token = await api.Keystone.TokenAsync("admin", KeystoneFixture.AdminPassword, "admin");

        var answer = await api.ValidateAsync(token, token);
        var body = answer["token"];

        Assert.Equal(200, answer.Status);
        Assert.Equal(token, answer.Headers["X-Subject-Token"]);
        Assert.Equal("X-Auth-Token", answer.Headers["Vary"]);
        Assert.Equal(["admin", "manager", "member", "reader"], body.GetProperty("roles").EnumerateArray().Select(r => r.GetProperty("name").GetString()!).Order());
        Assert.Equal("Default", body.GetProperty("project").GetProperty("domain").GetProperty("name").GetString());
        Assert.Equal(
            ["RegionOne", "RegionTwo"],
            body.GetProperty("catalog")[0].GetProperty("endpoints").EnumerateArray().Select(e => e.GetProperty("region_id").GetString()!).Distinct().Order());
        Assert.Matches(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.000000Z$", body.GetProperty("expires_at").GetString());
        Assert.Equal(22, body.GetProperty("audit_ids")[0].GetString()!.Length);
        Assert.False(body.GetProperty("is_domain").GetBoolean());
    }

    [Theory]
    [InlineData("default")]
    [InlineData("Default")]
    [InlineData("DEFAULT")]
    public async Task The_case_of_names_does_not_matter(string domain) =>
        Assert.NotEmpty(await api.Keystone.TokenAsync("Admin", KeystoneFixture.AdminPassword, "ADMIN", domain, domain));

    [Fact]
    public async Task The_issued_body_equals_the_validated_one()
    {
        var issued = await api.LogInAsync("admin", KeystoneFixture.AdminPassword, IdentityApi.ProjectScope("admin"));

        var validated = await api.ValidateAsync(issued.Headers["X-Subject-Token"]);

        Assert.Equal(201, issued.Status);
        Assert.Equal(issued.Text, validated.Text);
    }

    [Fact]
    public async Task An_unscoped_token_has_neither_roles_nor_catalog()
    {
        var issued = await api.LogInAsync("admin", KeystoneFixture.AdminPassword);

        Assert.Equal(201, issued.Status);
        Assert.False(issued["token"].TryGetProperty("roles", out _));
        Assert.False(issued["token"].TryGetProperty("catalog", out _));
    }

    [Fact]
    public async Task System_and_domain_scopes_show_as_such()
    {
        await api.PutAsync($"/v3/domains/default/users/{await api.Keystone.FindIdAsync("users", "admin")}/roles/{await api.Keystone.FindIdAsync("roles", "reader")}");

        var system = await api.LogInAsync("admin", KeystoneFixture.AdminPassword, new { system = new { all = true } });
        var domain = await api.LogInAsync("admin", KeystoneFixture.AdminPassword, new { domain = new { name = "default" } });

        Assert.True(system["token"].GetProperty("system").GetProperty("all").GetBoolean());
        Assert.Equal("default", domain["token"].GetProperty("domain").GetProperty("id").GetString());
        Assert.Equal("reader", domain["token"].GetProperty("roles")[0].GetProperty("name").GetString());
    }

    [Fact]
    public async Task The_default_project_is_the_scope_where_none_is_asked_for()
    {
        var name = IdentityApi.Unique("dp");
        var (id, projectId) = await api.Keystone.CreateUserAsync(name, "pw", IdentityApi.Unique("dpp"), "member");
        await api.PatchAsync("/v3/users/" + id, new { user = new { default_project_id = projectId } });

        var scoped = await api.LogInAsync(name, "pw");
        var unscoped = await api.LogInAsync(new { identity = IdentityApi.Password(name, "pw"), scope = "unscoped" });

        Assert.Equal(projectId, scoped["token"].GetProperty("project").GetProperty("id").GetString());
        Assert.False(unscoped["token"].TryGetProperty("project", out _));
    }

    [Fact]
    public async Task Nocatalog_leaves_the_catalog_out()
    {
        var answer = await api.ValidateAsync(await api.Keystone.AdminTokenAsync(), query: "?nocatalog");

        Assert.False(answer["token"].TryGetProperty("catalog", out _));
        Assert.True(answer["token"].TryGetProperty("roles", out _));
    }

    [Fact]
    public async Task Head_answers_as_get_without_a_body()
    {
        var token = await api.Keystone.AdminTokenAsync();

        var answer = await api.SendAsync(HttpMethod.Head, "/v3/auth/tokens", null, token, token);

        Assert.Equal(200, answer.Status);
        Assert.Empty(answer.Text);
    }

    [Fact]
    public async Task A_revoked_token_is_404_at_once_and_stays_so()
    {
        var token = await api.Keystone.TokenAsync("admin", KeystoneFixture.AdminPassword, "admin");
        Assert.Equal(200, (await api.ValidateAsync(token)).Status);

        Assert.Equal(204, (await api.SendAsync(HttpMethod.Delete, "/v3/auth/tokens", null, token, token)).Status);

        Assert.Equal(404, (await api.ValidateAsync(token)).Status);
        Assert.Equal(401, (await api.GetAsync("/v3/users", token)).Status);
        Assert.Equal(200, (await api.ValidateAsync(await api.Keystone.AdminTokenAsync())).Status);
    }

    [Fact]
    public async Task A_user_is_told_that_an_own_token_is_gone()
    {
        var name = IdentityApi.Unique("u");
        await api.Keystone.CreateUserAsync(name, "pw", name, "member");
        var token = await api.Keystone.TokenAsync(name, "pw", name);
        var gone = (await api.LogInAsync(name, "pw", IdentityApi.ProjectScope(name))).Headers["X-Subject-Token"];
        Assert.Equal(200, (await api.ValidateAsync(gone, token)).Status);
        Assert.Equal(204, (await api.SendAsync(HttpMethod.Delete, "/v3/auth/tokens", null, token, gone)).Status);
        Assert.Equal(404, (await api.ValidateAsync(gone, token)).Status);
    }

    [Fact]
    public async Task What_is_no_token_of_ours_is_not_recognized()
    {
        var answer = await api.SendAsync(HttpMethod.Delete, "/v3/auth/tokens", null, null, "gAAAAABnotatoken");
        var rescoped = await api.RescopeAsync("gAAAAABnotatoken", null);

        Assert.Equal(404, answer.Status);
        Assert.Equal("Could not recognize Fernet token", answer.Message);
        Assert.Equal(404, rescoped.Status);
    }

    [Theory]
    [InlineData("{}", "Expecting to find auth in request body")]
    [InlineData("{\"auth\": {}}", "Expecting to find identity in auth")]
    [InlineData("{\"auth\": {\"identity\": {}}}", "Expecting to find methods in identity")]
    [InlineData("{\"auth\": {\"identity\": {\"methods\": [\"password\"]}}}", "Expecting to find password in identity")]
    [InlineData("{\"auth\": {\"identity\": {\"methods\": \"password\"}}}", "identity/methods")]
    [InlineData("{\"auth\": {\"identity\": {\"methods\": [\"password\"], \"password\": {\"user\": {\"name\": \"admin\", \"password\": \"x\"}}}}}", "Expecting to find domain in user")]
    [InlineData("{\"auth\": {\"identity\": {\"methods\": [\"password\"], \"password\": {\"user\": {\"id\": \"x\", \"password\": 5}}}}}", "'password'")]
    [InlineData("[]", "Expecting to find auth")]
    public async Task A_bad_request_is_400_and_names_what_is_missing(string body, string message)
    {
        var answer = await api.SendAsync(HttpMethod.Post, "/v3/auth/tokens", body, "");

        Assert.Equal(400, answer.Status);
        Assert.Contains(message, answer.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Two_scopes_at_once_are_400()
    {
        var answer = await api.LogInAsync("admin", KeystoneFixture.AdminPassword, new { project = new { id = "x" }, domain = new { id = "default" } });

        Assert.Equal(400, answer.Status);
    }

    [Theory]
    [InlineData("{\"methods\": []}", "The request you have made requires authentication.")]
    [InlineData("{\"methods\": [\"kerberos\"], \"kerberos\": {}}", "Attempted to authenticate with an unsupported method.")]
    public async Task A_method_that_is_not_served_is_401(string identity, string message)
    {
        var answer = await api.SendAsync(HttpMethod.Post, "/v3/auth/tokens", "{\"auth\": {\"identity\": " + identity + "}}", "");

        Assert.Equal(401, answer.Status);
        Assert.Equal(message, answer.Message);
        Assert.Equal(message[0] == 'A', answer["error"].TryGetProperty("identity", out var named) && named.GetProperty("methods").EnumerateArray().Any(m => m.GetString() == "password"));
    }

    [Fact]
    public async Task Every_401_names_the_keystone_to_log_in_at()
    {
        var answer = await api.GetAsync("/v3/users", "");

        Assert.Equal(401, answer.Status);
        Assert.Equal($"Keystone uri=\"{api.Keystone.AuthUrl}\"", answer.Headers["WWW-Authenticate"]);
        Assert.Equal("The request you have made requires authentication.", answer.Message);
        Assert.Matches("^req-[0-9a-f-]{36}$", answer.Headers["x-openstack-request-id"]);
    }

    [Fact]
    public async Task A_token_lists_the_scopes_that_it_can_buy()
    {
        var name = IdentityApi.Unique("scopes");
        var (_, projectId) = await api.Keystone.CreateUserAsync(name, "pw", IdentityApi.Unique("sp"), "member");
        var token = await api.Keystone.TokenAsync(name, "pw", null);

        var projects = await api.GetAsync("/v3/auth/projects", token);
        var domains = await api.GetAsync("/v3/auth/domains", token);
        var system = await api.GetAsync("/v3/auth/system", token);
        var catalog = await api.GetAsync("/v3/auth/catalog", token);

        Assert.Equal(projectId, projects["projects"].EnumerateArray().Single().GetProperty("id").GetString());
        Assert.Equal(0, domains["domains"].GetArrayLength());
        Assert.Equal(0, system["system"].GetArrayLength());
        Assert.Equal(403, catalog.Status);
        Assert.Equal(JsonValueKind.Array, (await api.GetAsync("/v3/auth/catalog"))["catalog"].ValueKind);
    }

    [Fact]
    public async Task A_project_that_is_disabled_is_still_listed_and_cannot_be_scoped_to()
    {
        var name = IdentityApi.Unique("scopes");
        var (_, projectId) = await api.Keystone.CreateUserAsync(name, "pw", IdentityApi.Unique("sp"), "member");
        var token = await api.Keystone.TokenAsync(name, "pw", null);
        await api.PatchAsync("/v3/projects/" + projectId, new { project = new { enabled = false } });

        var listed = (await api.GetAsync("/v3/auth/projects", token))["projects"].EnumerateArray().Single();

        Assert.False(listed.GetProperty("enabled").GetBoolean());
        Assert.Equal(401, (await api.RescopeAsync(token, new { project = new { id = projectId } })).Status);
    }

    [Fact]
    public async Task A_rescoped_token_keeps_the_expiry_the_chain_and_the_methods()
    {
        var first = await api.LogInAsync("admin", KeystoneFixture.AdminPassword);
        var second = await api.RescopeAsync(first.Headers["X-Subject-Token"], IdentityApi.ProjectScope("admin"));
        var third = await api.RescopeAsync(second.Headers["X-Subject-Token"], new { unscoped = new { } });

        var origin = first["token"].GetProperty("audit_ids")[0].GetString();
        foreach (var answer in new[] { second, third })
        {
            Assert.Equal(201, answer.Status);
            Assert.Equal(2, answer["token"].GetProperty("audit_ids").GetArrayLength());
            Assert.Equal(origin, answer["token"].GetProperty("audit_ids")[1].GetString());
            Assert.Equal(first["token"].GetProperty("expires_at").GetString(), answer["token"].GetProperty("expires_at").GetString());
            Assert.Equal(["password", "token"], answer["token"].GetProperty("methods").EnumerateArray().Select(m => m.GetString()!).Order());
        }

        Assert.False(third["token"].TryGetProperty("project", out _));
    }

    [Fact]
    public async Task A_system_token_buys_none_of_a_project_or_domain()
    {
        var system = (await api.LogInAsync("admin", KeystoneFixture.AdminPassword, new { system = new { all = true } })).Headers["X-Subject-Token"];

        Assert.Equal(403, (await api.RescopeAsync(system, IdentityApi.ProjectScope("admin"))).Status);
        Assert.Equal(403, (await api.RescopeAsync(system, new { domain = new { id = "default" } })).Status);
        Assert.Equal(201, (await api.RescopeAsync(system, "unscoped")).Status);
    }

    [Fact]
    public async Task A_scoped_token_buys_none_where_that_is_forbidden()
    {
        await using var keystone = await KeystoneFixture.StartAsync(
            "[token]\nallow_rescope_scoped_token = false\n[resource]\nadmin_project_name = admin\nadmin_project_domain_name = Default\n");
        var unscoped = await keystone.TokenAsync("admin", KeystoneFixture.AdminPassword, null);

        var (status, body, scoped) = await RescopeAsync(keystone, unscoped);
        Assert.Equal(201, status);
        Assert.True(body.GetProperty("token").GetProperty("is_admin_project").GetBoolean());
        Assert.Equal(403, (await RescopeAsync(keystone, scoped!)).Status);
    }

    [Fact]
    public async Task Tokens_outlive_a_rotation_of_the_keys()
    {
        var token = await api.Keystone.TokenAsync("admin", KeystoneFixture.AdminPassword, "admin");

        await api.Keystone.ManageAsync("fernet_rotate");

        Assert.Equal(200, (await api.ValidateAsync(token, token)).Status);
    }

    private static async Task<(int Status, JsonElement Body, string? Token)> RescopeAsync(KeystoneFixture keystone, string token)
    {
        var identity = new { methods = new[] { "token" }, token = new { id = token } };
        using var answer = await keystone.Service.Client.PostAsJsonAsync(
            "/v3/auth/tokens", new { auth = new { identity, scope = IdentityApi.ProjectScope("admin") } }, TestContext.Current.CancellationToken);
        var body = await answer.Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken);
        return ((int)answer.StatusCode, body, answer.Headers.TryGetValues("X-Subject-Token", out var tokens) ? tokens.Single() : null);
    }
}
