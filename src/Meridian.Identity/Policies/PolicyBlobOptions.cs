// SPDX-License-Identifier: Apache-2.0
using Meridian.Platform.Config;

namespace Meridian.Identity.Policies;

/// <summary>Source: Keystone's configuration reference, [policy].</summary>
internal static class PolicyBlobOptions
{
    public static readonly Option<int> ListLimit = Opt.Integer("policy", "list_limit", 0, "Most entries of a list of policies; 0 leaves it to [DEFAULT] list_limit.", 0);

    public static IReadOnlyList<Option> All { get; } = [ListLimit];
}
