// SPDX-License-Identifier: Apache-2.0
using System.Globalization;
using System.Text.Json;

namespace Meridian.Identity.Tests.Users;

/// <summary>[security_compliance] password_expires_days, and password_expires_at in users, tokens and lists.</summary>
public sealed class PasswordAgeTests(PasswordAgeTests.Api api) : IClassFixture<PasswordAgeTests.Api>
{
    [Fact]
    public async Task A_password_ends_after_its_days_and_user_and_token_say_when()
    {
        var (name, id) = await api.NewUserAsync("right");
        var end = api.Time.GetUtcNow().AddDays(90).ToString("yyyy-MM-dd'T'HH:mm:ss'.000000'", CultureInfo.InvariantCulture);

        var user = await api.GetAsync("/v3/users/" + id);
        var token = await api.LogInAsync(name, "right");

        Assert.Equal(end, user["user"].GetProperty("password_expires_at").GetString());
        Assert.Equal(end, token["token"].GetProperty("user").GetProperty("password_expires_at").GetString());
    }

    [Fact]
    public async Task An_expired_password_is_told_to_whoever_knows_it_and_can_be_changed()
    {
        var (name, id) = await api.NewUserAsync("right");
        var wrong = await api.LogInAsync(name, "wrong");
        api.Time.Advance(TimeSpan.FromDays(91));

        var expired = await api.LogInAsync(name, "right");
        var stillWrong = await api.LogInAsync(name, "wrong");
        var changed = await api.ChangePasswordAsync(id, "right", "new");

        Assert.Equal(401, expired.Status);
        Assert.Equal($"The password is expired and needs to be changed for user: {id}.", expired.Message);
        Assert.Equal(wrong.Text, stillWrong.Text);
        Assert.Equal(204, changed.Status);
        Assert.Equal(201, await api.LogInStatusAsync(name, "new"));
    }

    [Fact]
    public async Task Ignore_password_expiry_exempts_a_user_before_and_after()
    {
        var (_, never) = await api.NewUserAsync("right", new { ignore_password_expiry = true });
        var (name, id) = await api.NewUserAsync("right");

        await api.UpdateAsync(id, new { options = new { ignore_password_expiry = true } });
        api.Time.Advance(TimeSpan.FromDays(91));

        Assert.Equal(JsonValueKind.Null, (await api.GetAsync("/v3/users/" + never))["user"].GetProperty("password_expires_at").ValueKind);
        Assert.Equal(201, await api.LogInStatusAsync(name, "right"));
    }

    [Theory]
    [InlineData("lt:", -1, false)]
    [InlineData("lt:", 1, true)]
    [InlineData("lte:", 0, true)]
    [InlineData("gt:", -1, true)]
    [InlineData("gt:", 0, false)]
    [InlineData("gte:", 0, true)]
    [InlineData("eq:", 0, true)]
    [InlineData("", 0, true)]
    [InlineData("neq:", 0, false)]
    [InlineData("neq:", 1, true)]
    public async Task Users_and_members_are_listed_by_when_their_password_ends(string @operator, int seconds, bool listed)
    {
        var (name, id) = await api.NewUserAsync("right");
        var group = await api.Keystone.CreateAsync("group", new { name = IdentityApi.Unique("pwg") });
        await api.PutAsync($"/v3/groups/{group}/users/{id}");
        var end = DateTime.Parse(
            (await api.GetAsync("/v3/users/" + id))["user"].GetProperty("password_expires_at").GetString()!, CultureInfo.InvariantCulture);
        var filter = $"password_expires_at={@operator}{end.AddSeconds(seconds):yyyy-MM-dd'T'HH:mm:ss'Z'}";

        var users = await api.GetAsync($"/v3/users?name={name}&{filter}");
        var members = await api.GetAsync($"/v3/groups/{group}/users?{filter}");

        Assert.Equal(listed ? 1 : 0, users["users"].GetArrayLength());
        Assert.Equal(listed ? 1 : 0, members["users"].GetArrayLength());
    }

    [Theory]
    [InlineData("ne:2026-01-01T00:00:00Z", "The given operator ne is not valid. It must be one of the following: 'eq', 'neq', 'lt', 'lte', 'gt', or 'gte'.")]
    [InlineData("lt:yesterday", "Timestamp not in expected format.")]
    [InlineData("soon", "Timestamp not in expected format.")]
    public async Task A_bad_filter_is_400(string value, string message)
    {
        var answer = await api.GetAsync("/v3/users?password_expires_at=" + value);

        Assert.Equal(400, answer.Status);
        Assert.StartsWith(message, answer.Message, StringComparison.Ordinal);
    }

    public sealed class Api() : AccountApi("password_expires_days = 90");
}
