// SPDX-License-Identifier: Apache-2.0
using System.Globalization;

namespace Meridian.Platform.Config;

/// <summary>
/// Declares options. Types and accepted spellings are oslo.config's (oslo_config/types.py).
/// Declare each option once, in a static class a section.
/// </summary>
public static class Opt
{
    private static readonly string[] True = ["true", "1", "on", "yes"];
    private static readonly string[] False = ["false", "0", "off", "no"];

    public static Option<string?> Text(
        string section, string name, string? fallback, string help, bool secret = false, string[]? deprecated = null) =>
        new(section, name, fallback, help, secret, deprecated, "text", false, values => values[^1]);

    public static Option<bool> Boolean(string section, string name, bool fallback, string help, string[]? deprecated = null) =>
        new(section, name, fallback, help, false, deprecated, "a boolean: true or false", false, values => ParseBoolean(values[^1]));

    public static Option<int> Integer(
        string section, string name, int fallback, string help, int min = int.MinValue, int max = int.MaxValue, string[]? deprecated = null) =>
        new(section, name, fallback, help, false, deprecated, DescribeRange(min, max), false, values => ParseInteger(values[^1], min, max));

    public static Option<int> Port(string section, string name, int fallback, string help, string[]? deprecated = null) =>
        Integer(section, name, fallback, help, 0, 65535, deprecated);

    public static Option<double> Number(
        string section, string name, double fallback, string help, double min = double.MinValue, double max = double.MaxValue,
        string[]? deprecated = null) =>
        new(section, name, fallback, help, false, deprecated, "a number", false, values => ParseNumber(values[^1], min, max));

    /// <summary>A time in seconds, whole or not.</summary>
    public static Option<TimeSpan> Seconds(string section, string name, double fallback, string help, string[]? deprecated = null) =>
        new(section, name, TimeSpan.FromSeconds(fallback), help, false, deprecated, "a time in seconds, 0 or more", false,
            values => TimeSpan.FromSeconds(ParseNumber(values[^1], 0, int.MaxValue)));

    /// <summary>Comma-separated; blanks around items are dropped; quotes protect commas.</summary>
    public static Option<string[]> List(string section, string name, string[] fallback, string help, string[]? deprecated = null) =>
        new(section, name, fallback, help, false, deprecated, "a comma-separated list", false, values => ParseList(values[^1]));

    /// <summary>May stand several times; each line adds a value.</summary>
    public static Option<string[]> Multi(string section, string name, string[] fallback, string help, string[]? deprecated = null) =>
        new(section, name, fallback, help, false, deprecated, "text, on as many lines as wanted", true, values => [.. values]);

    public static Option<string> Choice(
        string section, string name, string fallback, string help, string[] choices, string[]? deprecated = null) =>
        new(section, name, fallback, help, false, deprecated, "one of " + string.Join(", ", choices), false, values =>
            choices.Contains(values[^1], StringComparer.Ordinal) ? values[^1] : throw new FormatException());

    internal static bool ParseBoolean(string text)
    {
        var lower = text.ToLowerInvariant();
        return True.Contains(lower, StringComparer.Ordinal) || (False.Contains(lower, StringComparer.Ordinal) ? false : throw new FormatException());
    }

    internal static string[] ParseList(string text)
    {
        if (text.StartsWith('[') && text.EndsWith(']'))
        {
            text = text[1..^1];
        }

        var items = new List<string>();
        var item = new System.Text.StringBuilder();
        char quote = '\0';
        foreach (var c in text)
        {
            if (quote != '\0')
            {
                if (c == quote) { quote = '\0'; } else { item.Append(c); }
            }
            else if (c is '"' or '\'' && item.ToString().Trim().Length == 0)
            {
                quote = c;
            }
            else if (c == ',')
            {
                Flush();
            }
            else
            {
                item.Append(c);
            }
        }

        Flush();
        return [.. items];

        void Flush()
        {
            var value = item.ToString().Trim();
            if (value.Length > 0)
            {
                items.Add(value);
            }

            item.Clear();
        }
    }

    private static int ParseInteger(string text, int min, int max)
    {
        var value = int.Parse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        return value >= min && value <= max ? value : throw new FormatException();
    }

    private static double ParseNumber(string text, double min, double max)
    {
        var value = double.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture);
        return value >= min && value <= max ? value : throw new FormatException();
    }

    private static string DescribeRange(int min, int max) => (min, max) switch
    {
        (int.MinValue, int.MaxValue) => "an integer",
        (_, int.MaxValue) => $"an integer, {min} or more",
        (int.MinValue, _) => $"an integer, {max} or less",
        _ => $"an integer from {min} to {max}",
    };
}
