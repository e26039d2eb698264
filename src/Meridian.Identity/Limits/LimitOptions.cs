// SPDX-License-Identifier: Apache-2.0
using Meridian.Platform.Config;

namespace Meridian.Identity.Limits;

/// <summary>Source: Keystone's configuration reference, [unified_limit].</summary>
internal static class LimitOptions
{
    public const string Flat = "flat";
    public const string StrictTwoLevel = "strict_two_level";

    public static readonly Option<string> EnforcementModel = Opt.Choice(
        "unified_limit", "enforcement_model", Flat,
        "How limits of a domain and its projects bear on each other: flat looks at none but its own, strict_two_level keeps a child's within its parent's.", [Flat, StrictTwoLevel]);

    public static readonly Option<int> ListLimit = Opt.Integer("unified_limit", "list_limit", 0, "Most entries of a list of limits; 0 leaves it to [DEFAULT] list_limit.", 0);

    public static IReadOnlyList<Option> All { get; } = [EnforcementModel, ListLimit];
}
