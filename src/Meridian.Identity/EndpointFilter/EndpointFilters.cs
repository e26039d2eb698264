// SPDX-License-Identifier: Apache-2.0
using System.Text.Json;

using Meridian.Identity.Catalog;
using Meridian.Platform.Http;

namespace Meridian.Identity.EndpointFilter;

/// <summary>What the endpoints of a group have in common. Source: Keystone's endpoint groups, which take these three names.</summary>
internal sealed class EndpointFilters
{
    private const string Names = "service_id or region_id or interface";
    private readonly string? serviceId;
    private readonly string? @interface;
    private readonly bool hasRegion;
    private readonly string? regionId;

    private EndpointFilters(JsonElement filters)
    {
        serviceId = Text(filters, "service_id");
        @interface = Text(filters, "interface");
        hasRegion = filters.TryGetProperty("region_id", out var region);
        regionId = hasRegion ? region.GetString() : null;
    }

    public static EndpointFilters Of(EndpointGroup group)
    {
        using var document = JsonDocument.Parse(group.Filters);
        return new(document.RootElement);
    }

    /// <returns>The filters as they are stored; null when the body names none.</returns>
    /// <exception cref="ApiException">400 for one that no endpoint is found by.</exception>
    public static string? Read(ResourceBody body)
    {
        if (body.Find("filters") is not { } filters)
        {
            return null;
        }

        if (filters.ValueKind != JsonValueKind.Object)
        {
            throw Errors.InvalidField("filters", $"{ResourceBody.Show(filters)} is not of type 'object'");
        }

        foreach (var filter in filters.EnumerateObject())
        {
            Check(filter);
        }

        return filters.GetRawText();
    }

    public IQueryable<Endpoint> Apply(IQueryable<Endpoint> endpoints)
    {
        endpoints = serviceId is null ? endpoints : endpoints.Where(e => e.ServiceId == serviceId);
        endpoints = @interface is null ? endpoints : endpoints.Where(e => e.Interface == @interface);
        return (hasRegion, regionId) switch
        {
            (false, _) => endpoints,
            (_, null) => endpoints.Where(e => e.RegionId == null),
            _ => endpoints.Where(e => e.RegionId == regionId),
        };
    }

    private static void Check(JsonProperty filter)
    {
        var (kind, value) = (filter.Value.ValueKind, ResourceBody.Show(filter.Value));
        switch (filter.Name)
        {
            case "interface" when kind != JsonValueKind.String || filter.Value.GetString() is not ("admin" or "internal" or "public"):
                throw Errors.InvalidField("filters/interface", $"{value} is not one of ['admin', 'internal', 'public']");
            case "service_id" when kind != JsonValueKind.String:
                throw Errors.InvalidField("filters/service_id", $"{value} is not of type 'string'");
            case "region_id" when kind is not (JsonValueKind.String or JsonValueKind.Null):
                throw Errors.InvalidField("filters/region_id", $"{value} is not of type 'string', 'null'");
            case "interface" or "service_id" or "region_id":
                return;
            default:
                throw Errors.Expecting(Names, "endpoint_group");
        }
    }

    private static string? Text(JsonElement filters, string name) => filters.TryGetProperty(name, out var value) ? value.GetString() : null;
}
