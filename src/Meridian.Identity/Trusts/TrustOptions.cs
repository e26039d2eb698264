// SPDX-License-Identifier: Apache-2.0
using Meridian.Platform.Config;

namespace Meridian.Identity.Trusts;

/// <summary>[trust], and the switch of [security_compliance] that is about trusts. Source: Keystone's configuration reference.</summary>
internal static class TrustOptions
{
    public static readonly Option<int> MaxRedelegationCount = Opt.Integer("trust", "max_redelegation_count", 3, "Most trusts that may follow one another in a chain.", 0);

    public static readonly Option<bool> AllowApplicationCredentials = Opt.Boolean(
        "security_compliance", "allow_insecure_application_credential_trust_escalation", false,
        "INSECURE: let tokens of application credentials make, show and delete trusts.");

    public static IReadOnlyList<Option> All { get; } = [MaxRedelegationCount, AllowApplicationCredentials];

    public static IReadOnlyList<RetiredOption> Retired { get; } =
    [
        new("trust", "allow_redelegation", "each trust says itself whether it may be redelegated; Keystone does not read this option either"),
        new("trust", "driver", "trusts are in the database, always"),
    ];
}
