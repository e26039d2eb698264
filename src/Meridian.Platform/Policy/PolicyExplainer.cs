// SPDX-License-Identifier: Apache-2.0
namespace Meridian.Platform.Policy;

/// <summary>
/// Takes the rules of a program apart for people. Each check's outcome comes from the delegate that decides requests too, so that an explanation
/// cannot differ from what is enforced.
/// </summary>
public sealed class PolicyExplainer
{
    private readonly PolicyRuleSet rules;
    private readonly PolicySources sources;

    /// <exception cref="PolicyException">A rule or a policy file is wrong.</exception>
    public PolicyExplainer(IReadOnlyList<PolicyRule> registered, PolicySources sources)
    {
        (Registered, this.sources) = (registered, sources);
        rules = PolicyRuleSet.Build(registered, sources);
    }

    /// <summary>The rules that the program asks, and those that they refer to.</summary>
    public IReadOnlyList<PolicyRule> Registered { get; }

    /// <returns>"default", or the file and line that the rule stands in.</returns>
    public string SourceOf(PolicyRule rule) => rules.Find(rule.Name)!.Source;

    /// <returns>The rule as it is in force.</returns>
    public string TextOf(PolicyRule rule) => rules.Find(rule.Name)!.Check.ToString()!;

    public PolicyExplanation Explain(PolicyRule rule, PolicyCredentials credentials, PolicyTarget target)
    {
        var takesScope = rule.Scopes is null || rule.Scopes.Contains(credentials.Scope, StringComparer.Ordinal);
        var step = Explain(rules.Find(rule.Name)!.Check, credentials, target);
        return new(rule, SourceOf(rule), TextOf(rule), credentials.Scope, takesScope, sources.EnforceScope, step);
    }

    private PolicyStep Explain(PolicyCheck check, PolicyCredentials credentials, PolicyTarget target)
    {
        var holds = check.Compile(name => rules.Resolve(name))(credentials, target);
        return check switch
        {
            ListCheck list => new(list.All ? "all of" : "one of", holds, null, [.. list.Checks.Select(part => Explain(part, credentials, target))]),
            NotCheck not => new("not", holds, null, [Explain(not.Inner, credentials, target)]),
            RuleCheck rule => new($"{rule} ({rules.Find(rule.Name)!.Source})", holds, null, [Explain(rules.Find(rule.Name)!.Check, credentials, target)]),
            ConstantCheck constant => new(check.ToString()!, holds, constant.Value ? "anybody" : "nobody", []),
            RoleCheck role => new(check.ToString()!, holds, $"{Held("roles", credentials)}{Wanted(PolicyTemplate.Parse(role.Role), target)}", []),
            GenericCheck { Literal: { } literal } generic => new(check.ToString()!, holds, $"{literal}{Wanted(PolicyTemplate.Parse(generic.Match), target)}", []),
            GenericCheck generic => new(check.ToString()!, holds, $"{Held(generic.Kind, credentials)}{Wanted(PolicyTemplate.Parse(generic.Match), target)}", []),
            FieldCheck field => new(check.ToString()!, holds, Attribute(field.Field, target), []),
            _ => throw new InvalidOperationException($"No explanation for {check.GetType().Name}."),
        };
    }

    private static string Held(string name, PolicyCredentials credentials) => !credentials.TryGet(name, out var value) ? $"the token has no {name}" : value switch
    {
        IReadOnlyList<string> { Count: 0 } => $"{name}: none",
        IReadOnlyList<string> items => $"{name}: {string.Join(", ", items)}",
        _ => $"{name} is {PolicyText.Of(value)}",
    };

    /// <summary>The attributes of the target that a text names; nothing for a literal one.</summary>
    private static string Wanted(PolicyTemplate template, PolicyTarget target) => string.Concat(template.Names.Select(name => "; " + Attribute(name, target)));

    private static string Attribute(string name, PolicyTarget target) =>
        target.TryGet(name, out var text) ? $"the target's {name} is {text}" : $"the target has no {name}";
}
