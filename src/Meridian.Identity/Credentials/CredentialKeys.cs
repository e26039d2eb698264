// SPDX-License-Identifier: Apache-2.0
using System.Text;

using Meridian.Identity.Tokens;
using Meridian.Platform.Config;

namespace Meridian.Identity.Credentials;

/// <summary>
/// The keys of [credential] key_repository as they are now. The last one is the null key, which Keystone falls back to while there is no repository: what it
/// encrypted stays readable until <c>credential_migrate</c>. Source: Keystone's Fernet credential provider.
/// </summary>
internal sealed class CredentialKeys
{
    /// <summary>Not configurable, as in Keystone: staged, primary, and the primary before, which migration still needs.</summary>
    public const int MaxActiveKeys = 3;

    private readonly IReadOnlyList<Fernet> keys;
    private readonly TimeProvider clock;

    private CredentialKeys(IReadOnlyList<Fernet> keys, TimeProvider clock) => (this.keys, this.clock) = (keys, clock);

    /// <summary>True when nothing but the null key is there: what is encrypted now is open to whoever reads the database.</summary>
    public bool IsNull => keys.Count == 1;

    /// <summary>Of the key that encrypts.</summary>
    public string PrimaryHash => keys[0].KeyHash();

    public static FernetKeyRepository Repository(ServiceConfig config) => new(config.Get(IdentityOptions.CredentialKeys)!, MaxActiveKeys);

    public static CredentialKeys Load(FernetKeyRepository repository, TimeProvider clock) => new([.. repository.LoadKeys(), new Fernet(new byte[32])], clock);

    /// <summary>Fills the row's blob and key hash.</summary>
    public void Encrypt(Credential row, string plain)
    {
        var text = keys[0].Encrypt(Encoding.UTF8.GetBytes(plain), clock.GetUtcNow());

        // Keystone's reader wants the padding here that tokens go without.
        row.EncryptedBlob = text.PadRight((text.Length + 3) / 4 * 4, '=');
        row.KeyHash = PrimaryHash;
    }

    /// <returns>Null when no key fits any more.</returns>
    public string? Decrypt(Credential row)
    {
        if (Fernet.Decode(row.EncryptedBlob) is { } frame)
        {
            foreach (var key in keys)
            {
                if (key.Decrypt(frame, out _) is { } plain)
                {
                    return Encoding.UTF8.GetString(plain);
                }
            }
        }

        return null;
    }
}
