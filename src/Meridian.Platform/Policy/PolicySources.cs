// SPDX-License-Identifier: Apache-2.0
using Meridian.Platform.Config;

namespace Meridian.Platform.Policy;

/// <summary>What [oslo_policy] says: where overrides come from, as absolute paths, and how rules are held.</summary>
/// <param name="File">Null for none.</param>
/// <param name="MustExist">True when the operator named the file; the default name may be absent.</param>
/// <param name="Directories">Each one's files are read in the order of their names, later ones win.</param>
public sealed record PolicySources(string? File, bool MustExist = false, IReadOnlyList<string>? Directories = null)
{
    /// <summary>The registered defaults alone.</summary>
    public static PolicySources None { get; } = new((string?)null);

    /// <summary>False lets tokens of a scope that a rule does not take pass on to its check.</summary>
    public bool EnforceScope { get; init; } = true;

    /// <summary>False holds a rule's deprecated default beside today's.</summary>
    public bool EnforceNewDefaults { get; init; } = true;

    /// <summary>Stands in for rules that are referred to and missing, where the operator's files have it.</summary>
    public string DefaultRule { get; init; } = "default";

    /// <summary>Relative names are looked for beside each configuration file, as oslo.config's find_file does; one that is nowhere may appear beside the first.</summary>
    public static PolicySources Of(ServiceConfig config)
    {
        var folders = config.Files.Select(file => Path.GetDirectoryName(Path.GetFullPath(file))!).Distinct(StringComparer.Ordinal).ToList();
        var file = config.Get(OsloPolicyOptions.PolicyFile) is { Length: > 0 } name ? Candidates(name).FirstOrDefault(System.IO.File.Exists, Candidates(name).FirstOrDefault()) : null;
        var directories = config.Get(OsloPolicyOptions.PolicyDirs).Select(directory => Candidates(directory).FirstOrDefault(Directory.Exists, Candidates(directory).FirstOrDefault()));
        return new(file, MustExist: config.IsSet(OsloPolicyOptions.PolicyFile), [.. directories.OfType<string>()])
        {
            EnforceScope = config.Get(OsloPolicyOptions.EnforceScope),
            EnforceNewDefaults = config.Get(OsloPolicyOptions.EnforceNewDefaults),
            DefaultRule = config.Get(OsloPolicyOptions.DefaultRule)!,
        };

        IEnumerable<string?> Candidates(string name) => Path.IsPathRooted(name) ? [name] : folders.Select(folder => Path.Combine(folder, name));
    }

    /// <summary>Every override, with the place where it stands.</summary>
    internal IReadOnlyDictionary<string, PolicyOverride> Read()
    {
        var rules = new Dictionary<string, PolicyOverride>(StringComparer.Ordinal);
        foreach (var path in Paths())
        {
            foreach (var (name, rule) in PolicyFile.Parse(path, System.IO.File.ReadAllText(path)))
            {
                rules[name] = rule;
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
