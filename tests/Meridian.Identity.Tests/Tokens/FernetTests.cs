// SPDX-License-Identifier: Apache-2.0
using System.Text;

using CsCheck;

using Meridian.Identity.Tokens;

namespace Meridian.Identity.Tests.Tokens;

public sealed class FernetTests
{
    // The "generate" and "verify" vectors of the Fernet specification (github.com/fernet/spec).
    private const string SpecKey = "cw_0x689RpI-jtRR7oE8h_eQsKImvJapLeSbXpwF4e4=";
    private const string SpecToken = "gAAAAAAdwJ6wAAECAwQFBgcICQoLDA0ODy021cpGVWKZ_eEwCGM4BLLF_5CV9dOPmrhuVUPgJobwOz7JcbmrR64jVmpU4IwqDA==";

    [Fact]
    public void The_vector_of_the_specification_decrypts()
    {
        var fernet = new Fernet(System.Buffers.Text.Base64Url.DecodeFromChars(SpecKey.TrimEnd('=')));

        var plain = fernet.Decrypt(Fernet.Decode(SpecToken)!, out var issuedAt);

        Assert.Equal("hello", Encoding.ASCII.GetString(plain!));
        Assert.Equal(new DateTimeOffset(1985, 10, 26, 1, 20, 0, TimeSpan.FromHours(-7)), issuedAt);
    }

    [Fact]
    public void What_was_encrypted_decrypts_and_carries_no_padding()
    {
        var key = Fernet.NewKey();
        var time = DateTimeOffset.FromUnixTimeSeconds(1_800_000_000);

        Gen.Byte.Array[0, 300].Sample(bytes =>
        {
            var token = new Fernet(key).Encrypt(bytes, time);
            Assert.DoesNotContain('=', token);
            Assert.Equal(bytes, new Fernet(key).Decrypt(Fernet.Decode(token)!, out var issuedAt));
            Assert.Equal(time, issuedAt);
        }, iter: 200);
    }

    // OSSA-2013-009, OSSA-2016-005: nothing but the very token that was issued is accepted.
    [Fact]
    public void Ossa_2016_005_every_flipped_byte_is_refused()
    {
        var fernet = new Fernet(Fernet.NewKey());
        var token = fernet.Encrypt("payload of a token"u8, DateTimeOffset.FromUnixTimeSeconds(1_800_000_000));

        for (var i = 0; i < token.Length; i++)
        {
            foreach (var other in "A-_z9=+/ \n")
            {
                var changed = token[..i] + other + token[(i + 1)..];
                if (changed == token)
                {
                    continue;
                }

                // A '=' at the very end reads as padding, which leaves a token that is one character short.
                var frame = Fernet.Decode(changed);
                Assert.True(frame is null || fernet.Decrypt(frame, out _) is null, $"position {i}, character '{other}'");
            }
        }
    }

    [Fact]
    public void Every_truncation_is_refused()
    {
        var fernet = new Fernet(Fernet.NewKey());
        var token = fernet.Encrypt("payload of a token"u8, DateTimeOffset.FromUnixTimeSeconds(1_800_000_000));

        for (var length = 0; length < token.Length; length++)
        {
            var frame = Fernet.Decode(token.AsSpan(0, length));
            Assert.True(frame is null || fernet.Decrypt(frame, out _) is null, $"length {length}");
        }
    }

    [Fact]
    public void Random_text_is_refused_without_an_exception()
    {
        var fernet = new Fernet(Fernet.NewKey());

        Gen.String.Sample(text => Assert.True(Fernet.Decode(text) is not { } frame || fernet.Decrypt(frame, out _) is null));
    }
}
