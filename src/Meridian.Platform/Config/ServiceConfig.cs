// SPDX-License-Identifier: Apache-2.0
using System.Text;

namespace Meridian.Platform.Config;

/// <summary>What became of one option of a file.</summary>
public enum FindingKind { Honoured, Deprecated, NoEffect, Unknown }

/// <param name="Note">Why an option has no effect, or what replaces it.</param>
public sealed record ConfigFinding(FindingKind Kind, ConfigValue Value, string? Note);

/// <summary>An option that operators still write and that means nothing here; listed so that they are told why.</summary>
public sealed record RetiredOption(string Section, string Name, string Why);

/// <summary>
/// The configuration of one program, read and checked at start and immutable afterwards.
/// An unknown option is a finding, never an error; a bad value is a <see cref="ConfigException"/>.
/// </summary>
public sealed class ServiceConfig
{
    private readonly Dictionary<Option, object?> parsed = [];
    private readonly Dictionary<(string, string), List<ConfigValue>> bySpelling = [];
    private readonly HashSet<Option> declared;
    private readonly IReadOnlyList<string> files;

    private ServiceConfig(ConfigSources sources, IEnumerable<Option> options)
    {
        declared = [.. options];
        files = sources.Files;
        foreach (var value in sources.Values)
        {
            var key = (value.Section, Canonical(value.Name));
            if (!bySpelling.TryGetValue(key, out var list))
            {
                bySpelling[key] = list = [];
            }

            list.Add(value);
        }
    }

    /// <summary>One entry for each option present in the sources.</summary>
    public IReadOnlyList<ConfigFinding> Findings { get; private set; } = [];

    /// <summary>The files that were read, in order.</summary>
    public IReadOnlyList<string> Files => files;

    /// <summary>The same, for messages.</summary>
    public string FileNames => files.Count == 0 ? "the configuration" : string.Join(", ", files);

    /// <exception cref="ConfigException">A value is not of its option's type.</exception>
    public static ServiceConfig Load(ConfigSources sources, IEnumerable<Option> declared, IEnumerable<RetiredOption>? retired = null)
    {
        var config = new ServiceConfig(sources, declared);
        foreach (var option in config.declared)
        {
            config.parsed[option] = config.Parse(option);
        }

        config.Findings = [.. config.Judge(sources, retired ?? [])];
        return config;
    }

    /// <summary>The value, its default when no source has it.</summary>
    public T Get<T>(Option<T> option)
    {
        if (!parsed.TryGetValue(option, out var value))
        {
            throw new InvalidOperationException($"Option {option} is read but was not declared by this program.");
        }

        return value is null ? option.Fallback : (T)value;
    }

    public bool IsSet(Option option) => Spellings(option).Any(bySpelling.ContainsKey);

    /// <summary>"[section] name in file:line", or in the files where it would have to stand: for messages that ask to change it.</summary>
    public string Describe(Option option)
    {
        var found = Find(option);
        return found is null ? $"option {option.Name} in section [{option.Section}] of {FileNames}" : $"option {option.Name} in section [{option.Section}] of {found[^1].Where}";
    }

    private object? Parse(Option option)
    {
        var found = Find(option);
        if (found is null)
        {
            // A default may refer to another option, as instances_path does to state_path.
            return option.DefaultText is { } text && text.Contains('$', StringComparison.Ordinal)
                ? option.ParseText([Substitute(text, new(option.Section, option.Name, text, "default", 0), option.Section, 0)])
                : null;
        }

        var texts = found.Select(v => Substitute(v.Value, v, option.Section, 0)).ToList();
        try
        {
            return option.ParseText(texts);
        }
        catch (Exception exception) when (exception is FormatException or OverflowException)
        {
            var shown = option.Secret ? "***" : texts[^1];
            throw new ConfigException($"{found[^1].Where}: option {option.Name} in section [{option.Section}] is \"{shown}\"; expected {option.Expected}.", exception);
        }
    }

