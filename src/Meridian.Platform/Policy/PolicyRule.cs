// SPDX-License-Identifier: Apache-2.0
namespace Meridian.Platform.Policy;

/// <summary>A rule that a service registers: its name, its default in oslo.policy's language, and the token scopes that it takes.</summary>
/// <param name="Name">As operators write it in policy.yaml, such as <c>os_compute_api:servers:create</c>.</param>
/// <param name="Check">The default; an empty text lets everybody pass, as oslo.policy's does.</param>
/// <param name="Description">For the sample policy file.</param>
/// <param name="Scopes">Of "system", "domain" and "project"; null takes any.</param>
public sealed record PolicyRule(string Name, string Check, string Description, string[]? Scopes = null)
{
    /// <summary>What the rule was before; null for one that never changed.</summary>
    public DeprecatedPolicyRule? Deprecated { get; init; }
}

/// <summary>An earlier form of a rule. Source: oslo.policy's DeprecatedRule.</summary>
/// <param name="Check">The default of that time; it holds beside today's where enforce_new_defaults is off.</param>
/// <param name="Name">The name of that time, whose override in a policy file still counts; null when the name is today's.</param>
public sealed record DeprecatedPolicyRule(string Check, string? Name = null);
