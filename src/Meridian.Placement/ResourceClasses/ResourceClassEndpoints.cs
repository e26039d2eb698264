// SPDX-License-Identifier: Apache-2.0
using System.Text.Json;

using Meridian.Platform.Http;
using Meridian.Platform.Policy;

using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Meridian.Placement.ResourceClasses;

/// <summary>/resource_classes. Source: placement API reference, "Resource Classes".</summary>
internal static class ResourceClassEndpoints
{
    public static void MapResourceClasses(this RouteGroupBuilder api)
    {
        var classes = api.MapGroup("/resource_classes").WithTags("resource_classes");
        classes.MapGet("", ListAsync).Since(1, 2);
        classes.MapPost("", CreateAsync).Since(1, 2);
        classes.MapGet("/{name}", ShowAsync).Since(1, 2);
        classes.MapPut("/{name}", UpdateAsync).Since(1, 2);
        classes.MapDelete("/{name}", DeleteAsync).Since(1, 2);
    }

    private static async Task<IResult> ListAsync(
        HttpRequest request, RequestContext context, IPolicyEnforcer policy, ResourceClassStore store, TimeProvider clock, CancellationToken cancellationToken)
    {
        policy.Require(context, PlacementPolicies.ListClasses, PolicyTarget.None);
        JsonAnswer.CheckAccept(request);
        var custom = await store.ListCustomAsync(cancellationToken);
        return new JsonAnswer(
            json =>
            {
                json.WriteStartObject();
                json.WriteStartArray("resource_classes");
                foreach (var name in ResourceClass.Standard.Concat(custom.Select(c => c.Name)))
                {
                    Write(json, name);
                }

                json.WriteEndArray();
                json.WriteEndObject();
            },
            custom.Count == 0 ? clock.GetUtcNow().UtcDateTime : custom.Max(c => c.CreatedAt));
    }

    private static async Task<IResult> CreateAsync(
        HttpRequest request, RequestContext context, IPolicyEnforcer policy, ResourceClassStore store, CancellationToken cancellationToken)
    {
        policy.Require(context, PlacementPolicies.CreateClass, PolicyTarget.None);
        var name = await ReadNameAsync(request, cancellationToken);
        return await store.TryCreateAsync(name, cancellationToken)
            ? new EmptyAnswer(201, location: "/resource_classes/" + name)
            : throw new ApiException(409, $"Conflicting resource class already exists: {name}");
    }

    private static async Task<IResult> ShowAsync(
        string name, HttpRequest request, RequestContext context, IPolicyEnforcer policy, ResourceClassStore store, CancellationToken cancellationToken)
    {
        policy.Require(context, PlacementPolicies.ShowClass, PolicyTarget.None);
        JsonAnswer.CheckAccept(request);
        var found = await store.GetAsync(name, cancellationToken);
        return new JsonAnswer(json => Write(json, name), found.CreatedAt);
    }

    private static async Task<IResult> UpdateAsync(
        string name, HttpRequest request, RequestContext context, IPolicyEnforcer policy, ResourceClassStore store, CancellationToken cancellationToken)
    {
        policy.Require(context, PlacementPolicies.UpdateClass, PolicyTarget.None);
        if (context.AtLeast(7))
        {
            // Creates, or says that it is there; a body is not looked at.
            CheckCustom(name);
            var created = await store.TryCreateAsync(name, cancellationToken);
            return new EmptyAnswer(created ? 201 : 204, location: "/resource_classes/" + name);
        }

        var newName = await ReadNameAsync(request, cancellationToken);
        if (ResourceClass.IsStandard(name))
        {
            throw new ApiException(400, $"Cannot update standard resource class {name}");
        }

        await store.RenameAsync(name, newName, cancellationToken);
        return new JsonAnswer(json => Write(json, newName), null);
    }

    private static async Task<IResult> DeleteAsync(
        string name, RequestContext context, IPolicyEnforcer policy, ResourceClassStore store, CancellationToken cancellationToken)
    {
        policy.Require(context, PlacementPolicies.DeleteClass, PolicyTarget.None);
        await store.DeleteAsync(name, cancellationToken);
        return new EmptyAnswer(204);
    }

    private static async Task<string> ReadNameAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        using var document = await request.ReadBodyAsync(cancellationToken);
        return CheckCustom(document.RootElement.AsObject("name").Member("name").AsText(maxLength: 255));
    }

    private static string CheckCustom(string name) =>
        RequestBody.IsCustomName(name) ? name : throw RequestBody.Invalid($"'{name}' does not match '^CUSTOM_[A-Z0-9_]+$'");

    private static void Write(Utf8JsonWriter json, string name)
    {
        json.WriteStartObject();
        json.WriteString("name", name);
        json.WriteStartArray("links");
        json.WriteStartObject();
        json.WriteString("rel", "self");
        json.WriteString("href", "/resource_classes/" + name);
        json.WriteEndObject();
        json.WriteEndArray();
        json.WriteEndObject();
    }
}
