// SPDX-License-Identifier: Apache-2.0
using Meridian.Identity.Projects;
using Meridian.Platform.Config;

using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Meridian.Identity.Limits;

/// <summary>/v3/limits. Source: identity v3 API, "Unified limits".</summary>
internal static class LimitEndpoints
{
    private static readonly string[] Known = ["service_id", "region_id", "resource_name", "resource_limit", "description", "project_id", "domain_id"];

    public static void MapLimits(this RouteGroupBuilder api)
    {
        var limits = api.MapGroup("/limits");
        limits.MapRead("", ListAsync);
        limits.MapPost("", CreateAsync);
        limits.MapRead("/model", ShowModel);
        limits.MapRead("/{id}", ShowAsync);
        limits.MapPatch("/{id}", UpdateAsync);
        limits.MapDelete("/{id}", DeleteAsync);
    }

    private static async Task<IResult> ListAsync(IdentityRequest request, LimitStore store, CancellationToken cancellationToken)
    {
        request.Require(LimitPolicies.List);
        var list = request.List(LimitOptions.ListLimit);
        var page = await store.ListAsync(list, Visible(request), cancellationToken);
        return list.Answer("limits", request.Url("limits"), page, (writer, limit) => LimitViews.Write(writer, limit, request));
    }

    /// <summary>Who runs the cloud or serves in it sees every limit; others those of their scope. Source: Keystone's limits API, which no rule expresses.</summary>
    private static LimitVisibility Visible(IdentityRequest request)
    {
        var token = request.RequireToken();
        var all = token.Info.IsSystemScoped || token.Info.Roles.Any(r => r.Name is "admin" or "service");
        return new(all, token.Payload.DomainId, token.Payload.ProjectId);
    }

    private static async Task<IResult> CreateAsync(IdentityRequest request, LimitStore store, CancellationToken cancellationToken)
    {
        request.Require(LimitPolicies.Create);
        var limits = (await ResourceBody.ReadManyAsync(request.HttpRequest, "limits", cancellationToken)).Select(Read).ToList();
        await store.CreateAsync(limits, cancellationToken);
        return JsonAnswer.Member(StatusCodes.Status201Created, "limits", writer => LimitViews.WriteAll(writer, limits, limit => LimitViews.Write(writer, limit, request)));
    }

    private static LimitLine Read(ResourceBody body)
    {
        body.RefuseUnknown(Known);
        var (projectId, domainId) = (body.Id("project_id"), body.Id("domain_id"));
        if (body.Has("project_id") == body.Has("domain_id") || (projectId ?? domainId) is null)
        {
            throw Errors.InvalidField("limits", "each names exactly one of 'project_id' and 'domain_id'");
        }

        return new()
        {
            Id = Guid.NewGuid().ToString("N"),
            ServiceId = body.Uuid("service_id") ?? throw Errors.Invalid("'service_id' is a required property"),
            RegionId = LimitViews.Region(body),
            ResourceName = body.Name("resource_name"),
            ResourceLimit = body.Integer("resource_limit", -1) ?? throw Errors.Invalid("'resource_limit' is a required property"),
            Description = body.Text("description", 255),
            ProjectId = projectId ?? "",
            DomainId = domainId ?? "",
        };
    }

    private static JsonAnswer ShowModel(IdentityRequest request, ServiceConfig config)
    {
        request.Require(LimitPolicies.GetModel);
        var model = config.Get(LimitOptions.EnforcementModel);
        return JsonAnswer.Member(StatusCodes.Status200OK, "model", writer =>
        {
            writer.WriteStartObject();
            writer.WriteString("name", model);
            writer.WriteString("description", LimitHierarchy.Describe(model));
            writer.WriteEndObject();
        });
    }

    private static async Task<IResult> ShowAsync(string id, IdentityRequest request, LimitStore store, ProjectStore projects, CancellationToken cancellationToken)
    {
        request.RequireToken();
        var limit = await store.FindAsync(id, cancellationToken);
        var project = limit is { ProjectId.Length: > 0 } ? await projects.FindAsync(limit.ProjectId, cancellationToken) : null;
        request.Require(LimitPolicies.Get, LimitPolicies.Target(limit, project?.DomainId));
        _ = limit ?? throw LimitStore.NotFound(id);
        return JsonAnswer.Member(StatusCodes.Status200OK, "limit", writer => LimitViews.Write(writer, limit, request));
    }

    private static async Task<IResult> UpdateAsync(string id, IdentityRequest request, LimitStore store, CancellationToken cancellationToken)
    {
        request.Require(LimitPolicies.Update);
        var body = await request.BodyAsync("limit");
        body.RefuseUnknown("resource_limit", "description");
        var change = new LimitChange(body.Integer("resource_limit", -1), body.Has("description"), body.Text("description", 255));
        var limit = await store.UpdateAsync(id, change, cancellationToken);
        return JsonAnswer.Member(StatusCodes.Status200OK, "limit", writer => LimitViews.Write(writer, limit, request));
    }

    private static async Task<IResult> DeleteAsync(string id, IdentityRequest request, LimitStore store, CancellationToken cancellationToken)
    {
        request.Require(LimitPolicies.Delete);
        await store.DeleteAsync(id, cancellationToken);
        return JsonAnswer.NoContent;
    }
}
