// SPDX-License-Identifier: Apache-2.0
using Meridian.Platform.Config;

namespace Meridian.Identity.DomainConfig;

/// <summary>
/// [ldap], with its defaults. Meridian has no LDAP driver yet: domains may store these options and read their defaults, and nothing acts on them.
/// Source: Keystone's configuration reference, [ldap].
/// </summary>
internal static class LdapOptions
{
    private const string NoDriver = "Stored and shown in domain configurations; there is no LDAP driver yet.";

    public static readonly Option<string?> Password = Opt.Text("ldap", "password", null, NoDriver, secret: true);

    /// <summary>Those that a domain may set and everybody who reads its configuration may see, in Keystone's order.</summary>
    public static IReadOnlyList<DomainOption> Whitelisted { get; } =
    [
        Text("url", "ldap://localhost"), Text("user"), Text("suffix", "cn=example,cn=com"), Choice("query_scope", "one", "one", "sub"), Integer("page_size", 0, 0),
        Choice("alias_dereferencing", "default", "never", "searching", "always", "finding", "default"), Unset("debug_level"), Unset("chase_referrals"),
        Text("user_tree_dn"), Text("user_filter"), Text("user_objectclass", "inetOrgPerson"), Text("user_id_attribute", "cn"), Text("user_name_attribute", "sn"),
        Text("user_mail_attribute", "mail"), Text("user_description_attribute", "description"), Text("user_pass_attribute", "userPassword"),
        Text("user_enabled_attribute", "enabled"), Boolean("user_enabled_invert", false), Integer("user_enabled_mask", 0, 0), Text("user_enabled_default", "True"),
        List("user_attribute_ignore", "default_project_id"), Text("user_default_project_id_attribute"), Boolean("user_enabled_emulation", false),
        Text("user_enabled_emulation_dn"), Boolean("user_enabled_emulation_use_group_config", false), List("user_additional_attribute_mapping"),
        Text("group_tree_dn"), Text("group_filter"), Text("group_objectclass", "groupOfNames"), Text("group_id_attribute", "cn"), Text("group_name_attribute", "ou"),
        Boolean("group_members_are_ids", false), Text("group_member_attribute", "member"), Text("group_desc_attribute", "description"),
        List("group_attribute_ignore"), List("group_additional_attribute_mapping"), Text("tls_cacertfile"), Text("tls_cacertdir"), Boolean("use_tls", false),
        Choice("tls_req_cert", "demand", "demand", "never", "allow"), Boolean("use_pool", true), Integer("pool_size", 10, 1), Integer("pool_retry_max", 3, 1),
        Number("pool_retry_delay", 0.1), Integer("pool_connection_timeout", -1, -1), Integer("pool_connection_lifetime", 600, 1), Boolean("use_auth_pool", true),
        Integer("auth_pool_size", 100, 1), Integer("auth_pool_connection_lifetime", 60, 1),
    ];

    public static IReadOnlyList<Option> All { get; } = [Password, .. Whitelisted.Select(o => o.Option)];

    private static DomainOption Text(string name, string? fallback = null) => DomainOption.Of(Opt.Text("ldap", name, fallback, NoDriver));

    private static DomainOption Choice(string name, string fallback, params string[] choices) => DomainOption.Of(Opt.Choice("ldap", name, fallback, NoDriver, choices)!);

    private static DomainOption Boolean(string name, bool fallback) => DomainOption.Of(Opt.Boolean("ldap", name, fallback, NoDriver));

    private static DomainOption Integer(string name, int fallback, int min) => DomainOption.Of(Opt.Integer("ldap", name, fallback, NoDriver, min));

    private static DomainOption Number(string name, double fallback) => DomainOption.Of(Opt.Number("ldap", name, fallback, NoDriver));

    private static DomainOption List(string name, params string[] fallback) => DomainOption.Of(Opt.List("ldap", name, fallback, NoDriver));

    /// <summary>A number or a flag that is neither by default.</summary>
    private static DomainOption Unset(string name) => DomainOption.OfUnset(Opt.Text("ldap", name, null, NoDriver));
}
