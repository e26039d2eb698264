// SPDX-License-Identifier: Apache-2.0
using System.Text.Json;

using Meridian.Identity.Domains;
using Meridian.Platform.Config;
using Meridian.Platform.Http;
using Meridian.Platform.Policy;

using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Meridian.Identity.Projects;

/// <summary>/v3/projects. Source: identity v3 API, "Projects".</summary>
internal static class ProjectEndpoints
{
    private static readonly string[] Known = ["name", "domain_id", "parent_id", "description", "enabled", "is_domain", "tags", "options", "parents", "subtree"];

    public static void MapProjects(this RouteGroupBuilder api)
    {
        var projects = api.MapGroup("/projects");
        projects.MapRead("", ListAsync);
        projects.MapPost("", CreateAsync);
        projects.MapRead("/{id}", ShowAsync);
        projects.MapPatch("/{id}", UpdateAsync);
        projects.MapDelete("/{id}", DeleteAsync);
    }

    /// <exception cref="ApiException">401, 403, or 404 after the rule let it pass.</exception>
    public static async Task<Project> GetAsync(string id, PolicyRule rule, IdentityRequest request, ProjectStore store, CancellationToken cancellationToken)
    {
        request.RequireToken();
        var project = await store.FindAsync(id, cancellationToken);
        request.Require(rule, ProjectPolicies.Target(project));
        return project ?? throw Errors.NotFound("project", id);
    }

    /// <summary>Refuses to touch an immutable one, but for a change that takes that option away and does nothing else.</summary>
    public static void CheckMutable(string? options, ResourceBody? change, string type, string id)
    {
        var released = change?.Find("options") is { ValueKind: JsonValueKind.Object } given && given.TryGetProperty("immutable", out var immutable) && immutable.ValueKind != JsonValueKind.True;
        if (JsonWriting.IsImmutable(options) && !(released && change!.Count == 1))
        {
            throw Errors.Immutable(change is null ? "delete" : "update", type, id);
        }
    }

    private static async Task<IResult> ListAsync(IdentityRequest request, ProjectStore store, CancellationToken cancellationToken)
    {
        request.Require(ProjectPolicies.List, request.OwnDomainTarget());
        var list = request.List(ProjectOptions.ListLimit);
        var page = await store.ListAsync(list, request.DomainScope, cancellationToken);
        var tags = await store.TagsAsync(page.Rows, cancellationToken);
        return list.Answer("projects", request.Url("projects"), page, (writer, project) => ProjectView.Write(writer, project, tags[project.Id], request));
    }

    private static async Task<IResult> CreateAsync(IdentityRequest request, ProjectStore store, ServiceConfig config, CancellationToken cancellationToken)
    {
        request.RequireToken();
        var body = await request.BodyAsync("project");
        var isDomain = body.Boolean("is_domain") ?? false;
        var parentId = body.Id("parent_id");
        var domainId = isDomain ? "" : body.Id("domain_id") ?? await DomainOfParentAsync(parentId, store, cancellationToken) ?? request.OwnDomainId();
        request.Require(ProjectPolicies.Create, isDomain ? PolicyTarget.None : body.DomainTarget("target.project.domain_id"));
        if (isDomain && parentId is not null)
        {
            throw Errors.Invalid("only root projects are allowed to act as domains.");
        }

        var project = new Project
        {
            Id = Guid.NewGuid().ToString("N"),
            DomainId = domainId,
            ParentId = isDomain ? null : parentId ?? domainId,
            Name = body.Name(maxLength: 64).Trim(),
            Description = body.Text("description") ?? "",
            Enabled = body.Boolean("enabled") ?? true,
            IsDomain = isDomain,
            Options = body.Options(null),
            Extra = body.Extra(null, Known),
        };
        var tags = ProjectTag.Check(body.Texts("tags") ?? []);
        UrlSafety.CheckNew(config, ProjectOptions.ProjectNameUrlSafe, "Project", project.Name);
        await store.CreateAsync(project, tags, cancellationToken);
        return JsonAnswer.Member(StatusCodes.Status201Created, "project", writer => ProjectView.Write(writer, project, tags, request));
    }

    private static async Task<IResult> ShowAsync(string id, IdentityRequest request, ProjectStore store, ProjectRelatives relatives, CancellationToken cancellationToken)
    {
        var project = await GetAsync(id, ProjectPolicies.Get, request, store, cancellationToken);
        var tags = await store.TagsAsync([project], cancellationToken);
        var write = await relatives.LoadAsync(project, request, cancellationToken);
        return JsonAnswer.Member(StatusCodes.Status200OK, "project", writer => ProjectView.Write(writer, project, tags[id], request, write));
    }

    private static async Task<IResult> UpdateAsync(string id, IdentityRequest request, ProjectStore store, ServiceConfig config, CancellationToken cancellationToken)
    {
        var project = await GetAsync(id, ProjectPolicies.Update, request, store, cancellationToken);
        var body = await request.BodyAsync("project");
        body.RequireId(id);
        CheckMutable(project.Options, body, project.IsDomain ? "domain" : "project", id);
        if (body.Has("parent_id") && body.Text("parent_id") != project.ParentId)
        {
            throw Errors.Refused("Update of `parent_id` is not allowed.");
        }

        if (body.Boolean("is_domain") is { } isDomain && isDomain != project.IsDomain)
        {
            throw Errors.Invalid("Update of `is_domain` is not allowed.");
        }

        if (body.Has("domain_id") && (body.Text("domain_id") ?? "") != project.DomainId)
        {
            throw Errors.Invalid("Cannot change Domain ID");
        }

        var wasEnabled = project.Enabled;
        project.Name = NewName(body, project, config);
        project.Description = body.Has("description") ? body.Text("description") ?? "" : project.Description;
        project.Enabled = body.Boolean("enabled") ?? project.Enabled;
        project.Options = body.Options(project.Options);
        project.Extra = body.Extra(project.Extra, Known);
        await store.UpdateAsync(project, body.Texts("tags") is { } given ? ProjectTag.Check(given) : null, wasEnabled, cancellationToken);
        var tags = await store.TagsAsync([project], cancellationToken);
        return JsonAnswer.Member(StatusCodes.Status200OK, "project", writer => ProjectView.Write(writer, project, tags[id], request));
    }

    private static async Task<IResult> DeleteAsync(string id, IdentityRequest request, ProjectStore store, DomainStore domains, CancellationToken cancellationToken)
    {
        var project = await GetAsync(id, ProjectPolicies.Delete, request, store, cancellationToken);
        CheckMutable(project.Options, null, project.IsDomain ? "domain" : "project", id);
        await (project.IsDomain ? domains.DeleteAsync(id, cancellationToken) : store.DeleteAsync(id, cancellationToken));
        return JsonAnswer.NoContent;
    }

    /// <exception cref="ApiException">400. A name that stays may be what it is.</exception>
    public static string NewName(ResourceBody body, Project project, ServiceConfig config)
    {
        var name = body.Has("name") ? body.Name(maxLength: 64).Trim() : project.Name;
        if (name != project.Name)
        {
            var (option, entity) = project.IsDomain ? (ProjectOptions.DomainNameUrlSafe, "Domain") : (ProjectOptions.ProjectNameUrlSafe, "Project");
            UrlSafety.CheckNew(config, option, entity, name);
        }

        return name;
    }

    private static async Task<string?> DomainOfParentAsync(string? parentId, ProjectStore store, CancellationToken cancellationToken) =>
        parentId is null || await store.FindAsync(parentId, cancellationToken) is not { } parent ? null : parent.IsDomain ? parent.Id : parent.DomainId;
}
