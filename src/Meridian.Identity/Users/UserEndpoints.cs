// SPDX-License-Identifier: Apache-2.0
using System.Text.Json;

using Meridian.Identity.Assignments;
using Meridian.Identity.DomainConfig;
using Meridian.Identity.Groups;
using Meridian.Identity.Projects;

using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Meridian.Identity.Users;

/// <summary>/v3/users. Source: identity v3 API, "Users".</summary>
internal static class UserEndpoints
{
    private static readonly string[] Known =
        ["name", "domain_id", "enabled", "default_project_id", "password", "original_password", "options", "password_expires_at", "federated"];

    public static void MapUsers(this RouteGroupBuilder api)
    {
        var users = api.MapGroup("/users");
        users.MapRead("", ListAsync);
        users.MapPost("", CreateAsync);
        users.MapRead("/{id}", ShowAsync);
        users.MapPatch("/{id}", UpdateAsync);
        users.MapDelete("/{id}", DeleteAsync);
        users.MapPost("/{id}/password", ChangePasswordAsync).AllowAnonymous();
        users.MapRead("/{id}/groups", ListGroupsAsync);
        users.MapRead("/{id}/projects", ListProjectsAsync);
    }

    private static async Task<IResult> ListAsync(IdentityRequest request, UserStore store, IdentityLists lists, CancellationToken cancellationToken)
    {
        request.Require(UserPolicies.List, request.OwnDomainTarget());
        var list = await lists.ListAsync(request, cancellationToken);
        var page = await store.ListAsync(list, lists.DomainOf(request), cancellationToken);
        return list.Answer("users", request.Url("users"), page, (writer, user) => UserView.Write(writer, user, request));
    }

    private static async Task<IResult> CreateAsync(
        IdentityRequest request, UserStore store, ProjectStore projects, PasswordRules rules, CancellationToken cancellationToken)
    {
        request.RequireToken();
        var body = await request.BodyAsync("user");
        var domainId = body.Id("domain_id") ?? request.OwnDomainId();
        request.Require(UserPolicies.Create, body.DomainTarget("target.user.domain_id"));
        var user = new User
        {
            Id = Guid.NewGuid().ToString("N"),
            DomainId = domainId,
            Name = body.Name().Trim(),
            Enabled = body.Boolean("enabled") ?? true,
            DefaultProjectId = await DefaultProjectAsync(body, null, projects, cancellationToken),
            Options = UserOptions.Read(body, null),
            Extra = ReadExtra(body, null),
        };
        await store.CreateAsync(user, ReadPassword(body, rules), cancellationToken);
        return JsonAnswer.Member(StatusCodes.Status201Created, "user", writer => UserView.Write(writer, user, request));
    }

    private static async Task<IResult> ShowAsync(string id, IdentityRequest request, UserStore store, CancellationToken cancellationToken)
    {
        request.RequireToken();
        var user = await store.FindAsync(id, cancellationToken);
        request.Require(UserPolicies.Get, UserPolicies.Target(user));
        return user is null
            ? throw Errors.NotFound("user", id)
            : JsonAnswer.Member(StatusCodes.Status200OK, "user", writer => UserView.Write(writer, user, request));
    }

    private static async Task<IResult> UpdateAsync(
        string id, IdentityRequest request, UserStore store, ProjectStore projects, PasswordRules rules, CancellationToken cancellationToken)
    {
        request.RequireToken();
        var found = await store.FindAsync(id, cancellationToken);
        request.Require(UserPolicies.Update, UserPolicies.Target(found));
        var user = found ?? throw Errors.NotFound("user", id);
        var body = await request.BodyAsync("user");
        body.RefuseEmpty("user");
        CheckUnchanged(body, "id", user.Id, "Cannot change user ID");
        CheckUnchanged(body, "domain_id", user.DomainId, "Cannot change Domain ID");
        var wasEnabled = user.Enabled;
        user.Name = body.Has("name") ? body.Name().Trim() : user.Name;
        user.Enabled = body.Boolean("enabled") ?? user.Enabled;
        user.DefaultProjectId = await DefaultProjectAsync(body, user.DefaultProjectId, projects, cancellationToken);
        user.Options = UserOptions.Read(body, user.Options);
        user.Extra = ReadExtra(body, user.Extra);
        await store.UpdateAsync(user, ReadPassword(body, rules), revoke: wasEnabled && !user.Enabled, cancellationToken);
        return JsonAnswer.Member(StatusCodes.Status200OK, "user", writer => UserView.Write(writer, user, request, extraToo: true));
    }

    private static async Task<IResult> DeleteAsync(string id, IdentityRequest request, UserStore store, CancellationToken cancellationToken)
    {
        request.RequireToken();
        request.Require(UserPolicies.Delete, UserPolicies.Target(await store.FindAsync(id, cancellationToken)));
        await store.DeleteAsync(id, cancellationToken);
        return JsonAnswer.NoContent;
    }

