// SPDX-License-Identifier: Apache-2.0
using Meridian.Identity.Tokens;
using Meridian.Platform.Config;
using Meridian.Platform.Http;
using Meridian.Platform.Policy;

using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Meridian.Identity;

/// <summary>Who asks, and under which address: one a request. Order in every handler: token, policy with the object loaded, schema, change.</summary>
internal sealed class IdentityRequest(IHttpContextAccessor accessor, IPolicyEnforcer policy)
{
    private string? root;

    private HttpContext Http => accessor.HttpContext!;

    private ServiceConfig Config => Http.RequestServices.GetRequiredService<ServiceConfig>();

    /// <summary>The validated X-Auth-Token; null when none was sent.</summary>
    public ValidatedToken? Token { get; set; }

    /// <summary>The trustor's where a trust impersonates.</summary>
    public string UserId => RequireToken().Info.UserId;

    /// <summary>The domain that the token is scoped to; null for any other scope.</summary>
    public string? DomainScope => Token?.Payload.DomainId;

    public CancellationToken Aborted => Http.RequestAborted;

    public HttpRequest HttpRequest => Http.Request;

    /// <summary>The query of a list that is whole unless the query says otherwise, since Keystone does not cut it either: what a user has, trusts, role assignments.</summary>
    public ListRequest List() => List(0);

    /// <summary>The query of a list that an option bounds, or [DEFAULT] list_limit where that option is not set.</summary>
    public ListRequest List(Option<int> listLimit) => Config.Get(listLimit) is > 0 and var own ? List(own) : List(Config.Get(IdentityOptions.ListLimit));

    /// <param name="listLimit">0 for no bound.</param>
    public ListRequest List(int listLimit) => new(Http.Request, listLimit, Config.Get(IdentityOptions.MaxDbLimit));

    /// <summary>The object under its name in the body, such as <c>user</c>.</summary>
    public Task<ResourceBody> BodyAsync(string member) => ResourceBody.ReadAsync(Http.Request, member, Http.RequestAborted);

    /// <summary>The domain of something that a request creates without naming one: that of a domain-scoped token, else the default domain.</summary>
    public string OwnDomainId() => RequireToken().Payload.DomainId
        ?? Config.Get(IdentityOptions.DefaultDomainId)!;

    /// <summary>What a list's rule is asked about: a domain-scoped token sees its own domain.</summary>
    public PolicyTarget OwnDomainTarget() => DomainScope is { } domain
        ? PolicyBase.Target(("target.domain_id", domain), ("target.group.domain_id", domain), ("target.domain.id", domain))
        : PolicyTarget.None;

    /// <summary><c>http://host:5000</c>.</summary>
    public string Root => root ??= RootOf(Http);

    /// <summary><c>http://host:5000/v3/</c> and the path.</summary>
    public string Url(string path) => $"{Root}/v3/{path}";

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

/// <summary>Validates X-Auth-Token. A bad token is no token: a route answers 401 without one, unless it says <c>.AllowAnonymous()</c> where it is mapped.</summary>
internal sealed class IdentityTokenMiddleware(RequestDelegate next, TokenService tokens)
{
    public async Task InvokeAsync(HttpContext context, RequestContext request, IdentityRequest identity)
    {
        context.Response.Headers.Vary = "X-Auth-Token";
        var header = context.Request.Headers["X-Auth-Token"];
        if (header.Count == 1 && header[0] is { Length: > 0 } token)
        {
            var found = await tokens.FindAsync(token, context.RequestAborted);
            identity.Token = found is null || await AllowsAsync(found, context) ? found : null;
            request.Token = identity.Token?.Info;
        }

        // No RouteEndpoint stands for an unknown path (404) or method (405): those answer for themselves.
        if (identity.Token is null && context.GetEndpoint() is RouteEndpoint endpoint && endpoint.Metadata.GetMetadata<IAllowAnonymous>() is null)
        {
            throw Errors.Unauthorized();
        }

        await next(context);
    }

    /// <summary>Access rules of an application credential bound what its token does here, as they do at every service.</summary>
    private async ValueTask<bool> AllowsAsync(ValidatedToken token, HttpContext context)
    {
        if (token.Info.ApplicationCredential?.AccessRules is null)
        {
            return true;
        }

        var service = context.Request.Headers["X-Service-Token"] is [{ Length: > 0 } sent] ? await tokens.FindAsync(sent, context.RequestAborted) : null;
        return Platform.Auth.AccessRules.Allow(token.Info, "identity", context.Request, service is not null && service.Credentials.HasRole("service"));
    }
}
