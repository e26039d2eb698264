// SPDX-License-Identifier: Apache-2.0
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

using Meridian.Compute.Http;
using Meridian.Compute.Servers;
using Meridian.Contracts.Network;
using Meridian.Platform.Config;
using Meridian.Platform.Http;

using Microsoft.Extensions.Caching.Memory;

namespace Meridian.Compute.Metadata;

/// <summary>
/// What a guest may know of itself: the same content over HTTP and on the config drive. Source: nova user guide, "Metadata service" and "Config drives".
/// </summary>
internal sealed class InstanceMetadata(ServiceConfig config, Neighbours neighbours, IMemoryCache cache)
{
    /// <summary>The versions of the openstack tree; a document is there from the one on in which it came.</summary>
    public static readonly string[] OpenStackVersions =
        ["2012-08-10", "2013-04-04", "2013-10-17", "2015-10-15", "2016-06-30", "2016-10-06", "2017-02-22", "2018-08-27", "2020-10-14", "2025-04-04", "latest"];

    private readonly string domain = config.Get(ApiOptions.DhcpDomain) ?? "";

    /// <summary>Documents of the openstack tree that a version has, with when they came.</summary>
    public static readonly (string Name, string Since)[] Documents =
    [
        ("meta_data.json", "2012-08-10"), ("user_data", "2012-08-10"), ("password", "2013-04-04"), ("vendor_data.json", "2013-10-17"),
        ("network_data.json", "2015-10-15"), ("vendor_data2.json", "2016-10-06"),
    ];

    public string HostnameOf(Server server) => domain.Length == 0 ? server.Hostname : $"{server.Hostname}.{domain}";

    /// <returns>Null where the version, or the server, has no such document.</returns>
    public async Task<byte[]?> FindAsync(Server server, string version, string document, CancellationToken cancellationToken)
    {
        var since = Documents.FirstOrDefault(d => d.Name == document).Since;
        if (since is null || !Has(version, since))
        {
            return null;
        }

        return document switch
        {
            "meta_data.json" => MetaData(server, version),
            "user_data" => server.UserData is null ? null : Convert.FromBase64String(server.UserData),
            "password" => Encoding.UTF8.GetBytes(server.Password ?? ""),
            "network_data.json" => await NetworkDataAsync(server, cancellationToken),
            "vendor_data.json" => VendorData(),
            _ => "{}"u8.ToArray(),
        };
    }

    /// <summary>The files of the config drive: every document under every version.</summary>
    public async Task<IReadOnlyDictionary<string, byte[]>> ConfigDriveAsync(Server server, CancellationToken cancellationToken)
    {
        var files = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        foreach (var version in OpenStackVersions)
        {
            foreach (var (name, _) in Documents.Where(d => d.Name != "password"))
            {
                if (await FindAsync(server, version, name, cancellationToken) is { } content)
                {
                    files[$"openstack/{version}/{name}"] = content;
                }
            }
        }

        foreach (var version in new[] { "2009-04-04", "latest" })
        {
            files[$"ec2/{version}/meta-data.json"] = Ec2Json(server);
            if (server.UserData is not null)
            {
                files[$"ec2/{version}/user-data"] = Convert.FromBase64String(server.UserData);
            }
        }

        return files;
    }

    public static bool Has(string version, string since) => version == "latest" || string.CompareOrdinal(version, since) >= 0;

    private byte[] MetaData(Server server, string version) => Json(json =>
    {
        json.WriteString("uuid", server.Id);
        var metadata = server.Metadata();
        if (metadata.Count > 0)
        {
            json.WriteMap("meta", metadata);
        }

        if (server is { KeyName: { } key, KeyData: { } data })
        {
            json.WriteMap("public_keys", [new(key, data)]);
            json.WriteStartArray("keys");
            json.WriteStartObject();
            json.WriteString("name", key);
            json.WriteString("type", "ssh");
            json.WriteString("data", data);
            json.WriteEndObject();
            json.WriteEndArray();
        }

        json.WriteString("hostname", HostnameOf(server));
        json.WriteString("name", server.Name);
        json.WriteNumber("launch_index", server.LaunchIndex);
        json.WriteString("availability_zone", server.Zone ?? "");
        if (Has(version, "2013-04-04"))
        {
            json.WriteString("random_seed", Convert.ToBase64String(RandomNumberGenerator.GetBytes(512)));
        }

        if (Has(version, "2015-10-15"))
        {
            json.WriteString("project_id", server.ProjectId);
        }

        if (Has(version, "2016-06-30"))
        {
            WriteDevices(json, server, version);
        }

        if (Has(version, "2020-10-14"))
        {
            json.WriteStartArray("dedicated_cpus");
            json.WriteEndArray();
        }
    });

