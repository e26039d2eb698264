// SPDX-License-Identifier: Apache-2.0
using System.Text;

using Meridian.Identity.Users;
using Meridian.Identity.Users.Passwords;

namespace Meridian.Identity.Tests.Users;

/// <summary>What Keystone and passlib stored verifies here, whatever is configured; what is stored here has their form.</summary>
public sealed class PasswordHashesTests
{
    private const string Password = "pässword";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("$bcrypt-sha256$v=2,t=2b,r=4$abcdefghijklmnopqrstuu$hsb1JYtpOCrp.zPPL0Oa2NCYkz7eRbC")]
    [InlineData("$scrypt$ln=6,r=8,p=1$c2l4dGVlbiBieXRlIHNsdA$MfB6YTniGKIqVQda07KEGeIxLSKCi+Xc3uvBtJBAKVU")]
    [InlineData("$scrypt$ln=6,r=8,p=1$c2l4dGVlbiBieXRlIHNsdA$MfB6YTniGKIqVQda07KEGeIxLSKCi.Xc3uvBtJBAKVU")]
    [InlineData("$pbkdf2-sha512$1000$c2l4dGVlbiBieXRlIHNsdA$bN8nDYGDfAeiwrKxhbRa9z1dq7mPJiZn5yDHyitDHJfoLtMsvJ+CGgQ952lPLIPDHQHM5hFB1BG0pBM4jet0qw")]
    [InlineData("$pbkdf2-sha512$1000$c2l4dGVlbiBieXRlIHNsdA$bN8nDYGDfAeiwrKxhbRa9z1dq7mPJiZn5yDHyitDHJfoLtMsvJ.CGgQ952lPLIPDHQHM5hFB1BG0pBM4jet0qw")]
    public async Task A_hash_that_python_made_verifies(string hash)
    {
        using var hasher = new PasswordHasher(new BcryptHash(4));

        Assert.True(await hasher.VerifyAsync(Password, hash, Token));
        Assert.False(await hasher.VerifyAsync("password", hash, Token));
    }

    // The examples of passlib's documentation.
    [Theory]
    [InlineData("$bcrypt-sha256$v=2,t=2b,r=12$n79VH.0Q2TMWmt3Oqt9uku$Kq4Noyk3094Y2QlB8NdRT8SvGiI4ft2")]
    [InlineData("$scrypt$ln=16,r=8,p=1$aM15713r3Xsvxbi31lqr1Q$nFNh2CVHVjNldFVKDHDlm4CbdRSCdEBsjjJxD+iCs5E")]
    public async Task A_hash_that_passlib_made_verifies(string hash)
    {
        using var hasher = new PasswordHasher(new BcryptHash(4));

        Assert.True(await hasher.VerifyAsync("password", hash, Token));
    }

    public static TheoryData<string, string> Ways => new()
    {
        { "bcrypt", @"^\$2b\$04\$[./A-Za-z0-9]{53}$" },
        { "bcrypt_sha256", @"^\$bcrypt-sha256\$v=2,t=2b,r=4\$[./A-Za-z0-9]{22}\$[./A-Za-z0-9]{31}$" },
        { "scrypt", @"^\$scrypt\$ln=4,r=8,p=1\$[+/A-Za-z0-9]{22}\$[+/A-Za-z0-9]{43}$" },
        { "pbkdf2_sha512", @"^\$pbkdf2-sha512\$4\$[+/A-Za-z0-9]{22}\$[+/A-Za-z0-9]{86}$" },
    };

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task Each_way_makes_hashes_of_keystones_form_that_every_way_verifies(string name, string form)
    {
        using var hasher = new PasswordHasher(Way(name));

        var hash = await hasher.HashAsync(Password, Token);

        Assert.Matches(form, hash);
        Assert.NotEqual(hash, await hasher.HashAsync(Password, Token));
        foreach (var other in Ways.Select(w => w.Data.Item1))
        {
            using var verifier = new PasswordHasher(Way(other));
            Assert.True(await verifier.VerifyAsync(Password, hash, Token));
            Assert.False(await verifier.VerifyAsync(Password + "x", hash, Token));
            Assert.False(await verifier.VerifyAsync("", hash, Token));
        }
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task Ossa_2021_003_nobodys_hash_is_computed_and_never_right(string name, string form)
    {
        var way = Way(name);
        using var hasher = new PasswordHasher(way);

        Assert.Matches(form, way.Nobodys);
        Assert.False(way.Verify(Password, way.Nobodys));
        Assert.False(await hasher.VerifyAsync(Password, null, Token));
    }

    [Theory]
    [InlineData("bcrypt_sha256")]
    [InlineData("scrypt")]
    [InlineData("pbkdf2_sha512")]
    public async Task All_of_a_long_password_counts_but_with_bcrypt(string name)
    {
        using var hasher = new PasswordHasher(Way(name));
        var password = new string('a', 72);
        var hash = await hasher.HashAsync(password + "tail", Token);

        Assert.True(await hasher.VerifyAsync(password + "tail", hash, Token));
        Assert.False(await hasher.VerifyAsync(password, hash, Token));
    }

    [Theory]
    [InlineData("$6$rounds=656000$abc$def")]
    [InlineData("$bcrypt-sha256$2b,12$salt$digest")]
    [InlineData("$bcrypt-sha256$v=2,t=2b,r=99$abcdefghijklmnopqrstuu$hsb1JYtpOCrp.zPPL0Oa2NCYkz7eRbC")]
    [InlineData("$scrypt$ln=16,r=8,p=1$aM15713r3Xsvxbi31lqr1Q")]
    [InlineData("$scrypt$ln=63,r=8,p=1$aM15713r3Xsvxbi31lqr1Q$nFNh2CVHVjNldFVKDHDlm4CbdRSCdEBsjjJxD+iCs5E")]
    [InlineData("$scrypt$ln=16,r=8,p=1$!$nFNh2CVHVjNldFVKDHDlm4CbdRSCdEBsjjJxD+iCs5E")]
    [InlineData("$pbkdf2-sha512$0$c2l4dGVlbiBieXRlIHNsdA$bN8nDYGDfAc")]
    [InlineData("$pbkdf2-sha512$x$y$z")]
    [InlineData("")]
    public async Task What_is_no_hash_is_nobodys(string hash)
    {
        using var hasher = new PasswordHasher(new BcryptHash(4));

        Assert.False(await hasher.VerifyAsync("password", hash, Token));
    }

    // RFC 7914, section 12.
    [Fact]
    public void Scrypt_is_the_rfcs()
    {
        var digest = ScryptHash.Compute("password"u8.ToArray(), Encoding.ASCII.GetBytes("NaCl"), 10, 8, 16, 64);

        Assert.Equal(
            "fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b3731622eaf30d92e22a3886ff109279d9830dac727afb94a83ee6d8360cbdfa2cc0640",
            Convert.ToHexStringLower(digest!));
    }

    private static IPasswordHash Way(string name) => name switch
    {
        "bcrypt" => new BcryptHash(4),
        "bcrypt_sha256" => new BcryptSha256Hash(4),
        "scrypt" => new ScryptHash(4, ScryptHash.DefaultBlockSize, ScryptHash.DefaultParallelism, 16),
        _ => new Pbkdf2Hash(4, 16),
    };
}
