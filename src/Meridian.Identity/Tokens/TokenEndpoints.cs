// SPDX-License-Identifier: Apache-2.0
using System.Globalization;

using Meridian.Identity.Catalog;
using Meridian.Identity.Tokens.Receipts;
using Meridian.Platform.Auth;
using Meridian.Platform.Config;
using Meridian.Platform.Policy;

using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Meridian.Identity.Tokens;

/// <summary>/v3/auth/tokens. Source: identity v3 API, "Authentication and token management".</summary>
internal static class TokenEndpoints
{
    private const string SubjectToken = "X-Subject-Token";

    public static void MapTokens(this RouteGroupBuilder api)
    {
        // Validation is the hottest route of a cloud: it is a plain delegate that writes bytes it has at hand.
        api.MapMethods("/auth/tokens", [HttpMethods.Get, HttpMethods.Head], (RequestDelegate)ValidateAsync);
        api.MapPost("/auth/tokens", IssueAsync).AllowAnonymous();
        api.MapDelete("/auth/tokens", RevokeAsync);
    }

    private static async Task<IResult> IssueAsync(HttpRequest http, AuthRequestReader reader, Authenticator authenticator, CatalogCache catalogs, CancellationToken cancellationToken)
    {
        var request = await reader.ReadAsync(http, cancellationToken);
        switch (await authenticator.AuthenticateAsync(request, cancellationToken))
        {
            case Issued(var token, var state):
                return new TokenAnswer(StatusCodes.Status201Created, token, state.Head, await CatalogAsync(http, state, catalogs, cancellationToken));
            case Incomplete incomplete:
                return new ReceiptAnswer(incomplete);
            case var other:
                throw new InvalidOperationException($"A log-in cannot end as {other}.");
        }
    }

    private static async Task ValidateAsync(HttpContext http)
    {
        var services = http.RequestServices;
        var isHead = HttpMethods.IsHead(http.Request.Method);
        var request = services.GetRequiredService<IdentityRequest>();
        var caller = request.RequireToken();
        var config = services.GetRequiredService<ServiceConfig>();
        var window = ReadBoolean(http.Request.Query["allow_expired"]) ? config.Get(IdentityOptions.AllowExpiredWindow) : default;
        var subjectId = Subject(http.Request);

        // As in Keystone, an invalid subject is told first: a user learns that way that an own token is gone.
        var subject = await services.GetRequiredService<TokenService>().GetAsync(subjectId, http.RequestAborted, window);
        RequireUnderstood(http.Request, subject);
        request.Require(isHead ? TokenPolicies.Check : TokenPolicies.Validate, Target(subject));
        var catalog = await CatalogAsync(http.Request, subject, services.GetRequiredService<CatalogCache>(), http.RequestAborted);
        await new TokenAnswer(StatusCodes.Status200OK, subjectId, subject.Head, catalog).ExecuteAsync(http);
    }

    private static async Task<IResult> RevokeAsync(
        HttpRequest http, IdentityRequest request, TokenService tokens, RevocationStore revocations, IdentityWriter writer, CancellationToken cancellationToken)
    {
        request.RequireToken();
        var subjectId = Subject(http);
        var subject = await tokens.GetAsync(subjectId, cancellationToken);
        request.Require(TokenPolicies.Revoke, Target(subject));
        await writer.WriteAsync(db => revocations.RevokeAuditIdAsync(db, subject.Payload.AuditId, cancellationToken), cancellationToken);
        return JsonAnswer.NoContent;
    }

    /// <summary>A service whose middleware knows nothing of access rules would let everything through: it is told that the token is none.</summary>
    private static void RequireUnderstood(HttpRequest http, ValidatedToken subject)
    {
        if (subject.Info.ApplicationCredential?.AccessRules is not null
            && !(double.TryParse(http.Headers[AccessRules.SupportHeader], NumberStyles.Float, CultureInfo.InvariantCulture, out var version) && version >= 1))
        {
            throw Errors.InvalidToken();
        }
    }

    private static string Subject(HttpRequest http) => http.Headers[SubjectToken] is [{ Length: > 0 } subject] ? subject : throw Errors.InvalidToken("No token in the request");

    private static PolicyTarget Target(ValidatedToken subject) => PolicyBase.Target(("target.token.user_id", subject.Payload.UserId));

    private static async ValueTask<CatalogRendering?> CatalogAsync(HttpRequest http, ValidatedToken token, CatalogCache catalogs, CancellationToken cancellationToken) =>
        token.HasCatalog && !http.Query.ContainsKey("nocatalog")
            ? await catalogs.GetAsync(token.Payload.ProjectId, token.CatalogUserId, cancellationToken)
            : null;

    /// <summary>oslo's bool_from_string: what it does not know is false.</summary>
    private static bool ReadBoolean(string? text) => text?.Trim().ToLower(CultureInfo.InvariantCulture) is "1" or "t" or "true" or "on" or "y" or "yes";

    private sealed class TokenAnswer(int status, string token, byte[] head, CatalogRendering? catalog) : IResult
    {
        public async Task ExecuteAsync(HttpContext httpContext)
        {
            var response = httpContext.Response;
            response.StatusCode = status;
            response.Headers[SubjectToken] = token;
            response.ContentType = "application/json";
            response.ContentLength = TokenRenderer.Length(head, catalog);
            if (!HttpMethods.IsHead(httpContext.Request.Method))
            {
                TokenRenderer.Write(response.BodyWriter, head, catalog);
                await response.BodyWriter.FlushAsync(httpContext.RequestAborted);
            }
        }
    }
}
