// SPDX-License-Identifier: Apache-2.0
using Meridian.Compute.Http;
using Meridian.Platform.Http;
using Meridian.Platform.Policy;

using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Meridian.Compute.QuotaSets;

/// <summary>/os-quota-sets and /os-quota-class-sets. Source: OpenStack Compute API reference, "Quota sets", "Quota class sets".</summary>
internal static class QuotaSetEndpoints
{
    private const string DefaultClassName = "default";

    public static void MapQuotaSets(this RouteGroupBuilder api)
    {
        api.MapGet("/os-quota-sets/{id}", ShowAsync);
        api.MapGet("/os-quota-sets/{id}/detail", DetailAsync);
        api.MapGet("/os-quota-sets/{id}/defaults", DefaultsAsync);
        api.MapPut("/os-quota-sets/{id}", UpdateAsync);
        api.MapDelete("/os-quota-sets/{id}", DeleteAsync);
        api.MapGet("/os-quota-class-sets/{id}", ShowClassAsync);
        api.MapPut("/os-quota-class-sets/{id}", UpdateClassAsync);
    }

    private static async Task<IResult> ShowAsync(string id, HttpRequest http, RequestContext context, IPolicyEnforcer policy, Quotas quotas, CancellationToken cancellationToken)
    {
        ComputeRequest.CheckQuery(http, context, new(2, 75), "user_id");
        policy.Require(context, AdminPolicies.ShowQuota, new(id));
        return Answer("quota_set", id, await quotas.LimitsAsync(id, cancellationToken), context.Version);
    }

    private static async Task<IResult> DefaultsAsync(string id, RequestContext context, IPolicyEnforcer policy, Quotas quotas, CancellationToken cancellationToken)
    {
        policy.Require(context, AdminPolicies.QuotaDefaults, PolicyTarget.None);
        return Answer("quota_set", id, await quotas.LimitsAsync(Quotas.DefaultClass, cancellationToken), context.Version);
    }

    private static async Task<IResult> DetailAsync(string id, HttpRequest http, RequestContext context, IPolicyEnforcer policy, Quotas quotas, CancellationToken cancellationToken)
    {
        ComputeRequest.CheckQuery(http, context, new(2, 75), "user_id");
        policy.Require(context, AdminPolicies.QuotaDetail, new(id));
        var limits = await quotas.LimitsAsync(id, cancellationToken);
        var uses = await quotas.UsesAsync(id, cancellationToken);
        return JsonAnswer.Member("quota_set", json =>
        {
            json.WriteString("id", id);
            foreach (var (name, limit) in Shown(limits, context.Version))
            {
                json.WriteStartObject(name);
                json.WriteNumber("in_use", uses.GetValueOrDefault(name));
                json.WriteNumber("limit", limit);
                json.WriteNumber("reserved", 0);
                json.WriteEndObject();
            }
        });
    }

    private static async Task<IResult> UpdateAsync(string id, HttpRequest http, RequestContext context, IPolicyEnforcer policy, Quotas quotas, CancellationToken cancellationToken)
    {
        var body = await RequestObject.ReadAsync(http, context, "quota_set", cancellationToken);
        var force = body.Boolean("force") ?? false;
        body.Element("tenant_id");
        var limits = ReadLimits(body, context.Version);
        policy.Require(context, AdminPolicies.UpdateQuota, new(id));
        if (!force)
        {
            var uses = await quotas.UsesAsync(id, cancellationToken);
            foreach (var (resource, limit) in limits)
            {
                if (limit >= 0 && uses.GetValueOrDefault(resource) > limit)
                {
                    throw new ApiException(400, $"Quota limit {limit} for {resource} must be greater than or equal to already used and reserved {uses[resource]}.");
                }
            }
        }

        await quotas.SetAsync(id, limits, cancellationToken);
        return Answer("quota_set", null, await quotas.LimitsAsync(id, cancellationToken), context.Version);
    }

    private static async Task<IResult> DeleteAsync(string id, RequestContext context, IPolicyEnforcer policy, Quotas quotas, CancellationToken cancellationToken)
    {
        policy.Require(context, AdminPolicies.DeleteQuota, new(id));
        await quotas.ResetAsync(id, cancellationToken);
        return TypedResults.Accepted((string?)null);
    }

    private static async Task<IResult> ShowClassAsync(string id, RequestContext context, IPolicyEnforcer policy, Quotas quotas, CancellationToken cancellationToken)
    {
        policy.Require(context, AdminPolicies.ShowQuotaClass, PolicyTarget.None);
        return Answer("quota_class_set", id, await quotas.LimitsAsync(Quotas.DefaultClass, cancellationToken), context.Version, forClass: true);
    }

    private static async Task<IResult> UpdateClassAsync(string id, HttpRequest http, RequestContext context, IPolicyEnforcer policy, Quotas quotas, CancellationToken cancellationToken)
    {
        var body = await RequestObject.ReadAsync(http, context, "quota_class_set", cancellationToken);
        var limits = ReadLimits(body, context.Version);
        policy.Require(context, AdminPolicies.UpdateQuotaClass, PolicyTarget.None);
        if (id != DefaultClassName)
        {
            throw new ApiException(400, $"Quota class {id} is not known; the only one is \"{DefaultClassName}\".");
        }

        await quotas.SetAsync(Quotas.DefaultClass, limits, cancellationToken);
        return Answer("quota_class_set", null, await quotas.LimitsAsync(Quotas.DefaultClass, cancellationToken), context.Version, forClass: true);
    }

    private static Dictionary<string, int> ReadLimits(RequestObject body, Microversion version)
    {
        var limits = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var resource in Quotas.Resources.Concat(Hidden(version)))
        {
            if (body.Element(resource) is { ValueKind: System.Text.Json.JsonValueKind.String } text && text.GetString() == "-1")
            {
                limits[resource] = -1;
            }
            else if (body.Integer(resource, -1, int.MaxValue) is { } limit)
            {
                limits[resource] = (int)limit;
            }
        }

        body.Done();
        return limits;
    }

    private static IEnumerable<string> Hidden(Microversion version) =>
        (version < new Microversion(2, 57) ? Quotas.Injected : []).Concat(version < new Microversion(2, 36) ? Quotas.Networking : []).Select(r => r.Name);

    private static IEnumerable<(string Name, int Limit)> Shown(Dictionary<string, int> limits, Microversion version) =>
        Quotas.Resources.Concat(Hidden(version)).Order(StringComparer.Ordinal).Select(name => (name, limits[name]));

    // Server groups entered quota classes with 2.50.
    private static JsonAnswer Answer(string name, string? id, Dictionary<string, int> limits, Microversion version, bool forClass = false) => JsonAnswer.Member(name, json =>
    {
        if (id is not null)
        {
            json.WriteString("id", id);
        }

        foreach (var (resource, limit) in Shown(limits, version).Where(l => !forClass || version >= new Microversion(2, 50) || !l.Name.StartsWith("server_group", StringComparison.Ordinal)))
        {
            json.WriteNumber(resource, limit);
        }
    });
}
