// SPDX-License-Identifier: Apache-2.0
using Meridian.Compute.Http;
using Meridian.Platform.Http;
using Meridian.Platform.Policy;

using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Meridian.Compute.Flavors;

/// <summary>/flavors. Source: OpenStack Compute API reference, "Flavors".</summary>
internal static class FlavorEndpoints
{
    public static void MapFlavors(this RouteGroupBuilder api)
    {
        api.MapGet("/flavors", (HttpRequest http, FlavorContext flavors, CancellationToken token) => ListAsync(http, flavors, false, token));
        api.MapGet("/flavors/detail", (HttpRequest http, FlavorContext flavors, CancellationToken token) => ListAsync(http, flavors, true, token));
        api.MapPost("/flavors", CreateAsync);
        api.MapGet("/flavors/{id}", ShowAsync);
        api.MapPut("/flavors/{id}", UpdateAsync).Since(2, 55);
        api.MapDelete("/flavors/{id}", DeleteAsync);
    }

    private static async Task<IResult> ListAsync(HttpRequest http, FlavorContext flavors, bool detail, CancellationToken cancellationToken)
    {
        var (context, request) = (flavors.Context, flavors.Request);
        ComputeRequest.CheckQuery(http, context, new(2, 75), "limit", "marker", "is_public", "minRam", "minDisk", "sort_key", "sort_dir");
        var (limit, marker) = request.Page(http);
        var filter = Filter(http, context);
        Flavor? after = null;
        if (marker is not null)
        {
            after = await flavors.Store.FindVisibleAsync(marker, context, cancellationToken) ?? throw new ApiException(400, $"marker [{marker}] not found");
        }

        var page = await flavors.Store.ListAsync(filter, SortKeys(http), after, limit, cancellationToken);
        var (root, version) = (request.Root(http), context.Version);
        var next = request.Next(http, page.Count, limit, page.Count > 0 ? page[^1].Id : null);
        if (!detail)
        {
            return JsonAnswer.List("flavors", page, (json, f) => FlavorView.WriteBrief(json, f, request, root, version), next);
        }

        var specs = flavors.Policy.Allows(context, FlavorPolicies.IndexSpecs, new(context.ProjectId));
        return JsonAnswer.List("flavors", page, (json, f) => FlavorView.Write(json, f, request, root, version, specs), next);
    }

    private static FlavorFilter Filter(HttpRequest http, RequestContext context)
    {
        var isPublic = http.Query["is_public"].LastOrDefault();
        var minDisk = Number(http, "minDisk");
        var minRam = Number(http, "minRam");
        if (!context.IsAdmin || isPublic is null)
        {
            // Everybody sees public flavors and those granted to the own project.
            return new(true, context.ProjectId, minDisk, minRam);
        }

        return isPublic.Equals("none", StringComparison.OrdinalIgnoreCase) ? new(null, null, minDisk, minRam)
            : BooleanText.TryParse(isPublic, out var value) ? new(value, null, minDisk, minRam)
            : throw new ApiException(400, $"Invalid is_public filter [{isPublic}]");
    }

    private static int Number(HttpRequest http, string name)
    {
        var text = http.Query[name].LastOrDefault();
        return text is null ? 0
            : int.TryParse(text, out var value) ? value
            : throw new ApiException(400, $"Invalid {name} filter [{text}]");
    }

