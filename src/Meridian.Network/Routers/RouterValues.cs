// SPDX-License-Identifier: Apache-2.0
using System.Text.Json;

using Meridian.Network.Api;
using Meridian.Network.Ipam;

namespace Meridian.Network.Routers;

/// <param name="FixedIps">Null: any address of the network.</param>
internal sealed record GatewayAsk(string NetworkId, bool? EnableSnat, IReadOnlyList<FixedIpAsk>? FixedIps);

internal static class RouterValues
{
    /// <summary>Null (or an empty object) clears the gateway.</summary>
    public static object? Gateway(JsonElement element)
    {
        if (element.ValueKind == JsonValueKind.Null || (element.ValueKind == JsonValueKind.Object && !element.EnumerateObject().Any()))
        {
            return null;
        }

        var members = Read.Object(element, "external gateway", "network_id", "enable_snat", "external_fixed_ips", "qos_policy_id");
        if (!members.TryGetValue("network_id", out var network))
        {
            throw new InvalidValueException("Expected keys: network_id");
        }

        return new GatewayAsk(
            (string)Read.Uuid(network)!,
            members.TryGetValue("enable_snat", out var snat) ? (bool)Read.Boolean(snat)! : null,
            members.TryGetValue("external_fixed_ips", out var ips) && ips.ValueKind != JsonValueKind.Null ? (List<FixedIpAsk>)Ports.PortValues.FixedIps(ips)! : null);
    }
}
