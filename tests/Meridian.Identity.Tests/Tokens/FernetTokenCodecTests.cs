// SPDX-License-Identifier: Apache-2.0
using CsCheck;

using Meridian.Identity.Tokens;
using Meridian.Testing;

namespace Meridian.Identity.Tests.Tokens;

public sealed class FernetTokenCodecTests : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly FernetTokenCodec codec;

    public FernetTokenCodecTests()
    {
        var repository = new FernetKeyRepository(folder.File("keys"), 3);
        repository.EnsureInitialized();
        codec = new(repository, new TokenFormat(TokenPayloads.Methods, "default"), TimeProvider.System);
    }

    public void Dispose() => folder.Dispose();

    // OSSA-2013-009, OSSA-2016-005: nothing but the very token that was issued is accepted.
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(7)]
    [InlineData(8)]
    [InlineData(9)]
    [InlineData(10)]
    public void Ossa_2013_009_2016_005_every_flipped_byte_is_refused(int version) =>
        Gen.Select(TokenPayloads.Of((TokenKind)version), Gen.Int[0, 10_000], Gen.Char[' ', '~']).Sample(
            (payload, position, other) =>
            {
                var token = codec.Encode(payload, TokenPayloads.Issued);
                TokenPayloads.AssertSame(payload, codec.Decode(token)!);
                var at = position % token.Length;

                // A '=' in the last place reads as padding: what is left is one character short.
                if (token[at] != other)
                {
                    Assert.Null(codec.Decode(token[..at] + other + token[(at + 1)..]));
                }
            },
            iter: 300);

    // Two deployments have keys 0 and 1, and nothing else in common.
    [Fact]
    public void S1_a_token_of_a_foreign_deployment_with_the_same_key_numbers_is_refused()
    {
        var repository = new FernetKeyRepository(folder.File("foreign"), 3);
        repository.EnsureInitialized();
        var foreign = new FernetTokenCodec(repository, new TokenFormat(TokenPayloads.Methods, "default"), TimeProvider.System);

        Assert.Null(codec.Decode(foreign.Encode(TokenPayloads.Of(TokenKind.System).Single(), TokenPayloads.Issued)));
    }
}
