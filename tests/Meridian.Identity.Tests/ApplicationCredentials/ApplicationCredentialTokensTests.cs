// SPDX-License-Identifier: Apache-2.0
using System.Text.Json;

using Meridian.Identity.Tests.Trusts;

namespace Meridian.Identity.Tests.ApplicationCredentials;

/// <summary>Tokens that an application credential gives.</summary>
public sealed class ApplicationCredentialTokensTests(IdentityApi api) : IClassFixture<IdentityApi>
{
    private readonly Delegations delegations = new(api);

    [Fact]
    public async Task A_token_is_the_users_in_the_credentials_project_with_its_roles()
    {
        var person = await delegations.NewPersonAsync("manager");
        var made = await NewAsync(person, new() { ["roles"] = new[] { new { name = "reader" } } });

        var answer = await delegations.UseApplicationCredentialAsync(made.Id, made.Secret);

        Assert.Equal(201, answer.Status);
        var token = answer["token"];
        Assert.Equal(person.Id, token.GetProperty("user").GetProperty("id").GetString());
        Assert.Equal(person.ProjectId, token.GetProperty("project").GetProperty("id").GetString());
        Assert.Equal("reader", Delegations.Roles(token));
        Assert.Equal(["application_credential"], token.GetProperty("methods").EnumerateArray().Select(m => m.GetString()));
        Assert.False(token.GetProperty("is_domain").GetBoolean());
        Assert.True(token.TryGetProperty("catalog", out _));
        var credential = token.GetProperty("application_credential");
        Assert.Equal((made.Id, made.Name), (Delegations.Id(credential), credential.GetProperty("name").GetString()));
        Assert.True(credential.GetProperty("restricted").GetBoolean());
        Assert.False(credential.TryGetProperty("access_rules", out _));
        Assert.Equal(credential.ToString(), (await api.ValidateAsync(answer.Headers["X-Subject-Token"]))["token"].GetProperty("application_credential").ToString());
    }

    [Fact]
    public async Task A_credential_is_named_by_its_name_and_its_user_too()
    {
        var person = await delegations.NewPersonAsync();
        var made = await NewAsync(person);

        Assert.Equal(201, (await LogInAsync(new { name = made.Name, user = new { id = person.Id }, secret = made.Secret })).Status);
        Assert.Equal(201, (await LogInAsync(new { name = made.Name, user = new { name = person.Name, domain = new { name = "Default" } }, secret = made.Secret })).Status);
        Assert.Equal(401, (await LogInAsync(new { name = "another", user = new { id = person.Id }, secret = made.Secret })).Status);
        Assert.Equal(401, (await LogInAsync(new { name = made.Name, user = new { name = "nobody", domain = new { name = "Default" } }, secret = made.Secret })).Status);
    }