    /// <summary>Needs no token: who knows the password may change it, also when it has expired.</summary>
    private static async Task<IResult> ChangePasswordAsync(
        string id, IdentityRequest request, UserStore store, PasswordCheck check, AccountPolicy policy, PasswordRules rules, PasswordHistory history,
        CancellationToken cancellationToken)
    {
        var body = await request.BodyAsync("user");
        body.RefuseUnknown("original_password", "password");
        var original = Required(body, "original_password");
        var password = Required(body, "password");
        var user = await store.FindAsync(id, cancellationToken);
        if (await check.TryAsync(user, user is { Enabled: true }, original, cancellationToken) == PasswordOutcome.Refused)
        {
            throw Errors.Unauthorized();
        }

        rules.Check(password);
        policy.RequireChangeable(user!);
        await history.RequireNewAsync(user!, password, cancellationToken);
        await store.UpdateAsync(user!, new(password, SelfService: true), revoke: true, cancellationToken);
        return JsonAnswer.NoContent;
    }

    private static async Task<IResult> ListGroupsAsync(
        string id, IdentityRequest request, UserStore store, GroupStore groups, IdentityLists lists, CancellationToken cancellationToken)
    {
        request.RequireToken();
        var user = await store.FindAsync(id, cancellationToken);
        request.Require(GroupPolicies.ListForUser, UserPolicies.Target(user));
        _ = user ?? throw Errors.NotFound("user", id);
        var list = await lists.ListAsync(request, user.DomainId, cancellationToken);
        var page = await groups.ListOfUserAsync(list, id, request.DomainScope, cancellationToken);
        return list.Answer("groups", request.Url($"users/{id}/groups"), page, (writer, group) => GroupView.Write(writer, group, request));
    }

    private static async Task<IResult> ListProjectsAsync(
        string id, IdentityRequest request, UserStore store, RoleResolver roles, ProjectStore projects, CancellationToken cancellationToken)
    {
        request.RequireToken();
        var user = await store.FindAsync(id, cancellationToken);
        request.Require(UserPolicies.ListProjects, UserPolicies.Target(user));
        _ = user ?? throw Errors.NotFound("user", id);
        var list = request.List();
        var page = await projects.ListByIdsAsync(list, await roles.ProjectIdsAsync(id, cancellationToken), cancellationToken);
        var tags = await projects.TagsAsync(page.Rows, cancellationToken);
        return list.Answer("projects", request.Url($"users/{id}/projects"), page, (writer, project) => ProjectView.Write(writer, project, tags[project.Id], request));
    }

    /// <summary>A default project must not be a domain; one that does not exist is kept and has no effect, as in Keystone.</summary>
    private static async Task<string?> DefaultProjectAsync(ResourceBody body, string? current, ProjectStore projects, CancellationToken cancellationToken)
    {
        if (!body.Has("default_project_id"))
        {
            return current;
        }

        var id = body.Id("default_project_id");
        return id is not null && await projects.FindAsync(id, cancellationToken) is { IsDomain: true }
            ? throw Errors.Invalid("User's default project ID cannot be a domain ID: " + id)
            : id;
    }

    /// <returns>Null when the body does not speak of it.</returns>
    private static NewPassword? ReadPassword(ResourceBody body, PasswordRules rules)
    {
        if (!body.Has("password"))
        {
            return null;
        }

        var password = body.Text("password");
        rules.Check(password);
        return new(password);
    }

    private static string Required(ResourceBody body, string field) => body.Text(field)
        ?? throw (body.Has(field) ? Errors.InvalidField(field, "None is not of type 'string'") : Errors.Invalid($"'{field}' is a required property"));

    private static string? ReadExtra(ResourceBody body, string? existing)
    {
        // Known by its type only.
        body.Text("description");
        if (body.Find("federated") is { } federated)
        {
            CheckFederated(federated);
        }

        return body.Extra(existing, Known);
    }

    /// <summary>There are no identity providers, so that a user cannot be known to one.</summary>
    private static void CheckFederated(JsonElement federated)
    {
        if (federated.ValueKind != JsonValueKind.Array)
        {
            throw Errors.InvalidField("federated", $"{ResourceBody.Show(federated)} is not of type 'array'");
        }

        foreach (var entry in federated.EnumerateArray())
        {
            throw entry.ValueKind == JsonValueKind.Object && entry.TryGetProperty("idp_id", out var provider) && provider.ValueKind == JsonValueKind.String
                ? Errors.Invalid($"Could not find Identity Provider: {provider.GetString()}")
                : Errors.InvalidField("federated/0", "'idp_id' is a required property");
        }
    }

    private static void CheckUnchanged(ResourceBody body, string field, string current, string message)
    {
        if (body.Has(field) && body.Text(field) != current)
        {
            throw Errors.Invalid(message);
        }
    }
}
