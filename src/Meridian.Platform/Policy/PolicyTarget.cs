// SPDX-License-Identifier: Apache-2.0
using System.Diagnostics.CodeAnalysis;

namespace Meridian.Platform.Policy;

/// <summary>
/// What an action is done to: the <c>%(name)s</c> of a rule. An attribute that is absent makes the check that names it false;
/// one that is present and null reads as <c>None</c>, as in Python.
/// </summary>
/// <param name="projectId">Answers to <c>project_id</c> and <c>tenant_id</c>; null is absent.</param>
/// <param name="attributes">Further attributes by their dotted name, such as <c>target.user.id</c>.</param>
public sealed class PolicyTarget(
    string? projectId = null,
    string? userId = null,
    string? domainId = null,
    IReadOnlyDictionary<string, object?>? attributes = null)
{
    /// <summary>A target without attributes: for rules about roles alone.</summary>
    public static PolicyTarget None { get; } = new();

    public string? ProjectId => projectId;

    public string? UserId => userId;

    public string? DomainId => domainId;

    /// <summary>The attribute as oslo.policy would format it.</summary>
    internal bool TryGet(string name, [NotNullWhen(true)] out string? text)
    {
        if (attributes is not null && attributes.TryGetValue(name, out var value))
        {
            text = PolicyText.Of(value);
            return true;
        }

        text = name switch
        {
            "project_id" or "tenant_id" => projectId,
            "user_id" => userId,
            "domain_id" => domainId,
            _ => null,
        };
        return text is not null;
    }
}
