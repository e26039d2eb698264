// SPDX-License-Identifier: Apache-2.0
namespace Meridian.Platform.Config;

/// <summary>One value as it stands in a file: where it was found and what it says.</summary>
/// <param name="File">The path as given, or "environment".</param>
/// <param name="Line">1-based; 0 for the environment.</param>
public sealed record ConfigValue(string Section, string Name, string Value, string File, int Line)
{
    public string Where => Line == 0 ? $"{File} variable OS_{Section.ToUpperInvariant()}__{Name.ToUpperInvariant()}" : $"{File}:{Line}";
}

/// <summary>
/// Reads oslo.config's INI dialect: <c>[section]</c>, <c>name = value</c> or <c>name: value</c>, <c>#</c> and <c>;</c> comments on lines of
/// their own, values continued on indented lines, quotes around a value dropped, names in [DEFAULT] when no section stands before them.
/// Source: oslo.config, iniparser.py and the configuration file format in its manual.
/// </summary>
public static class ConfigFile
{
    /// <exception cref="ConfigException">The text is not of that form; says the file and line.</exception>
    public static IReadOnlyList<ConfigValue> Parse(string text, string file)
    {
        var values = new List<ConfigValue>();
        var section = "DEFAULT";
        string? name = null;
        var lines = new List<string>();
        var startedAt = 0;
        var number = 0;

        foreach (var raw in text.Split('\n'))
        {
            number++;
            var line = raw.TrimEnd();
            if (line.Length == 0 || line[0] is '#' or ';')
            {
                // A blank or comment line ends a continued value.
                Flush();
                continue;
            }

            if (char.IsWhiteSpace(line[0]))
            {
                if (name is null)
                {
                    throw new ConfigException($"{file}:{number}: an indented line continues a value, but no option stands before it: {line.Trim()}");
                }

                lines.Add(line.Trim());
                continue;
            }

            Flush();
            if (line[0] == '[')
            {
                section = line.Length > 2 && line[^1] == ']' ? line[1..^1] : throw new ConfigException($"{file}:{number}: a section is written [name], not {line}");
                continue;
            }

            var split = line.AsSpan().IndexOfAny('=', ':');
            if (split < 1)
            {
                throw new ConfigException($"{file}:{number}: expected \"option = value\", found: {line}");
            }

            name = line[..split].TrimEnd();
            startedAt = number;
            lines.Add(line[(split + 1)..].Trim());
        }

        Flush();
        return values;

        void Flush()
        {
            if (name is not null)
            {
                values.Add(new(section, name, Unquote(string.Join('\n', lines)), file, startedAt));
            }

            name = null;
            lines.Clear();
        }
    }

    private static string Unquote(string value) =>
        value.Length > 1 && value[0] == value[^1] && value[0] is '"' or '\'' ? value[1..^1] : value;
}
