// SPDX-License-Identifier: Apache-2.0
using System.Globalization;

using Meridian.Identity.Catalog;
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
        api.MapPost("/auth/tokens", IssueAsync);
        api.MapDelete("/auth/tokens", RevokeAsync);
    }

    private static async Task<IResult> IssueAsync(HttpRequest http, Authenticator authenticator, CatalogCache catalogs, ServiceConfig config, CancellationToken cancellationToken)
    {
        var request = await AuthRequest.ReadAsync(http, config.Get(IdentityOptions.AuthMethods), cancellationToken);
        var (token, state) = await authenticator.AuthenticateAsync(request, cancellationToken);
        var catalog = await CatalogAsync(http, state, catalogs, cancellationToken);
        return new TokenAnswer(StatusCodes.Status201Created, token, state.Head, catalog);
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
        var subject = await services.GetRequiredService<TokenService>().FindAsync(subjectId, http.RequestAborted, window);

        // Who may ask is judged before an invalid subject is told.
        request.Require(isHead ? TokenPolicies.Check : TokenPolicies.Validate, Target(subject));
        if (subject is null)
        {
            subject = await services.GetRequiredService<TokenService>().GetAsync(subjectId, http.RequestAborted, window);
        }

        var catalog = await CatalogAsync(http.Request, subject, services.GetRequiredService<CatalogCache>(), http.RequestAborted);
        await new TokenAnswer(StatusCodes.Status200OK, subjectId, subject.Head, catalog).ExecuteAsync(http);
    }

    private static async Task<IResult> RevokeAsync(
        HttpRequest http, IdentityRequest request, TokenService tokens, RevocationStore revocations, IdentityWriter writer, CancellationToken cancellationToken)
    {
        request.RequireToken();
        var subjectId = Subject(http);
        var subject = await tokens.FindAsync(subjectId, cancellationToken);
        request.Require(TokenPolicies.Revoke, Target(subject));
        subject ??= await tokens.GetAsync(subjectId, cancellationToken);
        await writer.WriteAsync(db => revocations.RevokeAuditIdAsync(db, subject.Payload.AuditId, cancellationToken), cancellationToken);
        return JsonAnswer.NoContent;
    }

    private static string Subject(HttpRequest http) => http.Headers[SubjectToken] is [{ Length: > 0 } subject] ? subject : throw Errors.InvalidToken("No token in the request");

    private static PolicyTarget Target(ValidatedToken? subject) =>
        subject is null ? PolicyTarget.None : PolicyBase.Target(("target.token.user_id", subject.Payload.UserId));

    private static async ValueTask<byte[]?> CatalogAsync(HttpRequest http, ValidatedToken token, CatalogCache catalogs, CancellationToken cancellationToken) =>
        token.HasCatalog && !http.Query.ContainsKey("nocatalog")
            ? await catalogs.GetAsync(token.Payload.ProjectId, token.Payload.UserId, cancellationToken)
            : null;

    /// <summary>oslo's bool_from_string: what it does not know is false.</summary>
    private static bool ReadBoolean(string? text) => text?.Trim().ToLower(CultureInfo.InvariantCulture) is "1" or "t" or "true" or "on" or "y" or "yes";

    private sealed class TokenAnswer(int status, string token, byte[] head, byte[]? catalog) : IResult
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
