// SPDX-License-Identifier: Apache-2.0
using System.Text.Json;

using Meridian.Identity.Catalog;
using Meridian.Identity.Projects;

using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Meridian.Identity.EndpointFilter;

/// <summary>/v3/OS-EP-FILTER/endpoint_groups. Source: identity v3 API, "OS-EP-FILTER".</summary>
internal static class EndpointGroupEndpoints
{
    private static readonly string[] Known = ["name", "description", "filters"];

    public static void MapEndpointGroups(this RouteGroupBuilder api)
    {
        var groups = api.MapGroup("/OS-EP-FILTER/endpoint_groups");
        groups.MapRead("", ListAsync);
        groups.MapPost("", CreateAsync);
        groups.MapRead("/{id}", ShowAsync);
        groups.MapPatch("/{id}", UpdateAsync);
        groups.MapDelete("/{id}", DeleteAsync);
        groups.MapRead("/{id}/endpoints", ListEndpointsAsync);
        groups.MapRead("/{id}/projects", ListProjectsAsync);
    }

    private static async Task<IResult> ListAsync(IdentityRequest request, EndpointFilterStore store, CancellationToken cancellationToken)
    {
        request.Require(EndpointFilterPolicies.ListGroups);
        var list = request.List();
        return Answer(request, list, await store.ListGroupsAsync(list, cancellationToken));
    }

    private static async Task<IResult> CreateAsync(IdentityRequest request, EndpointFilterStore store, CancellationToken cancellationToken)
    {
        request.Require(EndpointFilterPolicies.CreateGroup);
        var body = await request.BodyAsync("endpoint_group");
        body.RefuseUnknown(Known);
        var group = new EndpointGroup
        {
            Id = Guid.NewGuid().ToString("N"),
            Name = body.Name(),
            Description = body.Text("description"),
            Filters = EndpointFilters.Read(body) is { } filters && body.Find("filters")!.Value.EnumerateObject().Any()
                ? filters
                : throw Errors.Invalid("filters field is required and cannot be empty"),
        };
        await store.CreateGroupAsync(group, cancellationToken);
        return Answer(StatusCodes.Status201Created, group, request);
    }

    private static async Task<IResult> ShowAsync(string id, IdentityRequest request, EndpointFilterStore store, CancellationToken cancellationToken)
    {
        request.Require(EndpointFilterPolicies.GetGroup);
        return Answer(StatusCodes.Status200OK, await store.GetGroupAsync(id, cancellationToken), request);
    }

    private static async Task<IResult> UpdateAsync(string id, IdentityRequest request, EndpointFilterStore store, CancellationToken cancellationToken)
    {
        request.Require(EndpointFilterPolicies.UpdateGroup);
        var body = await request.BodyAsync("endpoint_group");
        body.RefuseUnknown(Known);
        body.RefuseEmpty("endpoint_group");
        var group = await store.GetGroupAsync(id, cancellationToken);
        group.Name = body.Has("name") ? body.Name() : group.Name;
        group.Description = body.Has("description") ? body.Text("description") : group.Description;
        group.Filters = EndpointFilters.Read(body) ?? group.Filters;
        await store.UpdateGroupAsync(group, cancellationToken);
        return Answer(StatusCodes.Status200OK, group, request);
    }

    private static async Task<IResult> DeleteAsync(string id, IdentityRequest request, EndpointFilterStore store, CancellationToken cancellationToken)
    {
        request.Require(EndpointFilterPolicies.DeleteGroup);
        await store.DeleteGroupAsync(id, cancellationToken);
        return JsonAnswer.NoContent;
    }

    private static async Task<IResult> ListEndpointsAsync(string id, IdentityRequest request, EndpointFilterStore store, CancellationToken cancellationToken)
    {
        request.Require(EndpointFilterPolicies.ListEndpointsOfGroup);
        var group = await store.GetGroupAsync(id, cancellationToken);
        return EndpointView.Answer(await store.EndpointsOfGroupAsync(group, cancellationToken), request);
    }

    private static async Task<IResult> ListProjectsAsync(
        string id, IdentityRequest request, EndpointFilterStore store, ProjectStore projects, CancellationToken cancellationToken)
    {
        request.Require(EndpointFilterPolicies.ListProjectsOfGroup);
        _ = await store.GetGroupAsync(id, cancellationToken);
        return await ProjectView.AnswerAsync(await store.ProjectsOfGroupAsync(id, cancellationToken), request, projects, cancellationToken);
    }

    public static JsonAnswer Answer(IdentityRequest request, ListRequest list, ListPage<EndpointGroup> page) =>
        list.Answer("endpoint_groups", request.Root + request.HttpRequest.Path, page, (writer, group) => Write(writer, group, request));

    private static JsonAnswer Answer(int status, EndpointGroup group, IdentityRequest request) =>
        JsonAnswer.Member(status, "endpoint_group", writer => Write(writer, group, request));

    private static void Write(Utf8JsonWriter writer, EndpointGroup group, IdentityRequest request)
    {
        writer.WriteStartObject();
        writer.WriteString("id", group.Id);
        writer.WriteString("name", group.Name);
        writer.WriteString("description", group.Description);
        writer.WritePropertyName("filters");
        writer.WriteRawValue(group.Filters);
        writer.WriteSelfLink(request.Url("OS-EP-FILTER/endpoint_groups/" + group.Id));
        writer.WriteEndObject();
    }
}
