// SPDX-License-Identifier: Apache-2.0
using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Meridian.Identity.Tokens;

/// <summary>Validated tokens by the hash of their text: a memory dump of it gives nobody a token.</summary>
internal sealed class TokenCache
{
    /// <summary>About two kilobytes each; when it is full, what is stale goes first, then everything.</summary>
    private const int MaxEntries = 10_000;

    private readonly ConcurrentDictionary<UInt128, ValidatedToken> entries = new();

    public static UInt128 KeyOf(string token)
    {
        Span<byte> hash = stackalloc byte[32];
        SHA256.HashData(MemoryMarshal.AsBytes(token.AsSpan()), hash);
        return BinaryPrimitives.ReadUInt128LittleEndian(hash);
    }

    /// <returns>Null unless it was computed under this revision and these keys.</returns>
    public ValidatedToken? Find(UInt128 key, long revision, int keyGeneration) =>
        entries.TryGetValue(key, out var found) && found.Revision == revision && found.KeyGeneration == keyGeneration ? found : null;

    public void Set(UInt128 key, ValidatedToken token)
    {
        if (entries.Count >= MaxEntries)
        {
            foreach (var (stale, entry) in entries)
            {
                if (entry.Revision != token.Revision)
                {
                    entries.TryRemove(stale, out _);
                }
            }

            if (entries.Count >= MaxEntries)
            {
                entries.Clear();
            }
        }

        entries[key] = token;
    }
}
