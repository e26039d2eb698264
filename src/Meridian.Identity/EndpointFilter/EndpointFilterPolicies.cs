// SPDX-License-Identifier: Apache-2.0
using Meridian.Platform.Policy;

namespace Meridian.Identity.EndpointFilter;

/// <summary>Source: Keystone's policy defaults, "project_endpoint" and "endpoint_group".</summary>
internal static class EndpointFilterPolicies
{
    public static readonly PolicyRule ListProjectsOfEndpoint = Read("list_projects_for_endpoint", "List the projects that an endpoint is associated with.");
    public static readonly PolicyRule AddEndpoint = Write("add_endpoint_to_project", "Associate an endpoint with a project.");
    public static readonly PolicyRule CheckEndpoint = Read("check_endpoint_in_project", "Tell whether an endpoint is associated with a project.");
    public static readonly PolicyRule ListEndpointsOfProject = Read("list_endpoints_for_project", "List the endpoints associated with a project.");
    public static readonly PolicyRule RemoveEndpoint = Write("remove_endpoint_from_project", "End the association of an endpoint with a project.");

    public static readonly PolicyRule CreateGroup = Write("create_endpoint_group", "Create an endpoint group.");
    public static readonly PolicyRule ListGroups = Read("list_endpoint_groups", "List endpoint groups.");
    public static readonly PolicyRule GetGroup = Read("get_endpoint_group", "Show an endpoint group.");
    public static readonly PolicyRule UpdateGroup = Write("update_endpoint_group", "Change an endpoint group.");
    public static readonly PolicyRule DeleteGroup = Write("delete_endpoint_group", "Delete an endpoint group.");
    public static readonly PolicyRule ListProjectsOfGroup = Read("list_projects_associated_with_endpoint_group", "List the projects of an endpoint group.");
    public static readonly PolicyRule ListEndpointsOfGroup = Read("list_endpoints_associated_with_endpoint_group", "List the endpoints of an endpoint group.");
    public static readonly PolicyRule GetGroupInProject = Read("get_endpoint_group_in_project", "Tell whether an endpoint group is associated with a project.");
    public static readonly PolicyRule ListGroupsOfProject = Read("list_endpoint_groups_for_project", "List a project's endpoint groups.");
    public static readonly PolicyRule AddGroup = Write("add_endpoint_group_to_project", "Associate an endpoint group with a project.");
    public static readonly PolicyRule RemoveGroup = Write("remove_endpoint_group_from_project", "End the association of an endpoint group with a project.");

    public static IReadOnlyList<PolicyRule> All { get; } =
    [
        ListProjectsOfEndpoint, AddEndpoint, CheckEndpoint, ListEndpointsOfProject, RemoveEndpoint, CreateGroup, ListGroups, GetGroup, UpdateGroup, DeleteGroup,
        ListProjectsOfGroup, ListEndpointsOfGroup, GetGroupInProject, ListGroupsOfProject, AddGroup, RemoveGroup,
    ];

    private static PolicyRule Read(string name, string description) => new("identity:" + name, PolicyBase.AdminOrSystemReader, description, PolicyScopes.SystemOrProject);

    private static PolicyRule Write(string name, string description) => new("identity:" + name, PolicyBase.Admin, description, PolicyScopes.SystemOrProject);
}
