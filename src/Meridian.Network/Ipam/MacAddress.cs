// SPDX-License-Identifier: Apache-2.0
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Security.Cryptography;

namespace Meridian.Network.Ipam;

internal static class MacAddress
{
    /// <summary>Lower case with colons; null bytes and group addresses are refused.</summary>
    public static bool TryNormalize([NotNullWhen(true)] string? text, [NotNullWhen(true)] out string? mac)
    {
        mac = null;
        if (text is null || text.Length != 17)
        {
            return false;
        }

        var parts = text.Split(':', '-');
        if (parts.Length != 6 || parts.Any(p => p.Length != 2 || !byte.TryParse(p, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out _)) || parts.All(p => p == "00"))
        {
            return false;
        }

        mac = string.Join(':', parts).ToLowerInvariant();
        return true;
    }

    /// <summary>A random address below base_mac: its first three octets, four where the fourth is not zero. Source: neutron_lib.utils.net.</summary>
    public static string Generate(string baseMac)
    {
        var parts = baseMac.ToLowerInvariant().Split(':');
        var kept = parts[3] == "00" ? 3 : 4;
        Span<byte> random = stackalloc byte[6];
        RandomNumberGenerator.Fill(random);
        for (var i = kept; i < 6; i++)
        {
            parts[i] = random[i].ToString("x2", CultureInfo.InvariantCulture);
        }

        return string.Join(':', parts);
    }

    /// <summary>The interface identifier that SLAAC makes of a MAC. Source: RFC 4291, appendix A (modified EUI-64).</summary>
    public static IpAddress Eui64(IpCidr prefix, string mac)
    {
        UInt128 id = 0;
        var octets = mac.Split(':').Select(p => byte.Parse(p, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture)).ToArray();
        octets[0] ^= 2;
        foreach (var octet in (byte[])[.. octets[..3], 0xff, 0xfe, .. octets[3..]])
        {
            id = (id << 8) | octet;
        }

        return prefix.First + id;
    }
}
