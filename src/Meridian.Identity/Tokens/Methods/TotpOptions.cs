// SPDX-License-Identifier: Apache-2.0
using Meridian.Platform.Config;

namespace Meridian.Identity.Tokens.Methods;

/// <summary>[totp]. Source: Keystone's configuration reference.</summary>
internal static class TotpOptions
{
    public static readonly Option<int> IncludedPreviousWindows = Opt.Integer("totp", "included_previous_windows", 1, "For how many windows of 30 seconds before the current one passcodes are still taken.", 0, 10);

    public static IReadOnlyList<Option> All { get; } = [IncludedPreviousWindows];
}
