// SPDX-License-Identifier: Apache-2.0
using Meridian.Identity.Tokens;
using Meridian.Platform.Config;
using Meridian.Platform.Http;
using Meridian.Platform.Policy;

using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Meridian.Identity;

/// <summary>Who asks, and under which address: one a request. Order in every handler: token, policy with the object loaded, schema, change.</summary>
internal sealed class IdentityRequest(IHttpContextAccessor accessor, IPolicyEnforcer policy)
{
    private HttpContext Http => accessor.HttpContext!;

    /// <summary>The validated X-Auth-Token; null when none was sent.</summary>
    public ValidatedToken? Token { get; set; }

    public string UserId => RequireToken().Payload.UserId;

    /// <summary>The domain that the token is scoped to; null for any other scope.</summary>
    public string? DomainScope => Token?.Payload.DomainId;

    public CancellationToken Aborted => Http.RequestAborted;

    public HttpRequest HttpRequest => Http.Request;

    /// <summary>The query of a list, bounded by [DEFAULT] list_limit.</summary>
    public ListRequest List() => new(Http.Request, Http.RequestServices.GetRequiredService<ServiceConfig>().Get(IdentityOptions.ListLimit));

    /// <summary>The object under its name in the body, such as <c>user</c>.</summary>
    public Task<ResourceBody> BodyAsync(string member) => ResourceBody.ReadAsync(Http.Request, member, Http.RequestAborted);

    /// <summary>The domain of something that a request creates without naming one: the token's scope decides, else the default domain.</summary>
    public string OwnDomainId() => RequireToken().Payload.DomainId ?? Token!.Info.Project?.Domain?.Id
        ?? Http.RequestServices.GetRequiredService<ServiceConfig>().Get(IdentityOptions.DefaultDomainId)!;

    /// <summary>What a list's rule is asked about: a domain-scoped token sees its own domain.</summary>
    public PolicyTarget OwnDomainTarget() => DomainScope is { } domain
        ? PolicyBase.Target(("target.domain_id", domain), ("target.group.domain_id", domain), ("target.domain.id", domain))
        : PolicyTarget.None;

    /// <summary><c>http://host:5000</c>.</summary>
    public string Root => RootOf(Http);

    /// <summary><c>http://host:5000/v3/</c> and the path.</summary>
    public string Url(string path) => $"{RootOf(Http)}/v3/{path}";

    /// <summary>Base of this API's links: [DEFAULT] public_endpoint, or the address that the client used.</summary>
    public static string RootOf(HttpContext context)
    {
        var configured = context.RequestServices.GetRequiredService<ServiceConfig>().Get(IdentityOptions.PublicEndpoint);
        return configured is { Length: > 0 } ? configured.TrimEnd('/') : $"{context.Request.Scheme}://{context.Request.Host}";
    }

    /// <exception cref="ApiException">401: no token, or none that is valid.</exception>
    public ValidatedToken RequireToken() => Token ?? throw Errors.Unauthorized();

    /// <exception cref="ApiException">401 without a token, 403 when the rule says no.</exception>
    public void Require(PolicyRule rule, PolicyTarget? target = null) => policy.Require(RequireToken().Credentials, rule, target ?? PolicyTarget.None);

    public bool Allows(PolicyRule rule, PolicyTarget? target = null) => policy.Allows(RequireToken().Credentials, rule, target ?? PolicyTarget.None);
}

/// <summary>Validates X-Auth-Token for the routes behind it. A bad token is no token: routes that need one answer 401.</summary>
internal sealed class IdentityTokenMiddleware(RequestDelegate next, TokenService tokens)
{
    public async Task InvokeAsync(HttpContext context, RequestContext request, IdentityRequest identity)
    {
        context.Response.Headers.Vary = "X-Auth-Token";
        var header = context.Request.Headers["X-Auth-Token"];
        if (header.Count == 1 && header[0] is { Length: > 0 } token)
        {
            identity.Token = await tokens.FindAsync(token, context.RequestAborted);
            request.Token = identity.Token?.Info;
        }

        await next(context);
    }
}
