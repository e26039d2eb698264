// SPDX-License-Identifier: Apache-2.0
using Meridian.Platform.Policy;

namespace Meridian.Host.Verbs;

/// <summary>What <c>meridian policy</c> prints.</summary>
internal static class PolicyPage
{
    public static void Write(TextWriter output, PolicyService service, PolicyExplanation explanation, PolicyCredentials credentials)
    {
        var rule = explanation.Rule;
        output.WriteLine($"{rule.Name} of {service.Definition.Program}: {rule.Description}");
        output.WriteLine($"  rule    {Shown(explanation.Text)}");
        output.WriteLine($"  source  {explanation.Source}{(service.Configuration is null ? "; no configuration file" : $"; {service.Configuration}")}");
        output.WriteLine($"  caller  {Caller(credentials)}");
        output.WriteLine($"  scope   {explanation.Scope}; the rule takes {Scopes(rule)}{(explanation.EnforcesScope ? "" : "; enforce_scope is off")}");
        output.WriteLine();
        Write(output, explanation.Step, "");
        output.WriteLine();
        output.WriteLine(
            explanation.IsAllowed ? "allowed"
            : explanation.Step.Holds ? $"refused: it does not take tokens of scope {explanation.Scope}"
            : "refused: the check does not hold");
    }

    public static void WriteList(TextWriter output, PolicyService service)
    {
        output.WriteLine($"{service.Definition.Program}{(service.Configuration is null ? "" : $" ({service.Configuration})")}");
        foreach (var rule in service.Explainer.Registered)
        {
            output.WriteLine($"  {rule.Name}  [{Scopes(rule)}]  {service.Explainer.SourceOf(rule)}");
            output.WriteLine($"    {Shown(service.Explainer.TextOf(rule))}");
        }
    }

    private static void Write(TextWriter output, PolicyStep step, string indent)
    {
        output.WriteLine($"{(step.Holds ? "yes" : "no "),-4}{indent}{Shown(step.Check)}{(step.Because is null ? "" : $"    {step.Because}")}");
        foreach (var part in step.Parts)
        {
            Write(output, part, indent + "  ");
        }
    }

    private static string Shown(string text) => text switch { "@" => "@ (anybody)", "!" => "! (nobody)", _ => text };

    private static string Scopes(PolicyRule rule) => rule.Scopes is null ? "any scope" : string.Join(", ", rule.Scopes);

    private static string Caller(PolicyCredentials credentials) => string.Join(", ", new (string Name, string? Value)[]
    {
        ("user", credentials.UserId), ("project", credentials.ProjectId), ("domain", credentials.DomainId), ("system", credentials.SystemScope),
        ("roles", credentials.Roles.Count == 0 ? "none" : string.Join(" ", credentials.Roles)),
    }.Where(value => value.Value is not null).Select(value => $"{value.Name} {value.Value}"));
}
