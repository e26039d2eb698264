// SPDX-License-Identifier: Apache-2.0
namespace Meridian.Identity.Tokens;

/// <summary>Turns payloads into Fernet tokens and back, following rotations of the key repository at once.</summary>
internal sealed class TokenCodec(FernetKeyRepository repository, TokenFormat format, TimeProvider clock)
{
    private volatile KeySet current = new([], default, default, 0);

    /// <summary>Rises whenever other keys were loaded. What was decoded under an older generation may be signed by a key that is gone.</summary>
    public int Generation => Keys().Generation;

    /// <exception cref="InvalidOperationException">There are no keys: fernet_setup was not run.</exception>
    public string Encode(TokenPayload payload, DateTimeOffset issuedAt)
    {
        var keys = Keys().Keys;
        return keys.Count > 0
            ? keys[0].Encrypt(format.Write(payload), issuedAt)
            : throw new InvalidOperationException($"No encryption keys found in {repository.Path}; run keystone-manage fernet_setup to bootstrap one.");
    }

    /// <returns>Null when no key of ours signed the token, or it holds no payload that is known.</returns>
    public TokenPayload? Decode(string token)
    {
        if (Fernet.Decode(token) is not { } frame)
        {
            return null;
        }

        foreach (var key in Keys().Keys)
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

    private KeySet Keys()
    {
        var known = current;
        var stamp = repository.Stamp;

        // A file system's clock ticks in milliseconds: a set read within a second of the last change may be half a rotation.
        if (stamp == known.Stamp && known.LoadedAt - stamp > TimeSpan.FromSeconds(1))
        {
            return known;
        }

        var loadedAt = clock.GetUtcNow().UtcDateTime;
        var changed = stamp != known.Stamp;
        return current = new KeySet(repository.LoadKeys(), stamp, loadedAt, changed ? known.Generation + 1 : known.Generation);
    }

    private sealed record KeySet(IReadOnlyList<Fernet> Keys, DateTime Stamp, DateTime LoadedAt, int Generation);
}
