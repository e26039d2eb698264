// SPDX-License-Identifier: Apache-2.0
using System.Collections.Frozen;

namespace Meridian.Platform.Policy;

/// <summary>All rules of a program, bound: each name with the delegate that decides it. Immutable; a reload makes a new one.</summary>
internal sealed class PolicyRuleSet
{
    /// <summary>Stands in for rules that are referred to and missing, where the operator's files have it (oslo.policy's policy_default_rule).</summary>
    private const string DefaultRule = "default";

    private readonly FrozenDictionary<string, PolicyPredicate> predicates;

    private PolicyRuleSet(FrozenDictionary<string, PolicyPredicate> predicates, IReadOnlyList<string> unused)
    {
        this.predicates = predicates;
        Unused = unused;
    }

    /// <summary>Overrides that no registered rule has and no rule refers to: mistyped names, mostly.</summary>
    public IReadOnlyList<string> Unused { get; }

    public PolicyPredicate this[string rule] =>
        predicates.TryGetValue(rule, out var predicate) ? predicate : throw new InvalidOperationException($"Policy rule {rule} is asked for but was not registered.");

    /// <exception cref="PolicyException">A rule can't be parsed, refers to one that doesn't exist, or to itself.</exception>
    public static PolicyRuleSet Build(IReadOnlyList<PolicyRule> registered, PolicySources sources)
    {
        var checks = new Dictionary<string, (PolicyCheck Check, string Source)>();
        foreach (var rule in registered)
        {
            try
            {
                checks.Add(rule.Name, (PolicyParser.Parse(rule.Check), "registered defaults"));
            }
            catch (PolicyException e)
            {
                throw new PolicyException($"registered rule '{rule.Name}': {e.Message}", e);
            }
        }

        foreach (var (name, rule) in sources.Read())
        {
            checks[name] = rule;
        }

        var binder = new Binder(checks);
        var bound = checks.Keys.ToFrozenDictionary(name => name, binder.Resolve);
        var known = registered.Select(rule => rule.Name).ToHashSet();
        return new(bound, [.. checks.Keys.Where(name => !known.Contains(name) && !binder.Referred.Contains(name) && name != DefaultRule)]);
    }

    /// <summary>Binds rules depth first; a rule met again while it is being bound refers to itself.</summary>
    private sealed class Binder(Dictionary<string, (PolicyCheck Check, string Source)> checks)
    {
        private readonly Dictionary<string, PolicyPredicate> bound = [];
        private readonly List<string> path = [];

        public HashSet<string> Referred { get; } = [];

        public PolicyPredicate Resolve(string name)
        {
            if (bound.TryGetValue(name, out var known))
            {
                return known;
            }

            if (path.Contains(name))
            {
                throw new PolicyException($"{checks[name].Source}: rule '{name}' refers to itself: {string.Join(" -> ", path)} -> {name}");
            }

            path.Add(name);
            var predicate = checks[name].Check.Compile(reference => Refer(name, reference));
            path.RemoveAt(path.Count - 1);
            return bound[name] = predicate;
        }

        private PolicyPredicate Refer(string from, string reference)
        {
            if (!checks.ContainsKey(reference))
            {
                reference = checks.ContainsKey(DefaultRule)
                    ? DefaultRule
                    : throw new PolicyException($"{checks[from].Source}: rule '{from}' refers to rule '{reference}', which does not exist");
            }

            Referred.Add(reference);
            return Resolve(reference);
        }
    }
}
