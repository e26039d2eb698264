// SPDX-License-Identifier: Apache-2.0
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

using Meridian.Compute.Http;
using Meridian.Platform.Http;

namespace Meridian.Compute.Servers;

/// <summary>What the caller of a request may see of servers, decided once.</summary>
/// <param name="Attributes">Host, guest's name and the like (os-extended-server-attributes).</param>
/// <param name="HostStatus">host_status of 2.16.</param>
/// <param name="FaultDetails">An admin's.</param>
/// <param name="ExtraSpecs">Of the embedded flavor (2.47).</param>
internal sealed record ServerRights(bool Attributes, bool HostStatus, bool FaultDetails, bool ExtraSpecs);

/// <summary>A server's representation. Source: OpenStack Compute API reference, "Show Server Details".</summary>
internal sealed class ServerView(ComputeRequest request, string root, Microversion version, ServerRights rights, string guestNameTemplate, IReadOnlyDictionary<string, string> hostStatus)
{
    public void WriteBrief(Utf8JsonWriter json, Server server)
    {
        json.WriteString("id", server.Id);
        json.WriteString("name", server.Name);
        request.WriteLinks(json, root, "servers", server.Id);
    }

    public void Write(Utf8JsonWriter json, Server server)
    {
        var status = ServerStatus.Of(server);
        var interfaces = server.NetworkInfo();
        json.WriteString("id", server.Id);
        json.WriteString("name", server.Name);
        json.WriteString("status", status);
        json.WriteString("tenant_id", server.ProjectId);
        json.WriteString("user_id", server.UserId);
        json.WriteMap("metadata", server.Metadata());
        json.WriteString("hostId", HostId(server));
        WriteImage(json, server);
        WriteFlavor(json, server.Flavor());
        json.WriteTime("created", server.CreatedAt);
        json.WriteTime("updated", server.UpdatedAt ?? server.CreatedAt);
        WriteAddresses(json, interfaces);
        json.WriteString("accessIPv4", server.AccessIpv4 ?? "");
        json.WriteString("accessIPv6", server.AccessIpv6 ?? "");
        request.WriteLinks(json, root, "servers", server.Id);
        json.WriteString("OS-DCF:diskConfig", server.DiskConfig);
        if (status is "ACTIVE" or "BUILD")
        {
            json.WriteNumber("progress", 0);
        }

        json.WriteString("OS-EXT-AZ:availability_zone", server.Zone ?? server.RequestedZone ?? "");
        json.WriteString("config_drive", server.ConfigDrive ? "True" : "");
        json.WriteString("key_name", server.KeyName);
        json.WriteLongTime("OS-SRV-USG:launched_at", server.LaunchedAt);
        json.WriteLongTime("OS-SRV-USG:terminated_at", server.TerminatedAt);
        json.WriteString("OS-EXT-STS:task_state", server.TaskState);
        json.WriteString("OS-EXT-STS:vm_state", server.VmState);
        json.WriteNumber("OS-EXT-STS:power_state", server.PowerState);
        WriteAttributes(json, server);
        json.WriteStartArray("os-extended-volumes:volumes_attached");
        json.WriteEndArray();
        WriteSecurityGroups(json, interfaces);
        WriteFault(json, server, status);
        WriteNewer(json, server);
    }

    /// <summary>What only the answer about one server has, beside all that lists have.</summary>
    public void WriteOne(Utf8JsonWriter json, Server server)
    {
        Write(json, server);
        if (version >= new Microversion(2, 71))
        {
            json.WriteStrings("server_groups", server.ServerGroupId is { } group ? [group] : []);
        }
    }

    /// <summary>addresses by network name, as the server and its ips show them.</summary>
    public static void WriteAddresses(Utf8JsonWriter json, IReadOnlyList<ServerInterface> interfaces, bool extended = true)
    {
        json.WriteStartObject("addresses");
        foreach (var network in interfaces.GroupBy(i => i.NetworkName))
        {
            json.WriteStartArray(network.Key);
            foreach (var port in network)
            {
                foreach (var address in port.FixedIps)
                {
                    WriteAddress(json, port, address.Address, "fixed", extended);
                }

                foreach (var address in port.FloatingIps)
                {
                    WriteAddress(json, port, address, "floating", extended);
                }
            }

            json.WriteEndArray();
        }

        json.WriteEndObject();
    }

    /// <summary>A host's name that tells tenants only whether two of their servers share one.</summary>
    public static string HostId(Server server) =>
        server.Host is null ? "" : Hash(server.ProjectId + server.Host);

