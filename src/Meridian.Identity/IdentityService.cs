// SPDX-License-Identifier: Apache-2.0
using Meridian.Identity.Assignments;
using Meridian.Identity.Catalog;
using Meridian.Identity.Discovery;
using Meridian.Identity.Domains;
using Meridian.Identity.Groups;
using Meridian.Identity.Projects;
using Meridian.Identity.Regions;
using Meridian.Identity.Roles;
using Meridian.Identity.Tokens;
using Meridian.Identity.Users;
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
    public static IReadOnlyList<Option> Options { get; } = [.. ServiceDefinition.CommonOptions, .. IdentityOptions.All];

    /// <summary>The program <c>keystone</c>: the API.</summary>
    public static ServiceDefinition Definition() => new()
    {
        Program = "keystone",
        ServiceType = "identity",
        ConfigFileName = "keystone.conf",
        Options = Options,
        Listen = config => new ListenAddress(config.Get(IdentityOptions.BindHost)!, config.Get(IdentityOptions.BindPort)),
        Faults = new IdentityFaults(),
        Connection = DatabaseOptions.Connection,
        Migrations = typeof(IdentityService).Assembly,
        Services = (services, config) => services.AddIdentity(config),
        Map = app => app.MapIdentity(),
    };

    internal static IServiceCollection AddIdentity(this IServiceCollection services, ServiceConfig config)
    {
        services.AddIdentityCore(config);
        services.AddHttpContextAccessor();
        services.AddScoped<IdentityRequest>();
        services.AddSingleton<Authenticator>();
        services.AddSingleton<TokenService>();
        services.AddSingleton<TokenCache>();
        services.AddSingleton<CatalogCache>();
        services.AddSingleton<UserStore>();
        services.AddSingleton<GroupStore>();
        services.AddSingleton<ProjectStore>();
        services.AddSingleton<DomainStore>();
        services.AddSingleton<RoleStore>();
        services.AddSingleton<AssignmentStore>();
        services.AddSingleton<RoleAssignmentQuery>();
        services.AddSingleton<AssignmentNames>();
        services.AddSingleton<GrantParties>();
        services.AddSingleton<SystemGrantParties>();
        services.AddSingleton<RegionStore>();
        services.AddSingleton<ServiceStore>();
        services.AddSingleton<EndpointStore>();
        services.AddPolicy(config, Policies, rule => Errors.Forbidden(rule.Name));
        return services;
    }

    /// <summary>What the API and keystone-manage have in common.</summary>
    internal static IServiceCollection AddIdentityCore(this IServiceCollection services, ServiceConfig config)
    {
        services.AddSingleton(_ => new PasswordHasher(config.Get(IdentityOptions.PasswordHashRounds)));
        services.AddSingleton(provider => SharedRevisions(provider, config));
        services.AddSingleton<IdentityWriter>();
        services.AddSingleton<RoleGraphCache>();
        services.AddSingleton<RoleResolver>();
        services.AddSingleton<RevocationStore>();
        services.AddSingleton(provider => new TokenCodec(
            FernetKeys(config), new TokenFormat(config.Get(IdentityOptions.AuthMethods), config.Get(IdentityOptions.DefaultDomainId)!), provider.GetRequiredService<TimeProvider>()));
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
        api.MapUsers();
        api.MapGroups();
        api.MapProjects();
        api.MapProjectTags();
        api.MapDomains();
        api.MapRoles();
        api.MapImpliedRoles();
        api.MapGrants();
        api.MapSystemGrants();
        api.MapRoleAssignments();
        api.MapRegions();
        api.MapServices();
        api.MapEndpoints();
    }

    /// <summary>One object for all programs of the process that use this database: a commit of one is seen by the others at once.</summary>
    private static Revisions SharedRevisions(IServiceProvider provider, ServiceConfig config) =>
        provider.GetRequiredService<Meridian.Platform.ProcessResources>().Get(
            "identity " + config.Get(DatabaseOptions.Connection),
            () => new Revisions(provider.GetRequiredService<Database>(), provider.GetRequiredService<TimeProvider>()));

    private static IReadOnlyList<PolicyRule> Policies { get; } =
    [
        .. PolicyBase.All, .. TokenPolicies.All, .. UserPolicies.All, .. GroupPolicies.All, .. ProjectPolicies.All, .. RolePolicies.All, .. AssignmentPolicies.All,
        .. RegionPolicies.All, .. ServicePolicies.All, .. EndpointPolicies.All,
    ];
}
