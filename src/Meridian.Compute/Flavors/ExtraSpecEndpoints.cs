// SPDX-License-Identifier: Apache-2.0
using Meridian.Compute.Http;
using Meridian.Platform.Http;
using Meridian.Platform.Policy;

using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Meridian.Compute.Flavors;

/// <summary>/flavors/{id}/os-extra_specs. Source: OpenStack Compute API reference, "Flavors extra-specs".</summary>
internal static class ExtraSpecEndpoints
{
    public static void MapExtraSpecs(this RouteGroupBuilder api)
    {
        api.MapGet("/flavors/{id}/os-extra_specs", ListAsync);
        api.MapPost("/flavors/{id}/os-extra_specs", CreateAsync);
        api.MapGet("/flavors/{id}/os-extra_specs/{key}", ShowAsync);
        api.MapPut("/flavors/{id}/os-extra_specs/{key}", UpdateAsync);
        api.MapDelete("/flavors/{id}/os-extra_specs/{key}", DeleteAsync);
    }

    private static async Task<IResult> ListAsync(string id, FlavorContext flavors, CancellationToken cancellationToken)
    {
        flavors.Policy.Require(flavors.Context, FlavorPolicies.IndexSpecs, new(flavors.Context.ProjectId));
        var flavor = await FlavorEndpoints.GetAsync(id, flavors, cancellationToken);
        return JsonAnswer.Object(json => json.WriteMap("extra_specs", flavor.ExtraSpecs()));
    }

    private static async Task<IResult> ShowAsync(string id, string key, FlavorContext flavors, CancellationToken cancellationToken)
    {
        flavors.Policy.Require(flavors.Context, FlavorPolicies.ShowSpec, new(flavors.Context.ProjectId));
        var flavor = await FlavorEndpoints.GetAsync(id, flavors, cancellationToken);
        return flavor.ExtraSpecs().TryGetValue(key, out var value) ? JsonAnswer.Object(json => json.WriteString(key, value)) : throw NotFound(id, key);
    }

    private static async Task<IResult> CreateAsync(string id, HttpRequest http, FlavorContext flavors, CancellationToken cancellationToken)
    {
        var body = await RequestObject.ReadRootAsync(http, flavors.Context, cancellationToken);
        var specs = Read(body, "extra_specs");
        body.Done();
        flavors.Policy.Require(flavors.Context, FlavorPolicies.CreateSpecs, PolicyTarget.None);
        ExtraSpecRules.Check(specs, flavors.Context.Version);
        await ChangeAsync(id, flavors, stored =>
        {
            foreach (var (key, value) in specs)
            {
                stored[key] = value;
            }
        }, cancellationToken);
        return JsonAnswer.Object(json => json.WriteMap("extra_specs", specs));
    }

    private static async Task<IResult> UpdateAsync(string id, string key, HttpRequest http, FlavorContext flavors, CancellationToken cancellationToken)
    {
        var body = await RequestObject.ReadRootAsync(http, flavors.Context, cancellationToken);
        var names = body.Names.ToList();
        if (names.Count != 1)
        {
            throw new ApiException(400, $"Invalid input: {(names.Count == 0 ? "{} does not have enough properties" : "too many properties")}");
        }

        if (names[0] != key)
        {
            throw new ApiException(400, "Request body and URI mismatch");
        }

        var spec = new Dictionary<string, string> { [key] = Value(body, key) };
        flavors.Policy.Require(flavors.Context, FlavorPolicies.UpdateSpec, PolicyTarget.None);
        ExtraSpecRules.Check(spec, flavors.Context.Version);
        await ChangeAsync(id, flavors, stored => stored[key] = spec[key], cancellationToken);
        return JsonAnswer.Object(json => json.WriteString(key, spec[key]));
    }

    private static async Task<IResult> DeleteAsync(string id, string key, FlavorContext flavors, CancellationToken cancellationToken)
    {
        flavors.Policy.Require(flavors.Context, FlavorPolicies.DeleteSpec, PolicyTarget.None);
        await ChangeAsync(id, flavors, stored =>
        {
            if (!stored.Remove(key))
            {
                throw NotFound(id, key);
            }
        }, cancellationToken);
        return TypedResults.Ok();
    }

    private static async Task ChangeAsync(string id, FlavorContext flavors, Action<Dictionary<string, string>> change, CancellationToken cancellationToken)
    {
        while (true)
        {
            var flavor = await FlavorEndpoints.GetAsync(id, flavors, cancellationToken);
            var specs = flavor.ExtraSpecs();
            change(specs);
            if (await flavors.Store.TryUpdateAsync(flavor, flavor.Description, specs, cancellationToken))
            {
                return;
            }
        }
    }

    private static Dictionary<string, string> Read(RequestObject body, string name)
    {
        var specs = body.Object(name) ?? throw body.Missing(name);
        return specs.Names.ToDictionary(key => ExtraSpecRules.CheckKey(key), key => Value(specs, key), StringComparer.Ordinal);
    }

    // Numbers are taken as their text.
    private static string Value(RequestObject body, string key) =>
        body.Element(key) is { ValueKind: System.Text.Json.JsonValueKind.Number } number ? number.GetRawText() : body.Text(key, 0, 255, required: true)!;

    private static ApiException NotFound(string id, string key) => new(404, $"Flavor {id} has no extra specs with key {key}.");
}
