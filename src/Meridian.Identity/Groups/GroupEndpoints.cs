// SPDX-License-Identifier: Apache-2.0
using System.Text.Json;

using Meridian.Identity.DomainConfig;
using Meridian.Identity.Users;
using Meridian.Platform.Http;

using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Meridian.Identity.Groups;

/// <summary>/v3/groups. Source: identity v3 API, "Groups".</summary>
internal static class GroupEndpoints
{
    private static readonly string[] Known = ["name", "domain_id", "description"];

    public static void MapGroups(this RouteGroupBuilder api)
    {
        var groups = api.MapGroup("/groups");
        groups.MapRead("", ListAsync);
        groups.MapPost("", CreateAsync);
        groups.MapRead("/{id}", ShowAsync);
        groups.MapPatch("/{id}", UpdateAsync);
        groups.MapDelete("/{id}", DeleteAsync);
        groups.MapRead("/{id}/users", ListUsersAsync);
        groups.MapRead("/{id}/users/{userId}", CheckUserAsync);
        groups.MapPut("/{id}/users/{userId}", AddUserAsync);
        groups.MapDelete("/{id}/users/{userId}", RemoveUserAsync);
    }

    private static async Task<IResult> ListAsync(IdentityRequest request, GroupStore store, IdentityLists lists, CancellationToken cancellationToken)
    {
        request.Require(GroupPolicies.List, request.OwnDomainTarget());
        var list = await lists.ListAsync(request, cancellationToken);
        var page = await store.ListAsync(list, lists.DomainOf(request), cancellationToken);
        return list.Answer("groups", request.Url("groups"), page, (writer, group) => GroupView.Write(writer, group, request));
    }

    private static async Task<IResult> CreateAsync(IdentityRequest request, GroupStore store, CancellationToken cancellationToken)
    {
        request.RequireToken();
        var body = await request.BodyAsync("group");
        var domainId = body.Id("domain_id") ?? request.OwnDomainId();
        request.Require(GroupPolicies.Create, body.DomainTarget("target.group.domain_id"));
        var group = new Group
        {
            Id = Guid.NewGuid().ToString("N"),
            DomainId = domainId,
            Name = body.Name().Trim(),
            Description = body.Text("description") ?? "",
            Extra = body.Extra(null, Known),
        };
        await store.CreateAsync(group, cancellationToken);
        return JsonAnswer.Member(StatusCodes.Status201Created, "group", writer => GroupView.Write(writer, group, request));
    }

    private static async Task<IResult> ShowAsync(string id, IdentityRequest request, GroupStore store, CancellationToken cancellationToken)
    {
        var group = await GetAsync(id, GroupPolicies.Get, request, store, cancellationToken);
        return JsonAnswer.Member(StatusCodes.Status200OK, "group", writer => GroupView.Write(writer, group, request));
    }

    private static async Task<IResult> UpdateAsync(string id, IdentityRequest request, GroupStore store, CancellationToken cancellationToken)
    {
        var group = await GetAsync(id, GroupPolicies.Update, request, store, cancellationToken);
        var body = await request.BodyAsync("group");
        body.RefuseEmpty("group");
        body.RequireId(id);
        if (body.Has("domain_id") && body.Text("domain_id") != group.DomainId)
        {
            throw Errors.Invalid("Cannot change Domain ID");
        }

        group.Name = body.Has("name") ? body.Name().Trim() : group.Name;
        group.Description = body.Has("description") ? body.Text("description") : group.Description;
        group.Extra = body.Extra(group.Extra, Known);
        await store.UpdateAsync(group, cancellationToken);
        return JsonAnswer.Member(StatusCodes.Status200OK, "group", writer => GroupView.Write(writer, group, request));
    }

    private static async Task<IResult> DeleteAsync(string id, IdentityRequest request, GroupStore store, CancellationToken cancellationToken)
    {
        await GetAsync(id, GroupPolicies.Delete, request, store, cancellationToken);
        await store.DeleteAsync(id, cancellationToken);
        return JsonAnswer.NoContent;
    }

    private static async Task<IResult> ListUsersAsync(
        string id, IdentityRequest request, GroupStore store, UserStore users, IdentityLists lists, CancellationToken cancellationToken)
    {
        var group = await GetAsync(id, GroupPolicies.ListUsers, request, store, cancellationToken);
        var list = await lists.ListAsync(request, group.DomainId, cancellationToken);
        var page = await users.ListOfGroupAsync(list, id, request.DomainScope, cancellationToken);
        return list.Answer("users", request.Url($"groups/{id}/users"), page, (writer, user) => UserView.Write(writer, user, request));
    }

    private static async Task<IResult> CheckUserAsync(
        string id, string userId, IdentityRequest request, GroupStore store, UserStore users, CancellationToken cancellationToken)
    {
        await GetBothAsync(id, userId, GroupPolicies.CheckUser, request, store, users, cancellationToken);
        return await store.HasUserAsync(id, userId, cancellationToken)
            ? JsonAnswer.NoContent
            : throw new ApiException(404, $"User '{userId}' not found in group '{id}'");
    }

    private static async Task<IResult> AddUserAsync(
        string id, string userId, IdentityRequest request, GroupStore store, UserStore users, CancellationToken cancellationToken)
    {
        await GetBothAsync(id, userId, GroupPolicies.AddUser, request, store, users, cancellationToken);
        await store.AddUserAsync(id, userId, cancellationToken);
        return JsonAnswer.NoContent;
    }

    private static async Task<IResult> RemoveUserAsync(
        string id, string userId, IdentityRequest request, GroupStore store, UserStore users, CancellationToken cancellationToken)
    {
        await GetBothAsync(id, userId, GroupPolicies.RemoveUser, request, store, users, cancellationToken);
        await store.RemoveUserAsync(id, userId, cancellationToken);
        return JsonAnswer.NoContent;
    }

    private static async Task<Group> GetAsync(
        string id, Platform.Policy.PolicyRule rule, IdentityRequest request, GroupStore store, CancellationToken cancellationToken)
    {
        request.RequireToken();
        var group = await store.FindAsync(id, cancellationToken);
        request.Require(rule, GroupPolicies.Target(group));
        return group ?? throw Errors.NotFound("group", id);
    }

    private static async Task GetBothAsync(
        string id, string userId, Platform.Policy.PolicyRule rule, IdentityRequest request, GroupStore store, UserStore users, CancellationToken cancellationToken)
    {
        request.RequireToken();
        var group = await store.FindAsync(id, cancellationToken);
        var user = await users.FindAsync(userId, cancellationToken);
        request.Require(rule, GroupPolicies.Target(group, user));
        _ = group ?? throw Errors.NotFound("group", id);
        _ = user ?? throw Errors.NotFound("user", userId);
    }
}

/// <summary>A group as the API shows it.</summary>
internal static class GroupView
{
    public static void Write(Utf8JsonWriter writer, Group group, IdentityRequest request)
    {
        writer.WriteStartObject();
        writer.WriteString("id", group.Id);
        writer.WriteString("name", group.Name);
        writer.WriteString("domain_id", group.DomainId);
        writer.WriteString("description", group.Description);
        writer.WriteExtra(group.Extra);
        writer.WriteSelfLink(request.Url("groups/" + group.Id));
        writer.WriteEndObject();
    }
}
