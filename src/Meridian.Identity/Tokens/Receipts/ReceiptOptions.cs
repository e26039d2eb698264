// SPDX-License-Identifier: Apache-2.0
using Meridian.Platform.Config;

namespace Meridian.Identity.Tokens.Receipts;

/// <summary>[receipt] and [fernet_receipts]. Source: Keystone's configuration reference.</summary>
internal static class ReceiptOptions
{
    public static readonly Option<string> Provider = Opt.Choice("receipt", "provider", "fernet", "Format of authentication receipts.", ["fernet"]);
    public static readonly Option<int> Expiration = Opt.Integer("receipt", "expiration", 300, "Life of a receipt in seconds: how long a user has for the methods that are missing.", 0, 86400);
    public static readonly Option<string?> Keys = Opt.Text("fernet_receipts", "key_repository", "/etc/keystone/fernet-keys/", "Folder of the keys that sign receipts; may be that of the tokens' keys.");
    public static readonly Option<int> MaxActiveKeys = Opt.Integer("fernet_receipts", "max_active_keys", 3, "Keys kept at rotation, the staged one included.", 1);

    public static IReadOnlyList<Option> All { get; } = [Provider, Expiration, Keys, MaxActiveKeys];

    public static FernetKeyRepository Repository(ServiceConfig config) => new(config.Get(Keys)!, config.Get(MaxActiveKeys));
}
