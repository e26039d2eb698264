// SPDX-License-Identifier: Apache-2.0
using System.Text.Json;

namespace Meridian.Identity.Tests.Users;

public sealed class UserOptionsTests(IdentityApi api) : IClassFixture<IdentityApi>
{
    [Fact]
    public async Task Options_are_merged_and_null_removes_one()
    {
        var id = await api.Keystone.CreateAsync("user", new
        {
            name = IdentityApi.Unique("opt"),
            options = new { ignore_password_expiry = true, lock_password = false, multi_factor_auth_rules = new[] { new[] { "password", "totp" } } },
        });

        var updated = await api.PatchAsync("/v3/users/" + id, """{"user": {"options": {"ignore_password_expiry": null, "multi_factor_auth_enabled": true}}}""");
        var shown = await api.GetAsync("/v3/users/" + id);

        var options = shown["user"].GetProperty("options");
        Assert.Equal(200, updated.Status);
        Assert.Equal(["lock_password", "multi_factor_auth_enabled", "multi_factor_auth_rules"], options.EnumerateObject().Select(o => o.Name).Order());
        Assert.Equal("[[\"password\",\"totp\"]]", JsonSerializer.Serialize(options.GetProperty("multi_factor_auth_rules")));
    }

    [Theory]
    [InlineData("{\"immutable\": true}", "'immutable' was unexpected")]
    [InlineData("{\"colour\": null}", "'colour' was unexpected")]
    [InlineData("{\"lock_password\": \"true\"}", "options/lock_password")]
    [InlineData("{\"ignore_user_inactivity\": 1}", "options/ignore_user_inactivity")]
    [InlineData("{\"multi_factor_auth_rules\": \"password\"}", "options/multi_factor_auth_rules")]
    [InlineData("{\"multi_factor_auth_rules\": [\"password\"]}", "options/multi_factor_auth_rules/0")]
    [InlineData("{\"multi_factor_auth_rules\": [[]]}", "options/multi_factor_auth_rules/0")]
    [InlineData("{\"multi_factor_auth_rules\": [[\"password\", 5]]}", "5 is not of type 'string'")]
    [InlineData("{\"multi_factor_auth_rules\": [[\"totp\", \"totp\"]]}", "has non-unique elements")]
    [InlineData("{\"multi_factor_auth_rules\": [[\"totp\"], [\"totp\"]]}", "has non-unique elements")]
    [InlineData("[]", "'options'")]
    public async Task A_bad_option_is_400_and_named(string options, string message)
    {
        var id = await api.Keystone.CreateAsync("user", new { name = IdentityApi.Unique("opt") });

        var created = await api.PostAsync("/v3/users", "{\"user\": {\"name\": \"" + IdentityApi.Unique("opt") + "\", \"options\": " + options + "}}");
        var updated = await api.PatchAsync("/v3/users/" + id, "{\"user\": {\"options\": " + options + "}}");

        foreach (var answer in new[] { created, updated })
        {
            Assert.Equal(400, answer.Status);
            Assert.Contains(message, answer.Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("{}", "'user'")]
    [InlineData("{\"description\": 5}", "'description'")]
    [InlineData("{\"default_project_id\": 5}", "'default_project_id'")]
    [InlineData("{\"password\": 5}", "'password'")]
    [InlineData("{\"federated\": {}}", "'federated'")]
    [InlineData("{\"federated\": [{}]}", "'idp_id' is a required property")]
    [InlineData("{\"federated\": [{\"idp_id\": \"orcid\", \"protocols\": []}]}", "Could not find Identity Provider: orcid")]
    [InlineData("{\"domain_id\": \"elsewhere\"}", "Cannot change Domain ID")]
    [InlineData("{\"id\": \"another\"}", "Cannot change user ID")]
    public async Task A_bad_update_is_400_and_names_the_field(string user, string message)
    {
        var id = await api.Keystone.CreateAsync("user", new { name = IdentityApi.Unique("opt") });

        var answer = await api.PatchAsync("/v3/users/" + id, "{\"user\": " + user + "}");

        Assert.Equal(400, answer.Status);
        Assert.Contains(message, answer.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_same_domain_and_id_are_no_change()
    {
        var id = await api.Keystone.CreateAsync("user", new { name = IdentityApi.Unique("opt") });

        Assert.Equal(200, (await api.PatchAsync("/v3/users/" + id, new { user = new { id, domain_id = "default", email = "a@b" } })).Status);
    }

    [Fact]
    public async Task An_updates_answer_shows_the_unknown_attributes_under_extra_too()
    {
        var id = await api.Keystone.CreateAsync("user", new { name = IdentityApi.Unique("opt") });

        var updated = await api.PatchAsync("/v3/users/" + id, new { user = new { email = "a@b" } });

        Assert.Equal("a@b", updated["user"].GetProperty("email").GetString());
        Assert.Equal("{\"email\":\"a@b\"}", JsonSerializer.Serialize(updated["user"].GetProperty("extra")));
        Assert.False((await api.GetAsync("/v3/users/" + id))["user"].TryGetProperty("extra", out _));
    }

    [Fact]
    public async Task A_name_loses_the_blanks_around_it()
    {
        var name = IdentityApi.Unique("blank");

        var created = await api.PostAsync("/v3/users", new { user = new { name = $"  {name} " } });

        Assert.Equal(name, created["user"].GetProperty("name").GetString());
    }

    [Theory]
    [InlineData("idp_id")]
    [InlineData("protocol_id")]
    [InlineData("unique_id")]
    public async Task No_user_is_known_to_an_identity_provider(string filter)
    {
        var answer = await api.GetAsync($"/v3/users?{filter}=orcid");

        Assert.Equal(200, answer.Status);
        Assert.Equal(0, answer["users"].GetArrayLength());
    }

    [Fact]
    public async Task A_null_password_takes_the_password_away()
    {
        var name = IdentityApi.Unique("opt");
        var id = await api.Keystone.CreateAsync("user", new { name, password = "right" });
        Assert.Equal(201, (await api.LogInAsync(name, "right")).Status);

        await api.PatchAsync("/v3/users/" + id, """{"user": {"password": null}}""");

        Assert.Equal(401, (await api.LogInAsync(name, "right")).Status);
    }

    [Fact]
    public async Task A_domain_is_no_default_project_and_an_unknown_project_is_kept()
    {
        var id = await api.Keystone.CreateAsync("user", new { name = IdentityApi.Unique("opt") });

        var domain = await api.PatchAsync("/v3/users/" + id, new { user = new { default_project_id = "default" } });
        var unknown = await api.PatchAsync("/v3/users/" + id, new { user = new { default_project_id = "nowhere" } });
        var removed = await api.PatchAsync("/v3/users/" + id, """{"user": {"default_project_id": null}}""");

        Assert.Equal(400, domain.Status);
        Assert.Equal("User's default project ID cannot be a domain ID: default", domain.Message);
        Assert.Equal("nowhere", unknown["user"].GetProperty("default_project_id").GetString());
        Assert.False(removed["user"].TryGetProperty("default_project_id", out _));
    }
}
