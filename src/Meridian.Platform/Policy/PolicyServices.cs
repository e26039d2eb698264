// SPDX-License-Identifier: Apache-2.0
using Meridian.Platform.Config;
using Meridian.Platform.Http;

using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Meridian.Platform.Policy;

public static class PolicyServices
{
    /// <summary>Adds <see cref="IPolicyEnforcer"/> with a service's rules and the overrides that [oslo_policy] names. Built at once: a wrong file ends the start.</summary>
    /// <param name="denied">Makes the 403 in the service's words; by default nova's.</param>
    /// <exception cref="PolicyException">A rule or a policy file is wrong; the message names both.</exception>
    public static IServiceCollection AddPolicy(
        this IServiceCollection services, ServiceConfig config, IReadOnlyList<PolicyRule> rules, Func<PolicyRule, ApiException>? denied = null)
    {
        var sources = PolicySources.Of(config);
        var built = PolicyRuleSet.Build(rules, sources);
        return services.AddSingleton<IPolicyEnforcer>(provider => new PolicyEnforcer(
            rules, sources, built, denied ?? Denied, provider.GetService<ILogger<PolicyEnforcer>>() ?? NullLogger<PolicyEnforcer>.Instance));
    }

    /// <summary>What SIGHUP does: reads the policy files again; wrong ones are logged and the rules in force stay.</summary>
    public static void ReloadPolicy(this IServiceProvider provider, ILogger logger)
    {
        try
        {
            provider.GetService<IPolicyEnforcer>()?.Reload();
        }
        catch (Exception e) when (e is PolicyException or IOException or UnauthorizedAccessException)
        {
            logger.LogError("The policy files are not used, and the rules in force stay: {Reason}", e.Message);
        }
    }

    private static ApiException Denied(PolicyRule rule) => new(403, $"Policy doesn't allow {rule.Name} to be performed.");
}
