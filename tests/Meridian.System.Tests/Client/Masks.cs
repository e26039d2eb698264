// SPDX-License-Identifier: Apache-2.0
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Meridian.System.Tests.Client;

/// <summary>
/// Holds an answer against a recorded one in which varying values are masked: &lt;name&gt; an id known (or first seen) under that name, &lt;id:N&gt; a new
/// id, &lt;date…&gt;, &lt;int&gt; … Captured values stay for later commands as $name.
/// </summary>
/// <param name="partial">An answer may have further members, and a list further items.</param>
public sealed partial class Masks(string run, bool partial = false)
{
    private readonly Dictionary<string, string> known = new(StringComparer.Ordinal);

    /// <summary>Values by name: $name in commands, &lt;name&gt; in answers.</summary>
    public IDictionary<string, string> Known => known;

    /// <summary>The command with $name, %S, %F, %R1 and %R2 replaced.</summary>
    public string Fill(string command, string folder, string region, string otherRegion)
    {
        var text = command.Replace("%S", run, StringComparison.Ordinal).Replace("%F", folder, StringComparison.Ordinal)
            .Replace("%R1", region, StringComparison.Ordinal).Replace("%R2", otherRegion, StringComparison.Ordinal);
        return Variable().Replace(text, match => known.TryGetValue(match.Groups[1].Value, out var value) ? value : match.Value);
    }

    /// <returns>Null when they agree; else where they differ.</returns>
    public string? Compare(string expected, string actual)
    {
        var local = new Dictionary<string, string>(StringComparer.Ordinal);
        if (TryJson(expected) is { } wanted)
        {
            return TryJson(actual) is { } got ? Compare(wanted, got, "", local) : $"expected JSON, got: {actual}";
        }

        return CompareText(expected.Trim(), actual.Trim(), "", local);
    }

    private string? Compare(JsonElement expected, JsonElement actual, string path, Dictionary<string, string> local)
    {
        if (expected.ValueKind == JsonValueKind.String)
        {
            return CompareText(expected.GetString()!, actual.ValueKind == JsonValueKind.String ? actual.GetString()! : actual.GetRawText(), path, local);
        }

        if (expected.ValueKind != actual.ValueKind)
        {
            return $"{path}: expected {expected.GetRawText()}, got {actual.GetRawText()}";
        }

        switch (expected.ValueKind)
        {
            case JsonValueKind.Object:
                foreach (var member in expected.EnumerateObject())
                {
                    var inner = actual.TryGetProperty(Named(member.Name), out var value) ? Compare(member.Value, value, $"{path}.{member.Name}", local) : $"{path}.{member.Name}: missing; expected {member.Value.GetRawText()}";
                    if (inner is not null)
                    {
                        return inner;
                    }
                }

                return partial ? null : actual.EnumerateObject().Where(m => !expected.EnumerateObject().Any(e => Named(e.Name) == m.Name))
                    .Select(m => $"{path}.{m.Name}: not expected; it is {m.Value.GetRawText()}").FirstOrDefault();

            case JsonValueKind.Array:
                return CompareArrays(expected, actual, path, local);

            default:
                return expected.GetRawText() == actual.GetRawText() ? null : $"{path}: expected {expected.GetRawText()}, got {actual.GetRawText()}";
        }
    }

    /// <summary>A member's name, an id among them (the subtree of a project).</summary>
    private string Named(string name) => name is ['<', .., '>'] && known.TryGetValue(name[1..^1], out var value) ? value : name;

    // Lists that the services order by chance (new ids) are held against each other in any order.
    private string? CompareArrays(JsonElement expected, JsonElement actual, string path, Dictionary<string, string> local)
    {
        // The recordings show a list's items of their own run only; a cloud has others beside them.
        var whole = path.Length > 0;
        if (whole ? expected.GetArrayLength() != actual.GetArrayLength() : expected.GetArrayLength() > actual.GetArrayLength())
        {
            return $"{path}: expected {expected.GetArrayLength()} items, got {actual.GetArrayLength()}: {actual.GetRawText()}";
        }

        var left = actual.EnumerateArray().ToList();
        foreach (var item in expected.EnumerateArray())
        {
            string? fault = null;
            var found = -1;
            for (var i = 0; i < left.Count && found < 0; i++)
            {
                var (triedKnown, triedLocal) = (new Dictionary<string, string>(known), new Dictionary<string, string>(local));
                if (Compare(item, left[i], $"{path}[]", local) is { } difference)
                {
                    fault ??= difference;
                    Restore(known, triedKnown);
                    Restore(local, triedLocal);
                }
                else
                {
                    found = i;
                }
            }

            if (found < 0)
            {
                return fault ?? $"{path}: no item is like {item.GetRawText()}";
            }

            left.RemoveAt(found);
        }

        var own = partial ? default : left.FirstOrDefault(item => item.GetRawText().Contains(run, StringComparison.Ordinal));
        return own.ValueKind == JsonValueKind.Undefined ? null : $"{path}: not expected: {own.GetRawText()}";
    }

    private static void Restore(Dictionary<string, string> to, Dictionary<string, string> from)
    {
        to.Clear();
        foreach (var (key, value) in from)
        {
            to[key] = value;
        }
    }

    private string? CompareText(string expected, string actual, string path, Dictionary<string, string> local)
    {
        expected = expected.Replace("RUN", run, StringComparison.Ordinal);
        var pattern = new StringBuilder("^");
        var names = new List<string>();
        var at = 0;
        foreach (Match mask in Mask().Matches(expected))
        {
            pattern.Append(Regex.Escape(expected[at..mask.Index]));
            at = mask.Index + mask.Length;
            var name = mask.Groups[1].Value;
            if (Shape(name) is { } shape)
            {
                pattern.Append(shape);
            }
            else if ((name.StartsWith("id:", StringComparison.Ordinal) ? local : known).TryGetValue(name, out var value))
            {
                pattern.Append(Regex.Escape(value));
            }
            else
            {
                pattern.Append("(.+?)");
                names.Add(name);
            }
        }

        pattern.Append(Regex.Escape(expected[at..])).Append('$');
        var match = Regex.Match(actual, pattern.ToString(), RegexOptions.Singleline | RegexOptions.CultureInvariant, TimeSpan.FromSeconds(1));
        if (!match.Success)
        {
            return $"{path}: expected {expected}, got {actual}";
        }

        for (var i = 0; i < names.Count; i++)
        {
            (names[i].StartsWith("id:", StringComparison.Ordinal) ? local : known).TryAdd(names[i], match.Groups[i + 1].Value);
        }

        return null;
    }

    private static string? Shape(string name) => name switch
    {
        "int" or "n" => @"\d+",
        "float" => @"[\d.]+",
        "mac" => "[0-9a-f]{2}(?::[0-9a-f]{2}){5}",
        "host" => @"[\d.]+:\d+",
        "req" => "req-[0-9a-f-]{36}",
        "token" or "opaque" or "private key" or "ip6" => ".+",
        _ when name.StartsWith("date", StringComparison.Ordinal) => @"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d\S*",
        _ => null,
    };

    private static JsonElement? TryJson(string text)
    {
        try
        {
            return text.TrimStart() is ['{' or '[', ..] ? JsonDocument.Parse(text).RootElement : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    [GeneratedRegex(@"\$([a-z][a-z0-9_]*)")]
    private static partial Regex Variable();

    [GeneratedRegex("<([a-zA-Z][^<>]*)>")]
    private static partial Regex Mask();
}
