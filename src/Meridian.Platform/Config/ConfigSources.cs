// SPDX-License-Identifier: Apache-2.0
using System.Collections;

namespace Meridian.Platform.Config;

/// <summary>The values that a process was given, in the order in which later ones win: files, directories, environment.</summary>
public sealed class ConfigSources
{
    private readonly List<ConfigValue> values = [];

    public IReadOnlyList<ConfigValue> Values => values;

    /// <summary>The files read, in order; for messages.</summary>
    public List<string> Files { get; } = [];

    public ConfigSources AddText(string text, string file)
    {
        values.AddRange(ConfigFile.Parse(text, file));
        Files.Add(file);
        return this;
    }

    /// <exception cref="ConfigException">The file is absent or unreadable.</exception>
    public ConfigSources AddFile(string path)
    {
        try
        {
            return AddText(File.ReadAllText(path), path);
        }
        catch (IOException exception)
        {
            throw new ConfigException($"{path}: cannot read this configuration file: {exception.Message}", exception);
        }
        catch (UnauthorizedAccessException exception)
        {
            throw new ConfigException($"{path}: cannot read this configuration file: {exception.Message}", exception);
        }
    }

    /// <summary>Adds each *.conf of a directory, in order of name, as <c>--config-dir</c> does.</summary>
    public ConfigSources AddDirectory(string path)
    {
        if (!Directory.Exists(path))
        {
            throw new ConfigException($"{path}: no such configuration directory");
        }

        foreach (var file in Directory.EnumerateFiles(path, "*.conf").Order(StringComparer.Ordinal))
        {
            AddFile(file);
        }

        return this;
    }

    /// <summary>Adds <c>OS_&lt;GROUP&gt;__&lt;OPTION&gt;</c> variables, which win over files. For a process of one service only (DESIGN 4).</summary>
    public ConfigSources AddEnvironment(IDictionary variables, IEnumerable<Option> declared)
    {
        foreach (var option in declared)
        {
            var name = $"OS_{option.Section.ToUpperInvariant()}__{option.Name.ToUpperInvariant()}";
            if (variables[name] is string value)
            {
                values.Add(new(option.Section, option.Name, value, "environment", 0));
            }
        }

        return this;
    }
}
