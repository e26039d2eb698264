// SPDX-License-Identifier: Apache-2.0
using System.Text.Json;

using Meridian.Platform.Http;

using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Meridian.Identity.Limits;

/// <summary>/v3/registered_limits. Source: identity v3 API, "Unified limits"; its schemas are closed, unlike most of Keystone's.</summary>
internal static class RegisteredLimitEndpoints
{
    private static readonly string[] Known = ["service_id", "region_id", "resource_name", "default_limit", "description"];

    public static void MapRegisteredLimits(this RouteGroupBuilder api)
    {
        var limits = api.MapGroup("/registered_limits");
        limits.MapRead("", ListAsync);
        limits.MapPost("", CreateAsync);
        limits.MapRead("/{id}", ShowAsync);
        limits.MapPatch("/{id}", UpdateAsync);
        limits.MapDelete("/{id}", DeleteAsync);
    }

    private static async Task<IResult> ListAsync(IdentityRequest request, RegisteredLimitStore store, CancellationToken cancellationToken)
    {
        request.Require(LimitPolicies.ListRegistered);
        var list = request.List(LimitOptions.ListLimit);
        var page = await store.ListAsync(list, cancellationToken);
        return list.Answer("registered_limits", request.Url("registered_limits"), page, (writer, limit) => Write(writer, limit, request));
    }

    private static async Task<IResult> CreateAsync(IdentityRequest request, RegisteredLimitStore store, CancellationToken cancellationToken)
    {
        request.Require(LimitPolicies.CreateRegistered);
        var limits = (await ResourceBody.ReadManyAsync(request.HttpRequest, "registered_limits", cancellationToken)).Select(Read).ToList();
        await store.CreateAsync(limits, cancellationToken);
        return JsonAnswer.Member(StatusCodes.Status201Created, "registered_limits", writer => LimitViews.WriteAll(writer, limits, limit => Write(writer, limit, request)));
    }

    private static RegisteredLimit Read(ResourceBody body)
    {
        body.RefuseUnknown(Known);
        return new()
        {
            Id = Guid.NewGuid().ToString("N"),
            ServiceId = body.Uuid("service_id") ?? throw Errors.Invalid("'service_id' is a required property"),
            RegionId = Region(body),
            ResourceName = body.Name("resource_name"),
            DefaultLimit = body.Integer("default_limit", -1) ?? throw Errors.Invalid("'default_limit' is a required property"),
            Description = body.Text("description", 255),
        };
    }

    private static async Task<IResult> ShowAsync(string id, IdentityRequest request, RegisteredLimitStore store, CancellationToken cancellationToken)
    {
        request.Require(LimitPolicies.GetRegistered);
        var limit = await store.GetAsync(id, cancellationToken);
        return JsonAnswer.Member(StatusCodes.Status200OK, "registered_limit", writer => Write(writer, limit, request));
    }

    private static async Task<IResult> UpdateAsync(string id, IdentityRequest request, RegisteredLimitStore store, CancellationToken cancellationToken)
    {
        request.Require(LimitPolicies.UpdateRegistered);
        var body = await request.BodyAsync("registered_limit");
        body.RefuseUnknown(Known);
        var limit = await store.GetAsync(id, cancellationToken);
        limit.ServiceId = body.Uuid("service_id") ?? limit.ServiceId;
        limit.RegionId = body.Has("region_id") ? Region(body) : limit.RegionId;
        limit.ResourceName = body.Has("resource_name") ? body.Name("resource_name") : limit.ResourceName;
        limit.DefaultLimit = body.Integer("default_limit", -1) ?? limit.DefaultLimit;
        limit.Description = body.Has("description") ? body.Text("description", 255) : limit.Description;
        await store.UpdateAsync(limit, cancellationToken);
        return JsonAnswer.Member(StatusCodes.Status200OK, "registered_limit", writer => Write(writer, limit, request));
    }

    private static async Task<IResult> DeleteAsync(string id, IdentityRequest request, RegisteredLimitStore store, CancellationToken cancellationToken)
    {
        request.Require(LimitPolicies.DeleteRegistered);
        await store.DeleteAsync(id, cancellationToken);
        return JsonAnswer.NoContent;
    }

    private static string Region(ResourceBody body) => LimitViews.Region(body);

    private static void Write(Utf8JsonWriter writer, RegisteredLimit limit, IdentityRequest request)
    {
        writer.WriteStartObject();
        writer.WriteString("id", limit.Id);
        writer.WriteString("service_id", limit.ServiceId);
        writer.WriteString("region_id", limit.RegionId.Length == 0 ? null : limit.RegionId);
        writer.WriteString("resource_name", limit.ResourceName);
        writer.WriteNumber("default_limit", limit.DefaultLimit);
        writer.WriteString("description", limit.Description);
        writer.WriteSelfLink(request.Url("registered_limits/" + limit.Id));
        writer.WriteEndObject();
    }
}

/// <summary>What the bodies of both kinds of limits have in common.</summary>
internal static class LimitViews
{
    /// <summary>The region of a limit; empty when there is none.</summary>
    /// <exception cref="ApiException">400.</exception>
    public static string Region(ResourceBody body) => body.Text("region_id", 255) switch
    {
        null => "",
        "" => throw Errors.InvalidField("region_id", "'' should be non-empty"),
        var id => id,
    };

    /// <param name="request">Null where a limit is shown inside something else, without links.</param>
    public static void Write(Utf8JsonWriter writer, LimitLine limit, IdentityRequest? request)
    {
        writer.WriteStartObject();
        writer.WriteString("id", limit.Id);
        writer.WriteString("project_id", limit.ProjectId.Length == 0 ? null : limit.ProjectId);
        writer.WriteString("domain_id", limit.DomainId.Length == 0 ? null : limit.DomainId);
        writer.WriteString("service_id", limit.ServiceId);
        writer.WriteString("region_id", limit.RegionId.Length == 0 ? null : limit.RegionId);
        writer.WriteString("resource_name", limit.ResourceName);
        writer.WriteNumber("resource_limit", limit.ResourceLimit);
        writer.WriteString("description", limit.Description);
        if (request is not null)
        {
            writer.WriteSelfLink(request.Url("limits/" + limit.Id));
        }

        writer.WriteEndObject();
    }

    public static void WriteAll<T>(Utf8JsonWriter writer, IEnumerable<T> items, Action<T> write)
    {
        writer.WriteStartArray();
        foreach (var item in items)
        {
            write(item);
        }

        writer.WriteEndArray();
    }
}
