// SPDX-License-Identifier: Apache-2.0
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Meridian.Identity.Tests.Credentials;

public sealed class CredentialsTests(IdentityApi api) : IClassFixture<IdentityApi>
{
    [Fact]
    public async Task A_credential_shows_its_blob_its_owner_and_unknown_attributes()
    {
        var user = await NewUserAsync();

        var created = await CreateAsync(user, new { type = "cert", blob = "PEM ✓", user_id = user.Id, colour = "blue" });
        var shown = await api.GetAsync("/v3/credentials/" + created["credential"].GetProperty("id").GetString(), user.Token);

        var credential = shown["credential"];
        Assert.Equal(201, created.Status);
        Assert.Equal(created.Text, shown.Text);
        Assert.Equal("PEM ✓", credential.GetProperty("blob").GetString());
        Assert.Equal("cert", credential.GetProperty("type").GetString());
        Assert.Equal(user.Id, credential.GetProperty("user_id").GetString());
        Assert.Equal(JsonValueKind.Null, credential.GetProperty("project_id").ValueKind);
        Assert.Equal("blue", credential.GetProperty("colour").GetString());
        Assert.EndsWith("/v3/credentials/" + credential.GetProperty("id").GetString(), credential.GetProperty("links").GetProperty("self").GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("blob", """{"type": "cert", "user_id": "u"}""")]
    [InlineData("blob", """{"type": "cert", "user_id": "u", "blob": {"a": 1}}""")]
    [InlineData("blob", """{"type": "cert", "user_id": "u", "blob": null}""")]
    [InlineData("type", """{"blob": "x", "user_id": "u"}""")]
    [InlineData("type", """{"blob": "x", "user_id": "u", "type": 5}""")]
    [InlineData("user_id", """{"blob": "x", "type": "cert"}""")]
    [InlineData("user_id", """{"blob": "x", "type": "cert", "user_id": ["u"]}""")]
    [InlineData("project_id", """{"blob": "x", "type": "cert", "user_id": "u", "project_id": 7}""")]
    [InlineData("project_id", """{"blob": "{\"access\": \"a\"}", "type": "ec2", "user_id": "u"}""")]
    [InlineData("blob", """{"blob": "no JSON", "type": "ec2", "user_id": "u", "project_id": "p"}""")]
    [InlineData("blob", """{"blob": "[]", "type": "ec2", "user_id": "u", "project_id": "p"}""")]
    [InlineData("access", """{"blob": "{\"secret\": \"s\"}", "type": "ec2", "user_id": "u", "project_id": "p"}""")]
    [InlineData("access", """{"blob": "{\"access\": 5}", "type": "ec2", "user_id": "u", "project_id": "p"}""")]
    public async Task Create_with_a_bad_body_is_400(string field, string credential)
    {
        var answer = await api.PostAsync("/v3/credentials", $"{{\"credential\": {credential}}}");

        Assert.Equal(400, answer.Status);
        Assert.Contains(field, answer.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_EC2_credential_has_the_hash_of_its_access_key_as_id_so_that_a_key_is_there_once()
    {
        var user = await NewUserAsync();
        var access = IdentityApi.Unique("access");
        var body = new { type = "ec2", blob = $$"""{"access": "{{access}}", "secret": "s"}""", user_id = user.Id, project_id = user.ProjectId };

        var created = await CreateAsync(user, body);
        var again = await CreateAsync(user, body);

        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(access))), created["credential"].GetProperty("id").GetString());
        Assert.Equal(body.blob, created["credential"].GetProperty("blob").GetString());
        Assert.Equal(409, again.Status);
        Assert.StartsWith("Conflict occurred attempting to store credential - Duplicate entry found with ID ", again.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_update_changes_what_it_names_and_keeps_the_rest()
    {
        var user = await NewUserAsync();
        var path = await NewAsync(user, "cert");

        var changed = await api.PatchAsync(path, new { credential = new { blob = "new", project_id = user.ProjectId } }, user.Token);
        var kept = await api.PatchAsync(path, new { credential = new { colour = "red" } }, user.Token);

        Assert.Equal(200, changed.Status);
        Assert.Equal("new", kept["credential"].GetProperty("blob").GetString());
        Assert.Equal(user.ProjectId, kept["credential"].GetProperty("project_id").GetString());
        Assert.Equal("red", kept["credential"].GetProperty("colour").GetString());
        Assert.Equal(kept.Text, (await api.GetAsync(path, user.Token)).Text);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"blob": 5}""")]
    [InlineData("""{"blob": null}""")]
    [InlineData("""{"type": null}""")]
    [InlineData("""{"user_id": 5}""")]
    [InlineData("""{"id": "another"}""")]
    [InlineData("""{"type": "ec2"}""")]
    public async Task Update_with_a_bad_body_is_400(string change)
    {
        var user = await NewUserAsync();
        var path = await NewAsync(user, "cert");

        Assert.Equal(400, (await api.PatchAsync(path, $"{{\"credential\": {change}}}", user.Token)).Status);
    }

    [Theory]
    [InlineData("""{"colour": "red"}""")]
    [InlineData("""{"blob": "{\"secret\": \"s\"}"}""")]
    [InlineData("""{"blob": "{\"access\": \"a\", \"trust_id\": \"another\"}"}""")]
    [InlineData("""{"blob": "{\"access\": \"a\", \"app_cred_id\": \"another\"}"}""")]
    public async Task An_EC2_credential_is_changed_whole_and_stays_bound_to_what_it_was(string change)
    {
        var user = await NewUserAsync();
        var created = await CreateAsync(user, new { type = "ec2", blob = $$"""{"access": "{{IdentityApi.Unique("a")}}"}""", user_id = user.Id, project_id = user.ProjectId });

        var answer = await api.PatchAsync("/v3/credentials/" + created["credential"].GetProperty("id").GetString(), $"{{\"credential\": {change}}}", user.Token);

        Assert.Equal(400, answer.Status);
    }

    [Fact]
    public async Task Lists_filter_by_user_and_type()
    {
        var (one, two) = (await NewUserAsync(), await NewUserAsync());
        await NewAsync(one, "cert");
        await NewAsync(one, "totp");
        await NewAsync(two, "cert");

        Assert.Equal(2, await CountAsync($"?user_id={one.Id}"));
        Assert.Equal(1, await CountAsync($"?user_id={one.Id}&type=totp"));
        Assert.Equal(1, await CountAsync($"?user_id={one.Id}&type__contains=cer"));
        Assert.Equal(1, await CountAsync($"?user_id={one.Id}&limit=1"));
        Assert.True(await CountAsync("?type=cert") >= 2);
    }

    [Fact]
    public async Task A_missing_credential_is_404_to_an_administrator_and_403_to_a_member()
    {
        var user = await NewUserAsync();

        Assert.Equal("Could not find credential: nosuch.", (await api.GetAsync("/v3/credentials/nosuch")).Message);
        Assert.Equal(404, (await api.DeleteAsync("/v3/credentials/nosuch")).Status);
        Assert.Equal(404, (await api.PatchAsync("/v3/credentials/nosuch", new { credential = new { blob = "x" } })).Status);
        Assert.Equal(403, (await api.GetAsync("/v3/credentials/nosuch", user.Token)).Status);
        Assert.Equal(401, (await api.GetAsync("/v3/credentials", "")).Status);
    }

    [Fact]
    public async Task Credentials_go_with_their_user_and_with_their_project()
    {
        var (leaver, stayer) = (await NewUserAsync(), await NewUserAsync());
        var ofUser = await NewAsync(leaver, "cert");
        var ofProject = "/v3/credentials/" + (await CreateAsync(stayer, new { type = "cert", blob = "x", user_id = stayer.Id, project_id = stayer.ProjectId }))["credential"].GetProperty("id").GetString();
        var other = await NewAsync(stayer, "cert");

        Assert.Equal(204, (await api.DeleteAsync("/v3/users/" + leaver.Id)).Status);
        Assert.Equal(204, (await api.DeleteAsync("/v3/projects/" + stayer.ProjectId)).Status);

        Assert.Equal(404, (await api.GetAsync(ofUser)).Status);
        Assert.Equal(404, (await api.GetAsync(ofProject)).Status);
        Assert.Equal(200, (await api.GetAsync(other)).Status);
    }

    [Fact]
    public async Task Credentials_go_with_a_domain_that_holds_their_user()
    {
        var domain = await api.Keystone.CreateAsync("domain", new { name = IdentityApi.Unique("dom") });
        var user = await api.Keystone.CreateAsync("user", new { name = IdentityApi.Unique("u"), domain_id = domain });
        var credential = await api.Keystone.CreateAsync("credential", new { type = "cert", blob = "x", user_id = user });
        await api.PatchAsync("/v3/domains/" + domain, new { domain = new { enabled = false } });

        Assert.Equal(204, (await api.DeleteAsync("/v3/domains/" + domain)).Status);
        Assert.Equal(404, (await api.GetAsync("/v3/credentials/" + credential)).Status);
    }

    // OSSA-2019-006
    [Fact]
    public async Task Ossa_2019_006_a_member_sees_only_his_own_credentials()
    {
        var (owner, stranger) = (await NewUserAsync(), await NewUserAsync());
        var path = await NewAsync(owner, "totp");
        var own = await NewAsync(stranger, "totp");

        var all = await api.GetAsync("/v3/credentials", stranger.Token);
        var filtered = await api.GetAsync($"/v3/credentials?user_id={owner.Id}", stranger.Token);

        Assert.Equal(own, "/v3/credentials/" + Assert.Single(all["credentials"].EnumerateArray()).GetProperty("id").GetString());
        Assert.Equal(0, filtered["credentials"].GetArrayLength());
        Assert.Equal(403, (await api.GetAsync(path, stranger.Token)).Status);
        Assert.Equal(403, (await api.PatchAsync(path, new { credential = new { blob = "x" } }, stranger.Token)).Status);
        Assert.Equal(403, (await api.DeleteAsync(path, stranger.Token)).Status);
        Assert.Equal(404, (await api.GetAsync("/v3/credentials?marker=" + path.Split('/')[^1], stranger.Token)).Status);
    }

    [Fact]
    public async Task A_reader_of_the_system_sees_all_and_changes_none()
    {
        var (owner, reader) = (await NewUserAsync(), await NewUserAsync());
        var path = await NewAsync(owner, "cert");
        await api.PutAsync($"/v3/system/users/{reader.Id}/roles/{await api.Keystone.FindIdAsync("roles", "reader")}");
        var token = (await api.LogInAsync(reader.Name, "pw", new { system = new { all = true } })).Headers["X-Subject-Token"];

        Assert.Equal(200, (await api.GetAsync(path, token)).Status);
        Assert.Equal(1, (await api.GetAsync($"/v3/credentials?user_id={owner.Id}", token))["credentials"].GetArrayLength());
        Assert.Equal(403, (await api.DeleteAsync(path, token)).Status);
    }

    // OSSA-2020-004
    [Fact]
    public async Task Ossa_2020_004_nobody_gives_a_credential_to_another_or_makes_one_for_him()
    {
        var (owner, other) = (await NewUserAsync(), await NewUserAsync());
        var path = await NewAsync(owner, "cert");

        Assert.Equal(403, (await api.PatchAsync(path, new { credential = new { user_id = other.Id } }, owner.Token)).Status);
        Assert.Equal(403, (await CreateAsync(owner, new { type = "cert", blob = "x", user_id = other.Id })).Status);
        Assert.Equal(owner.Id, (await api.GetAsync(path))["credential"].GetProperty("user_id").GetString());
        Assert.Equal(200, (await api.PatchAsync(path, new { credential = new { user_id = other.Id } })).Status);
    }

    private async Task<TestUser> NewUserAsync() => await TestUser.CreateAsync(api);

    private Task<ApiAnswer> CreateAsync(TestUser user, object credential) => api.PostAsync("/v3/credentials", new { credential }, user.Token);

    /// <summary>The path of a new credential of that user.</summary>
    private async Task<string> NewAsync(TestUser user, string type) =>
        "/v3/credentials/" + (await CreateAsync(user, new { type, blob = "secret of " + type, user_id = user.Id }))["credential"].GetProperty("id").GetString();

    private async Task<int> CountAsync(string query) => (await api.GetAsync("/v3/credentials" + query))["credentials"].GetArrayLength();
}
