// SPDX-License-Identifier: Apache-2.0
namespace Meridian.Platform.Config;

/// <summary>
/// The options with which a program logs in at Keystone and finds a neighbour, the same in every section that names one
/// ([keystone_authtoken], [placement], [neutron], [nova], [glance] …). Source: keystoneauth's session, adapter and password plugin options.
/// </summary>
public sealed class AuthSection
{
    private AuthSection(string section, string? serviceType, string[]? urlNames)
    {
        Section = section;
        AuthUrl = Opt.Text(section, "auth_url", null, "URL of Keystone.", deprecated: ["auth_uri"]);
        AuthType = Opt.Text(section, "auth_type", null, "password, v3password or v3applicationcredential.", deprecated: ["auth_plugin"]);
        AuthSectionName = Opt.Text(section, "auth_section", null, "Read the log-in options from this section instead.");
        Username = Opt.Text(section, "username", null, "User name.", deprecated: ["user_name", "user-name", "admin_user"]);
        UserId = Opt.Text(section, "user_id", null, "User id.");
        Password = Opt.Text(section, "password", null, "Password.", secret: true, deprecated: ["admin_password"]);
        UserDomainName = Opt.Text(section, "user_domain_name", null, "Name of the user's domain.");
        UserDomainId = Opt.Text(section, "user_domain_id", null, "Id of the user's domain.");
        ProjectName = Opt.Text(section, "project_name", null, "Project to scope to.", deprecated: ["tenant_name", "tenant-name", "admin_tenant_name"]);
        ProjectId = Opt.Text(section, "project_id", null, "Project to scope to, by id.", deprecated: ["tenant_id", "tenant-id"]);
        ProjectDomainName = Opt.Text(section, "project_domain_name", null, "Name of the project's domain.");
        ProjectDomainId = Opt.Text(section, "project_domain_id", null, "Id of the project's domain.");
        DefaultDomainName = Opt.Text(section, "default_domain_name", null, "Domain name for user and project where theirs are not given.");
        DefaultDomainId = Opt.Text(section, "default_domain_id", null, "Domain id for user and project where theirs are not given.");
        SystemScope = Opt.Text(section, "system_scope", null, "Scope to the system: all.");
        ApplicationCredentialId = Opt.Text(section, "application_credential_id", null, "Application credential.");
        ApplicationCredentialSecret = Opt.Text(section, "application_credential_secret", null, "Its secret.", secret: true);
        CaFile = Opt.Text(section, "cafile", null, "CA certificates to verify https peers with.");
        CertFile = Opt.Text(section, "certfile", null, "Client certificate.");
        KeyFile = Opt.Text(section, "keyfile", null, "Key of the client certificate.");
        Insecure = Opt.Boolean(section, "insecure", false, "Do not verify https peers.");
        Timeout = Opt.Seconds(section, "timeout", 60, "Time-out of a request.", deprecated: ["http_connect_timeout"]);
        RegionName = Opt.Text(section, "region_name", null, "Region whose endpoint of the service is used; the catalog must have it.", deprecated: ["os_region_name"]);
        ServiceType = Opt.Text(section, "service_type", serviceType, "Service type looked up in the catalog.");
        ValidInterfaces = Opt.List(section, "valid_interfaces", ["internal", "public"], "Endpoint interfaces in order of preference.", deprecated: ["interface", "endpoint_type"]);
        EndpointOverride = Opt.Text(section, "endpoint_override", null, "Use this URL instead of the catalog's.", deprecated: urlNames);
        All =
        [
            AuthUrl, AuthType, AuthSectionName, Username, UserId, Password, UserDomainName, UserDomainId, ProjectName, ProjectId, ProjectDomainName,
            ProjectDomainId, DefaultDomainName, DefaultDomainId, SystemScope, ApplicationCredentialId, ApplicationCredentialSecret,
            CaFile, CertFile, KeyFile, Insecure, Timeout, RegionName, ServiceType, ValidInterfaces, EndpointOverride,
        ];
    }

    public string Section { get; }

