// SPDX-License-Identifier: Apache-2.0
using System.Collections.Frozen;

namespace Meridian.Platform.Policy;

/// <summary>A rule in force.</summary>
/// <param name="Source">The file and line that it stands in, or <see cref="PolicyRuleSet.Default"/>.</param>
internal sealed record PolicyRuleInForce(PolicyCheck Check, string Source);

/// <summary>All rules of a program, bound: each name with the delegate that decides it. Immutable; a reload makes a new one.</summary>
internal sealed class PolicyRuleSet
{
    /// <summary>The source of a rule that no file overrides.</summary>
    public const string Default = "default";

    private readonly Dictionary<string, PolicyRuleInForce> rules;
    private readonly string defaultRule;
    private readonly FrozenDictionary<string, PolicyPredicate> predicates;

    private PolicyRuleSet(Dictionary<string, PolicyRuleInForce> rules, string defaultRule, HashSet<string> known, IReadOnlyList<(string Old, string New)> renamed)
    {
        (this.rules, this.defaultRule, Renamed) = (rules, defaultRule, renamed);
        var binder = new Binder(this);
        predicates = rules.Keys.ToFrozenDictionary(name => name, binder.Resolve, StringComparer.Ordinal);
        Unused = [.. rules.Keys.Where(name => !known.Contains(name) && !binder.Referred.Contains(name))];
    }

    /// <summary>Overrides that no registered rule has and no rule refers to: mistyped names, mostly.</summary>
    public IReadOnlyList<string> Unused { get; }

    /// <summary>Overrides by a name that a rule no longer has, with today's name.</summary>
    public IReadOnlyList<(string Old, string New)> Renamed { get; }

    public PolicyPredicate this[string rule] =>
        predicates.TryGetValue(rule, out var predicate) ? predicate : throw new InvalidOperationException($"Policy rule {rule} is asked for but was not registered.");

    /// <summary>The rule that a reference of that name means; null when there is none.</summary>
    public PolicyRuleInForce? Find(string name) => rules.GetValueOrDefault(name) ?? rules.GetValueOrDefault(defaultRule);

    /// <summary>The predicate of the rule that a reference of that name means.</summary>
    public PolicyPredicate Resolve(string name) => predicates.TryGetValue(name, out var predicate) ? predicate : predicates[defaultRule];

    /// <exception cref="PolicyException">A rule can't be parsed, refers to one that doesn't exist, or to itself.</exception>
    public static PolicyRuleSet Build(IReadOnlyList<PolicyRule> registered, PolicySources sources)
    {
        var overrides = sources.Read();
        var rules = overrides.ToDictionary(rule => rule.Key, rule => new PolicyRuleInForce(rule.Value.Check, rule.Value.ToString()), StringComparer.Ordinal);
        var known = new HashSet<string>(StringComparer.Ordinal) { sources.DefaultRule };
        var renamed = new List<(string, string)>();
        foreach (var rule in registered)
        {
            known.Add(rule.Name);
            if (rule.Deprecated?.Name is { } old && overrides.ContainsKey(old))
            {
                known.Add(old);
                renamed.Add((old, rule.Name));
            }

            if (!overrides.ContainsKey(rule.Name))
            {
                rules[rule.Name] = InForce(rule, overrides, sources.EnforceNewDefaults);
            }
        }

        return new(rules, sources.DefaultRule, known, renamed);
    }

    /// <summary>Source: oslo.policy, "_handle_deprecated_rule".</summary>
    private static PolicyRuleInForce InForce(PolicyRule rule, IReadOnlyDictionary<string, PolicyOverride> overrides, bool enforceNewDefaults)
    {
        var check = Parse(rule.Name, rule.Check);
        if (rule.Deprecated is not { } deprecated)
        {
            return new(check, Default);
        }

        var before = Parse(rule.Name, deprecated.Check);
        if (deprecated.Name is { } old && overrides.TryGetValue(old, out var written) && !written.Check.Equals(before) && written.Check != new RuleCheck(rule.Name))
        {
            return new(written.Check, $"{written}, by its older name {old}");
        }

        return enforceNewDefaults || before.Equals(check) ? new(check, Default) : new(new ListCheck(All: false, [check, before]), "default, with the older one beside it");
    }

    private static PolicyCheck Parse(string name, string text)
    {
        try
        {
            return PolicyParser.Parse(text);
        }
        catch (PolicyException e)
        {
            throw new PolicyException($"registered rule '{name}': {e.Message}", e);
        }
    }

    /// <summary>Binds rules depth first; a rule met again while it is being bound refers to itself.</summary>
    private sealed class Binder(PolicyRuleSet set)
    {
        private readonly Dictionary<string, PolicyPredicate> bound = new(StringComparer.Ordinal);
        private readonly List<string> path = [];

        public HashSet<string> Referred { get; } = new(StringComparer.Ordinal);

        public PolicyPredicate Resolve(string name)
        {
            if (bound.TryGetValue(name, out var known))
            {
                return known;
            }

            if (path.Contains(name))
            {
                throw new PolicyException($"{set.rules[name].Source}: rule '{name}' refers to itself: {string.Join(" -> ", path)} -> {name}");
            }

            path.Add(name);
            var predicate = set.rules[name].Check.Compile(reference => Refer(name, reference));
            path.RemoveAt(path.Count - 1);
            return bound[name] = predicate;
        }

        private PolicyPredicate Refer(string from, string reference)
        {
            if (!set.rules.ContainsKey(reference))
            {
                reference = set.rules.ContainsKey(set.defaultRule)
                    ? set.defaultRule
                    : throw new PolicyException($"{set.rules[from].Source}: rule '{from}' refers to rule '{reference}', which does not exist");
            }

            Referred.Add(reference);
            return Resolve(reference);
        }
    }
}
