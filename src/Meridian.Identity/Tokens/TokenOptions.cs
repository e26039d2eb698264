// SPDX-License-Identifier: Apache-2.0
using Meridian.Platform.Config;

using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Meridian.Identity.Tokens;

/// <summary>[jwt_tokens], [revoke] and what [token] has beside the options of every provider. Source: Keystone's configuration reference.</summary>
internal static class TokenOptions
{
    private static readonly string[] Algorithms = [.. JwsAlgorithm.All.Select(a => a.Name)];

    public static readonly Option<string?> PublicKeys = Opt.Text(
        "jwt_tokens", "jws_public_key_repository", "/etc/keystone/jws-keys/public", "Folder of the public keys that JWS tokens may be signed with; each file is tried.");

    public static readonly Option<string?> PrivateKeys = Opt.Text(
        "jwt_tokens", "jws_private_key_repository", "/etc/keystone/jws-keys/private", "Folder of private.pem, the key that signs JWS tokens.");

    public static readonly Option<string> Algorithm = Opt.Choice("jwt_tokens", "jws_algorithm", "ES256", "How JWS tokens are signed.", Algorithms);

    public static readonly Option<string[]> AcceptedAlgorithms = Opt.List(
        "jwt_tokens", "jws_accepted_algorithms", ["ES256"], "Signatures that JWS tokens may have; while the algorithm changes, the old and the new one.");

    public static readonly Option<bool> RevokeById = Opt.Boolean(
        "token", "revoke_by_id", true, "Answer 403 to the list of revoked PKI tokens instead of 410; single tokens are revoked in any case.");

    public static readonly Option<int> MaxTokenSize = Opt.Integer(
        "DEFAULT", "max_token_size", 255, "Length that tokens are expected to stay below; only doctor looks at it.", 0);

    public static readonly Option<TimeSpan> ExpirationBuffer = Opt.Seconds(
        "revoke", "expiration_buffer", 1800, "How long after the last token that it may touch a revocation is kept, at least.");

    public static IReadOnlyList<Option> All { get; } = [PublicKeys, PrivateKeys, Algorithm, AcceptedAlgorithms, RevokeById, MaxTokenSize, ExpirationBuffer];

    /// <summary>What operators write for Keystone's caches. Here a change drops what it makes stale, in one process at once and in others within a second.</summary>
    public static IReadOnlyList<RetiredOption> Retired { get; } =
    [
        new("token", "caching", Cached),
        new("token", "cache_time", Cached),
        new("token", "cache_on_issue", Cached),
        new("token", "driver", "tokens are nowhere stored"),
        new("token", "bind", "tokens are bound to no client (gone since keystone 14, Rocky)"),
        new("token", "enforce_token_bind", "tokens are bound to no client (gone since keystone 14, Rocky)"),
        new("token", "hash_algorithm", "PKI tokens are gone since keystone 10 (Newton)"),
        new("token", "infer_roles", "roles are always inferred (gone since keystone 16, Train)"),
        new("revoke", "driver", "revocations are in the one database"),
        new("revoke", "caching", Cached),
        new("revoke", "cache_time", Cached),
        new("token", "revocation_cache_time", Cached),
        .. CacheSections.Select(section => new RetiredOption(section, "caching", Cached)),
        .. CacheSections.Select(section => new RetiredOption(section, "cache_time", Cached)),
        .. CacheOptions.Select(name => new RetiredOption("cache", name, "no cache beside the process's own is used")),
    ];

    private const string Cached = "what is kept in memory is dropped by the change that makes it stale: there is nothing to tune";

    private static string[] CacheSections => ["catalog", "identity", "role", "resource", "domain_config", "federation", "application_credential", "receipt", "unified_limit"];

    private static string[] CacheOptions =>
    [
        "enabled", "backend", "backend_argument", "backend_expiration_time", "backend_username", "backend_password", "config_prefix", "expiration_time", "proxies",
        "debug_cache_backend", "memcache_servers", "memcache_dead_retry", "memcache_socket_timeout", "memcache_pool_maxsize", "memcache_pool_unused_timeout",
        "memcache_pool_connection_get_timeout", "memcache_pool_flush_on_reconnect", "memcache_sasl_enabled", "memcache_username", "memcache_password",
        "tls_enabled", "tls_cafile", "tls_certfile", "tls_keyfile", "tls_allowed_ciphers", "enable_socket_keepalive", "socket_keepalive_idle",
        "socket_keepalive_interval", "socket_keepalive_count", "enable_retry_client", "retry_attempts", "retry_delay", "hashclient_retry_attempts",
        "hashclient_retry_delay", "dead_timeout", "enforce_fips_mode", "redis_server", "redis_username", "redis_password", "redis_sentinels",
        "redis_socket_timeout", "redis_sentinel_service_name",
    ];

    public static JwsKeyRepository JwsKeys(ServiceConfig config) => new(config.Get(PrivateKeys)!, config.Get(PublicKeys)!);

    /// <summary>[jwt_tokens] jws_algorithm.</summary>
    public static JwsAlgorithm SigningAlgorithm(ServiceConfig config) => JwsAlgorithm.Find(config.Get(Algorithm))!;

    /// <summary>The codec that [token] provider names.</summary>
    /// <exception cref="ConfigException">Its options contradict one another.</exception>
    public static TokenCodec CreateCodec(IServiceProvider services, ServiceConfig config)
    {
        var clock = services.GetRequiredService<TimeProvider>();
        if (config.Get(IdentityOptions.TokenProvider) == "fernet")
        {
            return new FernetTokenCodec(IdentityService.FernetKeys(config), new TokenFormat(config.Get(IdentityOptions.AuthMethods), config.Get(IdentityOptions.DefaultDomainId)!), clock);
        }

        var accepted = config.Get(AcceptedAlgorithms).Select(name => JwsAlgorithm.Find(name)
            ?? throw new ConfigException($"{config.Describe(AcceptedAlgorithms)}: \"{name}\" is none of {string.Join(", ", Algorithms)}."));
        return new JwsTokenCodec(
            JwsKeys(config), SigningAlgorithm(config), accepted, clock, services.GetService<ILogger<JwsTokenCodec>>() ?? NullLogger<JwsTokenCodec>.Instance);
    }
}
