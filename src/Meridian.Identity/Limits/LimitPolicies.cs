// SPDX-License-Identifier: Apache-2.0
using Meridian.Platform.Policy;

namespace Meridian.Identity.Limits;

/// <summary>Source: Keystone's policy defaults, "registered_limit" and "limit".</summary>
internal static class LimitPolicies
{
    private const string Concerned =
        "rule:admin_required or (role:reader and system_scope:all) or "
        + "(domain_id:%(target.limit.domain.id)s or domain_id:%(target.limit.project.domain_id)s) or "
        + "(project_id:%(target.limit.project_id)s and not None:%(target.limit.project_id)s)";

    public static readonly PolicyRule GetRegistered = new("identity:get_registered_limit", "", "Show a registered limit.", PolicyScopes.Any);
    public static readonly PolicyRule ListRegistered = new("identity:list_registered_limits", "", "List registered limits.", PolicyScopes.Any);
    public static readonly PolicyRule CreateRegistered = new("identity:create_registered_limits", PolicyBase.Admin, "Create registered limits.", PolicyScopes.SystemOrProject);
    public static readonly PolicyRule UpdateRegistered = new("identity:update_registered_limit", PolicyBase.Admin, "Change a registered limit.", PolicyScopes.SystemOrProject);
    public static readonly PolicyRule DeleteRegistered = new("identity:delete_registered_limit", PolicyBase.Admin, "Delete a registered limit.", PolicyScopes.SystemOrProject);

    public static readonly PolicyRule GetModel = new("identity:get_limit_model", "", "Show the enforcement model.", PolicyScopes.Any);
    public static readonly PolicyRule Get = new("identity:get_limit", Concerned, "Show a limit.", PolicyScopes.Any);
    public static readonly PolicyRule List = new("identity:list_limits", "", "List limits.", PolicyScopes.Any);
    public static readonly PolicyRule Create = new("identity:create_limits", PolicyBase.Admin, "Create limits.", PolicyScopes.SystemOrProject);
    public static readonly PolicyRule Update = new("identity:update_limit", PolicyBase.Admin, "Change a limit.", PolicyScopes.SystemOrProject);
    public static readonly PolicyRule Delete = new("identity:delete_limit", PolicyBase.Admin, "Delete a limit.", PolicyScopes.SystemOrProject);

    public static IReadOnlyList<PolicyRule> All { get; } =
    [
        GetRegistered, ListRegistered, CreateRegistered, UpdateRegistered, DeleteRegistered, GetModel, Get, List, Create, Update, Delete,
    ];

    /// <param name="line">Null when there is none: then only who may see every limit learns that.</param>
    /// <param name="projectDomainId">The domain of a project's limit.</param>
    public static PolicyTarget Target(LimitLine? line, string? projectDomainId) => line switch
    {
        null => PolicyTarget.None,
        { ProjectId.Length: > 0 } => PolicyBase.Target(("target.limit.project_id", line.ProjectId), ("target.limit.project.domain_id", projectDomainId)),
        _ => PolicyBase.Target(("target.limit.project_id", null), ("target.limit.domain.id", line.DomainId)),
    };
}
