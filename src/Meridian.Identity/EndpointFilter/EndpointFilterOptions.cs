// SPDX-License-Identifier: Apache-2.0
using Meridian.Platform.Config;

namespace Meridian.Identity.EndpointFilter;

/// <summary>Source: Keystone's configuration reference, [endpoint_filter] and [catalog].</summary>
internal static class EndpointFilterOptions
{
    public static readonly Option<bool> ReturnAllEndpointsIfNoFilter = Opt.Boolean(
        "endpoint_filter", "return_all_endpoints_if_no_filter", true, "Whether a project that no endpoint is associated with has the whole catalog, or an empty one.");

    /// <summary>Two names of one thing: Keystone's second driver has long been the first.</summary>
    public static readonly Option<string> CatalogDriver = Opt.Choice(
        "catalog", "driver", "sql", "Where the catalog comes from; both names mean the database, filtered by project.", ["sql", "endpoint_filter.sql"]);

    public static readonly Option<int> CatalogListLimit = Opt.Integer(
        "catalog", "list_limit", 0, "Most entries of a list of regions, services or endpoints; 0 leaves it to [DEFAULT] list_limit.", 0);

    public static IReadOnlyList<Option> All { get; } = [ReturnAllEndpointsIfNoFilter, CatalogDriver, CatalogListLimit];
}
