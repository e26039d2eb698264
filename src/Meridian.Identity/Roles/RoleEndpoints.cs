// SPDX-License-Identifier: Apache-2.0
using System.Text.Json;

using Meridian.Identity.Projects;
using Meridian.Platform.Policy;

using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Meridian.Identity.Roles;

/// <summary>/v3/roles. Source: identity v3 API, "Roles".</summary>
internal static class RoleEndpoints
{
    private static readonly string[] Known = ["name", "domain_id", "description", "options"];

    public static void MapRoles(this RouteGroupBuilder api)
    {
        var roles = api.MapGroup("/roles");
        roles.MapRead("", ListAsync);
        roles.MapPost("", CreateAsync);
        roles.MapRead("/{id}", ShowAsync);
        roles.MapPatch("/{id}", UpdateAsync);
        roles.MapDelete("/{id}", DeleteAsync);
    }

    private static async Task<IResult> ListAsync(IdentityRequest request, RoleStore store, CancellationToken cancellationToken)
    {
        var list = request.List(RoleOptions.ListLimit);
        request.Require(list.Value("domain_id") is null ? RolePolicies.List : RolePolicies.ListOfDomain);
        return list.Answer("roles", request.Url("roles"), await store.ListAsync(list, cancellationToken), (writer, role) => RoleView.Write(writer, role, request));
    }

    private static async Task<IResult> CreateAsync(IdentityRequest request, RoleStore store, CancellationToken cancellationToken)
    {
        request.RequireToken();
        var body = await request.BodyAsync("role");
        var domainId = body.Id("domain_id");
        request.Require(domainId is null ? RolePolicies.Create : RolePolicies.CreateOfDomain);
        var role = new Role
        {
            Id = Guid.NewGuid().ToString("N"),
            DomainId = domainId ?? "",
            Name = body.Name(),
            Description = body.Text("description"),
            Options = body.Options(null),
            Extra = body.Extra(null, Known),
        };
        await store.CreateAsync(role, cancellationToken);
        return JsonAnswer.Member(StatusCodes.Status201Created, "role", writer => RoleView.Write(writer, role, request));
    }

    private static async Task<IResult> ShowAsync(string id, IdentityRequest request, RoleStore store, CancellationToken cancellationToken)
    {
        var role = await GetAsync(id, RolePolicies.Get, RolePolicies.GetOfDomain, request, store, cancellationToken);
        return JsonAnswer.Member(StatusCodes.Status200OK, "role", writer => RoleView.Write(writer, role, request));
    }

    private static async Task<IResult> UpdateAsync(string id, IdentityRequest request, RoleStore store, CancellationToken cancellationToken)
    {
        var role = await GetAsync(id, RolePolicies.Update, RolePolicies.UpdateOfDomain, request, store, cancellationToken);
        var body = await request.BodyAsync("role");
        body.RefuseEmpty("role");
        body.RequireId(id);
        ProjectEndpoints.CheckMutable(role.Options, body, "role", id);
        if (body.Has("domain_id") && (body.Text("domain_id") ?? "") != role.DomainId)
        {
            throw Errors.Invalid("Update of `domain_id` is not allowed.");
        }

        role.Name = body.Has("name") ? body.Name() : role.Name;
        role.Description = body.Has("description") ? body.Text("description") : role.Description;
        role.Options = body.Options(role.Options);
        role.Extra = body.Extra(role.Extra, Known);
        await store.UpdateAsync(role, cancellationToken);
        return JsonAnswer.Member(StatusCodes.Status200OK, "role", writer => RoleView.Write(writer, role, request));
    }

    private static async Task<IResult> DeleteAsync(string id, IdentityRequest request, RoleStore store, CancellationToken cancellationToken)
    {
        var role = await GetAsync(id, RolePolicies.Delete, RolePolicies.DeleteOfDomain, request, store, cancellationToken);
        ProjectEndpoints.CheckMutable(role.Options, null, "role", id);
        await store.DeleteAsync(id, cancellationToken);
        return JsonAnswer.NoContent;
    }

    private static async Task<Role> GetAsync(
        string id, PolicyRule rule, PolicyRule ruleOfDomain, IdentityRequest request, RoleStore store, CancellationToken cancellationToken)
    {
        request.RequireToken();
        var role = await store.FindAsync(id, cancellationToken);
        request.Require(role is { DomainId.Length: > 0 } ? ruleOfDomain : rule, role is null ? PolicyTarget.None : PolicyBase.Target(("target.role.name", role.Name)));
        return role ?? throw Errors.NotFound("role", id);
    }
}

/// <summary>A role as the API shows it.</summary>
internal static class RoleView
{
    public static void Write(Utf8JsonWriter writer, Role role, IdentityRequest request)
    {
        writer.WriteStartObject();
        writer.WriteString("id", role.Id);
        writer.WriteString("name", role.Name);
        writer.WriteString("domain_id", role.DomainId.Length == 0 ? null : role.DomainId);
        writer.WriteString("description", role.Description);
        writer.WriteOptions(role.Options);
        writer.WriteExtra(role.Extra);
        writer.WriteSelfLink(request.Url("roles/" + role.Id));
        writer.WriteEndObject();
    }

    /// <summary>The short form inside role inferences.</summary>
    public static void WriteShort(Utf8JsonWriter writer, Role role, IdentityRequest request)
    {
        writer.WriteStartObject();
        writer.WriteString("id", role.Id);
        writer.WriteString("name", role.Name);
        writer.WriteSelfLink(request.Url("roles/" + role.Id));
        writer.WriteEndObject();
    }
}
