// SPDX-License-Identifier: Apache-2.0
using System.Globalization;
using System.Text.RegularExpressions;

namespace Meridian.Identity;

/// <summary>
/// Times that clients send: ISO 8601 in its long (<c>2026-01-31T12:00:00Z</c>) and short form (<c>20260131T120000Z</c>), any zone, UTC where none is named.
/// Source: oslo.utils' parse_isotime.
/// </summary>
internal static partial class IsoTime
{
    public static bool TryParse(string text, out DateTimeOffset time)
    {
        time = default;
        if (Form().Match(text) is not { Success: true } match)
        {
            return false;
        }

        // Read in one canonical form: the parts' ranges, leap years and the like are the parser's.
        var digits = string.Concat(Part("year"), Part("month"), Part("day"), Part("hour", "00"), Part("minute", "00"), Part("second", "00"));
        var fraction = Part("fraction").PadRight(7, '0')[..7];
        return TryZone(match, out var zone)
            && DateTime.TryParseExact(digits + fraction, "yyyyMMddHHmmssfffffff", CultureInfo.InvariantCulture, DateTimeStyles.None, out var local)
            && TryShift(local, zone, out time);

        string Part(string name, string missing = "") => match.Groups[name] is { Success: true } group ? group.Value : missing;
    }

    private static bool TryZone(Match match, out TimeSpan zone)
    {
        zone = default;
        if (!match.Groups["sign"].Success)
        {
            return true;
        }

        var hours = int.Parse(match.Groups["zonehour"].Value, CultureInfo.InvariantCulture);
        var minutes = match.Groups["zoneminute"] is { Success: true } group ? int.Parse(group.Value, CultureInfo.InvariantCulture) : 0;
        zone = new TimeSpan(hours, minutes, 0) * (match.Groups["sign"].Value == "-" ? -1 : 1);
        return hours < 24 && minutes < 60;
    }

    private static bool TryShift(DateTime local, TimeSpan zone, out DateTimeOffset time)
    {
        var ticks = local.Ticks - zone.Ticks;
        time = ticks >= DateTime.MinValue.Ticks && ticks <= DateTime.MaxValue.Ticks ? new(ticks, TimeSpan.Zero) : default;
        return time != default;
    }

    [GeneratedRegex(
        @"^(?<year>[0-9]{4})-?(?<month>[0-9]{2})-?(?<day>[0-9]{2})([ T](?<hour>[0-9]{2})(:?(?<minute>[0-9]{2})(:?(?<second>[0-9]{2})([.,](?<fraction>[0-9]+))?)?)?"
        + @"(Z|(?<sign>[+-])(?<zonehour>[0-9]{2}):?(?<zoneminute>[0-9]{2})?)?)?$",
        RegexOptions.NonBacktracking | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex Form();
}
