// SPDX-License-Identifier: Apache-2.0
using System.Globalization;
using System.Runtime.InteropServices;

namespace Meridian.Platform.Http;

/// <summary>A version of an API such as 2.90; compared as numbers, so that 2.9 &lt; 2.10.</summary>
[StructLayout(LayoutKind.Auto)]
public readonly record struct Microversion(int Major, int Minor) : IComparable<Microversion>
{
    public int CompareTo(Microversion other) => Major != other.Major ? Major.CompareTo(other.Major) : Minor.CompareTo(other.Minor);

    public static bool operator <(Microversion left, Microversion right) => left.CompareTo(right) < 0;

    public static bool operator >(Microversion left, Microversion right) => left.CompareTo(right) > 0;

    public static bool operator <=(Microversion left, Microversion right) => left.CompareTo(right) <= 0;

    public static bool operator >=(Microversion left, Microversion right) => left.CompareTo(right) >= 0;

    /// <summary>Reads "2.90"; neither signs nor leading zeros.</summary>
    public static bool TryParse(string text, out Microversion version)
    {
        version = default;
        var dot = text.IndexOf('.', StringComparison.Ordinal);
        if (dot < 1 || !TryNumber(text[..dot], out var major) || !TryNumber(text[(dot + 1)..], out var minor))
        {
            return false;
        }

        version = new(major, minor);
        return true;
    }

    public override string ToString() => $"{Major}.{Minor}";

    private static bool TryNumber(string text, out int number)
    {
        number = 0;
        return text.Length > 0 && (text[0] != '0' || text.Length == 1)
            && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
    }
}