    // SHA-224 is not in the framework; the text only has to be stable and opaque, and 56 characters long as nova's.
    private static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))[..56];

    private static void WriteAddress(Utf8JsonWriter json, ServerInterface port, string address, string type, bool extended)
    {
        json.WriteStartObject();
        json.WriteNumber("version", address.Contains(':', StringComparison.Ordinal) ? 6 : 4);
        json.WriteString("addr", address);
        if (extended)
        {
            json.WriteString("OS-EXT-IPS:type", type);
            json.WriteString("OS-EXT-IPS-MAC:mac_addr", port.MacAddress);
        }

        json.WriteEndObject();
    }

    private void WriteImage(Utf8JsonWriter json, Server server)
    {
        if (server.ImageId is null)
        {
            json.WriteString("image", "");
            return;
        }

        json.WriteStartObject("image");
        json.WriteString("id", server.ImageId);
        json.WriteStartArray("links");
        ComputeRequest.WriteLink(json, "bookmark", $"{root}/images/{server.ImageId}");
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private void WriteFlavor(Utf8JsonWriter json, ServerFlavor flavor)
    {
        json.WriteStartObject("flavor");
        if (version < new Microversion(2, 47))
        {
            json.WriteString("id", flavor.Id);
            json.WriteStartArray("links");
            ComputeRequest.WriteLink(json, "bookmark", $"{root}/flavors/{flavor.Id}");
            json.WriteEndArray();
        }
        else
        {
            json.WriteNumber("vcpus", flavor.Vcpus);
            json.WriteNumber("ram", flavor.MemoryMib);
            json.WriteNumber("disk", flavor.DiskGib);
            json.WriteNumber("ephemeral", flavor.EphemeralGib);
            json.WriteNumber("swap", flavor.SwapMib);
            json.WriteString("original_name", flavor.Name);
            if (rights.ExtraSpecs)
            {
                json.WriteMap("extra_specs", flavor.ExtraSpecs);
            }
        }

        json.WriteEndObject();
    }

    private void WriteAttributes(Utf8JsonWriter json, Server server)
    {
        if (rights.Attributes)
        {
            json.WriteString("OS-EXT-SRV-ATTR:host", server.Host);
            json.WriteString("OS-EXT-SRV-ATTR:hypervisor_hostname", server.Node);
            json.WriteString("OS-EXT-SRV-ATTR:instance_name", GuestName.Of(guestNameTemplate, server));
        }

        if (version >= new Microversion(2, 90) || (version >= new Microversion(2, 3) && rights.Attributes))
        {
            json.WriteString("OS-EXT-SRV-ATTR:hostname", server.Hostname);
        }

        if (version >= new Microversion(2, 3) && rights.Attributes)
        {
            json.WriteString("OS-EXT-SRV-ATTR:reservation_id", server.ReservationId);
            json.WriteNumber("OS-EXT-SRV-ATTR:launch_index", server.LaunchIndex);
            json.WriteString("OS-EXT-SRV-ATTR:kernel_id", server.ImageProperties().GetValueOrDefault("kernel_id", ""));
            json.WriteString("OS-EXT-SRV-ATTR:ramdisk_id", server.ImageProperties().GetValueOrDefault("ramdisk_id", ""));
            json.WriteString("OS-EXT-SRV-ATTR:root_device_name", "/dev/vda");
            json.WriteString("OS-EXT-SRV-ATTR:user_data", server.UserData);
        }
    }

    private static void WriteSecurityGroups(Utf8JsonWriter json, List<ServerInterface> interfaces)
    {
        var names = interfaces.SelectMany(i => i.SecurityGroups).Distinct(StringComparer.Ordinal).ToList();
        if (names.Count == 0)
        {
            return;
        }

        json.WriteStartArray("security_groups");
        foreach (var name in names)
        {
            json.WriteStartObject();
            json.WriteString("name", name);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private void WriteFault(Utf8JsonWriter json, Server server, string status)
    {
        if (status is not ("ERROR" or "DELETED") || server.Fault() is not { } fault)
        {
            return;
        }

        json.WriteStartObject("fault");
        json.WriteNumber("code", fault.Code);
        json.WriteTime("created", fault.Created);
        json.WriteString("message", fault.Message);
        if (fault.Details is not null && rights.FaultDetails)
        {
            json.WriteString("details", fault.Details);
        }

        json.WriteEndObject();
    }

    private void WriteNewer(Utf8JsonWriter json, Server server)
    {
        if (version >= new Microversion(2, 9))
        {
            json.WriteBoolean("locked", server.LockedBy is not null);
        }

        if (version >= new Microversion(2, 16) && rights.HostStatus)
        {
            json.WriteString("host_status", server.Host is null ? "" : hostStatus.GetValueOrDefault(server.Host, "UNKNOWN"));
        }

        if (version >= new Microversion(2, 19))
        {
            json.WriteString("description", server.Description);
        }

        if (version >= new Microversion(2, 26))
        {
            json.WriteStrings("tags", server.Tags());
        }

        if (version >= new Microversion(2, 63))
        {
            json.WriteNull("trusted_image_certificates");
        }

        if (version >= new Microversion(2, 73))
        {
            json.WriteString("locked_reason", server.LockedReason);
        }

        if (version >= new Microversion(2, 96))
        {
            json.WriteString("pinned_availability_zone", server.RequestedZone);
        }
    }
}

/// <summary>The guest's name at the hypervisor, by [DEFAULT] instance_name_template.</summary>
internal static class GuestName
{
    public static string Of(string template, Server server)
    {
        var at = template.IndexOf('%', StringComparison.Ordinal);
        var end = at < 0 ? -1 : template.IndexOfAny(['x', 'd'], at);
        if (at < 0 || end < 0)
        {
            return template.Contains("%(uuid)s", StringComparison.Ordinal) ? template.Replace("%(uuid)s", server.Id, StringComparison.Ordinal) : template + server.Number;
        }

        var width = template[(at + 1)..end].TrimStart('0');
        var format = template[end] == 'x' ? "x" : "d";
        return template[..at] + server.Number.ToString(format + (width.Length == 0 ? "" : width)) + template[(end + 1)..];
    }
}