    public Option<string?> AuthUrl { get; }

    public Option<string?> AuthType { get; }

    public Option<string?> AuthSectionName { get; }

    public Option<string?> Username { get; }

    public Option<string?> UserId { get; }

    public Option<string?> Password { get; }

    public Option<string?> UserDomainName { get; }

    public Option<string?> UserDomainId { get; }

    public Option<string?> ProjectName { get; }

    public Option<string?> ProjectId { get; }

    public Option<string?> ProjectDomainName { get; }

    public Option<string?> ProjectDomainId { get; }

    public Option<string?> DefaultDomainName { get; }

    public Option<string?> DefaultDomainId { get; }

    public Option<string?> SystemScope { get; }

    public Option<string?> ApplicationCredentialId { get; }

    public Option<string?> ApplicationCredentialSecret { get; }

    public Option<string?> CaFile { get; }

    public Option<string?> CertFile { get; }

    public Option<string?> KeyFile { get; }

    public Option<bool> Insecure { get; }

    public Option<TimeSpan> Timeout { get; }

    public Option<string?> RegionName { get; }

    public Option<string?> ServiceType { get; }

    public Option<string[]> ValidInterfaces { get; }

    public Option<string?> EndpointOverride { get; }

    public IReadOnlyList<Option> All { get; }

    /// <summary>Declares the section. Call once a section and keep the result in a static readonly field.</summary>
    /// <param name="urlNames">Older names of endpoint_override, such as [glance] api_servers.</param>
    public static AuthSection Declare(string section, string? serviceType = null, string[]? urlNames = null) => new(section, serviceType, urlNames);
}

/// <summary>[keystone_authtoken]. Source: keystonemiddleware auth_token options.</summary>
public static class KeystoneAuthtokenOptions
{
    public static readonly AuthSection Auth = AuthSection.Declare("keystone_authtoken", "identity");
    public static readonly Option<string?> WwwAuthenticateUri = Opt.Text(
        "keystone_authtoken", "www_authenticate_uri", null, "Keystone's URL as told to clients in WWW-Authenticate; auth_url when unset.");
    public static readonly Option<string[]> MemcachedServers = Opt.List(
        "keystone_authtoken", "memcached_servers", [], "host:port of memcached servers that share validated tokens; memory when empty.", ["memcache_servers"]);
    public static readonly Option<TimeSpan> TokenCacheTime = Opt.Seconds("keystone_authtoken", "token_cache_time", 300, "How long a validated token is believed.");
    public static readonly Option<string> MemcacheSecurityStrategy = Opt.Choice(
        "keystone_authtoken", "memcache_security_strategy", "None", "Authenticate (MAC) or encrypt and authenticate (ENCRYPT) what is put into memcached.", ["None", "MAC", "ENCRYPT"]);
    public static readonly Option<string?> MemcacheSecretKey = Opt.Text("keystone_authtoken", "memcache_secret_key", null, "The key of memcache_security_strategy.", secret: true);
    public static readonly Option<string[]> ServiceTokenRoles = Opt.List("keystone_authtoken", "service_token_roles", ["service"], "Roles that make a service token one.");
    public static readonly Option<bool> ServiceTokenRolesRequired = Opt.Boolean("keystone_authtoken", "service_token_roles_required", true, "A service token without such a role is invalid.");
    public static readonly Option<string?> ServiceType = Opt.Text("keystone_authtoken", "service_type", null, "Type of this service, for access rules of application credentials.");
    public static readonly Option<bool> DelayAuthDecision = Opt.Boolean("keystone_authtoken", "delay_auth_decision", false, "Leave the decision about missing tokens to the service.");

    public static IReadOnlyList<Option> All { get; } =
    [
        .. Auth.All.Where(o => o.Name != "service_type"), WwwAuthenticateUri, MemcachedServers, TokenCacheTime, MemcacheSecurityStrategy,
        MemcacheSecretKey, ServiceTokenRoles,
        ServiceTokenRolesRequired, ServiceType, DelayAuthDecision,
    ];
}
