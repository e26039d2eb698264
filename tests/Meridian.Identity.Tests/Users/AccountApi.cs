// SPDX-License-Identifier: Apache-2.0
using Microsoft.Extensions.Time.Testing;

namespace Meridian.Identity.Tests.Users;

/// <summary>A Keystone with rules for accounts and a clock that tests wind; tokens outlive all of it.</summary>
public abstract class AccountApi(string rules) : IdentityApi
{
    public FakeTimeProvider Time { get; } = new(TimeProvider.System.GetUtcNow());

    protected override TimeProvider Clock => Time;

    protected override string Further => $"[token]\nexpiration = 86400000\n[security_compliance]\n{rules}\n";

    public async Task<(string Name, string Id)> NewUserAsync(string password, object? options = null)
    {
        var name = Unique("acc");
        return (name, await Keystone.CreateAsync("user", new { name, password, options = options ?? new { } }));
    }

    public async Task<int> LogInStatusAsync(string name, string password) => (await LogInAsync(name, password)).Status;

    public Task<ApiAnswer> ChangePasswordAsync(string id, string original, string password) =>
        SendAsync(HttpMethod.Post, $"/v3/users/{id}/password", new { user = new { original_password = original, password } }, "");

    public Task<ApiAnswer> UpdateAsync(string id, object user) => PatchAsync("/v3/users/" + id, new { user });
}