    // Interfaces that were given a tag.
    private static void WriteDevices(Utf8JsonWriter json, Server server, string version)
    {
        json.WriteStartArray("devices");
        foreach (var port in server.NetworkInfo().Where(i => i.Tag is not null))
        {
            json.WriteStartObject();
            json.WriteString("type", "nic");
            json.WriteString("bus", "none");
            json.WriteString("address", "none");
            json.WriteString("mac", port.MacAddress);
            json.WriteStrings("tags", [port.Tag!]);
            if (Has(version, "2018-08-27"))
            {
                json.WriteBoolean("vf_trusted", false);
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private async Task<byte[]> NetworkDataAsync(Server server, CancellationToken cancellationToken)
    {
        var ports = server.NetworkInfo();
        var subnets = await SubnetsAsync(ports, cancellationToken);
        return Json(json =>
        {
            json.WriteStartArray("links");
            foreach (var port in ports)
            {
                json.WriteStartObject();
                json.WriteString("id", "tap" + port.PortId[..11]);
                json.WriteString("vif_id", port.PortId);
                json.WriteString("type", port.VifType.Length == 0 ? "ovs" : port.VifType);
                json.WriteNumber("mtu", port.Mtu);
                json.WriteString("ethernet_mac_address", port.MacAddress);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteStartArray("networks");
            var number = 0;
            foreach (var port in ports)
            {
                foreach (var address in port.FixedIps)
                {
                    WriteNetwork(json, $"network{number++}", port, address, subnets.GetValueOrDefault(address.SubnetId));
                }
            }

            json.WriteEndArray();
            json.WriteStartArray("services");
            foreach (var dns in subnets.Values.SelectMany(s => s.DnsNameservers).Distinct(StringComparer.Ordinal))
            {
                json.WriteStartObject();
                json.WriteString("type", "dns");
                json.WriteString("address", dns);
                json.WriteEndObject();
            }

            json.WriteEndArray();
        });
    }

    private static void WriteNetwork(Utf8JsonWriter json, string id, ServerInterface port, InterfaceAddress address, SubnetInfo? subnet)
    {
        json.WriteStartObject();
        json.WriteString("id", id);
        json.WriteString("type", (address.Version, subnet?.EnableDhcp, subnet?.Ipv6AddressMode) switch
        {
            (4, true, _) => "ipv4_dhcp",
            (4, _, _) => "ipv4",
            (_, _, { } mode) => mode == "slaac" ? "ipv6_slaac" : $"ipv6_{mode}",
            _ => "ipv6",
        });
        json.WriteString("link", "tap" + port.PortId[..11]);
        json.WriteString("network_id", port.NetworkId);
        if (subnet?.EnableDhcp != true || address.Version == 6)
        {
            json.WriteString("ip_address", address.Address);
            json.WriteString("netmask", subnet is null ? "" : Netmask(subnet.Cidr));
            json.WriteStartArray("routes");
            if (subnet?.GatewayIp is { } gateway)
            {
                WriteRoute(json, address.Version == 4 ? "0.0.0.0" : "::", address.Version == 4 ? "0.0.0.0" : "::", gateway);
            }

            foreach (var route in subnet?.HostRoutes ?? [])
            {
                WriteRoute(json, route.Destination.Split('/')[0], Netmask(route.Destination), route.Nexthop);
            }

            json.WriteEndArray();
        }

        json.WriteEndObject();
    }

    private static void WriteRoute(Utf8JsonWriter json, string network, string netmask, string gateway)
    {
        json.WriteStartObject();
        json.WriteString("network", network);
        json.WriteString("netmask", netmask);
        json.WriteString("gateway", gateway);
        json.WriteEndObject();
    }

    private static string Netmask(string cidr)
    {
        var network = System.Net.IPNetwork.Parse(cidr);
        var bytes = new byte[network.BaseAddress.GetAddressBytes().Length];
        for (var bit = 0; bit < network.PrefixLength; bit++)
        {
            bytes[bit / 8] |= (byte)(0x80 >> (bit % 8));
        }

        return new System.Net.IPAddress(bytes).ToString();
    }

    private async Task<Dictionary<string, SubnetInfo>> SubnetsAsync(List<ServerInterface> ports, CancellationToken cancellationToken)
    {
        var found = new Dictionary<string, SubnetInfo>(StringComparer.Ordinal);
        foreach (var id in ports.SelectMany(p => p.FixedIps).Select(ip => ip.SubnetId).Distinct(StringComparer.Ordinal))
        {
            var subnet = await cache.GetOrCreateAsync(("subnet", id), async entry =>
            {
                entry.AbsoluteExpirationRelativeToNow = TimeSpan.FromSeconds(15);
                return await neighbours.Network(null).ListSubnetsAsync(ids: [id], cancellationToken: cancellationToken) is [var one, ..] ? one : null;
            });
            if (subnet is not null)
            {
                found[id] = subnet;
            }
        }

        return found;
    }

    private byte[] VendorData() => config.Get(ApiOptions.VendordataJsonfile) is { } file && File.Exists(file) ? File.ReadAllBytes(file) : "{}"u8.ToArray();

    private byte[] Ec2Json(Server server) => Json(json =>
    {
        foreach (var (name, value) in Ec2Metadata.Of(server, HostnameOf(server), "2009-04-04").Where(v => v.Value is not null))
        {
            json.WriteString(name, value);
        }
    });

    private static byte[] Json(Action<Utf8JsonWriter> members) => JsonResponse.Bytes(json =>
    {
        json.WriteStartObject();
        members(json);
        json.WriteEndObject();
    });
}
