// SPDX-License-Identifier: Apache-2.0
using Meridian.Platform.Policy;

namespace Meridian.Identity.Projects;

/// <summary>Source: Keystone's policy defaults, "project" and "domain".</summary>
internal static class ProjectPolicies
{
    private const string Reader =
        "(rule:admin_required) or (role:reader and system_scope:all) or (role:reader and domain_id:%(target.project.domain_id)s and not None:%(target.project.domain_id)s) or project_id:%(target.project.id)s";

    private const string Manager =
        "(rule:admin_required) or (role:manager and domain_id:%(target.project.domain_id)s and not None:%(target.project.domain_id)s)";

    public static readonly PolicyRule Get = new("identity:get_project", Reader, "Show a project.", PolicyScopes.Any);
    public static readonly PolicyRule List = new(
        "identity:list_projects", "(rule:admin_required) or (role:reader and system_scope:all) or (role:reader and domain_id:%(target.domain_id)s)", "List projects.",
        PolicyScopes.Any);

    public static readonly PolicyRule Create = new("identity:create_project", Manager, "Create a project.", PolicyScopes.Any);
    public static readonly PolicyRule Update = new("identity:update_project", Manager, "Change a project.", PolicyScopes.Any);
    public static readonly PolicyRule Delete = new("identity:delete_project", Manager, "Delete a project.", PolicyScopes.Any);
    public static readonly PolicyRule ListTags = new("identity:list_project_tags", Reader, "List a project's tags.", PolicyScopes.Any);
    public static readonly PolicyRule GetTag = new("identity:get_project_tag", Reader, "Check a project's tag.", PolicyScopes.Any);
    public static readonly PolicyRule UpdateTags = new("identity:update_project_tags", Manager, "Replace a project's tags.", PolicyScopes.Any);
    public static readonly PolicyRule CreateTag = new("identity:create_project_tag", Manager, "Add a tag to a project.", PolicyScopes.Any);
    public static readonly PolicyRule DeleteTags = new("identity:delete_project_tags", Manager, "Remove all of a project's tags.", PolicyScopes.Any);
    public static readonly PolicyRule DeleteTag = new("identity:delete_project_tag", Manager, "Remove a tag from a project.", PolicyScopes.Any);

    public static readonly PolicyRule GetDomain = new(
        "identity:get_domain",
        "rule:admin_required or (role:reader and system_scope:all) or token.domain.id:%(target.domain.id)s or token.project.domain.id:%(target.domain.id)s",
        "Show a domain.", PolicyScopes.Any);

    public static readonly PolicyRule ListDomains = new(
        "identity:list_domains", "rule:admin_required or (role:reader and system_scope:all) or (role:reader and domain_id:%(target.domain.id)s)", "List domains.",
        PolicyScopes.Any);

    public static readonly PolicyRule CreateDomain = new("identity:create_domain", PolicyBase.Admin, "Create a domain.", PolicyScopes.SystemOrProject);
    public static readonly PolicyRule UpdateDomain = new("identity:update_domain", PolicyBase.Admin, "Change a domain.", PolicyScopes.SystemOrProject);
    public static readonly PolicyRule DeleteDomain = new("identity:delete_domain", PolicyBase.Admin, "Delete a domain.", PolicyScopes.SystemOrProject);

    public static IReadOnlyList<PolicyRule> All { get; } =
    [
        Get, List, Create, Update, Delete, ListTags, GetTag, UpdateTags, CreateTag, DeleteTags, DeleteTag, GetDomain, ListDomains, CreateDomain, UpdateDomain, DeleteDomain,
    ];

    public static PolicyTarget Target(Project? project) => project is null
        ? PolicyTarget.None
        : PolicyBase.Target(("target.project.id", project.Id), ("target.project.domain_id", project.IsDomain ? null : project.DomainId));

    public static PolicyTarget DomainTarget(string id) => PolicyBase.Target(("target.domain.id", id));
}
