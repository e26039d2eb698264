// SPDX-License-Identifier: Apache-2.0
using Meridian.Identity.Users;
using Meridian.Identity.Users.Passwords;

namespace Meridian.Identity.Tests.Users;

public sealed class PasswordHasherTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_hash_has_keystones_form_and_verifies()
    {
        using var hasher = new PasswordHasher(new BcryptHash(4));

        var hash = await hasher.HashAsync("pässword 😀", Token);

        Assert.StartsWith("$2b$04$", hash, StringComparison.Ordinal);
        Assert.Equal(60, hash.Length);
        Assert.True(await hasher.VerifyAsync("pässword 😀", hash, Token));
        Assert.False(await hasher.VerifyAsync("password", hash, Token));
        Assert.False(await hasher.VerifyAsync("", hash, Token));
    }

    [Fact]
    public async Task A_hash_that_python_bcrypt_made_verifies()
    {
        using var hasher = new PasswordHasher(new BcryptHash(4));

        // The $2b$ vector "U*U" of the crypt_blowfish test suite.
        Assert.True(await hasher.VerifyAsync("U*U", "$2b$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", Token));
    }

    [Fact]
    public async Task Ossa_2012_002_only_the_first_72_bytes_count()
    {
        using var hasher = new PasswordHasher(new BcryptHash(4));
        var exact = new string('a', 72);
        var hash = await hasher.HashAsync(exact + "tail", Token);

        Assert.True(await hasher.VerifyAsync(exact, hash, Token));
        Assert.True(await hasher.VerifyAsync(exact + new string('b', 4000), hash, Token));
        Assert.False(await hasher.VerifyAsync(exact[..71], hash, Token));
        Assert.True(await hasher.VerifyAsync(exact + "😀😀", hash, Token));
    }

    [Fact]
    public async Task What_follows_a_NUL_is_no_other_password()
    {
        using var hasher = new PasswordHasher(new BcryptHash(4));
        var hash = await hasher.HashAsync("secret", Token);

        Assert.False(await hasher.VerifyAsync("secret\0tail", hash, Token));
    }

    [Fact]
    public async Task Nobodys_password_is_never_right()
    {
        using var hasher = new PasswordHasher(new BcryptHash(4));

        Assert.False(await hasher.VerifyAsync("x", null, Token));
        Assert.False(await hasher.VerifyAsync("x", "no hash at all", Token));
        Assert.False(await hasher.VerifyAsync("x", "$2b$99$" + new string('.', 53), Token));
    }

    // OSSA-2021-003: the time must not tell that there is no such user.
    [Fact]
    public async Task Nobodys_password_takes_as_long_as_somebodys()
    {
        using var hasher = new PasswordHasher(new BcryptHash(9));
        var hash = await hasher.HashAsync("x", Token);
        var (known, unknown) = (TimeSpan.MaxValue, TimeSpan.MaxValue);

        // The fastest of each: on a busy machine it takes more tries until both were fast once.
        for (var i = 0; i < 100 && (i < 5 || unknown <= known / 2); i++)
        {
            known = Min(known, await TimeAsync(hash));
            unknown = Min(unknown, await TimeAsync(null));
        }

        Assert.True(unknown > known / 2, $"{unknown} against {known}");

        async Task<TimeSpan> TimeAsync(string? stored)
        {
            var start = System.Diagnostics.Stopwatch.GetTimestamp();
            await hasher.VerifyAsync("wrong", stored, Token);
            return System.Diagnostics.Stopwatch.GetElapsedTime(start);
        }

        static TimeSpan Min(TimeSpan a, TimeSpan b) => a < b ? a : b;
    }
}
