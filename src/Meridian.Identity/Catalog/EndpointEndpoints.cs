// SPDX-License-Identifier: Apache-2.0
using Meridian.Identity.EndpointFilter;
using Meridian.Platform.Policy;

using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Meridian.Identity.Catalog;

/// <summary>/v3/endpoints. Source: identity v3 API, "Service catalog and endpoints".</summary>
internal static class EndpointEndpoints
{
    /// <summary>Source: Keystone's schema of endpoints.</summary>
    private const int MaxUrlLength = 225;

    private static readonly string[] Known = ["interface", "region", "region_id", "service_id", "url", "enabled", "legacy_endpoint_id"];

    public static void MapEndpoints(this RouteGroupBuilder api)
    {
        var endpoints = api.MapGroup("/endpoints");
        endpoints.MapRead("", ListAsync);
        endpoints.MapPost("", CreateAsync);
        endpoints.MapRead("/{id}", ShowAsync);
        endpoints.MapPatch("/{id}", UpdateAsync);
        endpoints.MapDelete("/{id}", DeleteAsync);
    }

    private static async Task<IResult> ListAsync(IdentityRequest request, EndpointStore store, CancellationToken cancellationToken)
    {
        request.Require(EndpointPolicies.List);
        var list = request.List(EndpointFilterOptions.CatalogListLimit);
        return list.Answer("endpoints", request.Url("endpoints"), await store.ListAsync(list, cancellationToken), (writer, endpoint) => EndpointView.Write(writer, endpoint, request));
    }

    private static async Task<IResult> CreateAsync(IdentityRequest request, EndpointStore store, CancellationToken cancellationToken)
    {
        request.Require(EndpointPolicies.Create);
        var body = await request.BodyAsync("endpoint");
        CheckTexts(body);
        var endpoint = new Endpoint
        {
            Id = Guid.NewGuid().ToString("N"),
            Interface = Interface(body) ?? throw Errors.Invalid("'interface' is a required property"),
            ServiceId = body.Id("service_id") ?? throw Errors.Invalid("'service_id' is a required property"),
            Url = Url(body) ?? throw Errors.Invalid("'url' is a required property"),
            RegionId = RegionId(body),
            Enabled = body.Boolean("enabled") ?? true,
            Extra = body.Extra(null, Known),
        };
        await store.CreateAsync(endpoint, NamesRegion(body), cancellationToken);
        return JsonAnswer.Member(StatusCodes.Status201Created, "endpoint", writer => EndpointView.Write(writer, endpoint, request));
    }

    private static async Task<IResult> ShowAsync(string id, IdentityRequest request, EndpointStore store, CancellationToken cancellationToken)
    {
        request.Require(EndpointPolicies.Get);
        var endpoint = await store.GetAsync(id, cancellationToken);
        return JsonAnswer.Member(StatusCodes.Status200OK, "endpoint", writer => EndpointView.Write(writer, endpoint, request));
    }

    private static async Task<IResult> UpdateAsync(string id, IdentityRequest request, EndpointStore store, CancellationToken cancellationToken)
    {
        request.Require(EndpointPolicies.Update);
        var body = await request.BodyAsync("endpoint");
        var endpoint = await store.GetAsync(id, cancellationToken);
        body.RefuseEmpty("endpoint");
        body.RequireId(id);
        CheckTexts(body);
        endpoint.Interface = Interface(body) ?? endpoint.Interface;
        endpoint.ServiceId = body.Id("service_id") ?? endpoint.ServiceId;
        endpoint.Url = Url(body) ?? endpoint.Url;
        endpoint.RegionId = body.Has("region_id") || body.Has("region") ? RegionId(body) : endpoint.RegionId;
        endpoint.Enabled = body.Boolean("enabled") ?? endpoint.Enabled;
        endpoint.Extra = body.Extra(endpoint.Extra, Known);
        await store.UpdateAsync(endpoint, NamesRegion(body), cancellationToken);
        return JsonAnswer.Member(StatusCodes.Status200OK, "endpoint", writer => EndpointView.Write(writer, endpoint, request));
    }

    private static async Task<IResult> DeleteAsync(string id, IdentityRequest request, EndpointStore store, CancellationToken cancellationToken)
    {
        request.Require(EndpointPolicies.Delete);
        await store.DeleteAsync(id, cancellationToken);
        return JsonAnswer.NoContent;
    }

    private static string? Interface(ResourceBody body) => body.Text("interface") switch
    {
        null => null,
        "public" or "internal" or "admin" => body.Text("interface"),
        var other => throw Errors.InvalidField("interface", $"'{other}' is not one of ['admin', 'internal', 'public']"),
    };

    /// <summary>Old clients write <c>region</c> for <c>region_id</c>.</summary>
    private static string? RegionId(ResourceBody body) => body.Text("region_id", 255) ?? body.Text("region", 255);

    /// <summary>Whether a region that is not there yet is made: <c>region</c> makes it, <c>region_id</c> must find it.</summary>
    private static bool NamesRegion(ResourceBody body) => !body.Has("region_id") && body.Has("region");

    /// <summary>Attributes that are kept as they come, and have a form all the same.</summary>
    private static void CheckTexts(ResourceBody body)
    {
        _ = body.Has("name") ? body.RequiredText("name") : null;
        _ = body.Text("description");
    }

    private static string? Url(ResourceBody body)
    {
        if (body.Text("url", MaxUrlLength) is not { } url)
        {
            return null;
        }

        // OSSA-2014-029: a template may only name the asker's own ids.
        var isUrl = EndpointUrl.TryParse(url, out var template) && Uri.TryCreate(template.Format("p", "u"), UriKind.Absolute, out var uri)
            && uri.Scheme is "http" or "https" or "ws" or "wss" or "rtmp" or "rtsp";
        return isUrl ? url : throw Errors.Invalid($"Cannot create an endpoint with an invalid URL: {(url.Length > 255 ? url[..255] + "…" : url)}.");
    }
}

/// <summary>Source: Keystone's policy defaults, "endpoint".</summary>
internal static class EndpointPolicies
{
    public static readonly PolicyRule Get = new("identity:get_endpoint", PolicyBase.AdminOrSystemReader, "Show an endpoint.", PolicyScopes.SystemOrProject);
    public static readonly PolicyRule List = new("identity:list_endpoints", PolicyBase.AdminOrSystemReader, "List endpoints.", PolicyScopes.SystemOrProject);
    public static readonly PolicyRule Create = new("identity:create_endpoint", PolicyBase.Admin, "Create an endpoint.", PolicyScopes.SystemOrProject);
    public static readonly PolicyRule Update = new("identity:update_endpoint", PolicyBase.Admin, "Change an endpoint.", PolicyScopes.SystemOrProject);
    public static readonly PolicyRule Delete = new("identity:delete_endpoint", PolicyBase.Admin, "Delete an endpoint.", PolicyScopes.SystemOrProject);

    public static IReadOnlyList<PolicyRule> All { get; } = [Get, List, Create, Update, Delete];
}
