// SPDX-License-Identifier: Apache-2.0
using CsCheck;

using Meridian.Identity.Tokens;

namespace Meridian.Identity.Tests.Tokens;

/// <summary>What every provider of tokens does.</summary>
public abstract class TokenCodecContract
{
    private static readonly TokenKind[] Kinds = Enum.GetValues<TokenKind>();

    private protected abstract TokenCodec Create();

    [Fact]
    public void Every_kind_of_token_reads_as_it_was_written()
    {
        var codec = Create();

        Assert.All(Kinds, kind =>
            TokenPayloads.Of(kind).Sample(payload => TokenPayloads.AssertSame(payload, codec.Decode(codec.Encode(payload, TokenPayloads.Issued))!), iter: 50));
    }

    // OSSA-2013-009, OSSA-2016-005: nothing but the very token that was issued is accepted.
    [Fact]
    public void Ossa_2013_009_2016_005_every_flipped_character_is_refused()
    {
        var codec = Create();

        Assert.All(Kinds, kind =>
        {
            var token = codec.Encode(TokenPayloads.Of(kind).Single(), TokenPayloads.Issued);
            Gen.Select(Gen.Int[0, token.Length - 1], Gen.Char[' ', '~']).Where((at, other) => token[at] != other)
                .Sample((at, other) => Assert.Null(codec.Decode(token[..at] + other + token[(at + 1)..])), iter: 300);
        });
    }

    // Padding apart: Keystone takes it from a Fernet token, and accepts it where it comes.
    [Fact]
    public void Every_truncation_and_every_addition_is_refused()
    {
        var codec = Create();
        var token = codec.Encode(TokenPayloads.Of(TokenKind.Project).Single(), TokenPayloads.Issued);

        for (var length = 0; length < token.Length; length++)
        {
            Assert.Null(codec.Decode(token[..length]));
        }

        foreach (var end in new[] { ".", ".x", "A", " ", "\n" })
        {
            Assert.Null(codec.Decode(token + end));
        }
    }
}
