// SPDX-License-Identifier: Apache-2.0
using Meridian.Identity.Projects;
using Meridian.Platform.Config;
using Meridian.Platform.Policy;

using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Meridian.Identity.Domains;

/// <summary>/v3/domains. Source: identity v3 API, "Domains".</summary>
internal static class DomainEndpoints
{
    private static readonly string[] Known = ["name", "description", "enabled", "tags", "options", "explicit_domain_id", "is_domain", "domain_id", "parent_id"];

    public static void MapDomains(this RouteGroupBuilder api)
    {
        var domains = api.MapGroup("/domains");
        domains.MapRead("", ListAsync);
        domains.MapPost("", CreateAsync);
        domains.MapRead("/{id}", ShowAsync);
        domains.MapPatch("/{id}", UpdateAsync);
        domains.MapDelete("/{id}", DeleteAsync);
    }

    private static async Task<IResult> ListAsync(IdentityRequest request, DomainStore store, ProjectStore projects, CancellationToken cancellationToken)
    {
        request.Require(ProjectPolicies.ListDomains, request.OwnDomainTarget());
        var list = request.List(ProjectOptions.ListLimit);
        var page = await store.ListAsync(list, request.DomainScope, cancellationToken);
        var tags = await projects.TagsAsync(page.Rows, cancellationToken);
        return list.Answer("domains", request.Url("domains"), page, (writer, domain) => ProjectView.WriteDomain(writer, domain, tags[domain.Id], request));
    }

    private static async Task<IResult> CreateAsync(IdentityRequest request, ProjectStore projects, ServiceConfig config, CancellationToken cancellationToken)
    {
        request.Require(ProjectPolicies.CreateDomain);
        var body = await request.BodyAsync("domain");
        var domain = new Project
        {
            Id = ExplicitId(body) ?? Guid.NewGuid().ToString("N"),
            Name = body.Name(maxLength: 64).Trim(),
            Description = body.Text("description", 255) ?? "",
            Enabled = body.Boolean("enabled") ?? true,
            IsDomain = true,
            Options = body.Options(null),
            Extra = body.Extra(null, Known),
        };
        var tags = ProjectTag.Check(body.Texts("tags") ?? []);

        // A domain is a project as well: either option refuses.
        UrlSafety.CheckNew(config, ProjectOptions.DomainNameUrlSafe, "Domain", domain.Name);
        UrlSafety.CheckNew(config, ProjectOptions.ProjectNameUrlSafe, "Project", domain.Name);
        await projects.CreateAsync(domain, tags, cancellationToken);
        return JsonAnswer.Member(StatusCodes.Status201Created, "domain", writer => ProjectView.WriteDomain(writer, domain, tags, request));
    }

    private static async Task<IResult> ShowAsync(string id, IdentityRequest request, DomainStore store, ProjectStore projects, CancellationToken cancellationToken)
    {
        var domain = await GetAsync(id, ProjectPolicies.GetDomain, request, store, cancellationToken);
        var tags = await projects.TagsAsync([domain], cancellationToken);
        return JsonAnswer.Member(StatusCodes.Status200OK, "domain", writer => ProjectView.WriteDomain(writer, domain, tags[id], request));
    }

    private static async Task<IResult> UpdateAsync(
        string id, IdentityRequest request, DomainStore store, ProjectStore projects, ServiceConfig config, CancellationToken cancellationToken)
    {
        var domain = await GetAsync(id, ProjectPolicies.UpdateDomain, request, store, cancellationToken);
        var body = await request.BodyAsync("domain");
        body.RefuseEmpty("domain");
        ProjectEndpoints.CheckMutable(domain.Options, body, "domain", id);
        var wasEnabled = domain.Enabled;
        domain.Name = ProjectEndpoints.NewName(body, domain, config);
        domain.Description = body.Has("description") ? body.Text("description", 255) ?? "" : domain.Description;
        domain.Enabled = body.Boolean("enabled") ?? domain.Enabled;
        domain.Options = body.Options(domain.Options);
        domain.Extra = body.Extra(domain.Extra, Known);
        await projects.UpdateAsync(domain, body.Texts("tags") is { } given ? ProjectTag.Check(given) : null, wasEnabled, cancellationToken);
        var tags = await projects.TagsAsync([domain], cancellationToken);
        return JsonAnswer.Member(StatusCodes.Status200OK, "domain", writer => ProjectView.WriteDomain(writer, domain, tags[id], request));
    }

    private static async Task<IResult> DeleteAsync(string id, IdentityRequest request, DomainStore store, ServiceConfig config, CancellationToken cancellationToken)
    {
        var domain = await GetAsync(id, ProjectPolicies.DeleteDomain, request, store, cancellationToken);
        ProjectEndpoints.CheckMutable(domain.Options, null, "domain", id);
        if (id == config.Get(IdentityOptions.DefaultDomainId))
        {
            throw Errors.Forbidden("delete the default domain");
        }

        await store.DeleteAsync(id, cancellationToken);
        return JsonAnswer.NoContent;
    }

    private static async Task<Project> GetAsync(string id, PolicyRule rule, IdentityRequest request, DomainStore store, CancellationToken cancellationToken)
    {
        request.Require(rule, ProjectPolicies.DomainTarget(id));
        return await store.FindAsync(id, cancellationToken) ?? throw Errors.NotFound("domain", id);
    }

    private static string? ExplicitId(ResourceBody body) => body.Text("explicit_domain_id") is not { } id ? null
        : id.Length == 32 && Guid.TryParseExact(id, "N", out _) ? id
        : throw Errors.Invalid("Domain ID does not conform to required UUID format.");
}
