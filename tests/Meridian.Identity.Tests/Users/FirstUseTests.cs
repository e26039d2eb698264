// SPDX-License-Identifier: Apache-2.0
namespace Meridian.Identity.Tests.Users;

/// <summary>[security_compliance] change_password_upon_first_use.</summary>
public sealed class FirstUseTests(FirstUseTests.Api api) : IClassFixture<FirstUseTests.Api>
{
    [Fact]
    public async Task A_password_that_was_given_is_good_only_for_changing_it()
    {
        var (name, id) = await api.NewUserAsync("given");

        var before = await api.LogInAsync(name, "given");
        var changed = await api.ChangePasswordAsync(id, "given", "chosen");

        Assert.Equal(401, before.Status);
        Assert.Contains("needs to be changed", before.Message, StringComparison.Ordinal);
        Assert.Equal(204, changed.Status);
        Assert.Equal(201, await api.LogInStatusAsync(name, "chosen"));
    }

    [Fact]
    public async Task An_administrators_reset_asks_for_a_change_again()
    {
        var (name, id) = await api.NewUserAsync("given");
        await api.ChangePasswordAsync(id, "given", "chosen");

        await api.UpdateAsync(id, new { password = "reset" });

        Assert.Equal(401, await api.LogInStatusAsync(name, "reset"));
    }

    [Fact]
    public async Task Ignore_change_password_upon_first_use_exempts_a_user()
    {
        var (name, _) = await api.NewUserAsync("given", new { ignore_change_password_upon_first_use = true });

        Assert.Equal(201, await api.LogInStatusAsync(name, "given"));
    }

    public sealed class Api() : AccountApi("change_password_upon_first_use = true");
}
