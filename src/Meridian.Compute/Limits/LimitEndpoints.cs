// SPDX-License-Identifier: Apache-2.0
using Meridian.Compute.Http;
using Meridian.Compute.QuotaSets;
using Meridian.Platform.Http;
using Meridian.Platform.Policy;

using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Meridian.Compute.Limits;

/// <summary>/limits. Source: OpenStack Compute API reference, "Limits".</summary>
internal static class LimitEndpoints
{
    public static void MapLimits(this RouteGroupBuilder api) => api.MapGet("/limits", ShowAsync);

    private static async Task<IResult> ShowAsync(HttpRequest http, RequestContext context, IPolicyEnforcer policy, Quotas quotas, CancellationToken cancellationToken)
    {
        ComputeRequest.CheckQuery(http, context, new(2, 75), "tenant_id", "reserved");
        policy.Require(context, AdminPolicies.Limits, PolicyTarget.None);
        var project = http.Query["tenant_id"].LastOrDefault() is { Length: > 0 } asked ? asked : context.ProjectId;
        if (project != context.ProjectId)
        {
            policy.Require(context, AdminPolicies.LimitsOfOthers, PolicyTarget.None);
        }

        var limits = await quotas.LimitsAsync(project, cancellationToken);
        var uses = await quotas.UsesAsync(project, cancellationToken);
        var version = context.Version;
        return JsonAnswer.Member("limits", json =>
        {
            json.WriteStartArray("rate");
            json.WriteEndArray();
            json.WriteStartObject("absolute");
            json.WriteNumber("maxTotalInstances", limits["instances"]);
            json.WriteNumber("maxTotalCores", limits["cores"]);
            json.WriteNumber("maxTotalRAMSize", limits["ram"]);
            json.WriteNumber("maxServerMeta", limits["metadata_items"]);
            json.WriteNumber("maxTotalKeypairs", limits["key_pairs"]);
            json.WriteNumber("maxServerGroups", limits["server_groups"]);
            json.WriteNumber("maxServerGroupMembers", limits["server_group_members"]);
            if (version < new Microversion(2, 39))
            {
                json.WriteNumber("maxImageMeta", limits["metadata_items"]);
            }

            if (version < new Microversion(2, 36))
            {
                json.WriteNumber("maxSecurityGroups", -1);
                json.WriteNumber("maxSecurityGroupRules", -1);
                json.WriteNumber("maxTotalFloatingIps", -1);
                json.WriteNumber("totalFloatingIpsUsed", 0);
                json.WriteNumber("totalSecurityGroupsUsed", 0);
            }

            if (version < new Microversion(2, 57))
            {
                json.WriteNumber("maxPersonality", 5);
                json.WriteNumber("maxPersonalitySize", 10240);
            }

            json.WriteNumber("totalInstancesUsed", uses.GetValueOrDefault("instances"));
            json.WriteNumber("totalCoresUsed", uses.GetValueOrDefault("cores"));
            json.WriteNumber("totalRAMUsed", uses.GetValueOrDefault("ram"));
            json.WriteNumber("totalServerGroupsUsed", uses.GetValueOrDefault(Quotas.ServerGroups));
            json.WriteEndObject();
        });
    }
}
