// SPDX-License-Identifier: Apache-2.0
using CsCheck;

using Meridian.Identity.Tokens;
using Meridian.Testing;

namespace Meridian.Identity.Tests.Tokens;

public sealed class FernetTokenCodecTests : TokenCodecContract, IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    private protected override TokenCodec Create() => Codec("keys");

    // Two deployments have keys 0 and 1, and nothing else in common.
    [Fact]
    public void S1_a_token_of_a_foreign_deployment_with_the_same_key_numbers_is_refused()
    {
        var (own, foreign) = (Codec("keys"), Codec("foreign"));

        Assert.Null(own.Decode(foreign.Encode(TokenPayloads.Of(TokenKind.System).Single(), TokenPayloads.Issued)));
    }

    private FernetTokenCodec Codec(string keys)
    {
        var repository = new FernetKeyRepository(folder.File(keys), 3);
        repository.EnsureInitialized();
        return new(repository, new TokenFormat(TokenPayloads.Methods, "default"), TimeProvider.System);
    }
}
