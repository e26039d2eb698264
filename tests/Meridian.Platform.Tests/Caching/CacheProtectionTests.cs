// SPDX-License-Identifier: Apache-2.0
using CsCheck;

using Meridian.Platform.Caching;

namespace Meridian.Platform.Tests.Caching;

/// <summary>OSSA-2013-017 and S9: entries of a shared cache can't be forged or moved.</summary>
public sealed class CacheProtectionTests
{
    [Theory]
    [InlineData(CacheSecurity.None)]
    [InlineData(CacheSecurity.Mac)]
    [InlineData(CacheSecurity.Encrypt)]
    public void What_goes_in_comes_out(CacheSecurity security) => Gen.Byte.Array[0, 300].Sample(value =>
    {
        var protection = new CacheProtection(security, "secret");

        Assert.Equal(value, protection.Unprotect("k", protection.Protect("k", value)));
    });

    [Theory]
    [InlineData(CacheSecurity.Mac)]
    [InlineData(CacheSecurity.Encrypt)]
    public void Ossa_2013_017_S9_a_changed_moved_truncated_or_foreign_entry_is_a_miss(CacheSecurity security)
    {
        var protection = new CacheProtection(security, "secret");
        var entry = protection.Protect("k", "role:member"u8);

        for (var i = 0; i < entry.Length; i++)
        {
            var changed = entry.ToArray();
            changed[i] ^= 1;
            Assert.Null(protection.Unprotect("k", changed));
            Assert.Null(protection.Unprotect("k", entry.AsSpan(0, i)));
        }

        Assert.Null(protection.Unprotect("other", entry));
        Assert.Null(new CacheProtection(security, "another").Unprotect("k", entry));
    }

    [Fact]
    public void An_encrypted_entry_shows_nothing() =>
        Assert.True(new CacheProtection(CacheSecurity.Encrypt, "secret").Protect("k", "role:member"u8).AsSpan().IndexOf("member"u8) < 0);
}
