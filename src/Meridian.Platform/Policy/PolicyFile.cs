// SPDX-License-Identifier: Apache-2.0
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Meridian.Platform.Policy;

/// <summary>A rule as an operator's file has it.</summary>
internal sealed record PolicyOverride(PolicyCheck Check, string Path, long Line)
{
    public override string ToString() => $"{Path}:{Line}";
}

/// <summary>policy.yaml, or policy.json, which is YAML too: a mapping of rule names to rules.</summary>
internal static class PolicyFile
{
    /// <exception cref="PolicyException">Names the file, and the rule where one is at fault.</exception>
    public static IEnumerable<KeyValuePair<string, PolicyOverride>> Parse(string path, string text)
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
            yield return new(name, new(ParseRule(path, name, value), path, key.Start.Line));
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
