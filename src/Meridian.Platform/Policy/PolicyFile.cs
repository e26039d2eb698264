// SPDX-License-Identifier: Apache-2.0
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Meridian.Platform.Policy;

/// <summary>Where overrides come from: [oslo_policy] policy_file and policy_dirs, as absolute paths.</summary>
/// <param name="File">Null for none.</param>
/// <param name="MustExist">True when the operator named the file; the default name may be absent.</param>
/// <param name="Directories">Each one's files are read in the order of their names, later ones win.</param>
public sealed record PolicySources(string? File, bool MustExist = false, IReadOnlyList<string>? Directories = null)
{
    /// <summary>The registered defaults alone.</summary>
    public static PolicySources None { get; } = new((string?)null);

    /// <summary>Every override, with the file that it stands in.</summary>
    internal IReadOnlyDictionary<string, (PolicyCheck Check, string Path)> Read()
    {
        var rules = new Dictionary<string, (PolicyCheck, string)>();
        foreach (var path in Paths())
        {
            foreach (var (name, check) in PolicyFile.Parse(path, System.IO.File.ReadAllText(path)))
            {
                rules[name] = (check, path);
            }
        }

        return rules;
    }

    private IEnumerable<string> Paths()
    {
        if (File is not null && System.IO.File.Exists(File))
        {
            yield return File;
        }
        else if (File is not null && MustExist)
        {
            throw new PolicyException($"the policy file {File} does not exist");
        }

        foreach (var directory in (Directories ?? []).Where(Directory.Exists))
        {
            foreach (var path in Directory.GetFiles(directory).Where(p => Path.GetFileName(p)[0] != '.').Order(StringComparer.Ordinal))
            {
                yield return path;
            }
        }
    }
}

/// <summary>policy.yaml, or policy.json, which is YAML too: a mapping of rule names to rules.</summary>
internal static class PolicyFile
{
    /// <exception cref="PolicyException">Names the file, and the rule where one is at fault.</exception>
    public static IEnumerable<KeyValuePair<string, PolicyCheck>> Parse(string path, string text)
    {
        var stream = new YamlStream();
        try
        {
            stream.Load(new StringReader(text));
        }
        catch (YamlException e)
        {
            throw new PolicyException($"{path}:{e.Start.Line}: {e.Message}", e);
        }

        if (stream.Documents.Count == 0 || IsNull(stream.Documents[0].RootNode))
        {
            yield break;
        }

        if (stream.Documents[0].RootNode is not YamlMappingNode root)
        {
            throw new PolicyException($"{path}: expected a mapping of rule names to rules");
        }

        foreach (var (key, value) in root.Children)
        {
            var name = key is YamlScalarNode { Value: { Length: > 0 } scalar } ? scalar : throw new PolicyException($"{path}:{key.Start.Line}: a rule's name must be text");
            yield return new(name, ParseRule(path, name, value));
        }
    }

    private static PolicyCheck ParseRule(string path, string name, YamlNode value)
    {
        try
        {
            return value switch
            {
                YamlScalarNode scalar => PolicyParser.Parse(Text(scalar)),
                YamlSequenceNode list => PolicyParser.ParseLists([.. list.Children.Select(Alternative)]),
                _ => throw new PolicyException("expected text, or a list of lists"),
            };
        }
        catch (PolicyException e)
        {
            throw new PolicyException($"{path}:{value.Start.Line}: rule '{name}': {e.Message}", e);
        }
    }

    private static IReadOnlyList<string> Alternative(YamlNode node) => node switch
    {
        YamlScalarNode scalar => [Text(scalar)],
        YamlSequenceNode list => [.. list.Children.Select(n => n is YamlScalarNode inner ? Text(inner) : throw new PolicyException("lists nest two deep at most"))],
        _ => throw new PolicyException("expected checks in the list"),
    };

    /// <summary>A bare <c>!</c> is a tag with nothing in YAML, and nothing would allow everybody: both must be written in quotes.</summary>
    private static string Text(YamlScalarNode scalar) =>
        !scalar.Tag.IsEmpty || IsNull(scalar) ? throw new PolicyException("write the rule in quotes: \"@\", \"!\" or \"\"") : scalar.Value!;

    private static bool IsNull(YamlNode node) => node is YamlScalarNode { Style: ScalarStyle.Plain, Value: null or "" or "~" or "null" };
}
