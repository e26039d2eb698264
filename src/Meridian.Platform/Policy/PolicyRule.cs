// SPDX-License-Identifier: Apache-2.0
namespace Meridian.Platform.Policy;

/// <summary>A rule that a service registers: its name, its default in oslo.policy's language, and the token scopes that it takes.</summary>
/// <param name="Name">As operators write it in policy.yaml, such as <c>os_compute_api:servers:create</c>.</param>
/// <param name="Check">The default; an empty text lets everybody pass, as oslo.policy's does.</param>
/// <param name="Description">For the sample policy file.</param>
/// <param name="Scopes">Of "system", "domain" and "project"; null takes any.</param>
public sealed record PolicyRule(string Name, string Check, string Description, string[]? Scopes = null);
