// SPDX-License-Identifier: Apache-2.0
using System.Text.Json;

using LinqToDB;
using LinqToDB.Async;

using Meridian.Identity.ApplicationCredentials;
using Meridian.Identity.Tests.Trusts;
using Meridian.Platform.Storage;

using Microsoft.Extensions.DependencyInjection;

namespace Meridian.Identity.Tests.ApplicationCredentials;

public sealed class ApplicationCredentialsTests(IdentityApi api) : IClassFixture<IdentityApi>
{
    private readonly Delegations delegations = new(api);

    [Fact]
    public async Task Create_shows_the_secret_once_and_keeps_a_hash()
    {
        var person = await delegations.NewPersonAsync();

        var made = (await delegations.ApplicationCredentialAsync(person, new Dictionary<string, object?> { ["secret"] = "chosen" }))["application_credential"];
        var shown = (await api.GetAsync($"/v3/users/{person.Id}/application_credentials/{Delegations.Id(made)}", person.Token))["application_credential"];

        Assert.Equal("chosen", made.GetProperty("secret").GetString());
        Assert.False(shown.TryGetProperty("secret", out _));
        Assert.DoesNotContain("hash", shown.ToString(), StringComparison.Ordinal);
        await using var db = api.Keystone.Service.Host.Services.GetRequiredService<Database>().Open();
        var id = Delegations.Id(made);
        var stored = await db.GetTable<ApplicationCredential>().FirstAsync(c => c.Id == id, TestContext.Current.CancellationToken);
        Assert.StartsWith("$2b$", stored.SecretHash, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Create_makes_a_long_secret_where_none_is_told()
    {
        var person = await delegations.NewPersonAsync();

        var one = (await delegations.ApplicationCredentialAsync(person))["application_credential"].GetProperty("secret").GetString();
        var other = (await delegations.ApplicationCredentialAsync(person, new Dictionary<string, object?> { ["secret"] = null }))["application_credential"].GetProperty("secret").GetString();

        Assert.Equal(86, one!.Length);
        Assert.NotEqual(one, other);
    }

    [Fact]
    public async Task Create_answers_what_was_asked_for()
    {
        var person = await delegations.NewPersonAsync("manager");

        var made = (await delegations.ApplicationCredentialAsync(person, new Dictionary<string, object?>
        {
            ["description"] = "backup", ["expires_at"] = "2099-01-31T12:00:00", ["unrestricted"] = true, ["roles"] = new[] { new { name = "member" } },
        }))["application_credential"];

        Assert.Equal("backup", made.GetProperty("description").GetString());
        Assert.Equal("2099-01-31T12:00:00.000000", made.GetProperty("expires_at").GetString());
        Assert.True(made.GetProperty("unrestricted").GetBoolean());
        Assert.Equal(person.Id, made.GetProperty("user_id").GetString());
        Assert.Equal(person.ProjectId, made.GetProperty("project_id").GetString());
        Assert.Equal(JsonValueKind.Null, made.GetProperty("system").ValueKind);
        Assert.Equal("member reader", Delegations.Roles(made));
        Assert.Equal(JsonValueKind.Null, made.GetProperty("roles")[0].GetProperty("domain_id").ValueKind);
        Assert.False(made.TryGetProperty("access_rules", out _));
        Assert.EndsWith($"/v3/users/{person.Id}/application_credentials/{Delegations.Id(made)}", made.GetProperty("links").GetProperty("self").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Create_without_roles_takes_the_tokens()
    {
        var made = (await delegations.ApplicationCredentialAsync(await delegations.NewPersonAsync()))["application_credential"];

        Assert.Equal("member reader", Delegations.Roles(made));
        Assert.False(made.GetProperty("unrestricted").GetBoolean());
    }

    [Theory]
    [InlineData("name", "null", "name")]
    [InlineData("name", "\"  \"", "name")]
    [InlineData("name", "7", "name")]
    [InlineData("description", "7", "description")]
    [InlineData("secret", "7", "secret")]
    [InlineData("secret", "\"a\\u0000b\"", "secret")]
    [InlineData("unrestricted", "\"yes\"", "unrestricted")]
    [InlineData("expires_at", "\"tomorrow\"", "Timestamp not in expected format")]
    [InlineData("expires_at", "\"2001-01-01T00:00:00\"", "'expires_at' must not be before now")]
    [InlineData("roles", "\"member\"", "roles")]
    [InlineData("roles", "[{}]", "roles")]
    [InlineData("access_rules", "{}", "access_rules")]
    [InlineData("access_rules", "[7]", "access_rules")]
    [InlineData("access_rules", "[{}]", "access_rules")]
    [InlineData("access_rules", "[{\"path\": \"/a\", \"method\": \"GET\"}]", "access_rules")]
    [InlineData("access_rules", "[{\"path\": \"a\", \"method\": \"GET\", \"service\": \"compute\"}]", "access_rules/path")]
    [InlineData("access_rules", "[{\"path\": \"/a\", \"method\": \"TRACE\", \"service\": \"compute\"}]", "access_rules/method")]
    [InlineData("access_rules", "[{\"path\": \"/a\", \"method\": \"GET\", \"service\": \"\"}]", "access_rules/service")]
    [InlineData("access_rules", "[{\"id\": \"a\", \"colour\": \"blue\"}]", "access_rules")]
    [InlineData("colour", "\"blue\"", "'colour' was unexpected")]
    public async Task Create_with_a_bad_body_is_400(string field, string value, string told)
    {
        var person = await delegations.NewPersonAsync();

        var answer = await delegations.ApplicationCredentialAsync(person, new Dictionary<string, object?> { [field] = JsonSerializer.Deserialize<JsonElement>(value) });

        Assert.Equal(400, answer.Status);
        Assert.Contains(told, answer.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Create_with_a_role_that_the_token_lacks_is_400()
    {
        var person = await delegations.NewPersonAsync();

        var answer = await delegations.ApplicationCredentialAsync(person, new Dictionary<string, object?> { ["roles"] = new[] { new { name = "admin" } } });

        Assert.Equal((400, "Invalid application credential: Cannot create an application credential with unassigned role"), (answer.Status, answer.Message));
    }

    [Fact]
    public async Task Create_with_a_name_that_the_user_has_is_409()
    {
        var (person, other) = (await delegations.NewPersonAsync(), await delegations.NewPersonAsync());
        await delegations.ApplicationCredentialAsync(person, new Dictionary<string, object?> { ["name"] = "same" });

        var again = await delegations.ApplicationCredentialAsync(person, new Dictionary<string, object?> { ["name"] = "same" });

        Assert.Equal(409, again.Status);
        Assert.Equal("Conflict occurred attempting to store application_credential - Duplicate entry found with name same.", again.Message);
        Assert.Equal(201, (await delegations.ApplicationCredentialAsync(other, new Dictionary<string, object?> { ["name"] = "same" })).Status);
    }

    [Fact]
    public async Task Create_is_for_oneself_in_a_project()
    {
        var person = await delegations.NewPersonAsync();

        Assert.Equal(403, (await delegations.ApplicationCredentialAsync(person, token: await api.Keystone.AdminTokenAsync())).Status);
        Assert.Equal(403, (await delegations.ApplicationCredentialAsync(person, token: await api.Keystone.TokenAsync(person.Name, Person.Password, null))).Status);
        Assert.Equal(401, (await delegations.ApplicationCredentialAsync(person, token: "")).Status);
    }

    [Fact]
    public async Task List_filters_by_name_and_pages()
    {
        var person = await delegations.NewPersonAsync();
        foreach (var name in new[] { "a1", "a2", "b1" })
        {
            await delegations.ApplicationCredentialAsync(person, new Dictionary<string, object?> { ["name"] = name });
        }

        var path = $"/v3/users/{person.Id}/application_credentials";
        Assert.Equal(["a2"], Names(await api.GetAsync(path + "?name=a2", person.Token)));
        Assert.Equal(["a1", "a2"], Names(await api.GetAsync(path + "?name__startswith=a&sort_key=name", person.Token)));
        Assert.Equal(["b1", "a2"], Names(await api.GetAsync(path + "?sort_key=name&sort_dir=desc&limit=2", person.Token)));
        Assert.Equal(3, (await api.GetAsync(path))["application_credentials"].GetArrayLength());

        static IEnumerable<string?> Names(ApiAnswer answer) => answer["application_credentials"].EnumerateArray().Select(c => c.GetProperty("name").GetString());
    }

    [Fact]
    public async Task Show_and_delete_look_at_the_credentials_user_not_at_the_paths()
    {
        var (person, thief) = (await delegations.NewPersonAsync(), await delegations.NewPersonAsync());
        var id = Delegations.Id((await delegations.ApplicationCredentialAsync(person))["application_credential"]);

        foreach (var user in new[] { person.Id, thief.Id })
        {
            Assert.Equal(403, (await api.GetAsync($"/v3/users/{user}/application_credentials/{id}", thief.Token)).Status);
            Assert.Equal(403, (await api.DeleteAsync($"/v3/users/{user}/application_credentials/{id}", thief.Token)).Status);
        }

        Assert.Equal(403, (await api.GetAsync($"/v3/users/{person.Id}/application_credentials", thief.Token)).Status);
        Assert.Equal(200, (await api.GetAsync($"/v3/users/{person.Id}/application_credentials/{id}", person.Token)).Status);
    }

    [Fact]
    public async Task Delete_is_for_its_user_and_for_administrators()
    {
        var person = await delegations.NewPersonAsync();
        foreach (var token in new[] { person.Token, null })
        {
            var path = $"/v3/users/{person.Id}/application_credentials/{Delegations.Id((await delegations.ApplicationCredentialAsync(person))["application_credential"])}";

            Assert.Equal(204, (await api.DeleteAsync(path, token)).Status);
            Assert.Equal(404, (await api.GetAsync(path, person.Token)).Status);
            Assert.Equal(404, (await api.DeleteAsync(path, person.Token)).Status);
        }
    }

    [Fact]
    public async Task Application_credentials_go_with_the_user_when_he_is_disabled()
    {
        var person = await delegations.NewPersonAsync();
        await delegations.ApplicationCredentialAsync(person, AccessRulesTests.Rules("/v2.1/servers"));

        await api.PatchAsync("/v3/users/" + person.Id, new { user = new { enabled = false } });

        Assert.Empty((await api.GetAsync($"/v3/users/{person.Id}/application_credentials"))["application_credentials"].EnumerateArray());
        await api.PatchAsync("/v3/users/" + person.Id, new { user = new { enabled = true } });
        var token = await api.Keystone.TokenAsync(person.Name, Person.Password, person.Project);
        Assert.Empty((await api.GetAsync($"/v3/users/{person.Id}/access_rules", token))["access_rules"].EnumerateArray());
    }

    [Fact]
    public async Task Application_credentials_go_with_the_user_the_project_and_the_role()
    {
        var (person, homeless, roleless) = (await delegations.NewPersonAsync(), await delegations.NewPersonAsync(), await delegations.NewPersonAsync());
        var role = await api.Keystone.CreateAsync("role", new { name = IdentityApi.Unique("short-lived") });
        await api.PutAsync($"/v3/projects/{roleless.ProjectId}/users/{roleless.Id}/roles/{role}");
        var token = await api.Keystone.TokenAsync(roleless.Name, Person.Password, roleless.Project);
        var paths = new List<string>();
        foreach (var (who, with) in new[] { (person, person.Token), (homeless, homeless.Token), (roleless, token) })
        {
            paths.Add($"/v3/users/{who.Id}/application_credentials/{Delegations.Id((await delegations.ApplicationCredentialAsync(who, token: with))["application_credential"])}");
        }

        await api.DeleteAsync("/v3/users/" + person.Id);
        await api.DeleteAsync("/v3/projects/" + homeless.ProjectId);
        await api.DeleteAsync("/v3/roles/" + role);

        foreach (var path in paths)
        {
            Assert.Equal(404, (await api.GetAsync(path)).Status);
        }
    }
}
