// SPDX-License-Identifier: Apache-2.0
using Meridian.Identity.Catalog;
using Meridian.Identity.Tokens;

using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Meridian.Identity.Ec2;

/// <summary>/v3/ec2tokens and /v3/s3tokens, for services that speak Amazon's protocols. Source: Keystone's EC2 and S3 token APIs.</summary>
internal static class Ec2TokenEndpoints
{
    // No method of [auth] methods: a token carries it in the answer that issues it and nowhere else, as in Keystone.
    private static readonly string[] Methods = ["ec2credential"];

    public static void MapEc2Tokens(this RouteGroupBuilder api)
    {
        api.MapPost("/ec2tokens", ValidateEc2Async);
        api.MapPost("/s3tokens", ValidateS3Async);
    }

    private static async Task<IResult> ValidateEc2Async(IdentityRequest request, Ec2Authenticator authenticator, CatalogCache catalogs, CancellationToken cancellationToken)
    {
        request.Require(Ec2Policies.ValidateEc2);
        var signed = await SignedRequest.ReadAsync(request.HttpRequest, cancellationToken);
        var (token, state) = await authenticator.AuthenticateAsync(signed, Ec2Signature.Verify, cancellationToken);
        return await AnswerAsync(token, state, catalogs, cancellationToken);
    }

    /// <summary>The token itself is not given: an S3 front end acts with its own.</summary>
    private static async Task<IResult> ValidateS3Async(IdentityRequest request, Ec2Authenticator authenticator, CatalogCache catalogs, CancellationToken cancellationToken)
    {
        request.Require(Ec2Policies.ValidateS3);
        var signed = await SignedRequest.ReadAsync(request.HttpRequest, cancellationToken);
        var (_, state) = await authenticator.AuthenticateAsync(signed, S3Signature.Verify, cancellationToken);
        return await AnswerAsync(null, state, catalogs, cancellationToken);
    }

    private static async Task<IResult> AnswerAsync(string? token, ValidatedToken state, CatalogCache catalogs, CancellationToken cancellationToken)
    {
        var catalog = await catalogs.GetAsync(state.Payload.ProjectId, state.CatalogUserId, cancellationToken);
        return new Answer(token, TokenRenderer.Head(state.Info, Methods), catalog);
    }

    private sealed class Answer(string? token, byte[] head, CatalogRendering catalog) : IResult
    {
        public async Task ExecuteAsync(HttpContext httpContext)
        {
            var response = httpContext.Response;
            if (token is not null)
            {
                response.Headers["X-Subject-Token"] = token;
            }

            response.ContentType = "application/json";
            response.ContentLength = TokenRenderer.Length(head, catalog);
            TokenRenderer.Write(response.BodyWriter, head, catalog);
            await response.BodyWriter.FlushAsync(httpContext.RequestAborted);
        }
    }
}
