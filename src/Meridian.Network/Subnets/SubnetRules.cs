// SPDX-License-Identifier: Apache-2.0
using System.Text.Json;

using Meridian.Network.Api;
using Meridian.Network.Ipam;
using Meridian.Platform.Config;

namespace Meridian.Network.Subnets;

/// <summary>Readers of the composite values of a subnet.</summary>
internal static class SubnetValues
{
    public static object? Pools(JsonElement element)
    {
        if (element.ValueKind != JsonValueKind.Array)
        {
            throw new InvalidValueException($"Invalid data format for IP pool: '{Read.Shown(element)}'");
        }

        return element.EnumerateArray().Select(item =>
        {
            var members = Read.Object(item, "IP pool", "start", "end");
            return members.Count == 2
                ? new AllocationPool((string)Read.Address(members["start"])!, (string)Read.Address(members["end"])!)
                : throw new InvalidValueException($"Validation of dictionary's keys failed. Expected keys: start, end Provided keys: {string.Join(", ", members.Keys)}");
        }).ToList();
    }

    public static object? Routes(JsonElement element)
    {
        if (element.ValueKind == JsonValueKind.Null)
        {
            return new List<HostRoute>();
        }

        if (element.ValueKind != JsonValueKind.Array)
        {
            throw new InvalidValueException($"Invalid data format for hostroute: '{Read.Shown(element)}'");
        }

        var routes = new List<HostRoute>();
        foreach (var item in element.EnumerateArray())
        {
            var members = Read.Object(item, "hostroute", "destination", "nexthop");
            if (members.Count != 2)
            {
                throw new InvalidValueException($"Validation of dictionary's keys failed. Expected keys: destination, nexthop Provided keys: {string.Join(", ", members.Keys)}");
            }

            var destination = Read.Shown(members["destination"]);
            if (!destination.Contains('/', StringComparison.Ordinal) || !IpCidr.TryParse(destination, out var cidr) || cidr.First.ToString() != IpAddress.Parse(destination.Split('/')[0]).ToString())
            {
                throw new InvalidValueException($"'{destination}' is not a valid CIDR");
            }

            var route = new HostRoute(cidr.ToString(), (string)Read.Address(members["nexthop"])!);
            routes.Add(routes.Contains(route) ? throw new InvalidValueException($"Duplicate hostroute '{route.Destination} {route.Nexthop}'") : route);
        }

        return routes;
    }

    public static object? Nameservers(JsonElement element)
    {
        if (element.ValueKind == JsonValueKind.Null)
        {
            return new List<string>();
        }

        if (element.ValueKind != JsonValueKind.Array)
        {
            throw new InvalidValueException($"Invalid data format for nameserver: '{Read.Shown(element)}'");
        }

        var servers = new List<string>();
        foreach (var item in element.EnumerateArray())
        {
            var shown = Read.Shown(item);
            if (!IpAddress.TryParse(shown, out var address))
            {
                throw new InvalidValueException($"'{shown}' is not a valid nameserver. '{shown}' is not a valid IP address");
            }

            servers.Add(servers.Contains(address.ToString()) ? throw new InvalidValueException($"Duplicate nameserver '{shown}'") : address.ToString());
        }

        return servers;
    }
}

