// SPDX-License-Identifier: Apache-2.0
using Meridian.Placement.Aggregates;
using Meridian.Placement.AllocationCandidates;
using Meridian.Placement.Allocations;
using Meridian.Placement.Inventories;
using Meridian.Placement.Reshaper;
using Meridian.Placement.ResourceClasses;
using Meridian.Placement.ResourceProviders;
using Meridian.Placement.Traits;
using Meridian.Placement.Usages;
using Meridian.Platform.Config;
using Meridian.Platform.Http;
using Meridian.Platform.Policy;

using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace Meridian.Placement;

/// <summary>Composition root of placement. Handlers check policy, load, validate: placement's own order.</summary>
public static class PlacementService
{
    /// <summary>placement-api.</summary>
    public static ServiceDefinition Definition() => new()
    {
        Program = "placement-api",
        ServiceType = "placement",
        ConfigFileName = "placement.conf",
        Options =
        [
            .. ServiceDefinition.CommonOptions.Except(DatabaseOptions.All.Where(o => o.Equals(DatabaseOptions.Connection))),
            .. KeystoneAuthtokenOptions.All, .. PlacementDatabaseOptions.All, .. PlacementOptions.All,
        ],
        Retired = PlacementOptions.Retired,
        Listen = config => new(config.Get(PlacementOptions.BindHost)!, config.Get(PlacementOptions.BindPort)),
        Faults = new PlacementFaults(),
        Connection = PlacementDatabaseOptions.Connection,
        Migrations = typeof(PlacementService).Assembly,
        ValidatesTokens = true,
        Policies = PlacementPolicies.All,
        Services = AddPlacement,
        Map = MapPlacement,
    };

    private static void AddPlacement(IServiceCollection services, ServiceConfig config)
    {
        services.AddPolicy(config, PlacementPolicies.All, PlacementPolicies.Denied);
        services.AddSingleton<TopologyCache>();
        services.AddSingleton<ResourceProviderStore>();
        services.AddSingleton<InventoryStore>();
        services.AddSingleton<ResourceClassStore>();
        services.AddSingleton<TraitStore>();
        services.AddSingleton<AggregateStore>();
        services.AddSingleton<AllocationStore>();
        services.AddSingleton<UsageStore>();
    }

    private static void MapPlacement(WebApplication app)
    {
        app.MapGet("/", ShowVersions).AllowAnonymous();
        var api = app.MapGroup("").WithMicroversions(PlacementVersions.Api);
        api.MapResourceProviders();
        api.MapInventories();
        api.MapResourceClasses();
        api.MapTraits();
        api.MapAggregates();
        api.MapAllocations();
        api.MapAllocationCandidates();
        api.MapUsages();
        api.MapReshaper();
    }

    // The href is empty on purpose: clients take the catalog's URL (wire.md 1).
    private static JsonAnswer ShowVersions() => new(
        json =>
        {
            json.WriteStartObject();
            json.WriteStartArray("versions");
            json.WriteStartObject();
            json.WriteString("id", "v1.0");
            json.WriteString("max_version", PlacementVersions.Api.Max.ToString());
            json.WriteString("min_version", PlacementVersions.Api.Min.ToString());
            json.WriteString("status", "CURRENT");
            json.WriteStartArray("links");
            json.WriteStartObject();
            json.WriteString("rel", "self");
            json.WriteString("href", "");
            json.WriteEndObject();
            json.WriteEndArray();
            json.WriteEndObject();
            json.WriteEndArray();
            json.WriteEndObject();
        },
        null);
}
