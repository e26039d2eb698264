// SPDX-License-Identifier: Apache-2.0
using Meridian.Identity.Tests.Ec2;

namespace Meridian.Identity.Tests.Users;

/// <summary>[security_compliance] disable_user_account_days_inactive.</summary>
public sealed class InactivityTests(InactivityTests.Api api) : IClassFixture<InactivityTests.Api>
{
    [Fact]
    public async Task A_user_who_stays_away_is_disabled_until_an_administrator_enables_him()
    {
        await KeepAdminAsync();
        var (name, id) = await api.NewUserAsync("right");
        api.Time.Advance(TimeSpan.FromDays(29));
        Assert.Equal(201, await api.LogInStatusAsync(name, "right"));

        api.Time.Advance(TimeSpan.FromDays(29));
        Assert.True((await api.GetAsync("/v3/users/" + id))["user"].GetProperty("enabled").GetBoolean());

        api.Time.Advance(TimeSpan.FromDays(1));
        Assert.False((await api.GetAsync("/v3/users/" + id))["user"].GetProperty("enabled").GetBoolean());
        Assert.Equal(401, await api.LogInStatusAsync(name, "right"));

        await api.UpdateAsync(id, new { enabled = true });
        Assert.Equal(201, await api.LogInStatusAsync(name, "right"));
    }

    [Fact]
    public async Task Ignore_user_inactivity_exempts_a_user()
    {
        await KeepAdminAsync();
        var (name, _) = await api.NewUserAsync("right", new { ignore_user_inactivity = true });

        api.Time.Advance(TimeSpan.FromDays(31));

        Assert.Equal(201, await api.LogInStatusAsync(name, "right"));
    }

    [Theory]
    [InlineData(29, 200)]
    [InlineData(30, 401)]
    public async Task A_signature_of_a_user_who_stayed_away_is_refused(int days, int status)
    {
        await KeepAdminAsync();
        var (access, secret) = (IdentityApi.Unique("key"), "away-secret");
        await api.DepositAsync(access, secret);

        api.Time.Advance(TimeSpan.FromDays(days));

        Assert.Equal(status, (await api.SignedAsync(Ec2Calls.Version4(access, secret, api.Time.GetUtcNow()))).Status);
    }

    private async Task KeepAdminAsync() =>
        await api.UpdateAsync((await api.Keystone.FindIdAsync("users", "admin"))!, new { options = new { ignore_user_inactivity = true } });

    public sealed class Api() : AccountApi("disable_user_account_days_inactive = 30");
}
