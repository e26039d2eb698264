// SPDX-License-Identifier: Apache-2.0
using Meridian.Identity.ApplicationCredentials;
using Meridian.Identity.Assignments;
using Meridian.Identity.Catalog;
using Meridian.Identity.Credentials;
using Meridian.Identity.Discovery;
using Meridian.Identity.DomainConfig;
using Meridian.Identity.Domains;
using Meridian.Identity.Ec2;
using Meridian.Identity.EndpointFilter;
using Meridian.Identity.Groups;
using Meridian.Identity.Manage;
using Meridian.Identity.Limits;
using Meridian.Identity.Policies;
using Meridian.Identity.Projects;
using Meridian.Identity.Regions;
using Meridian.Identity.Roles;
using Meridian.Identity.Tokens;
using Meridian.Identity.Tokens.Methods;
using Meridian.Identity.Tokens.Receipts;
using Meridian.Identity.Tokens.Scopes;
using Meridian.Identity.Trusts;
using Meridian.Identity.Users;
using Meridian.Identity.Users.Passwords;
using Meridian.Platform.Config;
using Meridian.Platform.Http;
using Meridian.Platform.Policy;
using Meridian.Platform.Storage;

using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace Meridian.Identity;

/// <summary>
/// Keystone: its composition root. Order of checks in its handlers, as upstream's: token (401), policy with the object loaded (403), existence (404),
/// schema (400), state (409).
/// </summary>
public static class IdentityService
{
    /// <summary>What keystone.conf may hold.</summary>
    public static IReadOnlyList<Option> Options { get; } =
    [
        .. TrustOptions.All, .. ApplicationCredentialOptions.All,
        .. CredentialOptions.All,
        .. TokenOptions.All, DomainConfigCommand.Folder,
        .. ServiceDefinition.CommonOptions, .. IdentityOptions.All, .. ProjectOptions.All, .. LimitOptions.All, .. EndpointFilterOptions.All, .. PolicyBlobOptions.All,
        .. RoleOptions.All, .. DomainConfigOptions.All, .. PasswordOptions.All, .. SecurityComplianceOptions.All, .. ReceiptOptions.All, .. TotpOptions.All,
    ];

    /// <summary>What operators write that has no effect here.</summary>
    public static IReadOnlyList<RetiredOption> Retired { get; } =
    [
        .. TokenOptions.Retired,
        .. SecurityComplianceOptions.Retired,
        .. TrustOptions.Retired,
        .. ApplicationCredentialOptions.Retired,
    ];

    /// <summary>The program <c>keystone</c>: the API.</summary>
    public static ServiceDefinition Definition() => new()
    {
        Program = "keystone",
        ServiceType = "identity",
        ConfigFileName = "keystone.conf",
        Options = Options,
        Retired = Retired,
        Listen = config => new ListenAddress(config.Get(IdentityOptions.BindHost)!, config.Get(IdentityOptions.BindPort)),
        Faults = new IdentityFaults(),
        Connection = DatabaseOptions.Connection,
        Migrations = typeof(IdentityService).Assembly,
        Policies = Policies,
        PolicyCredentials = TokenService.Credentials,
        Services = (services, config) => services.AddIdentity(config),
        Map = app => app.MapIdentity(),
    };

