// SPDX-License-Identifier: Apache-2.0
using LinqToDB;
using LinqToDB.Async;

using Meridian.Identity.Users;
using Meridian.Platform.Storage;
using Meridian.Testing;

using Microsoft.Extensions.DependencyInjection;

namespace Meridian.Identity.Tests.Users;

/// <summary>[identity] password_hash_algorithm, password_hash_rounds, max_password_length and [DEFAULT] strict_password_check.</summary>
public sealed class StrictPasswordTests
{
    [Theory]
    [InlineData("bcrypt", "$2b$04$", 72)]
    [InlineData("bcrypt_sha256", "$bcrypt-sha256$v=2,t=2b,r=4$", 100)]
    [InlineData("scrypt", "$scrypt$ln=4,r=4,p=2$", 100)]
    [InlineData("pbkdf2_sha512", "$pbkdf2-sha512$4$", 100)]
    public async Task Ossa_2012_002_a_password_of_which_not_all_would_count_is_refused_where_that_is_asked_for(string algorithm, string prefix, int most)
    {
        await using var keystone = await KeystoneFixture.StartAsync(
            $"password_hash_algorithm = {algorithm}\nmax_password_length = 100\nscrypt_block_size = 4\nscrypt_parallelism = 2\n[DEFAULT]\nstrict_password_check = true");
        var id = await keystone.CreateAsync("user", new { name = "long", password = new string('x', most) });

        var refused = await Assert.ThrowsAsync<InvalidOperationException>(
            () => keystone.CallAsync(HttpMethod.Patch, "/v3/users/" + id, new { user = new { password = new string('x', most + 1) } }));

        Assert.Contains("403", refused.Message, StringComparison.Ordinal);
        Assert.Contains($"The password length must be less than or equal to {most}.", refused.Message, StringComparison.Ordinal);
        await keystone.TokenAsync("long", new string('x', most), null);
        Assert.StartsWith(prefix, await HashOfAsync(keystone, id), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("bcrypt", 3)]
    [InlineData("bcrypt_sha256", 32)]
    [InlineData("scrypt", 32)]
    public async Task Rounds_that_the_algorithm_cannot_have_keep_it_from_starting(string algorithm, int rounds)
    {
        var exception = await Assert.ThrowsAsync<InvalidOperationException>(
            () => KeystoneFixture.StartAsync($"password_hash_algorithm = {algorithm}\npassword_hash_rounds = {rounds}"));

        Assert.Contains("password_hash_rounds", exception.Message, StringComparison.Ordinal);
    }

    private static async Task<string?> HashOfAsync(KeystoneFixture keystone, string id)
    {
        await using var db = keystone.Service.Host.Services.GetRequiredService<Database>().Open();
        return await db.GetTable<User>().Where(u => u.Id == id).Select(u => u.PasswordHash).SingleAsync(TestContext.Current.CancellationToken);
    }
}
