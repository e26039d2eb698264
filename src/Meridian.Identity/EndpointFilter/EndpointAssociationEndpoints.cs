// SPDX-License-Identifier: Apache-2.0
using Meridian.Identity.Catalog;
using Meridian.Identity.Projects;
using Meridian.Platform.Http;
using Meridian.Platform.Policy;

using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Meridian.Identity.EndpointFilter;

/// <summary>Which endpoints, and which groups of them, a project's catalog is made of. Source: identity v3 API, "OS-EP-FILTER".</summary>
internal static class EndpointAssociationEndpoints
{
    public static void MapEndpointAssociations(this RouteGroupBuilder api)
    {
        var filter = api.MapGroup("/OS-EP-FILTER");
        filter.MapRead("/endpoints/{endpointId}/projects", ListProjectsAsync);
        filter.MapRead("/projects/{projectId}/endpoints", ListEndpointsAsync);
        filter.MapRead("/projects/{projectId}/endpoints/{endpointId}", CheckEndpointAsync);
        filter.MapPut("/projects/{projectId}/endpoints/{endpointId}", AddEndpointAsync);
        filter.MapDelete("/projects/{projectId}/endpoints/{endpointId}", RemoveEndpointAsync);
        filter.MapRead("/projects/{projectId}/endpoint_groups", ListGroupsAsync);
        filter.MapRead("/endpoint_groups/{groupId}/projects/{projectId}", ShowGroupAsync);
        filter.MapPut("/endpoint_groups/{groupId}/projects/{projectId}", AddGroupAsync);
        filter.MapDelete("/endpoint_groups/{groupId}/projects/{projectId}", RemoveGroupAsync);
    }

    private static async Task<IResult> ListProjectsAsync(
        string endpointId, IdentityRequest request, EndpointFilterStore store, EndpointStore endpoints, ProjectStore projects, CancellationToken cancellationToken)
    {
        request.Require(EndpointFilterPolicies.ListProjectsOfEndpoint);
        _ = await endpoints.GetAsync(endpointId, cancellationToken);
        return await ProjectView.AnswerAsync(await store.ProjectsOfEndpointAsync(endpointId, cancellationToken), request, projects, cancellationToken);
    }

    private static async Task<IResult> ListEndpointsAsync(
        string projectId, IdentityRequest request, EndpointFilterStore store, ProjectStore projects, CancellationToken cancellationToken)
    {
        request.Require(EndpointFilterPolicies.ListEndpointsOfProject);
        await CheckProjectAsync(projectId, projects, cancellationToken);
        return EndpointView.Answer(await store.EndpointsOfProjectAsync(projectId, cancellationToken), request);
    }

    private static async Task<IResult> CheckEndpointAsync(
        string projectId, string endpointId, IdentityRequest request, EndpointFilterStore store, EndpointStore endpoints, ProjectStore projects, CancellationToken cancellationToken)
    {
        request.Require(EndpointFilterPolicies.CheckEndpoint);
        _ = await endpoints.GetAsync(endpointId, cancellationToken);
        await CheckProjectAsync(projectId, projects, cancellationToken);
        return await store.ExistsAsync<ProjectEndpoint>(a => a.ProjectId == projectId && a.EndpointId == endpointId, cancellationToken)
            ? JsonAnswer.NoContent
            : throw NotAssociated(endpointId, projectId);
    }

    private static async Task<IResult> AddEndpointAsync(
        string projectId, string endpointId, IdentityRequest request, EndpointFilterStore store, EndpointStore endpoints, ProjectStore projects, CancellationToken cancellationToken)
    {
        request.Require(EndpointFilterPolicies.AddEndpoint);
        _ = await endpoints.GetAsync(endpointId, cancellationToken);
        await CheckProjectAsync(projectId, projects, cancellationToken);
        await store.AssociateAsync(new ProjectEndpoint { ProjectId = projectId, EndpointId = endpointId }, "project_endpoint", cancellationToken);
        return JsonAnswer.NoContent;
    }

