// SPDX-License-Identifier: Apache-2.0
using Meridian.Platform.Config;
using Meridian.Platform.Http;

using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Meridian.Platform.Auth;

/// <summary>
/// Lets a request through with a valid token, or to a route that needs none. Source: keystonemiddleware auth_token: service tokens let an expired
/// user token through for the window that Keystone allows; access rules of an application credential bound what its token may ask for.
/// </summary>
/// <param name="ownType">The program's service type, for access rules, where [keystone_authtoken] service_type does not tell another.</param>
internal sealed class AuthTokenMiddleware(RequestDelegate next, TokenValidator validator, ServiceConfig config, string ownType)
{
    private readonly string serviceType = config.Get(KeystoneAuthtokenOptions.ServiceType) is { Length: > 0 } told ? told : ownType;
    private readonly HashSet<string> serviceRoles = new(config.Get(KeystoneAuthtokenOptions.ServiceTokenRoles), StringComparer.OrdinalIgnoreCase);

    public async Task InvokeAsync(HttpContext context, RequestContext request)
    {
        if (context.GetEndpoint()?.Metadata.GetMetadata<IAllowAnonymous>() is not null)
        {
            await next(context);
            return;
        }

        // A doubled header is ambiguous, hence no token at all (OSSA 2012-015).
        var header = context.Request.Headers["X-Auth-Token"];
        if (header.Count != 1)
        {
            throw Unauthorized();
        }

        var token = header.ToString();
        await ReadServiceTokenAsync(context, request);
        var info = await validator.ValidateAsync(token, request.HasServiceToken, context.RequestAborted) ?? throw Unauthorized();
        request.Token = AccessRules.Allow(info, serviceType, context.Request, request.HasServiceToken) ? info : throw Unauthorized();
        request.TokenId = token;
        await next(context);
    }

    private async Task ReadServiceTokenAsync(HttpContext context, RequestContext request)
    {
        var header = context.Request.Headers["X-Service-Token"];
        if (header.Count == 0)
        {
            return;
        }

        var service = await validator.ValidateAsync(header.ToString(), false, context.RequestAborted) ?? throw Unauthorized();
        if (service.RoleNames.Any(serviceRoles.Contains))
        {
            request.HasServiceToken = true;
            request.ServiceRoles = service.RoleNames;
        }
        else if (config.Get(KeystoneAuthtokenOptions.ServiceTokenRolesRequired))
        {
            throw Unauthorized();
        }
    }

    private UnauthorizedException Unauthorized()
    {
        var keystone = config.Get(KeystoneAuthtokenOptions.WwwAuthenticateUri) ?? config.Get(KeystoneAuthtokenOptions.Auth.AuthUrl) ?? "";
        return new UnauthorizedException(keystone);
    }
}

/// <summary>No token, or one that Keystone does not know. Rendered in the middleware's own form by every service but image.</summary>
public sealed class UnauthorizedException : ApiException
{
    public UnauthorizedException(string keystone)
        : base(401, "The request you have made requires authentication.")
    {
        Headers["WWW-Authenticate"] = $"Keystone uri=\"{keystone}\"";
    }
}

public static class KeystoneAuth
{
    /// <summary>Adds what <see cref="AuthTokenMiddleware"/> needs. The host does it for definitions that validate tokens.</summary>
    internal static IServiceCollection AddKeystoneAuth(this IServiceCollection services) => services.AddSingleton<TokenValidator>();
}
