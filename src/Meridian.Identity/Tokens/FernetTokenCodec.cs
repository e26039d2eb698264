// SPDX-License-Identifier: Apache-2.0
namespace Meridian.Identity.Tokens;

/// <summary>Fernet tokens: encrypted, so that nobody but Keystone reads them. Source: Keystone's token provider "fernet".</summary>
internal sealed class FernetTokenCodec(FernetKeyRepository repository, TokenFormat format, TimeProvider clock) : TokenCodec
{
    private readonly KeyFollower<IReadOnlyList<Fernet>> keys = new(() => repository.Stamp, repository.LoadKeys, AreSame, clock);

    public override int Generation => keys.Get().Generation;

    public override string NotRecognized => "Could not recognize Fernet token";

    public override string Encode(TokenPayload payload, DateTimeOffset issuedAt) => keys.Get().Keys is [{ } primary, ..]
        ? primary.Encrypt(format.Write(payload), issuedAt)
        : throw new InvalidOperationException($"No encryption keys found in {repository.Path}; run keystone-manage fernet_setup to bootstrap one.");

    public override TokenPayload? Decode(string token)
    {
        if (Fernet.Decode(token) is not { } frame)
        {
            return null;
        }

        foreach (var key in keys.Get().Keys)
        {
            if (key.Decrypt(frame, out var issuedAt) is { } plain)
            {
                try
                {
                    return format.Read(plain, issuedAt);
                }
                catch (Exception e) when (e is FormatException or OverflowException)
                {
                    return null;
                }
            }
        }

        return null;
    }

    private static bool AreSame(IReadOnlyList<Fernet> one, IReadOnlyList<Fernet> other) =>
        one.Count == other.Count && one.Zip(other).All(pair => pair.First.HasSameKey(pair.Second));
}
