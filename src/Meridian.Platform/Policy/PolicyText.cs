// SPDX-License-Identifier: Apache-2.0
using System.Collections;
using System.Globalization;

namespace Meridian.Platform.Policy;

/// <summary>Python's <c>str()</c> of the few kinds of values that targets, credentials and literals hold.</summary>
internal static class PolicyText
{
    public static string Of(object? value) => value switch
    {
        null => "None",
        true => "True",
        false => "False",
        string text => text,
        double number => OfNumber(number),
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        IEnumerable list => $"[{string.Join(", ", list.Cast<object?>().Select(Quote))}]",
        _ => value.ToString() ?? "None",
    };

    /// <summary>None, True, False, numbers and quoted text stand for themselves; any other word names a credential.</summary>
    /// <returns>Null for what is no literal.</returns>
    /// <exception cref="PolicyException">It begins as a literal and is none that is understood.</exception>
    public static string? OfLiteral(string word)
    {
        if (word is "None" or "True" or "False")
        {
            return word;
        }

        if (word[0] is '\'' or '"')
        {
            return word.Length >= 2 && word[^1] == word[0] && !word.AsSpan(1, word.Length - 2).ContainsAny('\\', word[0])
                ? word[1..^1]
                : throw new PolicyException($"{word} is not a quoted text");
        }

        if (char.IsLetter(word[0]) || word[0] == '_')
        {
            return word.All(c => char.IsLetterOrDigit(c) || c is '_' or '-' or '.') ? null : throw new PolicyException($"'{word}' names no credential");
        }

        // As Python writes it back: +3 is 3, and 1.50 is 1.5. It takes no leading zeros.
        var digits = word.TrimStart('+', '-');
        var number = word.Length - digits.Length <= 1 && digits.Length is > 0 and <= 15 && char.IsAsciiDigit(digits[0]) && !(digits.Length > 1 && digits[0] == '0' && digits[1] != '.');
        return number && long.TryParse(word, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole) ? Of(whole)
            : number && double.TryParse(word, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var real) && Math.Abs(real) >= 0.0001 ? OfNumber(real)
            : throw new PolicyException($"'{word}' is neither a literal nor a credential's name");
    }

    private static string OfNumber(double number)
    {
        var text = number.ToString("R", CultureInfo.InvariantCulture);
        return double.IsInteger(number) && !text.Contains('E', StringComparison.Ordinal) ? text + ".0" : text;
    }

    private static string Quote(object? item)
    {
        if (item is not string text)
        {
            return Of(item);
        }

        var escaped = text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal).Replace("\r", "\\r", StringComparison.Ordinal).Replace("\t", "\\t", StringComparison.Ordinal);
        return !text.Contains('\'', StringComparison.Ordinal) ? $"'{escaped}'"
            : text.Contains('"', StringComparison.Ordinal) ? $"'{escaped.Replace("'", "\\'", StringComparison.Ordinal)}'"
            : $"\"{escaped}\"";
    }
}
