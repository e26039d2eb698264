// SPDX-License-Identifier: Apache-2.0
using System.CommandLine;

using Meridian.Platform.Config;
using Meridian.Platform.Policy;

namespace Meridian.Host.Verbs;

/// <summary><c>meridian policy</c>: which rules a service asks, and why one allows or refuses.</summary>
internal static class PolicyVerb
{
    private const int Refused = 1;
    private const int Usage = 2;

    public static Command Command() => new("policy", "Show the policy rules of a service, and why one allows or refuses.") { Explain(), List() };

    private static Command Explain()
    {
        var choice = new PolicyChoice();
        var rule = new Argument<string>("rule") { Description = "Name of the rule, such as identity:get_user or os_compute_api:servers:create." };
        var caller = new System.CommandLine.Option<string>("--as")
        {
            Description = $"Who asks: {PolicyCaller.Forms}.", HelpName = "WHO", Required = true,
        };
        var target = new System.CommandLine.Option<string[]>("--target")
        {
            Description = "An attribute of what is asked for, such as project_id=project or target.user.domain_id=domain; may be repeated.", HelpName = "NAME=VALUE",
            DefaultValueFactory = _ => [],
        };
        var command = new Command("explain", "Say why a rule allows or refuses. Ends with 0 when it allows, 1 when it refuses, 2 when the question is wrong.") { rule, caller, target };
        choice.AddTo(command);
        command.SetAction(parsed => Answer(() =>
        {
            var (service, asked) = choice.Find(parsed, parsed.GetValue(rule)!);
            var credentials = PolicyCaller.Read(parsed.GetValue(caller)!, service.Definition.PolicyCredentials);
            var explanation = service.Explainer.Explain(asked, credentials, Target(parsed.GetValue(target)!));
            PolicyPage.Write(Console.Out, service, explanation, credentials);
            return explanation.IsAllowed ? 0 : Refused;
        }));
        return command;
    }

    private static Command List()
    {
        var choice = new PolicyChoice();
        var command = new Command("list", "List the rules that the services ask: scopes, where each stands, the rule.");
        choice.AddTo(command);
        command.SetAction(parsed => Answer(() =>
        {
            foreach (var service in choice.All(parsed))
            {
                PolicyPage.WriteList(Console.Out, service);
            }

            return 0;
        }));
        return command;
    }

    /// <exception cref="ConfigException">A pair without an equals sign.</exception>
    private static PolicyTarget Target(string[] pairs) => new(attributes: pairs
        .Select(pair => pair.IndexOf('=', StringComparison.Ordinal) is > 0 and var at ? (Name: pair[..at], Value: pair[(at + 1)..]) : throw new ConfigException($"--target {pair}: expected NAME=VALUE"))
        .GroupBy(pair => pair.Name, StringComparer.Ordinal).ToDictionary(same => same.Key, same => (object?)same.Last().Value, StringComparer.Ordinal));

    private static int Answer(Func<int> answer)
    {
        try
        {
            return answer();
        }
        catch (Exception exception) when (exception is ConfigException or PolicyException)
        {
            Console.Error.WriteLine($"meridian: {exception.Message}");
            return Usage;
        }
    }
}
