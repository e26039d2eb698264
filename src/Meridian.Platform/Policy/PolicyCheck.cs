// SPDX-License-Identifier: Apache-2.0
using System.Text.RegularExpressions;

namespace Meridian.Platform.Policy;

internal delegate bool PolicyPredicate(PolicyCredentials credentials, PolicyTarget target);

/// <summary>A parsed rule. <see cref="Compile"/> binds it once; <c>ToString</c> writes it in the rule language again.</summary>
internal abstract record PolicyCheck
{
    /// <param name="resolve">Finds the predicate of a named rule.</param>
    public abstract PolicyPredicate Compile(Func<string, PolicyPredicate> resolve);
}

internal sealed record ConstantCheck(bool Value) : PolicyCheck
{
    public override PolicyPredicate Compile(Func<string, PolicyPredicate> resolve) => Value ? static (_, _) => true : static (_, _) => false;

    public override string ToString() => Value ? "@" : "!";
}

internal sealed record NotCheck(PolicyCheck Inner) : PolicyCheck
{
    public override PolicyPredicate Compile(Func<string, PolicyPredicate> resolve)
    {
        var inner = Inner.Compile(resolve);
        return (credentials, target) => !inner(credentials, target);
    }

    public override string ToString() => $"not {Inner}";
}

/// <summary>All of the checks, or one of them.</summary>
internal sealed record ListCheck(bool All, IReadOnlyList<PolicyCheck> Checks) : PolicyCheck
{
    public override PolicyPredicate Compile(Func<string, PolicyPredicate> resolve)
    {
        var all = All;
        var predicates = Checks.Select(check => check.Compile(resolve)).ToArray();
        return (credentials, target) =>
        {
            foreach (var predicate in predicates)
            {
                if (predicate(credentials, target) != all)
                {
                    return !all;
                }
            }

            return all;
        };
    }

    public bool Equals(ListCheck? other) => other is not null && All == other.All && Checks.SequenceEqual(other.Checks);

    public override int GetHashCode() => HashCode.Combine(All, Checks.Count);

    public override string ToString() => $"({string.Join(All ? " and " : " or ", Checks)})";
}

internal sealed record RuleCheck(string Name) : PolicyCheck
{
    public override PolicyPredicate Compile(Func<string, PolicyPredicate> resolve) => resolve(Name);

    public override string ToString() => $"rule:{Name}";
}

internal sealed record RoleCheck(string Role) : PolicyCheck
{
    public override PolicyPredicate Compile(Func<string, PolicyPredicate> resolve)
    {
        var template = PolicyTemplate.Parse(Role);
        return (credentials, target) => template.TryFormat(target, out var role) && credentials.HasRole(role);
    }

    public override string ToString() => $"role:{Role}";
}

/// <summary><c>kind:match</c>: a literal or a credential on the left, text of the target on the right.</summary>
internal sealed record GenericCheck(string Kind, string Match) : PolicyCheck
{
    /// <summary>The text that the left side stands for; null when it names a credential.</summary>
    public string? Literal { get; } = PolicyText.OfLiteral(Kind);

    public override PolicyPredicate Compile(Func<string, PolicyPredicate> resolve)
    {
        var template = PolicyTemplate.Parse(Match);
        if (Literal is { } literal)
        {
            return (_, target) => template.TryFormat(target, out var text) && text == literal;
        }

        var (kind, isLiteral) = (Kind, template.IsLiteral);
        return (credentials, target) => template.TryFormat(target, out var text) && credentials.Matches(kind, text, isLiteral);
    }

    public override string ToString() => $"{Kind}:{Match}";
}

/// <summary><c>field:resource:name=value</c>, neutron's own: the target's attribute of that name has that value.</summary>
internal sealed record FieldCheck(string Resource, string Field, string Value) : PolicyCheck
{
    public override PolicyPredicate Compile(Func<string, PolicyPredicate> resolve)
    {
        var (field, value) = (Field, Value);
        if (value.StartsWith('~'))
        {
            // Neutron's own: a regular expression, matched from the start.
            var pattern = new Regex($"^(?:{value[1..]})", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
            return (_, target) => target.TryGet(field, out var text) && pattern.IsMatch(text);
        }

        return (_, target) => target.TryGet(field, out var text) && string.Equals(text, value, value is "True" or "False" or "true" or "false" ? StringComparison.OrdinalIgnoreCase : StringComparison.Ordinal);
    }

    public override string ToString() => $"field:{Resource}:{Field}={Value}";
}