    internal static IServiceCollection AddIdentity(this IServiceCollection services, ServiceConfig config)
    {
        services.AddIdentityCore(config);
        services.AddHttpContextAccessor();
        services.AddScoped<IdentityRequest>();
        services.AddSingleton<Authenticator>();
        services.AddSingleton<AuthRequestReader>();
        services.AddSingleton<IAuthMethod, PasswordMethod>();
        services.AddSingleton<IAuthMethod, TokenMethod>();
        services.AddSingleton<IAuthMethod, TotpMethod>();
        services.AddSingleton<IAuthMethod, ApplicationCredentialMethod>();
        services.AddSingleton<IAuthScope, ProjectScope>();
        services.AddSingleton<IAuthScope, DomainScope>();
        services.AddSingleton<IAuthScope, SystemScope>();
        services.AddSingleton<IAuthScope, NoScope>();
        services.AddSingleton<IAuthScope, TrustScope>();
        services.AddSingleton<DefaultScope>();
        services.AddSingleton<ReceiptService>();
        services.AddSingleton<MultiFactorRules>();
        services.AddSingleton(new TokenFormat(config.Get(IdentityOptions.AuthMethods), config.Get(IdentityOptions.DefaultDomainId)!));
        services.AddSingleton<TokenService>();
        services.AddSingleton<TokenCache>();
        services.AddSingleton<DelegationResolver>();
        services.AddSingleton<TrustStore>();
        services.AddSingleton<TrustMaker>();
        services.AddSingleton<ApplicationCredentialStore>();
        services.AddSingleton<ApplicationCredentialMaker>();
        services.AddSingleton<AccessRuleStore>();
        services.AddSingleton<CatalogCache>();
        services.AddSingleton<UserStore>();
        services.AddSingleton<AccountPolicy>();
        services.AddSingleton<PasswordRules>();
        services.AddSingleton<PasswordCheck>();
        services.AddSingleton<PasswordHistory>();
        services.AddSingleton<GroupStore>();
        services.AddSingleton<ProjectStore>();
        services.AddSingleton<ProjectRelatives>();
        services.AddSingleton<DomainStore>();
        services.AddSingleton<CredentialStore>();
        services.AddSingleton<Ec2Authenticator>();
        services.AddSingleton<RoleStore>();
        services.AddSingleton<AssignmentStore>();
        services.AddSingleton<RoleAssignmentQuery>();
        services.AddSingleton<AssignmentNames>();
        services.AddSingleton<GrantParties>();
        services.AddSingleton<SystemGrantParties>();
        services.AddSingleton<RegionStore>();
        services.AddSingleton<ServiceStore>();
        services.AddSingleton<EndpointStore>();
        services.AddSingleton<EndpointFilterStore>();
        services.AddSingleton<PolicyBlobStore>();
        services.AddSingleton<EndpointPolicyStore>();
        services.AddSingleton<EndpointPolicyParties>();
        services.AddSingleton<DomainConfigStore>();
        services.AddSingleton<IdentityLists>();
        services.AddSingleton<RegisteredLimitStore>();
        services.AddSingleton<LimitStore>();
        services.AddPolicy(config, Policies, rule => Errors.Forbidden(rule.Name));
        return services;
    }

    /// <summary>What the API and keystone-manage have in common.</summary>
    internal static IServiceCollection AddIdentityCore(this IServiceCollection services, ServiceConfig config)
    {
        var passwords = PasswordOptions.Configured(config);
        services.AddSingleton(_ => new PasswordHasher(passwords));
        services.AddSingleton(provider => SharedRevisions(provider, config));
        services.AddSingleton<IdentityWriter>();
        services.AddSingleton<RoleGraphCache>();
        services.AddSingleton<RoleResolver>();
        services.AddSingleton<RevocationStore>();
        services.AddSingleton<IdentityCache>();
        services.AddSingleton(provider => TokenOptions.CreateCodec(provider, config));
        return services;
    }

    internal static FernetKeyRepository FernetKeys(ServiceConfig config) =>
        new(config.Get(IdentityOptions.FernetKeys)!, config.Get(IdentityOptions.FernetMaxActiveKeys));

    internal static void MapIdentity(this WebApplication app)
    {
        app.UseMiddleware<IdentityTokenMiddleware>();
        app.MapDiscovery();
        var api = app.MapGroup("/v3");
        api.MapTokens();
        api.MapAuthScopes();
        api.MapRevocations();
        api.MapSimpleCert();
        api.MapTrusts();
        api.MapApplicationCredentials();
        api.MapAccessRules();
        api.MapUsers();
        api.MapGroups();
        api.MapProjects();
        api.MapProjectTags();
        api.MapCredentials();
        api.MapEc2Credentials();
        api.MapEc2Tokens();
        api.MapDomains();
        api.MapRoles();
        api.MapImpliedRoles();
        api.MapGrants();
        api.MapSystemGrants();
        api.MapRoleAssignments();
        api.MapRegions();
        api.MapServices();
        api.MapEndpoints();
        api.MapEndpointGroups();
        api.MapEndpointAssociations();
        api.MapPolicies();
        api.MapEndpointPolicies();
        api.MapDomainConfig();
        api.MapRegisteredLimits();
        api.MapLimits();
    }

    /// <summary>One object for all programs of the process that use this database: a commit of one is seen by the others at once.</summary>
    private static Revisions SharedRevisions(IServiceProvider provider, ServiceConfig config) =>
        provider.GetRequiredService<Meridian.Platform.ProcessResources>().Get(
            "identity " + config.Get(DatabaseOptions.Connection),
            () => new Revisions(provider.GetRequiredService<Database>(), provider.GetRequiredService<TimeProvider>()));

    private static IReadOnlyList<PolicyRule> Policies { get; } =
    [
        .. CredentialPolicies.All, .. Ec2Policies.All,
        .. TrustPolicies.All, .. ApplicationCredentialPolicies.All,
        .. PolicyBase.All, .. TokenPolicies.All, .. UserPolicies.All, .. GroupPolicies.All, .. ProjectPolicies.All, .. RolePolicies.All, .. AssignmentPolicies.All,
        .. RegionPolicies.All, .. ServicePolicies.All, .. EndpointPolicies.All, .. EndpointFilterPolicies.All, .. PolicyBlobPolicies.All, .. DomainConfigPolicies.All, .. LimitPolicies.All,
    ];
}
