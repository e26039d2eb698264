// SPDX-License-Identifier: Apache-2.0
using Meridian.Platform.Config;
using Meridian.Platform.Http;

namespace Meridian.Identity.DomainConfig;

/// <summary>
/// Which options a domain may set for itself, and which of them are secret. Source: Keystone's domain configuration manager, whose list it is: options are on it
/// one by one, so that none becomes readable by being added to a section.
/// </summary>
internal static class DomainConfigOptions
{
    public static readonly Option<string> IdentityDriver = Opt.Choice("identity", "driver", "sql", "Where users and groups are kept.", ["sql"]);
    public static readonly Option<bool> DriversEnabled = Opt.Boolean(
        "identity", "domain_specific_drivers_enabled", false,
        "Each domain goes by its own configuration: a list of users or groups is of one domain, that of its query or of the token, and of its length. There is no LDAP driver yet.");
    public static readonly Option<bool> FromDatabase = Opt.Boolean(
        "identity", "domain_configurations_from_database", false, "Configurations of domains are those that the API took. Files of domain_config_dir are not read.");
    public static readonly Option<int> IdentityListLimit = Opt.Integer(
        "identity", "list_limit", 0, "Most entries of a list of users or groups; 0 leaves it to [DEFAULT] list_limit.", 0);

    public static IReadOnlyList<Option> All { get; } = [IdentityDriver, DriversEnabled, FromDatabase, IdentityListLimit, .. LdapOptions.All];

    public static IReadOnlyList<DomainOption> Whitelisted { get; } =
        [DomainOption.Of(IdentityDriver!), DomainOption.OfZeroAsNull(IdentityListLimit), .. LdapOptions.Whitelisted];

    /// <summary>True for an option that may be written and never read.</summary>
    public static bool IsSensitive(string group, string name) => (group, name) == (LdapOptions.Password.Section, LdapOptions.Password.Name);

    /// <exception cref="ApiException">403 for a group or option that domains may not set.</exception>
    public static void Check(string? group, string? name)
    {
        if (group is not null && !Whitelisted.Any(o => o.Group == group))
        {
            throw Invalid($"Group {group} is not supported for domain specific configurations");
        }

        if (group is not null && name is not null && !IsSensitive(group, name) && !Whitelisted.Any(o => o.Group == group && o.Name == name))
        {
            throw Invalid($"Option {name} in group {group} is not supported for domain specific configurations");
        }
    }

    public static ApiException Invalid(string reason) => Errors.Refused($"Invalid domain specific configuration: {reason}.");
}
