// SPDX-License-Identifier: Apache-2.0
using Meridian.Platform.Config;

namespace Meridian.Identity;

/// <summary>Options of keystone.conf. Source: Keystone's configuration reference.</summary>
internal static class IdentityOptions
{
    public static readonly Option<string?> PublicEndpoint = Opt.Text("DEFAULT", "public_endpoint", null, "Base of the links in answers; the request's own address when unset.");
    public static readonly Option<int> ListLimit = Opt.Integer("DEFAULT", "list_limit", 0, "Most entries of a list whose query sets no limit; a longer one is marked truncated. 0 sets no limit.", 0);
    public static readonly Option<int> MaxDbLimit = Opt.Integer("DEFAULT", "max_db_limit", 1000, "Most entries of a list, whatever limit its query or list_limit sets. 0 sets no limit.", 0);
    public static readonly Option<bool> StrictPasswordCheck = Opt.Boolean("DEFAULT", "strict_password_check", false, "Refuse passwords longer than bcrypt reads instead of cutting them.");

    // Keystone runs under a WSGI server and has no listen options; these two names are those of its last own server.
    public static readonly Option<string?> BindHost = Opt.Text("DEFAULT", "public_bind_host", "0.0.0.0", "Address of the API listener.", deprecated: ["DEFAULT.bind_host", "eventlet_server.public_bind_host"]);
    public static readonly Option<int> BindPort = Opt.Port("DEFAULT", "public_port", 5000, "Port of the API listener.", ["DEFAULT.bind_port", "eventlet_server.public_port"]);

    public static readonly Option<string> TokenProvider = Opt.Choice("token", "provider", "fernet", "Format of tokens.", ["fernet", "jws"]);
    public static readonly Option<TimeSpan> TokenExpiration = Opt.Seconds("token", "expiration", 3600, "Life of a token in seconds.", ["DEFAULT.token_expiration"]);
    public static readonly Option<TimeSpan> AllowExpiredWindow = Opt.Seconds("token", "allow_expired_window", 172800, "How long after its expiry a token still validates where a service asks for that.");
    public static readonly Option<bool> AllowRescope = Opt.Boolean("token", "allow_rescope_scoped_token", true, "Let a scoped token buy one of another scope.");

    public static readonly Option<string?> FernetKeys = Opt.Text("fernet_tokens", "key_repository", "/etc/keystone/fernet-keys/", "Folder of the keys that sign tokens.");
    public static readonly Option<int> FernetMaxActiveKeys = Opt.Integer("fernet_tokens", "max_active_keys", 3, "Keys kept at rotation, the staged one included.", 1);
    public static readonly Option<string?> CredentialKeys = Opt.Text("credential", "key_repository", "/etc/keystone/credential-keys/", "Folder of the keys that encrypt credentials.");

    public static readonly Option<string[]> AuthMethods = Opt.List(
        "auth", "methods", ["external", "password", "token", "oauth1", "mapped", "application_credential"],
        "Methods of authentication, in the order that numbers them inside tokens: all Keystones that share keys must have the same.");

    public static readonly Option<string?> DefaultDomainId = Opt.Text("identity", "default_domain_id", "default", "Id of the default domain.");
    public static readonly Option<int> MaxPasswordLength = Opt.Integer("identity", "max_password_length", 4096, "Longest password in bytes; a longer one is refused unread.", 1, 4096);

    public static readonly Option<string?> AdminProjectName = Opt.Text("resource", "admin_project_name", null, "Name of the project whose tokens carry is_admin_project.");
    public static readonly Option<string?> AdminProjectDomainName = Opt.Text("resource", "admin_project_domain_name", null, "Domain of that project.");

    public static IReadOnlyList<Option> All { get; } =
    [
        PublicEndpoint, ListLimit, MaxDbLimit, StrictPasswordCheck, BindHost, BindPort, TokenProvider, TokenExpiration, AllowExpiredWindow, AllowRescope, FernetKeys,
        FernetMaxActiveKeys, CredentialKeys, AuthMethods, DefaultDomainId, MaxPasswordLength, AdminProjectName,
        AdminProjectDomainName,
    ];
}
