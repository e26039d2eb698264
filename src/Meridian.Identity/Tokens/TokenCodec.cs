// SPDX-License-Identifier: Apache-2.0
namespace Meridian.Identity.Tokens;

/// <summary>Turns payloads into the text of tokens and back: [token] provider. Follows changes of its keys without a restart.</summary>
internal abstract class TokenCodec
{
    /// <summary>Rises whenever other keys were loaded. What was decoded under an older generation may be signed by a key that is gone.</summary>
    public abstract int Generation { get; }

    /// <summary>What Keystone tells of a text that is no token of this kind, or of other keys. The text itself is never repeated.</summary>
    public abstract string NotRecognized { get; }

    /// <exception cref="InvalidOperationException">There is no key to sign with.</exception>
    public abstract string Encode(TokenPayload payload, DateTimeOffset issuedAt);

    /// <returns>Null when no key of ours signed the token, or it holds no payload that is known.</returns>
    public abstract TokenPayload? Decode(string token);
}
