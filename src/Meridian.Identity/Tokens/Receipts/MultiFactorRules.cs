// SPDX-License-Identifier: Apache-2.0
using Meridian.Identity.Users;
using Meridian.Platform.Config;

namespace Meridian.Identity.Tokens.Receipts;

/// <summary>
/// A user's multi_factor_auth_rules against what was passed. Methods that [auth] methods does not name count as if no rule named them, so that no rule locks anybody
/// out for good. Source: Keystone's administrator guide, "Multi-Factor Authentication".
/// </summary>
internal sealed class MultiFactorRules(ServiceConfig config)
{
    private readonly HashSet<string> served = [.. config.Get(IdentityOptions.AuthMethods)];

    public bool AreMet(User user, IReadOnlyCollection<string> passed)
    {
        var rules = Rules(user);
        return rules.Count == 0 || rules.Exists(r => r.TrueForAll(passed.Contains));
    }

    /// <summary>The rules that what was passed is a part of.</summary>
    public IEnumerable<IReadOnlyList<string>> Required(User user, IReadOnlyCollection<string> passed) => Rules(user).Where(r => r.Exists(passed.Contains));

    private List<List<string>> Rules(User user) =>
        [.. UserOptions.Of(user).MultiFactorRules.Select(r => r.Where(served.Contains).ToList()).Where(r => r.Count > 0)];
}
