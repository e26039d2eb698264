// SPDX-License-Identifier: Apache-2.0
using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Meridian.Network.Ipam;

/// <summary>An address of either family as a number, so that pools and gaps are arithmetic.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct IpAddress(UInt128 Value, int Version) : IComparable<IpAddress>
{
    public int Bits => Version == 4 ? 32 : 128;

    /// <summary>Fixed-width text that sorts as the number does.</summary>
    public string Key => Value.ToString(Version == 4 ? "x8" : "x32", CultureInfo.InvariantCulture);

    /// <summary>No zones, no octal, no shortened IPv4 forms, no IPv4 inside IPv6: one text a value.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out IpAddress address)
    {
        address = default;
        if (text is null || text.Length is 0 or > 45 || text.Contains('%', StringComparison.Ordinal) || !IPAddress.TryParse(text, out var parsed))
        {
            return false;
        }

        if (parsed.AddressFamily == AddressFamily.InterNetwork)
        {
            // The platform's parser takes "10.1" and "010.0.0.1"; neither is one address to everybody.
            address = From(parsed);
            return parsed.ToString() == text;
        }

        address = From(parsed);
        return text[0] != '[';
    }

    public static IpAddress Parse(string text) => TryParse(text, out var address) ? address : throw new FormatException($"{text} is not an IP address.");

    public static IpAddress FromKey(string key) =>
        new(UInt128.Parse(key, NumberStyles.HexNumber, CultureInfo.InvariantCulture), key.Length == 8 ? 4 : 6);

    public static IpAddress operator +(IpAddress address, UInt128 more) => address with { Value = address.Value + more };

    public static bool operator <(IpAddress left, IpAddress right) => left.CompareTo(right) < 0;

    public static bool operator >(IpAddress left, IpAddress right) => left.CompareTo(right) > 0;

    public static bool operator <=(IpAddress left, IpAddress right) => left.CompareTo(right) <= 0;

    public static bool operator >=(IpAddress left, IpAddress right) => left.CompareTo(right) >= 0;

    public int CompareTo(IpAddress other) => Version != other.Version ? Version.CompareTo(other.Version) : Value.CompareTo(other.Value);

    public override string ToString()
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, Value);
        return new IPAddress(Version == 4 ? bytes[12..] : bytes).ToString();
    }

    private static IpAddress From(IPAddress address)
    {
        Span<byte> bytes = stackalloc byte[16];
        bytes.Clear();
        var v4 = address.AddressFamily == AddressFamily.InterNetwork;
        address.TryWriteBytes(v4 ? bytes[12..] : bytes, out _);
        return new(BinaryPrimitives.ReadUInt128BigEndian(bytes), v4 ? 4 : 6);
    }
}

/// <summary>A network of addresses: first address and prefix length. The text's host bits are dropped, as neutron does.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct IpCidr(IpAddress First, int PrefixLength)
{
    public int Version => First.Version;

    public IpAddress Last => First with { Value = First.Value | HostMask };

    /// <summary>How many addresses; a /0 of IPv6 counts one less than it has.</summary>
    public UInt128 Size => HostMask == UInt128.MaxValue ? UInt128.MaxValue : HostMask + 1;

    public string Netmask => new IpAddress(Version == 4 ? ~HostMask & uint.MaxValue : ~HostMask, Version).ToString();

    private UInt128 HostMask => First.Bits - PrefixLength == 128 ? UInt128.MaxValue : (UInt128.One << (First.Bits - PrefixLength)) - 1;

    /// <summary>Takes an address without prefix as one host.</summary>
    public static bool TryParse(string text, out IpCidr cidr)
    {
        cidr = default;
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        if (!IpAddress.TryParse(slash < 0 ? text : text[..slash], out var address))
        {
            return false;
        }

        var length = address.Bits;
        if (slash >= 0 && (!int.TryParse(text.AsSpan(slash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out length) || length > address.Bits || text.Length - slash > 4))
        {
            return false;
        }

        var whole = new IpCidr(address, length);
        cidr = whole with { First = address with { Value = address.Value & ~whole.HostMask } };
        return true;
    }

    public static IpCidr Parse(string text) => TryParse(text, out var cidr) ? cidr : throw new FormatException($"{text} is not a CIDR.");

    public bool Contains(IpAddress address) => address.Version == Version && address >= First && address <= Last;

    public bool Overlaps(IpCidr other) => Version == other.Version && First <= other.Last && other.First <= Last;

    public override string ToString() => $"{First}/{PrefixLength}";
}