    private static async Task<IResult> RemoveEndpointAsync(
        string projectId, string endpointId, IdentityRequest request, EndpointFilterStore store, CancellationToken cancellationToken)
    {
        request.Require(EndpointFilterPolicies.RemoveEndpoint);
        return await store.TryDissociateAsync<ProjectEndpoint>(a => a.ProjectId == projectId && a.EndpointId == endpointId, cancellationToken)
            ? JsonAnswer.NoContent
            : throw NotAssociated(endpointId, projectId);
    }

    private static async Task<IResult> ListGroupsAsync(
        string projectId, IdentityRequest request, EndpointFilterStore store, ProjectStore projects, CancellationToken cancellationToken)
    {
        request.Require(EndpointFilterPolicies.ListGroupsOfProject);
        await CheckProjectAsync(projectId, projects, cancellationToken);
        return EndpointGroupEndpoints.Answer(request, request.List(), new(await store.GroupsOfProjectAsync(projectId, cancellationToken), null, false));
    }

    private static async Task<IResult> ShowGroupAsync(
        string groupId, string projectId, IdentityRequest request, EndpointFilterStore store, ProjectStore projects, CancellationToken cancellationToken)
    {
        await CheckAsync(groupId, projectId, EndpointFilterPolicies.GetGroupInProject, request, store, projects, cancellationToken);
        if (!await store.ExistsAsync<ProjectEndpointGroup>(a => a.ProjectId == projectId && a.EndpointGroupId == groupId, cancellationToken))
        {
            throw GroupNotAssociated();
        }

        return JsonAnswer.Member(StatusCodes.Status200OK, "project_endpoint_group", writer =>
        {
            writer.WriteStartObject();
            writer.WriteString("endpoint_group_id", groupId);
            writer.WriteString("project_id", projectId);
            writer.WriteSelfLink($"/OS-EP-FILTER/endpoint_groups/{groupId}/projects/{projectId}");
            writer.WriteEndObject();
        });
    }

    private static async Task<IResult> AddGroupAsync(
        string groupId, string projectId, IdentityRequest request, EndpointFilterStore store, ProjectStore projects, CancellationToken cancellationToken)
    {
        await CheckAsync(groupId, projectId, EndpointFilterPolicies.AddGroup, request, store, projects, cancellationToken);
        await store.AssociateAsync(new ProjectEndpointGroup { ProjectId = projectId, EndpointGroupId = groupId }, "project_endpoint_group", cancellationToken);
        return JsonAnswer.NoContent;
    }

    private static async Task<IResult> RemoveGroupAsync(
        string groupId, string projectId, IdentityRequest request, EndpointFilterStore store, ProjectStore projects, CancellationToken cancellationToken)
    {
        await CheckAsync(groupId, projectId, EndpointFilterPolicies.RemoveGroup, request, store, projects, cancellationToken);
        return await store.TryDissociateAsync<ProjectEndpointGroup>(a => a.ProjectId == projectId && a.EndpointGroupId == groupId, cancellationToken)
            ? JsonAnswer.NoContent
            : throw GroupNotAssociated();
    }

    private static async Task CheckAsync(
        string groupId, string projectId, PolicyRule rule, IdentityRequest request, EndpointFilterStore store, ProjectStore projects, CancellationToken cancellationToken)
    {
        request.Require(rule);
        await CheckProjectAsync(projectId, projects, cancellationToken);
        _ = await store.GetGroupAsync(groupId, cancellationToken);
    }

    private static async Task CheckProjectAsync(string id, ProjectStore projects, CancellationToken cancellationToken) =>
        _ = await projects.FindAsync(id, cancellationToken) ?? throw Errors.NotFound("project", id);

    private static ApiException NotAssociated(string endpointId, string projectId) => new(404, $"Endpoint {endpointId} not found in project {projectId}");

    private static ApiException GroupNotAssociated() => new(404, "Endpoint Group Project Association not found");
}
