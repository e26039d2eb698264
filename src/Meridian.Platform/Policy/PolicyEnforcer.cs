// SPDX-License-Identifier: Apache-2.0
using Meridian.Platform.Auth;
using Meridian.Platform.Http;

using Microsoft.Extensions.Logging;

namespace Meridian.Platform.Policy;

/// <summary>Decides whether a request may do what a rule protects.</summary>
public interface IPolicyEnforcer
{
    bool Allows(PolicyCredentials credentials, PolicyRule rule, PolicyTarget target);

    /// <exception cref="ApiException">The rule says no: 403 in the service's words.</exception>
    void Require(PolicyCredentials credentials, PolicyRule rule, PolicyTarget target);

    /// <summary>Reads the policy files again (SIGHUP); requests under way finish under the rules that they began with.</summary>
    /// <exception cref="PolicyException">A file is wrong; the rules in force stay.</exception>
    void Reload();
}

public static class PolicyEnforcerExtensions
{
    public static bool Allows(this IPolicyEnforcer policy, RequestContext context, PolicyRule rule, PolicyTarget target) =>
        policy.Allows(context.ToPolicyCredentials(), rule, target);

    /// <exception cref="ApiException">The rule says no: 403 in the service's words.</exception>
    public static void Require(this IPolicyEnforcer policy, RequestContext context, PolicyRule rule, PolicyTarget target) =>
        policy.Require(context.ToPolicyCredentials(), rule, target);

    /// <summary>What oslo.context's to_policy_values gives for the request's token.</summary>
    public static PolicyCredentials ToPolicyCredentials(this RequestContext context) =>
        (context.Token?.ToPolicyCredentials() ?? new PolicyCredentials()) with { ServiceRoles = context.ServiceRoles };

    /// <summary>The same for a token alone.</summary>
    public static PolicyCredentials ToPolicyCredentials(this TokenInfo token) => new()
    {
        UserId = token.UserId,
        UserDomainId = token.User.Domain?.Id,
        ProjectId = token.ProjectId,
        ProjectDomainId = token.Project?.Domain?.Id,
        DomainId = token.DomainId,
        SystemScope = token.IsSystemScoped ? "all" : null,
        Roles = token.RoleNames,
        IsAdmin = token.RoleNames.Contains("admin", StringComparer.OrdinalIgnoreCase),
        IsAdminProject = token.IsAdminProject ?? true,
    };
}

internal sealed partial class PolicyEnforcer : IPolicyEnforcer
{
    private readonly IReadOnlyList<PolicyRule> registered;
    private readonly PolicySources sources;
    private readonly Func<PolicyRule, ApiException> denied;
    private readonly ILogger<PolicyEnforcer> logger;
    private volatile PolicyRuleSet rules;

    public PolicyEnforcer(
        IReadOnlyList<PolicyRule> registered, PolicySources sources, PolicyRuleSet rules, Func<PolicyRule, ApiException> denied, ILogger<PolicyEnforcer> logger)
    {
        (this.registered, this.sources, this.rules, this.denied, this.logger) = (registered, sources, rules, denied, logger);
        Warn(rules);
    }

    public bool Allows(PolicyCredentials credentials, PolicyRule rule, PolicyTarget target) => TakesScope(rule, credentials) && rules[rule.Name](credentials, target);

    public void Require(PolicyCredentials credentials, PolicyRule rule, PolicyTarget target)
    {
        if (!Allows(credentials, rule, target))
        {
            LogDenied(logger, rule.Name, credentials.UserId, credentials.ProjectId);
            throw denied(rule);
        }
    }

    public void Reload()
    {
        rules = PolicyRuleSet.Build(registered, sources);
        Warn(rules);
        LogReloaded(logger);
    }

    private bool TakesScope(PolicyRule rule, PolicyCredentials credentials)
    {
        if (rule.Scopes is null || Array.IndexOf(rule.Scopes, credentials.Scope) >= 0)
        {
            return true;
        }

        if (!sources.EnforceScope)
        {
            LogScope(logger, rule.Name, credentials.Scope);
        }

        return !sources.EnforceScope;
    }

    private void Warn(PolicyRuleSet built)
    {
        foreach (var (old, today) in built.Renamed)
        {
            LogRenamed(logger, old, today);
        }

        foreach (var name in built.Unused)
        {
            LogUnused(logger, name);
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Policy rule {Rule} refused user {UserId} of project {ProjectId}")]
    private static partial void LogDenied(ILogger logger, string rule, string? userId, string? projectId);

    [LoggerMessage(Level = LogLevel.Information, Message = "Policy files read again")]
    private static partial void LogReloaded(ILogger logger);

    [LoggerMessage(Level = LogLevel.Information, Message = "Policy rule {Rule} does not take tokens of scope {Scope}; enforce_scope is off")]
    private static partial void LogScope(ILogger logger, string rule, string scope);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The policy file has a rule {Old}, which is called {Today} now")]
    private static partial void LogRenamed(ILogger logger, string old, string today);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The policy file has a rule {Rule} that this service does not know and no rule refers to")]
    private static partial void LogUnused(ILogger logger, string rule);
}
