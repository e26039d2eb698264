// SPDX-License-Identifier: Apache-2.0
using System.Text.Json;

using Meridian.Network.Api;
using Meridian.Network.Ipam;

namespace Meridian.Network.Ports;

/// <summary>Readers of the composite values of a port.</summary>
internal static class PortValues
{
    public static object? FixedIps(JsonElement element)
    {
        if (element.ValueKind != JsonValueKind.Array)
        {
            throw new InvalidValueException($"Invalid data format for fixed IP: '{Read.Shown(element)}'");
        }

        var asks = new List<FixedIpAsk>();
        foreach (var item in element.EnumerateArray())
        {
            var members = Read.Object(item, "fixed IP", "subnet_id", "ip_address");
            var address = members.TryGetValue("ip_address", out var ip) && ip.ValueKind != JsonValueKind.Null ? (string)Read.Address(ip)! : null;
            var subnet = members.TryGetValue("subnet_id", out var id) && id.ValueKind != JsonValueKind.Null ? (string)Read.Uuid(id)! : null;
            if (address is not null && asks.Any(a => a.IpAddress == address))
            {
                throw new InvalidValueException($"Duplicate IP address '{address}'");
            }

            asks.Add(new(subnet, address));
        }

        return asks;
    }

    /// <summary>The MAC is filled in by the port's own where a pair has none.</summary>
    public static object? Pairs(JsonElement element)
    {
        if (element.ValueKind == JsonValueKind.Null)
        {
            return new List<AddressPair>();
        }

        if (element.ValueKind != JsonValueKind.Array)
        {
            throw new InvalidValueException("Allowed address pairs must be a list.");
        }

        var pairs = new List<AddressPair>();
        foreach (var item in element.EnumerateArray())
        {
            var members = Read.Object(item, "allowed address pair", "ip_address", "mac_address");
            if (!members.TryGetValue("ip_address", out var ip))
            {
                throw Errors.Invalid("AllowedAddressPair must contain ip_address", "AllowedAddressPairsMissingIP");
            }

            var text = Read.Shown(ip);
            if (!IpCidr.TryParse(text, out var cidr))
            {
                throw new InvalidValueException($"'{text}' is not a valid IP subnet");
            }

            var mac = members.TryGetValue("mac_address", out var given) && given.ValueKind != JsonValueKind.Null ? (string)Read.Mac(given)! : "";
            if (mac.Length > 0 && (Convert.ToByte(mac[..2], 16) & 1) == 1)
            {
                throw new InvalidValueException($"Cannot have multicast MAC address {mac} in allowed address pairs");
            }

            var pair = new AddressPair(text.Contains('/', StringComparison.Ordinal) ? cidr.ToString() : cidr.First.ToString(), mac);
            pairs.Add(pairs.Contains(pair)
                ? throw Errors.Invalid($"Request contains duplicate address pair: mac_address {mac} ip_address {pair.IpAddress}.", "DuplicateAddressPairInRequest")
                : pair);
        }

        return pairs;
    }

    /// <summary>Control characters are refused: such text ends up in a DHCP server's configuration (OSSA-2021-005).</summary>
    public static object? DhcpOptions(JsonElement element)
    {
        if (element.ValueKind == JsonValueKind.Null)
        {
            return new List<DhcpOption>();
        }

        if (element.ValueKind != JsonValueKind.Array)
        {
            throw new InvalidValueException($"'{Read.Shown(element)}' is not a list");
        }

        var options = new List<DhcpOption>();
        foreach (var item in element.EnumerateArray())
        {
            var members = Read.Object(item, "extra DHCP option", "opt_name", "opt_value", "ip_version");
            if (!members.TryGetValue("opt_name", out var given))
            {
                throw new InvalidValueException("Expected keys: opt_name");
            }

            var name = OneLine(given, 64);
            if (name.Length == 0 || name.Any(char.IsWhiteSpace))
            {
                throw new InvalidValueException($"'{name}' Blank strings are not permitted");
            }

            var value = members.TryGetValue("opt_value", out var v) && v.ValueKind != JsonValueKind.Null ? OneLine(v, 255) : null;
            var version = members.TryGetValue("ip_version", out var ip) ? (int)Read.Integer(4, 6)(ip)! : 4;
            if (version == 5)
            {
                throw new InvalidValueException("5 is not in valid_values");
            }

            options.RemoveAll(o => o.OptName == name && o.IpVersion == version);
            options.Add(new(name, value, version));
        }

        return options;
    }

    /// <summary>A JSON object, kept as it came.</summary>
    public static object? Profile(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Null => "{}",
        JsonValueKind.Object when element.GetRawText().Length <= 4095 => element.GetRawText(),
        _ => throw new InvalidValueException($"'{Read.Shown(element)}' is not a dictionary"),
    };

    private static string OneLine(JsonElement element, int maximum)
    {
        var text = (string)Read.Text(maximum)(element)!;
        return text.Any(char.IsControl) || text.Contains('\u2028', StringComparison.Ordinal) || text.Contains('\u2029', StringComparison.Ordinal)
            ? throw new InvalidValueException("Multi-line strings are not permitted")
            : text;
    }
}
