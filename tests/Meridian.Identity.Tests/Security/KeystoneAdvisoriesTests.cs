// SPDX-License-Identifier: Apache-2.0
using System.Diagnostics;

using Meridian.Testing;

namespace Meridian.Identity.Tests.Security;

/// <summary>What OpenStack's Keystone once did and this one must not; each test is named after the advisory.</summary>
public sealed class KeystoneAdvisoriesTests(IdentityApi api) : IClassFixture<IdentityApi>
{
    private const string Password = "pw";

    [Theory]
    [InlineData(64 * 1024, 401)]
    [InlineData(1024 * 1024, 413)]
    public async Task Ossa_2012_002_a_huge_password_costs_nothing(int length, int status)
    {
        await api.LogInAsync("admin", "warm-up");
        var start = Stopwatch.GetTimestamp();

        var answer = await api.LogInAsync("admin", new string('x', length));

        Assert.Equal(status, answer.Status);
        Assert.True(Stopwatch.GetElapsedTime(start) < TimeSpan.FromSeconds(2));
    }

    [Fact]
    public async Task Ossa_2012_002_a_password_that_is_too_long_is_not_stored()
    {
        var answer = await api.PostAsync("/v3/users", new { user = new { name = IdentityApi.Unique("long"), password = new string('x', 4097) } });

        Assert.Equal(400, answer.Status);
    }

    [Fact]
    public async Task Ossa_2012_010_rescoping_fifty_times_never_moves_the_expiry()
    {
        var answer = await api.LogInAsync("admin", KeystoneFixture.AdminPassword, IdentityApi.ProjectScope("admin"));
        var expires = answer["token"].GetProperty("expires_at").GetString();
        for (var i = 0; i < 50; i++)
        {
            answer = await api.RescopeAsync(answer.Headers["X-Subject-Token"], i % 2 == 0 ? "unscoped" : IdentityApi.ProjectScope("admin"));
            Assert.Equal(201, answer.Status);
            Assert.Equal(expires, answer["token"].GetProperty("expires_at").GetString());
        }
    }

    [Fact]
    public async Task Ossa_2012_010_disabling_or_deleting_a_user_kills_his_tokens()
    {
        var (name, id, _, token) = await NewUserAsync();
        await api.PatchAsync("/v3/users/" + id, new { user = new { enabled = false } });
        Assert.Equal(404, (await api.ValidateAsync(token)).Status);
        Assert.Equal(401, (await api.LogInAsync(name, Password)).Status);

        // Enabled again, the old token stays dead.
        await api.PatchAsync("/v3/users/" + id, new { user = new { enabled = true } });
        Assert.Equal(404, (await api.ValidateAsync(token)).Status);
        var fresh = await api.Keystone.TokenAsync(name, Password, null);
        await api.DeleteAsync("/v3/users/" + id);
        Assert.Equal(404, (await api.ValidateAsync(fresh)).Status);
    }

    [Fact]
    public async Task Ossa_2012_013_a_member_cannot_give_roles()
    {
        var (_, id, projectId, token) = await NewUserAsync();
        var admin = await api.Keystone.FindIdAsync("roles", "admin");

        var answer = await api.PutAsync($"/v3/projects/{projectId}/users/{id}/roles/{admin}", null, token);

        Assert.Equal(403, answer.Status);
        Assert.Equal("You are not authorized to perform the requested action: identity:create_grant.", answer.Message);
    }

    [Fact]
    public async Task Ossa_2012_014_a_token_loses_a_role_that_is_taken_away()
    {
        var (_, id, projectId, token) = await NewUserAsync("member", "admin");
        Assert.Equal(200, (await api.GetAsync("/v3/users", token)).Status);

        await api.DeleteAsync($"/v3/projects/{projectId}/users/{id}/roles/{await api.Keystone.FindIdAsync("roles", "admin")}");
        var roles = (await api.ValidateAsync(token))["token"].GetProperty("roles").EnumerateArray().Select(r => r.GetProperty("name").GetString());
        Assert.Equal(["member", "reader"], roles.Order());
        Assert.Equal(403, (await api.GetAsync("/v3/users", token)).Status);

        await api.DeleteAsync($"/v3/projects/{projectId}/users/{id}/roles/{await api.Keystone.FindIdAsync("roles", "member")}");
        Assert.Equal(404, (await api.ValidateAsync(token)).Status);
    }

