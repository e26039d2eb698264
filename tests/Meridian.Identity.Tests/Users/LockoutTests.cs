// SPDX-License-Identifier: Apache-2.0
using LinqToDB;
using LinqToDB.Async;

using Meridian.Identity.Users;
using Meridian.Platform.Storage;

using Microsoft.Extensions.DependencyInjection;

namespace Meridian.Identity.Tests.Users;

/// <summary>[security_compliance] lockout_failure_attempts and lockout_duration.</summary>
public sealed class LockoutTests(LockoutTests.Api api) : IClassFixture<LockoutTests.Api>
{
    [Fact]
    public async Task Ossa_2021_003_a_locked_account_answers_like_a_wrong_password_and_an_unknown_user()
    {
        var (name, id) = await api.NewUserAsync("right");
        var wrong = await api.LogInAsync(name, "wrong");
        await FailAsync(name, 2);

        var locked = await api.LogInAsync(name, "right");
        var unknown = await api.LogInAsync(IdentityApi.Unique("nobody"), "right");

        Assert.Equal(401, locked.Status);
        Assert.Equal(wrong.Text, locked.Text);
        Assert.Equal(unknown.Text, locked.Text);
        Assert.DoesNotContain(id, locked.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_lock_ends_after_its_duration_and_the_next_failure_is_the_first()
    {
        var (name, _) = await api.NewUserAsync("right");
        await FailAsync(name, 3);

        api.Time.Advance(TimeSpan.FromSeconds(599));
        Assert.Equal(401, await api.LogInStatusAsync(name, "right"));

        api.Time.Advance(TimeSpan.FromSeconds(2));
        await FailAsync(name, 2);
        Assert.Equal(201, await api.LogInStatusAsync(name, "right"));
    }

    [Fact]
    public async Task Tries_while_it_is_locked_do_not_prolong_a_lock()
    {
        var (name, _) = await api.NewUserAsync("right");
        await FailAsync(name, 3);

        api.Time.Advance(TimeSpan.FromSeconds(500));
        await FailAsync(name, 3);
        api.Time.Advance(TimeSpan.FromSeconds(101));

        Assert.Equal(201, await api.LogInStatusAsync(name, "right"));
    }

    [Fact]
    public async Task A_log_in_that_goes_well_forgets_the_failures()
    {
        var (name, _) = await api.NewUserAsync("right");
        for (var i = 0; i < 2; i++)
        {
            await FailAsync(name, 2);
            Assert.Equal(201, await api.LogInStatusAsync(name, "right"));
        }
    }

    [Fact]
    public async Task An_administrator_unlocks_by_enabling()
    {
        var (name, id) = await api.NewUserAsync("right");
        await FailAsync(name, 3);
        Assert.Equal(401, await api.LogInStatusAsync(name, "right"));

        await api.UpdateAsync(id, new { enabled = true });

        Assert.Equal(201, await api.LogInStatusAsync(name, "right"));
    }

    [Fact]
    public async Task Bootstrap_with_a_new_password_unlocks_an_administrator()
    {
        var (name, _) = await api.NewUserAsync("right");
        await FailAsync(name, 3);

        await api.Keystone.ManageAsync("bootstrap", "--bootstrap-username", name, "--bootstrap-password", "rescued");

        Assert.Equal(201, await api.LogInStatusAsync(name, "rescued"));
    }

    [Fact]
    public async Task A_change_of_a_disabled_user_leaves_the_failures_counted()
    {
        var (name, id) = await api.NewUserAsync("right");
        await FailAsync(name, 3);

        await api.UpdateAsync(id, new { enabled = false });
        await api.UpdateAsync(id, new { email = "a@b" });

        Assert.Equal(3, await FailuresAsync(id));
    }

    [Fact]
    public async Task Ignore_lockout_failure_attempts_exempts_a_user()
    {
        var (name, _) = await api.NewUserAsync("right", new { ignore_lockout_failure_attempts = true });

        await FailAsync(name, 5);

        Assert.Equal(201, await api.LogInStatusAsync(name, "right"));
    }

    [Fact]
    public async Task A_wrong_original_password_counts_and_a_locked_user_cannot_change_it()
    {
        var (name, id) = await api.NewUserAsync("right");
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal(401, (await api.ChangePasswordAsync(id, "wrong", "new")).Status);
        }

        Assert.Equal(401, (await api.ChangePasswordAsync(id, "right", "new")).Status);
        Assert.Equal(401, await api.LogInStatusAsync(name, "right"));
    }

    [Fact]
    public async Task S15_of_twenty_wrong_passwords_at_once_three_count_and_the_account_is_locked()
    {
        var (name, id) = await api.NewUserAsync("right");

        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(i => api.LogInStatusAsync(name, "wrong" + i)));

        Assert.All(answers, status => Assert.Equal(401, status));
        Assert.Equal(3, await FailuresAsync(id));
        Assert.Equal(401, await api.LogInStatusAsync(name, "right"));
    }

    [Fact]
    public async Task S15_twenty_right_passwords_at_once_are_no_attack()
    {
        var (name, _) = await api.NewUserAsync("right");
        await FailAsync(name, 2);

        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => api.LogInStatusAsync(name, "right")));

        Assert.All(answers, status => Assert.Equal(201, status));
    }

    [Fact]
    public async Task A_failed_log_in_leaves_the_users_tokens_and_revision_alone()
    {
        var (name, id) = await api.NewUserAsync("right");
        var token = (await api.LogInAsync(name, "right")).Headers["X-Subject-Token"];
        var revision = api.Keystone.Service.Host.Services.GetRequiredService<Revisions>().IdentityRevision;

        await FailAsync(name, 3);

        Assert.Equal(revision, api.Keystone.Service.Host.Services.GetRequiredService<Revisions>().IdentityRevision);
        Assert.Equal(200, (await api.ValidateAsync(token)).Status);
        Assert.Equal(200, (await api.UpdateAsync(id, new { email = "a@b" })).Status);
    }

    private async Task FailAsync(string name, int times)
    {
        for (var i = 0; i < times; i++)
        {
            Assert.Equal(401, await api.LogInStatusAsync(name, "wrong"));
        }
    }

    private async Task<int> FailuresAsync(string id)
    {
        await using var db = api.Keystone.Service.Host.Services.GetRequiredService<Database>().Open();
        return await db.GetTable<User>().Where(u => u.Id == id).Select(u => u.FailedAuthCount).SingleAsync(TestContext.Current.CancellationToken);
    }

    public sealed class Api() : AccountApi("lockout_failure_attempts = 3\nlockout_duration = 600");
}
