// SPDX-License-Identifier: Apache-2.0
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

using Meridian.Identity.Tests.Credentials;

namespace Meridian.Identity.Tests.Ec2;

public sealed class Ec2CredentialsTests(IdentityApi api) : IClassFixture<IdentityApi>
{
    [Fact]
    public async Task A_credential_is_made_shown_listed_and_deleted_by_its_access_key()
    {
        var user = await TestUser.CreateAsync(api);

        var created = await api.PostAsync(Path(user), new { tenant_id = user.ProjectId }, user.Token);
        var credential = created["credential"];
        var access = credential.GetProperty("access").GetString();
        var shown = await api.GetAsync($"{Path(user)}/{access}", user.Token);
        var listed = await api.GetAsync(Path(user), user.Token);

        Assert.Equal(201, created.Status);
        Assert.Matches("^[0-9a-f]{32}$", access);
        Assert.Matches("^[0-9a-f]{32}$", credential.GetProperty("secret").GetString());
        Assert.Equal(user.Id, credential.GetProperty("user_id").GetString());
        Assert.Equal(user.ProjectId, credential.GetProperty("tenant_id").GetString());
        Assert.Equal(JsonValueKind.Null, credential.GetProperty("trust_id").ValueKind);
        Assert.EndsWith($"{Path(user)}/{access}", credential.GetProperty("links").GetProperty("self").GetString(), StringComparison.Ordinal);
        Assert.Equal(created.Text, shown.Text);
        Assert.Equal(credential.GetRawText(), Assert.Single(listed["credentials"].EnumerateArray()).GetRawText());
        Assert.Equal(204, (await api.DeleteAsync($"{Path(user)}/{access}", user.Token)).Status);
        Assert.Equal(404, (await api.GetAsync($"{Path(user)}/{access}", user.Token)).Status);
    }

    [Fact]
    public async Task It_is_a_credential_of_type_ec2_to_the_credentials_API()
    {
        var user = await TestUser.CreateAsync(api);
        var access = (await api.PostAsync(Path(user), new { tenant_id = user.ProjectId }, user.Token))["credential"].GetProperty("access").GetString()!;

        var credential = (await api.GetAsync("/v3/credentials/" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(access))), user.Token))["credential"];

        Assert.Equal("ec2", credential.GetProperty("type").GetString());
        Assert.Equal(access, JsonSerializer.Deserialize<JsonElement>(credential.GetProperty("blob").GetString()!).GetProperty("access").GetString());
    }

    [Theory]
    [InlineData(400, "{}")]
    [InlineData(400, "[]")]
    [InlineData(400, """{"tenant_id": 5}""")]
    [InlineData(400, """{"tenant_id": null}""")]
    [InlineData(404, """{"tenant_id": "nosuch"}""")]
    public async Task Create_with_a_bad_body_is_refused(int status, string body)
    {
        var user = await TestUser.CreateAsync(api);

        Assert.Equal(status, (await api.PostAsync(Path(user), body, user.Token)).Status);
    }

    [Fact]
    public async Task Only_the_user_with_the_member_role_or_an_administrator_may()
    {
        var (owner, stranger, reader) = (await TestUser.CreateAsync(api), await TestUser.CreateAsync(api), await TestUser.CreateAsync(api, "reader"));
        var access = (await api.PostAsync(Path(owner), new { tenant_id = owner.ProjectId }))["credential"].GetProperty("access").GetString();

        Assert.Equal(403, (await api.PostAsync(Path(owner), new { tenant_id = owner.ProjectId }, stranger.Token)).Status);
        Assert.Equal(403, (await api.GetAsync(Path(owner), stranger.Token)).Status);
        Assert.Equal(403, (await api.GetAsync($"{Path(owner)}/{access}", stranger.Token)).Status);
        Assert.Equal(403, (await api.GetAsync($"{Path(stranger)}/{access}", stranger.Token)).Status);
        Assert.Equal(403, (await api.DeleteAsync($"{Path(stranger)}/{access}", stranger.Token)).Status);
        Assert.Equal(403, (await api.PostAsync(Path(reader), new { tenant_id = reader.ProjectId }, reader.Token)).Status);
        Assert.Equal(200, (await api.GetAsync(Path(reader), reader.Token)).Status);
        Assert.Equal(401, (await api.GetAsync(Path(owner), "")).Status);
    }

    [Fact]
    public async Task A_credential_of_another_type_is_no_EC2_credential()
    {
        var user = await TestUser.CreateAsync(api);
        var access = IdentityApi.Unique("a");
        await api.PostAsync("/v3/credentials", new { credential = new { type = "EC2", blob = $$"""{"access": "{{access}}"}""", user_id = user.Id, project_id = user.ProjectId } });

        Assert.Equal(401, (await api.GetAsync($"{Path(user)}/{access}")).Status);
        Assert.Equal(0, (await api.GetAsync(Path(user)))["credentials"].GetArrayLength());
    }

    [Fact]
    public async Task An_unknown_user_is_404()
    {
        Assert.Equal(404, (await api.GetAsync("/v3/users/nosuch/credentials/OS-EC2")).Status);
        Assert.Equal(404, (await api.PostAsync("/v3/users/nosuch/credentials/OS-EC2", new { tenant_id = "x" })).Status);
    }

    private static string Path(TestUser user) => $"/v3/users/{user.Id}/credentials/OS-EC2";
}