    private List<ConfigValue>? Find(Option option)
    {
        foreach (var key in Spellings(option))
        {
            if (bySpelling.TryGetValue(key, out var found))
            {
                return found;
            }
        }

        return null;
    }

    private static IEnumerable<(string, string)> Spellings(Option option)
    {
        yield return (option.Section, Canonical(option.Name));
        foreach (var name in option.Deprecated)
        {
            var dot = name.LastIndexOf('.');
            yield return dot < 0 ? (option.Section, Canonical(name)) : (name[..dot], Canonical(name[(dot + 1)..]));
        }
    }

    /// <summary>Replaces $name, ${name} and ${section.name}; $$ is a dollar sign. Unknown names stay as written.</summary>
    private string Substitute(string text, ConfigValue at, string section, int depth)
    {
        if (!text.Contains('$', StringComparison.Ordinal))
        {
            return text;
        }

        if (depth > 16)
        {
            throw new ConfigException($"{at.Where}: option {at.Name} in section [{at.Section}] refers to itself through $ substitution.");
        }

        var result = new StringBuilder();
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] != '$')
            {
                result.Append(text[i]);
                continue;
            }

            if (i + 1 < text.Length && text[i + 1] == '$')
            {
                result.Append('$');
                i++;
                continue;
            }

            var braced = i + 1 < text.Length && text[i + 1] == '{';
            var start = braced ? i + 2 : i + 1;
            var end = start;
            while (end < text.Length && (char.IsAsciiLetterOrDigit(text[end]) || text[end] == '_' || (braced && text[end] is '.' or '-')))
            {
                end++;
            }

            var reference = text[start..end];
            var value = reference.Length == 0 || (braced && (end == text.Length || text[end] != '}')) ? null : Resolve(reference, at, section, depth);
            if (value is null)
            {
                result.Append('$');
                continue;
            }

            result.Append(value);
            i = braced ? end : end - 1;
        }

        return result.ToString();
    }

    private string? Resolve(string reference, ConfigValue at, string section, int depth)
    {
        var dot = reference.LastIndexOf('.');
        (string, string)[] keys = dot < 0
            ? [(section, Canonical(reference)), ("DEFAULT", Canonical(reference))]
            : [(reference[..dot], Canonical(reference[(dot + 1)..]))];
        foreach (var key in keys)
        {
            if (bySpelling.TryGetValue(key, out var found))
            {
                return Substitute(found[^1].Value, at, key.Item1, depth + 1);
            }

            var option = declared.FirstOrDefault(o => o.Section == key.Item1 && Canonical(o.Name) == key.Item2);
            if (option?.DefaultText is { } fallback)
            {
                return fallback;
            }
        }

        return null;
    }

    private IEnumerable<ConfigFinding> Judge(ConfigSources sources, IEnumerable<RetiredOption> retired)
    {
        var honoured = declared.ToDictionary(o => (o.Section, Canonical(o.Name)));
        var renamed = new Dictionary<(string, string), Option>();
        foreach (var option in declared)
        {
            foreach (var spelling in Spellings(option).Skip(1))
            {
                renamed.TryAdd(spelling, option);
            }
        }

        var gone = retired.ToLookup(r => (r.Section, Canonical(r.Name)));
        foreach (var value in sources.Values)
        {
            var key = (value.Section, Canonical(value.Name));
            if (honoured.ContainsKey(key))
            {
                yield return new(FindingKind.Honoured, value, null);
            }
            else if (renamed.TryGetValue(key, out var option))
            {
                yield return new(FindingKind.Deprecated, value, $"honoured; today's name is {option}");
            }
            else if (gone[key].FirstOrDefault() is { } old)
            {
                yield return new(FindingKind.NoEffect, value, old.Why);
            }
            else
            {
                yield return new(FindingKind.Unknown, value, "no program here knows this option");
            }
        }
    }

    private static string Canonical(string name) => name.Replace('-', '_');
}