    [Theory]
    [InlineData("{\"secret\": \"x\"}", 400, "name or ID")]
    [InlineData("{\"name\": \"x\", \"secret\": \"x\"}", 400, "user")]
    [InlineData("{\"name\": \"x\", \"user\": {\"name\": \"x\"}, \"secret\": \"x\"}", 400, "domain")]
    [InlineData("{\"id\": 7, \"secret\": \"x\"}", 400, "id")]
    [InlineData("{\"id\": \"unknown\", \"secret\": \"x\"}", 404, "Could not find Application Credential: unknown.")]
    [InlineData("{\"id\": \"unknown\"}", 401, "requires authentication")]
    public async Task A_bad_body_is_refused(string body, int status, string told)
    {
        var answer = await LogInAsync(JsonSerializer.Deserialize<JsonElement>(body));

        Assert.Equal(status, answer.Status);
        Assert.Contains(told, answer.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_wrong_secret_is_401()
    {
        var made = await NewAsync(await delegations.NewPersonAsync());

        Assert.Equal(401, (await delegations.UseApplicationCredentialAsync(made.Id, "wrong")).Status);
        Assert.Equal(401, (await delegations.UseApplicationCredentialAsync(made.Id, "")).Status);
        Assert.Equal(401, (await delegations.UseApplicationCredentialAsync(made.Id, new string('x', 5000))).Status);
    }

    [Fact]
    public async Task A_user_told_beside_the_id_is_not_impersonated()
    {
        var (person, victim) = (await delegations.NewPersonAsync(), await delegations.NewPersonAsync());
        var made = await NewAsync(person);

        var answer = await LogInAsync(new { id = made.Id, secret = made.Secret, user = new { id = victim.Id } });

        Assert.Equal(person.Id, answer["token"].GetProperty("user").GetProperty("id").GetString());
    }

    [Theory]
    [InlineData("\"unscoped\"")]
    [InlineData("{\"system\": {\"all\": true}}")]
    [InlineData("{\"project\": {\"id\": \"OWN\"}}")]
    public async Task No_scope_may_be_asked_for(string scope)
    {
        var person = await delegations.NewPersonAsync();
        var made = await NewAsync(person);

        var answer = await api.LogInAsync(new
        {
            identity = new { methods = new[] { "application_credential" }, application_credential = new { id = made.Id, secret = made.Secret } },
            scope = JsonSerializer.Deserialize<JsonElement>(scope.Replace("OWN", person.ProjectId, StringComparison.Ordinal)),
        });

        Assert.Equal((401, "Error authenticating with application credential: Application credentials cannot request a scope."), (answer.Status, answer.Message));
    }

    [Fact]
    public async Task A_token_has_no_role_that_the_user_lost()
    {
        var person = await delegations.NewPersonAsync();
        var role = await api.Keystone.CreateAsync("role", new { name = IdentityApi.Unique("lost") });
        var grant = $"/v3/projects/{person.ProjectId}/users/{person.Id}/roles/";
        await api.PutAsync(grant + role);
        var made = await NewAsync(person with { Token = await api.Keystone.TokenAsync(person.Name, Person.Password, person.Project) });
        var token = (await delegations.UseApplicationCredentialAsync(made.Id, made.Secret)).Headers["X-Subject-Token"];
        Assert.Equal(3, (await api.ValidateAsync(token))["token"].GetProperty("roles").GetArrayLength());

        await api.DeleteAsync(grant + role);
        Assert.Equal("member reader", Delegations.Roles((await api.ValidateAsync(token))["token"]));

        await api.DeleteAsync(grant + await api.Keystone.FindIdAsync("roles", "member"));
        Assert.Equal(404, (await api.ValidateAsync(token)).Status);
        Assert.Equal(401, (await delegations.UseApplicationCredentialAsync(made.Id, made.Secret)).Status);
    }

    [Fact]
    public async Task A_role_that_the_user_gets_later_is_not_the_credentials()
    {
        var person = await delegations.NewPersonAsync();
        var made = await NewAsync(person);

        await api.PutAsync($"/v3/projects/{person.ProjectId}/users/{person.Id}/roles/{await api.Keystone.FindIdAsync("roles", "admin")}");

        Assert.Equal("member reader", Delegations.Roles((await delegations.UseApplicationCredentialAsync(made.Id, made.Secret))["token"]));
    }

    [Fact]
    public async Task Deleting_a_credential_kills_its_tokens()
    {
        var person = await delegations.NewPersonAsync();
        var (id, token) = await delegations.ApplicationTokenAsync(person);
        Assert.Equal(200, (await api.ValidateAsync(token)).Status);

        await api.DeleteAsync($"/v3/users/{person.Id}/application_credentials/{id}", person.Token);

        Assert.Equal(404, (await api.ValidateAsync(token)).Status);
        Assert.Equal(200, (await api.ValidateAsync(person.Token)).Status);
    }

    [Fact]
    public async Task A_disabled_project_ends_tokens_and_log_ins()
    {
        var person = await delegations.NewPersonAsync();
        var made = await NewAsync(person);
        var token = (await delegations.UseApplicationCredentialAsync(made.Id, made.Secret)).Headers["X-Subject-Token"];

        await api.PatchAsync("/v3/projects/" + person.ProjectId, new { project = new { enabled = false } });

        Assert.Equal(404, (await api.ValidateAsync(token)).Status);
        Assert.Equal(401, (await delegations.UseApplicationCredentialAsync(made.Id, made.Secret)).Status);
    }

    [Fact]
    public async Task Access_rules_are_in_the_token_for_those_who_heed_them()
    {
        var (_, token) = await delegations.ApplicationTokenAsync(await delegations.NewPersonAsync(), AccessRulesTests.Rules("/v2.1/servers"));

        Assert.Equal(404, (await api.ValidateAsync(token)).Status);
        Assert.Equal(404, await StatusAsync("0.5"));
        Assert.Equal(404, await StatusAsync("many"));
        Assert.Equal(200, await StatusAsync("1.0"));

        async Task<int> StatusAsync(string version)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/v3/auth/tokens");
            request.Headers.Add("X-Auth-Token", await api.Keystone.AdminTokenAsync());
            request.Headers.Add("X-Subject-Token", token);
            request.Headers.Add("OpenStack-Identity-Access-Rules", version);
            using var answer = await api.Keystone.Service.Client.SendAsync(request, TestContext.Current.CancellationToken);
            var text = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
            Assert.Equal(answer.IsSuccessStatusCode, text.Contains("\"path\":\"/v2.1/servers\"", StringComparison.Ordinal));
            return (int)answer.StatusCode;
        }
    }

    [Fact]
    public async Task Access_rules_bound_the_token_at_Keystone_itself()
    {
        var person = await delegations.NewPersonAsync();
        var rules = new[] { new { path = "/v3/auth/projects", method = "GET", service = "identity" }, new { path = "/v3/auth/domains", method = "GET", service = "compute" } };
        var (_, token) = await delegations.ApplicationTokenAsync(person, new Dictionary<string, object?> { ["access_rules"] = rules });

        Assert.Equal(200, (await api.GetAsync("/v3/auth/projects", token)).Status);
        Assert.Equal(401, (await api.GetAsync("/v3/auth/domains", token)).Status);
        Assert.Equal(401, (await api.GetAsync("/v3/users/" + person.Id, token)).Status);

        // What it may validate is itself, as with keystonemiddleware.
        Assert.Equal(200, (await api.ValidateAsync(person.Token, token)).Status);
    }

    private async Task<(string Id, string Name, string Secret)> NewAsync(Person person, Dictionary<string, object?>? more = null)
    {
        var made = (await delegations.ApplicationCredentialAsync(person, more))["application_credential"];
        return (Delegations.Id(made), made.GetProperty("name").GetString()!, made.GetProperty("secret").GetString()!);
    }

    private Task<ApiAnswer> LogInAsync(object credential) => api.LogInAsync(new
    {
        identity = new { methods = new[] { "application_credential" }, application_credential = credential },
    });
}
