// SPDX-License-Identifier: Apache-2.0
namespace Meridian.Identity.Tests.Users;

/// <summary>[security_compliance] password_regex, unique_last_password_count and minimum_password_age.</summary>
public sealed class PasswordRulesTests(PasswordRulesTests.Api api) : IClassFixture<PasswordRulesTests.Api>
{
    [Theory]
    [InlineData("short1")]
    [InlineData("no digits at all")]
    [InlineData("")]
    public async Task A_password_that_the_expression_refuses_is_400_with_its_description(string password)
    {
        var (_, id) = await api.NewUserAsync("old-secret-1");

        var created = await api.PostAsync("/v3/users", new { user = new { name = IdentityApi.Unique("re"), password } });
        var updated = await api.UpdateAsync(id, new { password });
        var changed = await api.ChangePasswordAsync(id, "old-secret-1", password);

        foreach (var answer in new[] { created, updated, changed })
        {
            Assert.Equal(400, answer.Status);
            Assert.Equal("The password does not match the requirements: 7 characters and a digit.", answer.Message);
        }
    }

    [Fact]
    public async Task A_null_password_is_400_where_there_is_an_expression()
    {
        var answer = await api.PostAsync("/v3/users", $$$"""{"user": {"name": "{{{IdentityApi.Unique("re")}}}", "password": null}}""");

        Assert.Equal(400, answer.Status);
        Assert.Equal("Password validation error: Password must be a string type.", answer.Message);
    }

    [Fact]
    public async Task The_last_three_passwords_cannot_be_chosen_again_the_one_before_can()
    {
        var (_, id) = await api.NewUserAsync("secret-0");
        for (var i = 1; i <= 3; i++)
        {
            Assert.Equal(204, (await api.ChangePasswordAsync(id, $"secret-{i - 1}", $"secret-{i}")).Status);
            api.Time.Advance(TimeSpan.FromDays(1));
        }

        foreach (var recent in new[] { "secret-3", "secret-2", "secret-1" })
        {
            var answer = await api.ChangePasswordAsync(id, "secret-3", recent);
            Assert.Equal(400, answer.Status);
            Assert.Equal("The new password cannot be identical to a previous password. The total number which includes the new password must be unique is 3.", answer.Message);
        }

        Assert.Equal(204, (await api.ChangePasswordAsync(id, "secret-3", "secret-0")).Status);
    }

    [Fact]
    public async Task An_administrator_may_set_an_old_password()
    {
        var (_, id) = await api.NewUserAsync("secret-0");

        Assert.Equal(200, (await api.UpdateAsync(id, new { password = "secret-0" })).Status);
    }

    [Fact]
    public async Task A_password_that_the_user_chose_must_be_kept_for_a_day_one_that_was_given_need_not()
    {
        var (_, id) = await api.NewUserAsync("secret-0");

        var given = await api.ChangePasswordAsync(id, "secret-0", "secret-1");
        var chosen = await api.ChangePasswordAsync(id, "secret-1", "secret-2");
        api.Time.Advance(TimeSpan.FromDays(1));
        var later = await api.ChangePasswordAsync(id, "secret-1", "secret-2");

        Assert.Equal(204, given.Status);
        Assert.Equal(400, chosen.Status);
        Assert.StartsWith("You cannot change your password at this time due to the minimum password age.", chosen.Message, StringComparison.Ordinal);
        Assert.Equal(204, later.Status);
    }

    [Fact]
    public async Task Lock_password_keeps_the_user_from_changing_it_and_not_the_administrator()
    {
        var (name, id) = await api.NewUserAsync("secret-0", new { lock_password = true });

        var changed = await api.ChangePasswordAsync(id, "secret-0", "secret-1");
        var updated = await api.UpdateAsync(id, new { password = "secret-2" });

        Assert.Equal(400, changed.Status);
        Assert.StartsWith("You cannot change your password at this time due to password policy", changed.Message, StringComparison.Ordinal);
        Assert.Equal(200, updated.Status);
        Assert.Equal(201, await api.LogInStatusAsync(name, "secret-2"));
    }

    [Theory]
    [InlineData("{\"user\": {\"password\": \"secret-1\"}}", "'original_password' is a required property")]
    [InlineData("{\"user\": {\"original_password\": \"secret-0\"}}", "'password' is a required property")]
    [InlineData("{\"user\": {\"original_password\": null, \"password\": \"secret-1\"}}", "Invalid input for field 'original_password'")]
    [InlineData("{\"user\": {\"original_password\": \"secret-0\", \"password\": 5}}", "Invalid input for field 'password'")]
    [InlineData("{\"user\": {\"original_password\": \"secret-0\", \"password\": \"secret-1\", \"name\": \"x\"}}", "'name' was unexpected")]
    [InlineData("{}", "Expecting to find user in request body")]
    public async Task A_bad_change_is_400_and_names_the_field(string body, string message)
    {
        var (_, id) = await api.NewUserAsync("secret-0");

        var answer = await api.SendAsync(HttpMethod.Post, $"/v3/users/{id}/password", body, "");

        Assert.Equal(400, answer.Status);
        Assert.Contains(message, answer.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_password_of_nobody_is_401_to_change()
    {
        var answer = await api.ChangePasswordAsync(Guid.NewGuid().ToString("N"), "secret-0", "secret-1");

        Assert.Equal(401, answer.Status);
    }

    [Fact]
    public async Task A_password_cannot_be_read()
    {
        var (_, id) = await api.NewUserAsync("secret-0");

        var answer = await api.GetAsync($"/v3/users/{id}/password");

        Assert.Equal(405, answer.Status);
        Assert.Equal("POST", answer.Headers["Allow"]);
    }

    public sealed class Api() : AccountApi(
        "password_regex = ^(?=.*\\d).{7,}$\npassword_regex_description = 7 characters and a digit\nunique_last_password_count = 3\nminimum_password_age = 1");
}