    [Theory]
    [InlineData("")]
    [InlineData("garbage")]
    [InlineData("gAAAAABk")]
    [InlineData("gAAAAAAdwJ6wAAECAwQFBgcICQoLDA0ODy021cpGVWKZ_eEwCGM4BLLF_5CV9dOPmrhuVUPgJobwOz7JcbmrR64jVmpU4IwqDA")]
    public async Task Ossa_2012_015_admin_paths_refuse_what_is_no_token(string token)
    {
        foreach (var path in new[] { "/v3/users", "/v3/projects", "/v3/domains", "/v3/roles", "/v3/groups", "/v3/services", "/v3/endpoints", "/v3/role_assignments", "/v3/users/x" })
        {
            Assert.Equal(401, (await api.GetAsync(path, token)).Status);
        }
    }

    [Fact]
    public async Task Ossa_2012_015_two_token_headers_are_none()
    {
        var token = await api.Keystone.AdminTokenAsync();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v3/users");
        request.Headers.Add("X-Auth-Token", [token, token]);

        using var answer = await api.Keystone.Service.Client.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal(401, (int)answer.StatusCode);
    }

    [Fact]
    public async Task Ossa_2012_016_a_disabled_project_gives_no_tokens_and_keeps_none()
    {
        var (name, _, projectId, token) = await NewUserAsync();

        await api.PatchAsync("/v3/projects/" + projectId, new { project = new { enabled = false } });

        Assert.Equal(404, (await api.ValidateAsync(token)).Status);
        Assert.Equal(401, (await api.LogInAsync(name, Password, new { project = new { id = projectId } })).Status);
    }

    [Theory]
    [InlineData("\"password\": null", 401)]
    [InlineData("\"password\": \"\"", 401)]
    [InlineData("\"pass\": \"x\"", 400)]
    public async Task Ossa_2013_015_no_password_is_no_log_in(string member, int status)
    {
        var answer = await api.SendAsync(
            HttpMethod.Post, "/v3/auth/tokens",
            "{\"auth\": {\"identity\": {\"methods\": [\"password\"], \"password\": {\"user\": {\"name\": \"admin\", \"domain\": {\"id\": \"default\"}, " + member + "}}}}}", "");

        Assert.Equal(status, answer.Status);
    }

