// SPDX-License-Identifier: Apache-2.0
namespace Meridian.Platform.Policy;

/// <summary>Who asks: what oslo.context calls the policy values of a request.</summary>
public sealed record PolicyCredentials
{
    public string? UserId { get; init; }

    public string? UserDomainId { get; init; }

    public string? ProjectId { get; init; }

    public string? ProjectDomainId { get; init; }

    /// <summary>The domain that the token is scoped to; null for project and system tokens.</summary>
    public string? DomainId { get; init; }

    /// <summary>"all" for a system-scoped token.</summary>
    public string? SystemScope { get; init; }

    public IReadOnlyList<string> Roles { get; init; } = [];

    public bool IsAdmin { get; init; }

    /// <summary>True unless the deployment names an admin project and this isn't it (Keystone's own default).</summary>
    public bool IsAdminProject { get; init; } = true;

    public string? ServiceUserId { get; init; }

    public string? ServiceProjectId { get; init; }

    public IReadOnlyList<string> ServiceRoles { get; init; } = [];

    /// <summary>
    /// Further values by dotted name, such as <c>token.project.domain.id</c>; a list matches when one of its items does. What a token lacks is left out:
    /// a null stands for one that it has and that is null.
    /// </summary>
    public IReadOnlyDictionary<string, object?> Attributes { get; init; } = new Dictionary<string, object?>();

    /// <summary>The scope that <see cref="PolicyRule.Scopes"/> is compared with; an unscoped token counts as project, as in oslo.policy.</summary>
    public string Scope => SystemScope is not null ? "system" : DomainId is not null ? "domain" : "project";

    public bool HasRole(string role)
    {
        foreach (var held in Roles)
        {
            if (string.Equals(held, role, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>True when the credential of that name equals the text, or is a list that holds it.</summary>
    /// <param name="isLiteral">
    /// False when the text came out of the target. A null credential equals the literal <c>None</c> alone: oslo.policy lets it equal a target's null
    /// attribute too, which would hand unowned things to unscoped tokens.
    /// </param>
    internal bool Matches(string name, string text, bool isLiteral) => TryGet(name, out var value) && value switch
    {
        null => isLiteral && text == PolicyText.Of(null),
        string held => held == text,
        IEnumerable<string> items => items.Contains(text, StringComparer.Ordinal),
        _ => PolicyText.Of(value) == text,
    };

    /// <returns>False for a name that no credential has.</returns>
    internal bool TryGet(string name, out object? value)
    {
        if (Attributes.TryGetValue(name, out value))
        {
            return true;
        }

        (var known, value) = name switch
        {
            "user_id" or "user" => (true, UserId),
            "project_id" or "tenant_id" or "tenant" => (true, ProjectId),
            "domain_id" => (true, DomainId),
            "user_domain_id" => (true, UserDomainId),
            "project_domain_id" => (true, ProjectDomainId),
            "system_scope" => (true, SystemScope),
            "is_admin" => (true, IsAdmin),
            "is_admin_project" => (true, IsAdminProject),
            "service_user_id" => (true, ServiceUserId),
            "service_project_id" => (true, ServiceProjectId),
            "roles" => (true, Roles),
            "service_roles" => (true, ServiceRoles),
            _ => (false, (object?)null),
        };
        return known;
    }
}
