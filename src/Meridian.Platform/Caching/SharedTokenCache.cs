// SPDX-License-Identifier: Apache-2.0
using System.Text.Json;

using Meridian.Platform.Auth;
using Meridian.Platform.Config;

namespace Meridian.Platform.Caching;

/// <summary>Validated tokens in the memcached servers of [keystone_authtoken], behind each process's own memory. Keys are hashes: no token is readable there.</summary>
internal sealed class SharedTokenCache : IDisposable
{
    // Raise it when TokenInfo changes in a way that an older process would misread.
    private const int Version = 1;
    private readonly MemcachedClient client;
    private readonly CacheProtection protection;

    private SharedTokenCache(MemcachedClient client, CacheProtection protection) => (this.client, this.protection) = (client, protection);

    /// <returns>Null when no servers are configured.</returns>
    /// <exception cref="ConfigException">A security strategy without its key.</exception>
    public static SharedTokenCache? Open(ServiceConfig config, TimeProvider clock)
    {
        var servers = config.Get(KeystoneAuthtokenOptions.MemcachedServers);
        var security = config.Get(KeystoneAuthtokenOptions.MemcacheSecurityStrategy) switch
        {
            "MAC" => CacheSecurity.Mac,
            "ENCRYPT" => CacheSecurity.Encrypt,
            _ => CacheSecurity.None,
        };
        var key = config.Get(KeystoneAuthtokenOptions.MemcacheSecretKey);
        if (security != CacheSecurity.None && string.IsNullOrEmpty(key))
        {
            throw new ConfigException(
                $"{config.Describe(KeystoneAuthtokenOptions.MemcacheSecretKey)}: memcache_security_strategy needs a key; write a long random text, the same for all services that share the cache.");
        }

        return servers.Length == 0 ? null : new(new(servers, clock), new(security, key));
    }

    public async Task<TokenInfo?> FindAsync(string hash, bool allowExpired, CancellationToken cancellationToken)
    {
        var key = Key(hash, allowExpired);
        if (await client.GetAsync(key, cancellationToken) is not { } entry || protection.Unprotect(key, entry) is not { } json)
        {
            return null;
        }

        try
        {
            return JsonSerializer.Deserialize(json, TokenJson.Default.TokenEnvelope)?.Token;
        }
        catch (JsonException)
        {
            return null; // Another program's entry.
        }
    }

    public Task SetAsync(string hash, bool allowExpired, TokenInfo info, TimeSpan lifetime, CancellationToken cancellationToken)
    {
        var key = Key(hash, allowExpired);
        return client.SetAsync(key, protection.Protect(key, JsonSerializer.SerializeToUtf8Bytes(new TokenEnvelope(info), TokenJson.Default.TokenEnvelope)), lifetime, cancellationToken);
    }

    public void Dispose() => client.Dispose();

    private static string Key(string hash, bool allowExpired) => $"meridian/token/{Version}/{hash}/{(allowExpired ? 1 : 0)}";
}