/// <summary>What neutron checks of a subnet. Source: neutron's db_base_plugin_v2 and api-ref "Create subnet".</summary>
internal static class SubnetRules
{
    public static SubnetRow Build(string projectId, Values values, ServiceConfig config, DateTime now)
    {
        var pool = values.Get<string?>("subnetpool_id", null);
        var version = values.Get<int?>("ip_version", null);
        var text = values.Get<string?>("cidr", null);
        if (values.Get("use_default_subnetpool", false))
        {
            throw Errors.Bad("subnets", $"No default subnetpool found for IPv{version ?? 4}");
        }

        if (pool is not null)
        {
            throw Errors.NotFound($"Subnet pool {pool} could not be found.", "SubnetPoolNotFound");
        }

        if (text is null)
        {
            throw Errors.Bad("subnets", version is null ? "ip_version must be specified in the absence of cidr and subnetpool_id" : "a subnetpool must be specified in the absence of a cidr");
        }

        var cidr = IpCidr.Parse(text);
        if (version is not null && version != cidr.Version)
        {
            throw Errors.InvalidInput($"cidr '{text}' does not match the ip_version '{version}'");
        }

        var row = new SubnetRow
        {
            Id = Guid.NewGuid().ToString("D"), ProjectId = projectId, NetworkId = values.Require<string>("network_id"), Name = values.Get("name", ""), Description = values.Get("description", ""),
            IpVersion = cidr.Version, Cidr = cidr.ToString(), EnableDhcp = values.Get("enable_dhcp", true), Ipv6AddressMode = values.Get<string?>("ipv6_address_mode", null),
            Ipv6RaMode = values.Get<string?>("ipv6_ra_mode", null), CreatedAt = now, UpdatedAt = now,
        };
        CheckCidr(row, cidr);
        CheckModes(row, cidr);
        row.GatewayIp = values.Has("gateway_ip") ? CheckGateway(cidr, values.Get<string?>("gateway_ip", null)) : DefaultGateway(row, cidr)?.ToString();
        var gateway = row.GatewayIp is null ? (IpAddress?)null : IpAddress.Parse(row.GatewayIp);
        row.Pools = values.Has("allocation_pools") ? PoolRules.Check(cidr, values.Require<List<AllocationPool>>("allocation_pools"), gateway) : PoolRules.Default(cidr, gateway);
        SetLists(row, values, config, "new subnet");
        return row;
    }

    public static void Apply(SubnetRow row, Values values, ServiceConfig config)
    {
        var cidr = row.Range;
        row.Name = values.Get("name", row.Name);
        row.Description = values.Get("description", row.Description);
        if (!values.Get("enable_dhcp", row.EnableDhcp) && row.EnableDhcp && (row.Ipv6AddressMode ?? row.Ipv6RaMode) is not null)
        {
            throw Errors.InvalidInput("Cannot disable enable_dhcp with ipv6 attributes set");
        }

        row.EnableDhcp = values.Get("enable_dhcp", row.EnableDhcp);
        CheckCidr(row, cidr);
        if (values.Has("gateway_ip"))
        {
            row.GatewayIp = CheckGateway(cidr, values.Get<string?>("gateway_ip", null));
        }

        var gateway = row.GatewayIp is null ? (IpAddress?)null : IpAddress.Parse(row.GatewayIp);
        if (values.Has("allocation_pools"))
        {
            row.Pools = PoolRules.Check(cidr, values.Require<List<AllocationPool>>("allocation_pools"), gateway);
        }
        else if (values.Has("gateway_ip"))
        {
            PoolRules.CheckGateway(row.Pools, gateway);
        }

        SetLists(row, values, config, row.Id);
    }

    private static void SetLists(SubnetRow row, Values values, ServiceConfig config, string id)
    {
        if (values.Has("dns_nameservers"))
        {
            var servers = values.Require<List<string>>("dns_nameservers");
            var limit = config.Get(NetworkOptions.MaxDnsNameservers);
            if (servers.Count > limit)
            {
                throw Errors.Invalid($"Unable to complete operation for {id}. The number of DNS nameservers exceeds the limit {limit}.", "DNSNameServersExhausted");
            }

            foreach (var server in servers)
            {
                CheckVersion(row.IpVersion, server, "dns_nameserver");
            }

            row.Dns = servers;
        }

        if (values.Has("host_routes"))
        {
            var routes = values.Require<List<HostRoute>>("host_routes");
            var limit = config.Get(NetworkOptions.MaxHostRoutes);
            if (routes.Count > limit)
            {
                throw Errors.Invalid($"Unable to complete operation for {id}. The number of host routes exceeds the limit {limit}.", "HostRoutesExhausted");
            }

            foreach (var route in routes)
            {
                CheckVersion(row.IpVersion, route.Nexthop, "nexthop");
                CheckVersion(row.IpVersion, route.Destination.Split('/')[0], "destination");
            }

            row.HostRoutes = routes;
        }

        if (values.Has("service_types"))
        {
            row.ServiceTypes = values.Require<List<string>>("service_types");
        }
    }

