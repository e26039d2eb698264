// SPDX-License-Identifier: Apache-2.0
using Meridian.Compute.Http;
using Meridian.Platform.Http;
using Meridian.Platform.Policy;

using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Meridian.Compute.ServerGroups;

/// <summary>/os-server-groups. Source: OpenStack Compute API reference, "Server groups".</summary>
internal static class ServerGroupEndpoints
{
    public static void MapServerGroups(this RouteGroupBuilder api)
    {
        api.MapGet("/os-server-groups", ListAsync);
        api.MapPost("/os-server-groups", CreateAsync);
        api.MapGet("/os-server-groups/{id}", ShowAsync);
        api.MapDelete("/os-server-groups/{id}", DeleteAsync);
    }

    private static async Task<IResult> ListAsync(
        HttpRequest http, RequestContext context, ServerGroupStore store, IPolicyEnforcer policy, ComputeRequest request, CancellationToken cancellationToken)
    {
        ComputeRequest.CheckQuery(http, context, new(2, 75), "all_projects", "limit", "offset");
        policy.Require(context, ServerGroupPolicies.Index, new(context.ProjectId));
        var ofAll = http.Query.ContainsKey("all_projects") && context.IsAdmin;
        if (ofAll)
        {
            policy.Require(context, ServerGroupPolicies.IndexAllProjects, PolicyTarget.None);
        }

        var (limit, _) = request.Page(http);
        var groups = await store.ListAsync(ofAll ? null : context.ProjectId, ComputeRequest.Offset(http), limit, cancellationToken);
        var members = await store.MembersAsync([.. groups.Select(g => g.Id)], cancellationToken);
        return JsonAnswer.List("server_groups", groups, (json, group) => ServerGroupView.Write(json, group, members[group.Id], context.Version));
    }

    private static async Task<IResult> CreateAsync(HttpRequest http, RequestContext context, ServerGroupStore store, IPolicyEnforcer policy, CancellationToken cancellationToken)
    {
        var body = await RequestObject.ReadAsync(http, context, "server_group", cancellationToken);
        var wanted = CreateServerGroupRequest.Read(body, context.Version);
        policy.Require(context, ServerGroupPolicies.Create, new(context.ProjectId));
        var group = new ServerGroup
        {
            Id = Guid.NewGuid().ToString("D"), ProjectId = context.ProjectId, UserId = context.UserId, Name = wanted.Name, Policy = wanted.Policy, MaxServerPerHost = wanted.MaxServerPerHost,
        };
        return await store.TryInsertAsync(group, cancellationToken)
            ? JsonAnswer.Member("server_group", json => ServerGroupView.Write(json, group, [], context.Version))
            : throw new ApiException(403, "Quota exceeded, too many server groups.");
    }

    private static async Task<IResult> ShowAsync(string id, RequestContext context, ServerGroupStore store, IPolicyEnforcer policy, CancellationToken cancellationToken)
    {
        var group = await GetAsync(id, ServerGroupPolicies.Show, context, store, policy, cancellationToken);
        var members = await store.MembersAsync([group.Id], cancellationToken);
        return JsonAnswer.Member("server_group", json => ServerGroupView.Write(json, group, members[group.Id], context.Version));
    }

    private static async Task<IResult> DeleteAsync(string id, RequestContext context, ServerGroupStore store, IPolicyEnforcer policy, CancellationToken cancellationToken)
    {
        var group = await GetAsync(id, ServerGroupPolicies.Delete, context, store, policy, cancellationToken);
        return await store.DeleteAsync(group, cancellationToken) ? TypedResults.NoContent() : throw NotFound(id);
    }

    /// <summary>Another project's answers as a missing one.</summary>
    private static async Task<ServerGroup> GetAsync(
        string id, PolicyRule rule, RequestContext context, ServerGroupStore store, IPolicyEnforcer policy, CancellationToken cancellationToken)
    {
        var group = await store.FindForAllProjectsAsync(id, cancellationToken);
        if (group is null || (group.ProjectId != context.ProjectId && !context.IsAdmin))
        {
            throw NotFound(id);
        }

        policy.Require(context, rule, new(group.ProjectId));
        return group;
    }

    public static ApiException NotFound(string id) => new(404, $"Instance group {(id.Length > 255 ? id[..255] : id)} could not be found.");
}