    private static List<SortKey<Flavor>> SortKeys(HttpRequest http)
    {
        var name = http.Query["sort_key"].LastOrDefault() ?? "flavorid";
        var direction = http.Query["sort_dir"].LastOrDefault() ?? "asc";
        if (direction is not ("asc" or "desc"))
        {
            throw ComputeRequest.QueryFault("sort_dir", direction, $"'{direction}' is not one of ['asc', 'desc']");
        }

        var descending = direction == "desc";
        SortKey<Flavor> key = name switch
        {
            "flavorid" or "id" => new(name, f => f.Id, descending),
            "name" => new(name, f => f.Name, descending),
            "memory_mb" => new(name, f => f.MemoryMib, descending),
            "root_gb" => new(name, f => f.DiskGib, descending),
            "ephemeral_gb" => new(name, f => f.EphemeralGib, descending),
            "swap" => new(name, f => f.SwapMib, descending),
            "vcpus" => new(name, f => f.Vcpus, descending),
            "rxtx_factor" => new(name, f => f.RxtxFactor, descending),
            "created_at" => new(name, f => f.CreatedAt, descending),
            "updated_at" => new(name, f => f.UpdatedAt, descending),
            "description" => new(name, f => f.Description, descending),
            "is_public" or "disabled" or "vcpu_weight" => new(name, f => f.Number, descending),
            _ => throw ComputeRequest.QueryFault("sort_key", name, $"'{name}' is not one of ['created_at', 'description', 'disabled', 'ephemeral_gb', 'flavorid', 'id', 'is_public', 'memory_mb', 'name', 'root_gb', 'rxtx_factor', 'swap', 'updated_at', 'vcpu_weight', 'vcpus']"),
        };
        return [key, new("number", f => f.Number, descending)];
    }

    private static async Task<IResult> ShowAsync(string id, HttpRequest http, FlavorContext flavors, CancellationToken cancellationToken) =>
        Answer(await GetAsync(id, flavors, cancellationToken), http, flavors);

    private static async Task<IResult> CreateAsync(HttpRequest http, FlavorContext flavors, TimeProvider clock, CancellationToken cancellationToken)
    {
        var body = await RequestObject.ReadAsync(http, flavors.Context, "flavor", cancellationToken);
        var flavor = CreateFlavorRequest.Read(body, flavors.Context.Version, clock.GetUtcNow().UtcDateTime);
        flavors.Policy.Require(flavors.Context, FlavorPolicies.Create, PolicyTarget.None);
        return await flavors.Store.TryInsertAsync(flavor, cancellationToken) switch
        {
            "name" => throw new ApiException(409, $"Flavor with name {flavor.Name} already exists."),
            "id" => throw new ApiException(409, $"Flavor with ID {flavor.Id} already exists."),
            _ => Answer(flavor, http, flavors),
        };
    }

    private static async Task<IResult> UpdateAsync(string id, HttpRequest http, FlavorContext flavors, CancellationToken cancellationToken)
    {
        var body = await RequestObject.ReadAsync(http, flavors.Context, "flavor", cancellationToken);
        if (!body.Has("description"))
        {
            throw body.Missing("description");
        }

        var description = body.Text("description", 0, 65535, nullable: true);
        body.Done();
        flavors.Policy.Require(flavors.Context, FlavorPolicies.Update, PolicyTarget.None);
        while (true)
        {
            var flavor = await GetAsync(id, flavors, cancellationToken);
            if (await flavors.Store.TryUpdateAsync(flavor, description, flavor.ExtraSpecs(), cancellationToken))
            {
                return Answer(flavor with { Description = description }, http, flavors);
            }
        }
    }

    private static async Task<IResult> DeleteAsync(string id, FlavorContext flavors, CancellationToken cancellationToken)
    {
        flavors.Policy.Require(flavors.Context, FlavorPolicies.Delete, PolicyTarget.None);
        return await flavors.Store.DeleteAsync(id, cancellationToken) ? TypedResults.Accepted((string?)null) : throw NotFound(id);
    }

    internal static async Task<Flavor> GetAsync(string id, FlavorContext flavors, CancellationToken cancellationToken) =>
        await flavors.Store.FindVisibleAsync(id, flavors.Context, cancellationToken) ?? throw NotFound(id);

    private static JsonAnswer Answer(Flavor flavor, HttpRequest http, FlavorContext flavors)
    {
        var (request, root, version) = (flavors.Request, flavors.Request.Root(http), flavors.Context.Version);
        var specs = flavors.Policy.Allows(flavors.Context, FlavorPolicies.IndexSpecs, new(flavors.Context.ProjectId));
        return JsonAnswer.Member("flavor", json => FlavorView.Write(json, flavor, request, root, version, specs));
    }

    private static ApiException NotFound(string id) => new(404, $"Flavor {id} could not be found.");
}

/// <summary>What the handlers of flavors share.</summary>
internal sealed record FlavorContext(RequestContext Context, FlavorStore Store, IPolicyEnforcer Policy, ComputeRequest Request);
