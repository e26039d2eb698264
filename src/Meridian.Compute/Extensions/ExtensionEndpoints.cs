// SPDX-License-Identifier: Apache-2.0
using System.Text.Json;

using Meridian.Compute.Http;
using Meridian.Platform.Http;
using Meridian.Platform.Policy;

using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;

namespace Meridian.Compute.Extensions;

/// <summary>/extensions: what the API had before microversions told it. Source: OpenStack Compute API reference, "Extensions".</summary>
internal static class ExtensionEndpoints
{
    private static readonly (string Alias, string Name)[] All =
    [
        ("NMN", "Multinic"), ("OS-DCF", "DiskConfig"), ("OS-EXT-AZ", "ExtendedAvailabilityZone"), ("OS-EXT-IPS", "ExtendedIps"), ("OS-EXT-IPS-MAC", "ExtendedIpsMac"),
        ("OS-EXT-SRV-ATTR", "ExtendedServerAttributes"), ("OS-EXT-STS", "ExtendedStatus"), ("OS-FLV-DISABLED", "FlavorDisabled"), ("OS-FLV-EXT-DATA", "FlavorExtraData"),
        ("OS-SCH-HNT", "SchedulerHints"), ("OS-SRV-USG", "ServerUsage"), ("flavors", "Flavors"), ("limits", "Limits"), ("os-aggregates", "Aggregates"),
        ("os-attach-interfaces", "AttachInterfaces"), ("os-availability-zone", "AvailabilityZone"), ("os-config-drive", "ConfigDrive"), ("os-console-output", "ConsoleOutput"),
        ("os-extended-volumes", "ExtendedVolumes"), ("os-flavor-access", "FlavorAccess"), ("os-flavor-extra-specs", "FlavorExtraSpecs"), ("os-flavor-manage", "FlavorManage"),
        ("os-hypervisors", "Hypervisors"), ("os-instance-actions", "InstanceActions"), ("os-keypairs", "Keypairs"), ("os-lock-server", "LockServer"),
        ("os-multiple-create", "MultipleCreate"), ("os-quota-class-sets", "QuotaClasses"), ("os-quota-sets", "Quotas"), ("os-security-groups", "SecurityGroups"),
        ("os-server-external-events", "ServerExternalEvents"), ("os-server-groups", "ServerGroups"), ("os-services", "Services"), ("os-used-limits", "UsedLimits"), ("os-user-data", "UserData"),
        ("server-metadata", "ServerMetadata"), ("servers", "Servers"), ("versions", "Versions"),
    ];

    public static void MapExtensions(this RouteGroupBuilder api)
    {
        api.MapGet("/extensions", (RequestContext context, IPolicyEnforcer policy) =>
        {
            policy.Require(context, AdminPolicies.Extensions, PolicyTarget.None);
            return JsonAnswer.List("extensions", All, Write);
        });
        api.MapGet("/extensions/{alias}", (string alias, RequestContext context, IPolicyEnforcer policy) =>
        {
            policy.Require(context, AdminPolicies.Extensions, PolicyTarget.None);
            var found = All.FirstOrDefault(e => e.Alias == alias);
            return found.Alias is null ? throw new ApiException(404, "The resource could not be found.") : JsonAnswer.Member("extension", json => Write(json, found));
        });
    }

    private static void Write(Utf8JsonWriter json, (string Alias, string Name) extension)
    {
        json.WriteString("name", extension.Name);
        json.WriteString("alias", extension.Alias);
        json.WriteString("description", "");
        json.WriteString("namespace", "http://docs.openstack.org/compute/ext/fake_xml");
        json.WriteString("updated", "2014-12-03T00:00:00Z");
        json.WriteStartArray("links");
        json.WriteEndArray();
    }
}
