// SPDX-License-Identifier: Apache-2.0
using System.CommandLine;

using Meridian.Platform.Config;
using Meridian.Platform.Http;

namespace Meridian.Host.Programs;

/// <summary>--config-file and --config-dir, as every OpenStack program takes them; the environment wins over files. Source: oslo.config.</summary>
internal sealed class ConfigArguments(string project, string fileName)
{
    public System.CommandLine.Option<string[]> Files { get; } = new("--config-file")
    {
        Description = $"A configuration file; may be repeated, later ones win. Default: /etc/{project}/{fileName}.", HelpName = "FILE", DefaultValueFactory = _ => [],
        Arity = ArgumentArity.OneOrMore,
    };

    public System.CommandLine.Option<string[]> Folders { get; } = new("--config-dir")
    {
        Description = "A folder whose *.conf files are read in order of name after the files; may be repeated.", HelpName = "DIR", DefaultValueFactory = _ => [],
        Arity = ArgumentArity.OneOrMore,
    };

    /// <exception cref="ConfigException">A file that was named is absent.</exception>
    public ServiceConfig Load(ParseResult parsed, ServiceDefinition definition)
    {
        var files = parsed.GetValue(Files) is { Length: > 0 } named ? named : [$"/etc/{project}/{fileName}"];
        var sources = new ConfigSources();
        foreach (var file in files)
        {
            sources.AddFile(file);
        }

        foreach (var folder in parsed.GetValue(Folders) ?? [])
        {
            sources.AddDirectory(folder);
        }

        var options = ProgramTable.OptionsOf(definition.ConfigFileName, definition.Options);
        sources.AddEnvironment(Environment.GetEnvironmentVariables(), options);
        return ServiceConfig.Load(sources, options, ProgramTable.RetiredOf(definition.ConfigFileName));
    }
}