    [Fact]
    public async Task Ossa_2013_025_2014_006_another_process_with_a_cold_cache_refuses_what_was_revoked()
    {
        var (_, _, _, token) = await NewUserAsync();
        var (_, _, _, alive) = await NewUserAsync();
        Assert.Equal(200, (await api.ValidateAsync(token)).Status);
        await api.SendAsync(HttpMethod.Delete, "/v3/auth/tokens", null, token, token);
        await using var resources = new Meridian.Platform.ProcessResources();
        var text = (await File.ReadAllTextAsync(api.Keystone.ConfigFile, TestContext.Current.CancellationToken))
            .Replace($"bind_port = {api.Keystone.Service.Client.BaseAddress!.Port}", "bind_port = 0", StringComparison.Ordinal);
        await using var restarted = await TestService.StartAsync(IdentityService.Definition(), text, resources);

        foreach (var (subject, status) in new[] { (token, 404), (alive, 200) })
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/v3/auth/tokens");
            request.Headers.Add("X-Auth-Token", await api.Keystone.AdminTokenAsync());
            request.Headers.Add("X-Subject-Token", subject);
            using var answer = await restarted.Client.SendAsync(request, TestContext.Current.CancellationToken);
            Assert.Equal(status, (int)answer.StatusCode);
        }
    }

    [Fact]
    public async Task Ossa_2013_028_taking_away_a_role_that_is_not_held_gives_none()
    {
        var (_, id, projectId, _) = await NewUserAsync();
        var admin = await api.Keystone.FindIdAsync("roles", "admin");
        var path = $"/v3/projects/{projectId}/users/{id}/roles/{admin}";

        var answer = await api.DeleteAsync(path);

        Assert.Equal(404, answer.Status);
        Assert.Equal($"Could not find role assignment with role: {admin}, user or group: {id}, project, domain, or system: {projectId}.", answer.Message);
        Assert.Equal(404, (await api.GetAsync(path)).Status);
    }

    [Fact]
    public async Task Ossa_2014_013_a_method_named_a_hundred_times_is_tried_once()
    {
        var start = Stopwatch.GetTimestamp();

        var answer = await api.LogInAsync(new
        {
            identity = new
            {
                methods = Enumerable.Repeat("password", 100),
                password = new { user = new { name = "admin", domain = new { id = "default" }, password = KeystoneFixture.AdminPassword } },
            },
        });

        Assert.Equal(201, answer.Status);
        Assert.Equal(1, answer["token"].GetProperty("methods").GetArrayLength());
        Assert.True(Stopwatch.GetElapsedTime(start) < TimeSpan.FromSeconds(5));
    }

    [Fact]
    public async Task Ossa_2014_026_disabling_a_domain_kills_its_tokens_for_good()
    {
        var domain = await api.Keystone.CreateAsync("domain", new { name = IdentityApi.Unique("dom") });
        var user = await api.Keystone.CreateAsync("user", new { name = IdentityApi.Unique("du"), password = Password, domain_id = domain });
        await api.PutAsync($"/v3/domains/{domain}/users/{user}/roles/{await api.Keystone.FindIdAsync("roles", "reader")}");
        var auth = new
        {
            identity = new { methods = new[] { "password" }, password = new { user = new { id = user, password = Password } } },
            scope = new { domain = new { id = domain } },
        };
        var token = (await api.LogInAsync(auth)).Headers["X-Subject-Token"];
        Assert.Equal(200, (await api.ValidateAsync(token)).Status);

        await api.PatchAsync("/v3/domains/" + domain, new { domain = new { enabled = false } });
        Assert.Equal(404, (await api.ValidateAsync(token)).Status);
        Assert.Equal(401, (await api.LogInAsync(auth)).Status);

        await api.PatchAsync("/v3/domains/" + domain, new { domain = new { enabled = true } });
        Assert.Equal(404, (await api.ValidateAsync(token)).Status);
        Assert.Equal(200, (await api.ValidateAsync((await api.LogInAsync(auth)).Headers["X-Subject-Token"])).Status);
    }

    [Theory]
    [InlineData("http://127.0.0.15:8774/%(admin_token)s")]
    [InlineData("http://127.0.0.15:8774/$(connection)s")]
    [InlineData("http://127.0.0.15:8774/{0.__class__}")]
    [InlineData("http://127.0.0.15:8774/%(project_id)d")]
    [InlineData("http://127.0.0.15:8774/%s")]
    [InlineData("nowhere")]
    [InlineData("javascript:alert(1)")]
    public async Task Ossa_2014_029_an_endpoints_url_names_only_the_askers_ids(string url)
    {
        var service = await api.Keystone.FindIdAsync("services", "keystone");

        var answer = await api.PostAsync("/v3/endpoints", new { endpoint = new { service_id = service, @interface = "public", region_id = "RegionOne", url } });

        Assert.Equal(400, answer.Status);
        Assert.Equal($"Cannot create an endpoint with an invalid URL: {url}.", answer.Message);
    }

    [Fact]
    public async Task Ossa_2016_008_a_rescoped_token_keeps_the_audit_id_of_the_first()
    {
        var first = await api.LogInAsync("admin", KeystoneFixture.AdminPassword);
        var second = await api.RescopeAsync(first.Headers["X-Subject-Token"], IdentityApi.ProjectScope("admin"));
        var third = await api.RescopeAsync(second.Headers["X-Subject-Token"], IdentityApi.ProjectScope("admin"));

        var root = first["token"].GetProperty("audit_ids")[0].GetString();
        Assert.Equal(root, second["token"].GetProperty("audit_ids")[1].GetString());
        Assert.Equal(root, third["token"].GetProperty("audit_ids")[1].GetString());
        Assert.NotEqual(second["token"].GetProperty("audit_ids")[0].GetString(), third["token"].GetProperty("audit_ids")[0].GetString());
    }

    [Fact]
    public async Task Ossa_2021_003_unknown_wrong_and_disabled_look_the_same()
    {
        var (name, id, _, _) = await NewUserAsync();
        var wrong = await api.LogInAsync(name, "wrong");
        var unknown = await api.LogInAsync(IdentityApi.Unique("nobody"), Password);
        var foreign = await api.LogInAsync(new
        {
            identity = new { methods = new[] { "password" }, password = new { user = new { name, domain = new { name = "nowhere" }, password = Password } } },
        });
        await api.PatchAsync("/v3/users/" + id, new { user = new { enabled = false } });
        var disabled = await api.LogInAsync(name, Password);

        foreach (var answer in new[] { unknown, foreign, disabled })
        {
            Assert.Equal(wrong.Status, answer.Status);
            Assert.Equal(wrong.Text, answer.Text);
        }

        Assert.DoesNotContain(id, wrong.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ossa_2026_001_forged_identity_headers_give_nothing()
    {
        var (_, _, _, token) = await NewUserAsync();
        foreach (var header in new[] { "X-Roles", "x_roles", "X-Is-Admin-Project", "X-User-Id", "OpenStack-System-Scope" })
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/v3/users");
            request.Headers.Add("X-Auth-Token", token);
            request.Headers.TryAddWithoutValidation(header, "admin");
            using var answer = await api.Keystone.Service.Client.SendAsync(request, TestContext.Current.CancellationToken);
            Assert.Equal(403, (int)answer.StatusCode);
        }
    }

    [Fact]
    public async Task S11_deep_json_is_400()
    {
        var answer = await api.SendAsync(HttpMethod.Post, "/v3/auth/tokens", string.Concat(Enumerable.Repeat("[", 50_000)), "");

        Assert.Equal(400, answer.Status);
    }

    [Fact]
    public async Task S13_a_member_reaches_nobody_elses_objects()
    {
        var (_, otherId, otherProject, _) = await NewUserAsync();
        var (_, id, projectId, token) = await NewUserAsync();

        Assert.Equal(200, (await api.GetAsync("/v3/users/" + id, token)).Status);
        Assert.Equal(200, (await api.GetAsync("/v3/projects/" + projectId, token)).Status);
        foreach (var path in new[] { "/v3/users/" + otherId, "/v3/projects/" + otherProject, $"/v3/users/{otherId}/projects", $"/v3/users/{otherId}/groups", "/v3/role_assignments" })
        {
            Assert.Equal(403, (await api.GetAsync(path, token)).Status);
        }

        Assert.Equal(403, (await api.PatchAsync("/v3/users/" + id, new { user = new { enabled = false } }, token)).Status);
    }

    private async Task<(string Name, string Id, string ProjectId, string Token)> NewUserAsync(params string[] roles)
    {
        var (name, project) = (IdentityApi.Unique("sec"), IdentityApi.Unique("secp"));
        var (id, projectId) = await api.Keystone.CreateUserAsync(name, Password, project, roles.Length == 0 ? ["member"] : roles);
        return (name, id, projectId, await api.Keystone.TokenAsync(name, Password, project));
    }
}
