// SPDX-License-Identifier: Apache-2.0
using Meridian.Platform.Config;

namespace Meridian.Identity.ApplicationCredentials;

/// <summary>[application_credential]. Source: Keystone's configuration reference.</summary>
internal static class ApplicationCredentialOptions
{
    public static readonly Option<int> UserLimit = Opt.Integer("application_credential", "user_limit", -1, "Most application credentials of a user; -1 sets no limit.", -1);

    public static IReadOnlyList<Option> All { get; } = [UserLimit];

    public static IReadOnlyList<RetiredOption> Retired { get; } =
    [
        new("application_credential", "driver", "application credentials are in the database, always"),
        new("application_credential", "caching", "what a token stands for is cached as a whole, and dropped with every change"),
        new("application_credential", "cache_time", "what a token stands for is cached as a whole, and dropped with every change"),
    ];
}