    private static void CheckCidr(SubnetRow row, IpCidr cidr)
    {
        if (cidr.PrefixLength == 0)
        {
            throw Errors.InvalidInput("0 is not allowed as CIDR prefix length");
        }

        if (cidr is { Version: 6, First.Value: var value } && value == 0)
        {
            throw Errors.InvalidInput("IPv6 subnet '::' is not supported");
        }

        if (!row.EnableDhcp)
        {
            return;
        }

        if (cidr is { Version: 4, PrefixLength: > 30 } or { Version: 6, PrefixLength: > 126 })
        {
            throw Errors.InvalidInput("Subnet has a prefix length that is incompatible with DHCP service enabled");
        }

        var multicast = IpCidr.Parse(cidr.Version == 4 ? "224.0.0.0/4" : "ff00::/8");
        var loopback = IpCidr.Parse(cidr.Version == 4 ? "127.0.0.0/8" : "::1/128");
        if (multicast.Contains(cidr.First))
        {
            throw Errors.InvalidInput("Multicast IP subnet is not supported if enable_dhcp is True");
        }

        if (loopback.Contains(cidr.First))
        {
            throw Errors.InvalidInput("Loopback IP subnet is not supported if enable_dhcp is True");
        }

        if (cidr is { Version: 4, First.Value: var first } && first == 0)
        {
            throw Errors.InvalidInput("First IP '0.0.0.0' of network is not supported if enable_dhcp is True.");
        }
    }

    private static void CheckModes(SubnetRow row, IpCidr cidr)
    {
        if (row is { Ipv6RaMode: null, Ipv6AddressMode: null })
        {
            return;
        }

        if (cidr.Version == 4)
        {
            throw Errors.InvalidInput($"{(row.Ipv6RaMode is null ? "ipv6_address_mode" : "ipv6_ra_mode")} is not valid when ip_version is 4");
        }

        if (!row.EnableDhcp)
        {
            throw Errors.InvalidInput("ipv6_ra_mode or ipv6_address_mode cannot be set when enable_dhcp is set to False");
        }

        if (row is { Ipv6RaMode: not null, Ipv6AddressMode: not null } && row.Ipv6RaMode != row.Ipv6AddressMode)
        {
            throw Errors.InvalidInput(
                $"ipv6_ra_mode set to '{row.Ipv6RaMode}' with ipv6_address_mode set to '{row.Ipv6AddressMode}' is not valid. If both attributes are set, they must be the same value");
        }

        if (row.IsAutoAddressed && cidr.PrefixLength != 64)
        {
            throw Errors.InvalidInput($"Invalid CIDR {cidr} for IPv6 address mode. OpenStack uses the EUI-64 address format, which requires the prefix to be /64");
        }
    }

    private static string? CheckGateway(IpCidr cidr, string? gateway)
    {
        if (gateway is null)
        {
            return null;
        }

        var address = IpAddress.Parse(gateway);
        CheckVersion(cidr.Version, gateway, "gateway_ip");

        // A gateway outside the subnet is allowed (it is reached through a host route); the network's own and the broadcast address are nobody's.
        return cidr.Version == 4 && cidr.PrefixLength < 31 && (address == cidr.First || address == cidr.Last) ? throw Errors.InvalidInput("Gateway is not valid on subnet") : address.ToString();
    }

    /// <summary>The first host; with slaac the subnet's router anycast address, which is the network's own.</summary>
    private static IpAddress? DefaultGateway(SubnetRow row, IpCidr cidr) =>
        cidr.PrefixLength == cidr.First.Bits ? null
        : cidr.Version == 6 && row.IsAutoAddressed ? cidr.First
        : PoolRules.Usable(cidr).First;

    private static void CheckVersion(int version, string address, string name)
    {
        if (IpAddress.Parse(address).Version != version)
        {
            throw Errors.InvalidInput($"{name} '{address}' does not match the ip_version '{version}'");
        }
    }
}
