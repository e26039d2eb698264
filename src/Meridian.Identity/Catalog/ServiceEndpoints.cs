// SPDX-License-Identifier: Apache-2.0
using System.Text.Json;

using Meridian.Identity.EndpointFilter;
using Meridian.Platform.Policy;

using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Meridian.Identity.Catalog;

/// <summary>/v3/services. Source: identity v3 API, "Service catalog and endpoints".</summary>
internal static class ServiceEndpoints
{
    private static readonly string[] Known = ["type", "name", "enabled"];

    public static void MapServices(this RouteGroupBuilder api)
    {
        var services = api.MapGroup("/services");
        services.MapRead("", ListAsync);
        services.MapPost("", CreateAsync);
        services.MapRead("/{id}", ShowAsync);
        services.MapPatch("/{id}", UpdateAsync);
        services.MapDelete("/{id}", DeleteAsync);
    }

    private static async Task<IResult> ListAsync(IdentityRequest request, ServiceStore store, CancellationToken cancellationToken)
    {
        request.Require(ServicePolicies.List);
        var list = request.List(EndpointFilterOptions.CatalogListLimit);
        return list.Answer("services", request.Url("services"), await store.ListAsync(list, cancellationToken), (writer, service) => Write(writer, service, request));
    }

    private static async Task<IResult> CreateAsync(IdentityRequest request, ServiceStore store, CancellationToken cancellationToken)
    {
        request.Require(ServicePolicies.Create);
        var body = await request.BodyAsync("service");
        var service = new Service
        {
            Id = Guid.NewGuid().ToString("N"),
            Type = body.Filled("type", 255) ?? throw Errors.Invalid("'type' is a required property"),
            Name = body.Filled("name", 255),
            Enabled = body.Boolean("enabled") ?? true,
            Extra = body.Extra(null, Known),
        };
        await store.CreateAsync(service, cancellationToken);
        return JsonAnswer.Member(StatusCodes.Status201Created, "service", writer => Write(writer, service, request));
    }

    private static async Task<IResult> ShowAsync(string id, IdentityRequest request, ServiceStore store, CancellationToken cancellationToken)
    {
        request.Require(ServicePolicies.Get);
        var service = await store.GetAsync(id, cancellationToken);
        return JsonAnswer.Member(StatusCodes.Status200OK, "service", writer => Write(writer, service, request));
    }

    private static async Task<IResult> UpdateAsync(string id, IdentityRequest request, ServiceStore store, CancellationToken cancellationToken)
    {
        request.Require(ServicePolicies.Update);
        var body = await request.BodyAsync("service");
        var service = await store.GetAsync(id, cancellationToken);
        body.RefuseEmpty("service");
        body.RequireId(id);
        service.Type = body.Filled("type", 255) ?? service.Type;
        service.Name = body.Filled("name", 255) ?? service.Name;
        service.Enabled = body.Boolean("enabled") ?? service.Enabled;
        service.Extra = body.Extra(service.Extra, Known);
        await store.UpdateAsync(service, cancellationToken);
        return JsonAnswer.Member(StatusCodes.Status200OK, "service", writer => Write(writer, service, request));
    }

    private static async Task<IResult> DeleteAsync(string id, IdentityRequest request, ServiceStore store, CancellationToken cancellationToken)
    {
        request.Require(ServicePolicies.Delete);
        await store.DeleteAsync(id, cancellationToken);
        return JsonAnswer.NoContent;
    }

    private static void Write(Utf8JsonWriter writer, Service service, IdentityRequest request)
    {
        writer.WriteStartObject();
        writer.WriteString("id", service.Id);
        writer.WriteString("type", service.Type);
        writer.WriteBoolean("enabled", service.Enabled);
        writer.WriteString("name", service.Name ?? "");
        writer.WriteExtra(service.Extra);
        writer.WriteSelfLink(request.Url("services/" + service.Id));
        writer.WriteEndObject();
    }
}

/// <summary>Source: Keystone's policy defaults, "service".</summary>
internal static class ServicePolicies
{
    public static readonly PolicyRule Get = new("identity:get_service", PolicyBase.AdminOrSystemReader, "Show a service.", PolicyScopes.SystemOrProject);
    public static readonly PolicyRule List = new("identity:list_services", PolicyBase.AdminOrSystemReader, "List services.", PolicyScopes.SystemOrProject);
    public static readonly PolicyRule Create = new("identity:create_service", PolicyBase.Admin, "Create a service.", PolicyScopes.SystemOrProject);
    public static readonly PolicyRule Update = new("identity:update_service", PolicyBase.Admin, "Change a service.", PolicyScopes.SystemOrProject);
    public static readonly PolicyRule Delete = new("identity:delete_service", PolicyBase.Admin, "Delete a service.", PolicyScopes.SystemOrProject);

    public static IReadOnlyList<PolicyRule> All { get; } = [Get, List, Create, Update, Delete];
}
