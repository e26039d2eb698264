// SPDX-License-Identifier: Apache-2.0
using System.Text.Json;

namespace Meridian.Network.Ports;

/// <summary>How a port hangs on a host: binding:vif_type and binding:vif_details, from which nova makes the guest's interface.</summary>
internal static class PortBinding
{
    public const string Unbound = "unbound";
    public const string Failed = "binding_failed";
    public const string Ovs = "ovs";

    /// <summary>Hybrid plug: a tap on a bridge with a veth to br-int, so that the guest's process stays in the host's network namespace (DESIGN 22).</summary>
    public static void WriteDetails(Utf8JsonWriter json, PortRow port)
    {
        json.WriteStartObject();
        if (port.VifType == Ovs)
        {
            json.WriteBoolean("port_filter", true);
            json.WriteString("connectivity", "l2");
            json.WriteBoolean("ovs_hybrid_plug", true);
            json.WriteString("bridge_name", "br-int");
            json.WriteString("datapath_type", "system");
            json.WriteStartObject("bound_drivers");
            json.WriteString("0", "ovn");
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }
}
