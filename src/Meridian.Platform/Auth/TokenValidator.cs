// SPDX-License-Identifier: Apache-2.0
using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;

using Meridian.Platform.Caching;
using Meridian.Platform.Config;

using Microsoft.Extensions.Caching.Memory;

namespace Meridian.Platform.Auth;

/// <summary>
/// Validates tokens at the Keystone of [keystone_authtoken] with the service's own user, and believes the answer for token_cache_time.
/// Unknown tokens are remembered as well, so that they cost Keystone one request. Source: keystonemiddleware auth_token.
/// </summary>
public sealed class TokenValidator(ServiceConfig config, ProcessResources resources, TimeProvider clock) : IDisposable
{
    private readonly KeystoneSession session = new(config, KeystoneAuthtokenOptions.Auth, resources, clock);
    private readonly MemoryCache cache = new(new MemoryCacheOptions { SizeLimit = 20_000 });
    private readonly SharedTokenCache? shared = SharedTokenCache.Open(config, clock);
    private readonly TimeSpan lifetime = config.Get(KeystoneAuthtokenOptions.TokenCacheTime);

    /// <returns>Null when Keystone does not know the token, or it has expired.</returns>
    /// <exception cref="NeighbourException">Keystone does not answer.</exception>
    public async Task<TokenInfo?> ValidateAsync(string token, bool allowExpired, CancellationToken cancellationToken)
    {
        // Larger than any token that Keystone issues: refused without a request.
        if (token.Length is 0 or > 8192 || token.AsSpan().ContainsAnyExceptInRange('!', '~'))
        {
            return null;
        }

        var key = (Convert.ToHexString(SHA256.HashData(Encoding.ASCII.GetBytes(token))), allowExpired);
        if (!cache.TryGetValue(key, out TokenInfo? info))
        {
            info = await FindAsync(token, key.Item1, allowExpired, cancellationToken);
            cache.Set(key, info, new MemoryCacheEntryOptions { AbsoluteExpirationRelativeToNow = lifetime, Size = 1 });
        }

        return info is null || (!allowExpired && info.ExpiresAt <= clock.GetUtcNow()) ? null : info;
    }

    public void Dispose()
    {
        cache.Dispose();
        shared?.Dispose();
    }

    private async Task<TokenInfo?> FindAsync(string token, string hash, bool allowExpired, CancellationToken cancellationToken)
    {
        if (shared is not null && await shared.FindAsync(hash, allowExpired, cancellationToken) is { } known)
        {
            return known;
        }

        var info = await AskAsync(token, allowExpired, cancellationToken);
        if (shared is not null && info is not null)
        {
            await shared.SetAsync(hash, allowExpired, info, lifetime, cancellationToken);
        }

        return info;
    }

    private async Task<TokenInfo?> AskAsync(string token, bool allowExpired, CancellationToken cancellationToken)
    {
        for (var attempt = 0; ; attempt++)
        {
            var own = await session.GetTokenAsync(cancellationToken);
            using var response = await SendAsync(token, own, allowExpired, cancellationToken);
            switch (response.StatusCode)
            {
                case HttpStatusCode.OK:
                    return (await response.Content.ReadFromJsonAsync(TokenJson.Default.TokenEnvelope, cancellationToken))?.Token;
                case HttpStatusCode.NotFound or HttpStatusCode.BadRequest:
                    return null;
                case HttpStatusCode.Unauthorized when attempt == 0:
                    session.Forget(own);
                    continue;
                default:
                    throw new NeighbourException($"Keystone at {session.AuthUrl} answered a token validation with {(int)response.StatusCode}; is the user of [keystone_authtoken] in {config.FileNames} allowed to validate tokens?");
            }
        }
    }

    private async Task<HttpResponseMessage> SendAsync(string token, string own, bool allowExpired, CancellationToken cancellationToken)
    {
        var keystone = await KeystoneAsync(cancellationToken);
        using var request = new HttpRequestMessage(HttpMethod.Get, $"{keystone}/auth/tokens?nocatalog{(allowExpired ? "&allow_expired=1" : "")}");
        request.Headers.Add("X-Auth-Token", own);
        request.Headers.Add("X-Subject-Token", token);
        request.Headers.Add(AccessRules.SupportHeader, "1.0");
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(session.Timeout);
        try
        {
            return await session.Http.SendAsync(request, deadline.Token);
        }
        catch (Exception exception) when (exception is HttpRequestException || (exception is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            throw new NeighbourException($"Keystone at {keystone} does not answer: {exception.Message}", exception);
        }
    }

    // With a region_name the catalog must have an identity endpoint in it: a region that is missing there is an error, not a fallback (DESIGN 26).
    private async Task<string> KeystoneAsync(CancellationToken cancellationToken) =>
        session.RegionName is null ? session.AuthUrl : KeystoneUrl.V3(await session.GetEndpointAsync(KeystoneAuthtokenOptions.Auth, "identity", cancellationToken));
}
