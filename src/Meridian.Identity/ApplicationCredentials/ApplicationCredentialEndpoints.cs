// SPDX-License-Identifier: Apache-2.0
using Meridian.Identity.Tokens;
using Meridian.Platform.Policy;

using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Meridian.Identity.ApplicationCredentials;

/// <summary>/v3/users/{id}/application_credentials. Source: identity v3 API, "Application Credentials".</summary>
internal static class ApplicationCredentialEndpoints
{
    public static void MapApplicationCredentials(this RouteGroupBuilder api)
    {
        var credentials = api.MapGroup("/users/{userId}/application_credentials");
        credentials.MapRead("", ListAsync);
        credentials.MapPost("", CreateAsync);
        credentials.MapRead("/{id}", ShowAsync);
        credentials.MapDelete("/{id}", DeleteAsync);
    }

    private static async Task<IResult> ListAsync(string userId, IdentityRequest request, ApplicationCredentialStore store, CancellationToken cancellationToken)
    {
        request.Require(ApplicationCredentialPolicies.List, ApplicationCredentialPolicies.Target(userId));
        Delegation.RefuseTrust(request.RequireToken());
        var list = request.List();
        var page = await store.ListAsync(list, userId, cancellationToken);
        var details = (await store.DetailsAsync(page.Rows, cancellationToken)).ToDictionary(d => d.Credential.Id);
        return list.Answer(
            "application_credentials", request.Url($"users/{userId}/application_credentials"), page, (writer, credential) => details[credential.Id].Write(writer, request));
    }

    private static async Task<IResult> CreateAsync(
        string userId, IdentityRequest request, ApplicationCredentialStore store, ApplicationCredentialMaker maker, TimeProvider clock, CancellationToken cancellationToken)
    {
        request.Require(ApplicationCredentialPolicies.Create, ApplicationCredentialPolicies.Target(userId));
        var token = request.RequireToken();
        Delegation.RefuseTrust(token);
        Delegation.CheckUnrestricted(token);
        if (token.Info.UserId != userId)
        {
            throw Errors.Forbidden("Cannot create an application credential for another user.");
        }

        var projectId = token.Payload.ProjectId ?? throw Errors.Forbidden(ApplicationCredentialPolicies.Create.Name);
        var wanted = NewApplicationCredential.Read(await request.BodyAsync("application_credential"), userId, projectId, clock);
        var roleIds = await maker.PrepareAsync(wanted, token, cancellationToken);
        await store.CreateAsync(wanted.Credential, roleIds, wanted.AccessRules, cancellationToken);
        var made = (await store.DetailsAsync([wanted.Credential], cancellationToken))[0];
        return JsonAnswer.Member(StatusCodes.Status201Created, "application_credential", writer => made.Write(writer, request, wanted.Secret));
    }

    private static async Task<IResult> ShowAsync(string userId, string id, IdentityRequest request, ApplicationCredentialStore store, CancellationToken cancellationToken)
    {
        var credential = await GetAsync(userId, id, ApplicationCredentialPolicies.Get, request, store, cancellationToken);
        var detail = (await store.DetailsAsync([credential], cancellationToken))[0];
        return JsonAnswer.Member(StatusCodes.Status200OK, "application_credential", writer => detail.Write(writer, request));
    }

    private static async Task<IResult> DeleteAsync(string userId, string id, IdentityRequest request, ApplicationCredentialStore store, CancellationToken cancellationToken)
    {
        await GetAsync(userId, id, ApplicationCredentialPolicies.Delete, request, store, cancellationToken);
        Delegation.CheckUnrestricted(request.RequireToken());
        await store.DeleteAsync(id, cancellationToken);
        return JsonAnswer.NoContent;
    }

    /// <summary>The rule is asked about the credential's own user: the path may name anybody.</summary>
    private static async Task<ApplicationCredential> GetAsync(
        string userId, string id, PolicyRule rule, IdentityRequest request, ApplicationCredentialStore store, CancellationToken cancellationToken)
    {
        request.RequireToken();
        var credential = await store.FindAsync(id, cancellationToken);
        request.Require(rule, ApplicationCredentialPolicies.Target(credential?.UserId ?? userId));
        Delegation.RefuseTrust(request.RequireToken());
        return credential ?? throw ApplicationCredentialStore.NotFound(id);
    }
}
