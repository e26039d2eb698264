// SPDX-License-Identifier: Apache-2.0
using Meridian.Platform.Config;

namespace Meridian.Identity.Credentials;

/// <summary>[credential] of keystone.conf; its key_repository is in <see cref="IdentityOptions"/>. Source: Keystone's configuration reference.</summary>
internal static class CredentialOptions
{
    public static readonly Option<string> Driver = Opt.Choice("credential", "driver", "sql", "Where credentials are stored.", ["sql"]);
    public static readonly Option<string> Provider = Opt.Choice("credential", "provider", "fernet", "How they are encrypted.", ["fernet"]);
    public static readonly Option<int> AuthTtl = Opt.Integer("credential", "auth_ttl", 15, "How many minutes a signed EC2 or S3 request counts from the time in it.", 0);
    public static readonly Option<int> UserLimit = Opt.Integer("credential", "user_limit", -1, "Most credentials of a user; -1 sets no limit.", -1);

    public static IReadOnlyList<Option> All { get; } = [Driver, Provider, AuthTtl, UserLimit];
}
