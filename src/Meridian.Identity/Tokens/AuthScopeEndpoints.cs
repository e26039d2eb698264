// SPDX-License-Identifier: Apache-2.0
using Meridian.Identity.Assignments;
using Meridian.Identity.Catalog;
using Meridian.Identity.Domains;
using Meridian.Identity.Projects;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Meridian.Identity.Tokens;

/// <summary>/v3/auth/projects, domains, system, catalog. Source: identity v3 API, "Authentication and token management".</summary>
internal static class AuthScopeEndpoints
{
    public static void MapAuthScopes(this RouteGroupBuilder api)
    {
        api.MapRead("/auth/projects", ListProjectsAsync);
        api.MapRead("/auth/domains", ListDomainsAsync);
        api.MapRead("/auth/system", ShowSystemAsync);
        api.MapRead("/auth/catalog", ShowCatalogAsync);

        // Their older spellings.
        api.MapRead("/OS-FEDERATION/projects", ListProjectsAsync);
        api.MapRead("/OS-FEDERATION/domains", ListDomainsAsync);
    }

    private static async Task<IResult> ListProjectsAsync(IdentityRequest request, RoleResolver roles, ProjectStore projects, CancellationToken cancellationToken)
    {
        request.Require(TokenPolicies.Projects);
        var list = request.List();
        var page = await projects.ListByIdsAsync(list, await roles.ProjectIdsAsync(request.UserId, cancellationToken), cancellationToken);
        var tags = await projects.TagsAsync(page.Rows, cancellationToken);
        return list.Answer("projects", request.Url("auth/projects"), page, (writer, project) => ProjectView.Write(writer, project, tags[project.Id], request));
    }

    private static async Task<IResult> ListDomainsAsync(
        IdentityRequest request, RoleResolver roles, DomainStore domains, ProjectStore projects, CancellationToken cancellationToken)
    {
        request.Require(TokenPolicies.Domains);
        var list = request.List();
        var page = await domains.ListByIdsAsync(list, await roles.DomainIdsAsync(request.UserId, cancellationToken), cancellationToken);
        var tags = await projects.TagsAsync(page.Rows, cancellationToken);
        return list.Answer("domains", request.Url("auth/domains"), page, (writer, domain) => ProjectView.WriteDomain(writer, domain, tags[domain.Id], request));
    }

    private static async Task<IResult> ShowSystemAsync(IdentityRequest request, RoleResolver roles, CancellationToken cancellationToken)
    {
        request.Require(TokenPolicies.System);
        var held = await roles.OnSystemAsync(request.UserId, cancellationToken);
        return new JsonAnswer(StatusCodes.Status200OK, writer =>
        {
            writer.WriteStartObject();
            writer.WriteStartArray("system");
            if (held.Count > 0)
            {
                writer.WriteStartObject();
                writer.WriteBoolean("all", true);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
            writer.WriteSelfLink(request.Url("auth/system"));
            writer.WriteEndObject();
        });
    }

    private static async Task<IResult> ShowCatalogAsync(IdentityRequest request, CatalogCache catalogs, CancellationToken cancellationToken)
    {
        request.Require(TokenPolicies.Catalog);
        var projectId = request.Token!.Payload.ProjectId ?? throw Errors.Refused("A project-scoped token is required to produce a service catalog.");
        return new CatalogAnswer(await catalogs.GetAsync(projectId, request.Token.CatalogUserId, cancellationToken), request.Url("auth/catalog"));
    }
}
