// SPDX-License-Identifier: Apache-2.0
using System.CommandLine;

using Meridian.Host.Programs;
using Meridian.Platform.Config;
using Meridian.Platform.Http;
using Meridian.Platform.Policy;

namespace Meridian.Host.Verbs;

/// <summary>The rules of one program as a configuration has them.</summary>
/// <param name="Configuration">The file that was read; null for the defaults alone.</param>
internal sealed record PolicyService(ServiceDefinition Definition, string? Configuration, PolicyExplainer Explainer);

/// <summary>The options that say whose rules are meant, and under which configuration.</summary>
internal sealed class PolicyChoice
{
    private readonly System.CommandLine.Option<string?> service = new("--service")
    {
        Description = $"Service type or program: {string.Join(", ", Programs.Select(p => p.Define().ServiceType))}; needed where several have a rule of that name.", HelpName = "SERVICE",
    };

    private readonly System.CommandLine.Option<string?> file = new("--config-file")
    {
        Description = "The configuration file of the program; its policy_file and policy_dirs are read. Default: the region's of the state directory, else the one in /etc, else none.", HelpName = "FILE",
    };

    private readonly System.CommandLine.Option<string?> region = new("--region") { Description = "The region whose configuration is meant (default: the first).", HelpName = "REGION" };

    private readonly System.CommandLine.Option<string> stateDirectory = MeridianCommand.StateDirectoryOption();

    private static IEnumerable<ServiceProgram> Programs => ProgramTable.Services.Where(p => p.Define().Policies.Count > 0);

    public void AddTo(Command command)
    {
        foreach (var option in (System.CommandLine.Option[])[service, file, stateDirectory, region])
        {
            command.Options.Add(option);
        }
    }

    /// <summary>The services that were chosen; all when none was.</summary>
    /// <exception cref="ConfigException">There is no such service, file or region.</exception>
    /// <exception cref="PolicyException">A policy file is wrong.</exception>
    public IEnumerable<PolicyService> All(ParseResult parsed) => Chosen(parsed).Select(program => Load(parsed, program));

    /// <summary>The service that has the rule.</summary>
    /// <exception cref="ConfigException">None has, or several have.</exception>
    /// <exception cref="PolicyException">A policy file is wrong.</exception>
    public (PolicyService Service, PolicyRule Rule) Find(ParseResult parsed, string rule)
    {
        var found = Chosen(parsed).Where(program => program.Define().Policies.Any(known => known.Name == rule)).ToList();
        return found.Count switch
        {
            1 => (Load(parsed, found[0]), found[0].Define().Policies.First(known => known.Name == rule)),
            0 => throw new ConfigException($"no rule is called {rule}; `meridian policy list` shows them."),
            _ => throw new ConfigException($"{string.Join(", ", found.Select(p => p.Name))} have a rule {rule}: say --service."),
        };
    }

    private List<ServiceProgram> Chosen(ParseResult parsed)
    {
        var (named, path) = (parsed.GetValue(service), parsed.GetValue(file));
        var chosen = Programs.Where(p => (named is null || p.Name == named || p.Project == named || p.Define().ServiceType == named) && (path is null || p.Define().ConfigFileName == Path.GetFileName(path))).ToList();
        return chosen.Count > 0 ? chosen : throw new ConfigException(
            named is not null && path is null
                ? $"no service is called {named}; known are {string.Join(", ", Programs.Select(p => p.Define().ServiceType))}."
                : $"no program with policy rules reads {path}{(named is null ? "" : $" and is called {named}")}.");
    }

    private PolicyService Load(ParseResult parsed, ServiceProgram program)
    {
        var definition = program.Define();
        var path = parsed.GetValue(file) ?? Default(parsed, program, definition.ConfigFileName);
        var sources = path is null ? new ConfigSources() : new ConfigSources().AddFile(path);
        var config = ServiceConfig.Load(sources, ProgramTable.OptionsOf(definition.ConfigFileName, definition.Options), ProgramTable.RetiredOf(definition.ConfigFileName));
        return new(definition, path, new(definition.Policies, PolicySources.Of(config)));
    }

    private string? Default(ParseResult parsed, ServiceProgram program, string name)
    {
        var (state, wanted) = (MeridianCommand.StateDirectoryOf(parsed, stateDirectory), parsed.GetValue(region));
        if (state.FindPlan() is { } cloud)
        {
            var plan = wanted is null ? cloud.Identity : cloud.Regions.FirstOrDefault(r => r.Name == wanted)
                ?? throw new ConfigException($"there is no region {wanted} in {state.Root}; there are {string.Join(", ", cloud.Regions.Select(r => r.Name))}.");
            return plan.HasIdentity || !program.IdentityRegionOnly ? Path.Combine(state.Etc(plan.Name), name) : throw new ConfigException($"{program.Name} does not run in {plan.Name}.");
        }

        if (wanted is not null)
        {
            throw new ConfigException($"there is no cloud in {state.Root}, so no region {wanted}.");
        }

        var installed = $"/etc/{program.Project}/{name}";
        return File.Exists(installed) ? installed : null;
    }
}
