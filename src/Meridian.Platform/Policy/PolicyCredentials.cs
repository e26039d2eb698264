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

    /// <summary>Further values by dotted name, such as <c>token.project.domain.id</c>; a list matches when one of its items does.</summary>
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

    /// <summary>
    /// True when the credential of that name equals the text, or is a list that holds it. An absent credential matches nothing:
    /// oslo.policy lets it equal a target's null attribute, which would hand unowned things to unscoped tokens.
    /// </summary>
    internal bool Matches(string name, string text)
    {
        if (Attributes.TryGetValue(name, out var value))
        {
            return value switch
            {
                null => false,
                IEnumerable<string> items => items.Contains(text, StringComparer.Ordinal),
                _ => PolicyText.Of(value) == text,
            };
        }

        return name switch
        {
            "user_id" or "user" => Same(UserId, text),
            "project_id" or "tenant_id" or "tenant" => Same(ProjectId, text),
            "domain_id" => Same(DomainId, text),
            "user_domain_id" => Same(UserDomainId, text),
            "project_domain_id" => Same(ProjectDomainId, text),
            "system_scope" => Same(SystemScope, text),
            "is_admin" => PolicyText.Of(IsAdmin) == text || (IsAdmin && text == "1"),
            "is_admin_project" => PolicyText.Of(IsAdminProject) == text,
            "service_user_id" => Same(ServiceUserId, text),
            "service_project_id" => Same(ServiceProjectId, text),
            "roles" => Roles.Contains(text, StringComparer.Ordinal),
            "service_roles" => ServiceRoles.Contains(text, StringComparer.Ordinal),
            _ => false,
        };

        static bool Same(string? held, string text) => held == text;
    }
}
