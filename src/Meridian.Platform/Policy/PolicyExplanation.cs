// SPDX-License-Identifier: Apache-2.0
namespace Meridian.Platform.Policy;

/// <summary>One check of a rule, or several joined, and what came of it.</summary>
/// <param name="Because">The values that were compared; null for checks that have parts.</param>
public sealed record PolicyStep(string Check, bool Holds, string? Because, IReadOnlyList<PolicyStep> Parts);

/// <summary>Why a rule allows or refuses.</summary>
/// <param name="Source">"default", or the file and line that the rule stands in.</param>
/// <param name="Text">The rule as it is in force.</param>
/// <param name="Scope">The scope of the token.</param>
/// <param name="TakesScope">Whether the rule takes tokens of that scope.</param>
/// <param name="EnforcesScope">False where enforce_scope is off: the scope decides nothing then.</param>
/// <param name="Step">The rule's check; it is judged even where the scope decides.</param>
public sealed record PolicyExplanation(PolicyRule Rule, string Source, string Text, string Scope, bool TakesScope, bool EnforcesScope, PolicyStep Step)
{
    public bool IsAllowed => (TakesScope || !EnforcesScope) && Step.Holds;
}
