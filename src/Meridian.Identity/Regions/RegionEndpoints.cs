// SPDX-License-Identifier: Apache-2.0
using System.Text.Json;

using Meridian.Identity.EndpointFilter;
using Meridian.Platform.Policy;

using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Meridian.Identity.Regions;

/// <summary>/v3/regions. Source: identity v3 API, "Regions".</summary>
internal static class RegionEndpoints
{
    private static readonly string[] Known = ["description", "parent_region_id"];

    public static void MapRegions(this RouteGroupBuilder api)
    {
        var regions = api.MapGroup("/regions");
        regions.MapRead("", ListAsync);
        regions.MapPost("", (IdentityRequest request, RegionStore store, CancellationToken cancellationToken) => CreateAsync(null, request, store, cancellationToken));
        regions.MapRead("/{id}", ShowAsync);
        regions.MapPut("/{id}", (string id, IdentityRequest request, RegionStore store, CancellationToken cancellationToken) => CreateAsync(id, request, store, cancellationToken));
        regions.MapPatch("/{id}", UpdateAsync);
        regions.MapDelete("/{id}", DeleteAsync);
    }

    private static async Task<IResult> ListAsync(IdentityRequest request, RegionStore store, CancellationToken cancellationToken)
    {
        request.Require(RegionPolicies.List);
        var list = request.List(EndpointFilterOptions.CatalogListLimit);
        return list.Answer("regions", request.Url("regions"), await store.ListAsync(list, cancellationToken), (writer, region) => Write(writer, region, request));
    }

    /// <param name="id">The id in the path of a PUT; a POST has it in the body, or gets one.</param>
    private static async Task<IResult> CreateAsync(string? id, IdentityRequest request, RegionStore store, CancellationToken cancellationToken)
    {
        request.Require(RegionPolicies.Create);
        var body = await request.BodyAsync("region");
        var named = body.Text("id", 255);
        if (id is not null && named is not null && named != id)
        {
            throw Errors.Invalid($"Conflicting region IDs specified: \"{id}\" != \"{named}\"");
        }

        var region = new Region
        {
            Id = id ?? (string.IsNullOrEmpty(named) ? Guid.NewGuid().ToString("N") : named),
            Description = body.Text("description", 255) ?? "",
            ParentRegionId = body.Text("parent_region_id", 255),
            Extra = body.Extra(null, Known),
        };
        await store.CreateAsync(region, cancellationToken);
        return JsonAnswer.Member(StatusCodes.Status201Created, "region", writer => Write(writer, region, request));
    }

    private static async Task<IResult> ShowAsync(string id, IdentityRequest request, RegionStore store, CancellationToken cancellationToken)
    {
        request.Require(RegionPolicies.Get);
        var region = await store.GetAsync(id, cancellationToken);
        return JsonAnswer.Member(StatusCodes.Status200OK, "region", writer => Write(writer, region, request));
    }

    private static async Task<IResult> UpdateAsync(string id, IdentityRequest request, RegionStore store, CancellationToken cancellationToken)
    {
        request.Require(RegionPolicies.Update);
        var body = await request.BodyAsync("region");
        var region = await store.GetAsync(id, cancellationToken);
        body.RefuseEmpty("region");
        body.RequireId(id);
        region.Description = body.Has("description") ? body.Text("description", 255) ?? "" : region.Description;
        region.ParentRegionId = body.Has("parent_region_id") ? body.Text("parent_region_id", 255) : region.ParentRegionId;
        region.Extra = body.Extra(region.Extra, Known);
        await store.UpdateAsync(region, cancellationToken);
        return JsonAnswer.Member(StatusCodes.Status200OK, "region", writer => Write(writer, region, request));
    }

    private static async Task<IResult> DeleteAsync(string id, IdentityRequest request, RegionStore store, CancellationToken cancellationToken)
    {
        request.Require(RegionPolicies.Delete);
        await store.DeleteAsync(id, cancellationToken);
        return JsonAnswer.NoContent;
    }

    private static void Write(Utf8JsonWriter writer, Region region, IdentityRequest request)
    {
        writer.WriteStartObject();
        writer.WriteString("id", region.Id);
        writer.WriteString("description", region.Description);
        writer.WriteString("parent_region_id", region.ParentRegionId);
        writer.WriteExtra(region.Extra);
        writer.WriteSelfLink(request.Url("regions/" + Uri.EscapeDataString(region.Id)));
        writer.WriteEndObject();
    }
}

/// <summary>Source: Keystone's policy defaults, "region".</summary>
internal static class RegionPolicies
{
    public static readonly PolicyRule Get = new("identity:get_region", "", "Show a region.", PolicyScopes.Any);
    public static readonly PolicyRule List = new("identity:list_regions", "", "List regions.", PolicyScopes.Any);
    public static readonly PolicyRule Create = new("identity:create_region", PolicyBase.Admin, "Create a region.", PolicyScopes.SystemOrProject);
    public static readonly PolicyRule Update = new("identity:update_region", PolicyBase.Admin, "Change a region.", PolicyScopes.SystemOrProject);
    public static readonly PolicyRule Delete = new("identity:delete_region", PolicyBase.Admin, "Delete a region.", PolicyScopes.SystemOrProject);

    public static IReadOnlyList<PolicyRule> All { get; } = [Get, List, Create, Update, Delete];
}
