// SPDX-License-Identifier: Apache-2.0
namespace Meridian.Platform.Config;

/// <summary>[DEFAULT] options of oslo.log, oslo.messaging and oslo.service that every program has.</summary>
public static class DefaultOptions
{
    public static readonly Option<bool> Debug = Opt.Boolean("DEFAULT", "debug", false, "Log at level DEBUG. Re-read on SIGHUP.");
    public static readonly Option<string?> LogFile = Opt.Text("DEFAULT", "log_file", null, "Write the log to this file instead of standard error.", deprecated: ["logfile"]);
    public static readonly Option<string?> LogDir = Opt.Text("DEFAULT", "log_dir", null, "Folder of log_file when that is relative.", deprecated: ["logdir"]);
    public static readonly Option<string?> TransportUrl = Opt.Text(
        "DEFAULT", "transport_url", "rabbit://", "The message bus: rabbit://user:password@host:port/vhost, or fake:// inside one process.", secret: true);
    public static readonly Option<string?> StatePath = Opt.Text("DEFAULT", "state_path", "/var/lib/$program", "Folder of the program's own files.");

    public static IReadOnlyList<Option> All { get; } = [Debug, LogFile, LogDir, TransportUrl, StatePath];
}

/// <summary>[database]. Source: oslo.db options.</summary>
public static class DatabaseOptions
{
    public static readonly Option<string?> Connection = Opt.Text(
        "database", "connection", null, "SQLAlchemy URL: sqlite:///path, mysql+pymysql://user:password@host/name or postgresql://…",
        secret: true, deprecated: ["DEFAULT.sql_connection", "DATABASE.sql_connection", "sql.connection"]);
    public static readonly Option<int> MaxPoolSize = Opt.Integer("database", "max_pool_size", 5, "Connections kept open.", 0, deprecated: ["DEFAULT.sql_max_pool_size"]);
    public static readonly Option<int> MaxOverflow = Opt.Integer("database", "max_overflow", 50, "Connections above max_pool_size.");
    public static readonly Option<string> Synchronous = Opt.Choice(
        "database", "sqlite_synchronous_mode", "FULL", "SQLite's PRAGMA synchronous: FULL survives a power cut, NORMAL only a crash of the process.", ["FULL", "NORMAL"]);

    public static IReadOnlyList<Option> All { get; } = [Connection, MaxPoolSize, MaxOverflow, Synchronous];
}

/// <summary>[oslo_middleware] and [cors]. Source: oslo.middleware options.</summary>
public static class MiddlewareOptions
{
    public static readonly Option<int> MaxRequestBodySize = Opt.Integer(
        "oslo_middleware", "max_request_body_size", 114688, "Largest request body in bytes; larger ones are 413.", 1, deprecated: ["DEFAULT.osapi_max_request_body_size", "DEFAULT.max_request_body_size"]);
    public static readonly Option<bool> EnableProxyHeadersParsing = Opt.Boolean(
        "oslo_middleware", "enable_proxy_headers_parsing", false, "Believe X-Forwarded-* and Forwarded headers: only behind a proxy that sets them.");

    public static IReadOnlyList<Option> All { get; } = [MaxRequestBodySize, EnableProxyHeadersParsing];
}

/// <summary>[oslo_policy]. Source: oslo.policy options.</summary>
public static class OsloPolicyOptions
{
    public static readonly Option<string?> PolicyFile = Opt.Text("oslo_policy", "policy_file", "policy.yaml", "Overrides of policy rules; relative to the configuration file.");
    public static readonly Option<string[]> PolicyDirs = Opt.Multi("oslo_policy", "policy_dirs", ["policy.d"], "Folders of further overrides.");
    public static readonly Option<string?> DefaultRule = Opt.Text("oslo_policy", "policy_default_rule", "default", "The rule that stands in for one that is referred to and missing, where a policy file has it.");
    public static readonly Option<bool> EnforceScope = Opt.Boolean("oslo_policy", "enforce_scope", true, "Refuse tokens of another scope than a rule's; off, they are logged and judged by the rule's check alone.");
    public static readonly Option<bool> EnforceNewDefaults = Opt.Boolean("oslo_policy", "enforce_new_defaults", true, "Use the defaults of today without the older ones beside them. Only rules whose older default allows more have one: meridian policy explain tells.");

    public static IReadOnlyList<Option> All { get; } = [PolicyFile, PolicyDirs, DefaultRule, EnforceScope, EnforceNewDefaults];
}

/// <summary>[ssl]: certificates of the program's own listener. Source: oslo.service's sslutils; honoured though the servers that read them are gone upstream.</summary>
public static class ListenerTlsOptions
{
    public static readonly Option<string?> CertFile = Opt.Text("ssl", "cert_file", null, "PEM certificate chain of the listener; with key_file it makes the listener speak https.", deprecated: ["DEFAULT.cert_file", "DEFAULT.ssl_cert_file"]);
    public static readonly Option<string?> KeyFile = Opt.Text("ssl", "key_file", null, "PEM private key of the listener.", deprecated: ["DEFAULT.key_file", "DEFAULT.ssl_key_file"]);
    public static readonly Option<string?> CaFile = Opt.Text("ssl", "ca_file", null, "CA certificates that clients must present one of.", deprecated: ["DEFAULT.ca_file", "DEFAULT.ssl_ca_file"]);

    public static IReadOnlyList<Option> All { get; } = [CertFile, KeyFile, CaFile];
}
