// SPDX-License-Identifier: Apache-2.0
using Meridian.Identity.Tokens;
using Meridian.Platform.Policy;

using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Meridian.Identity.ApplicationCredentials;

/// <summary>/v3/users/{id}/access_rules. Source: identity v3 API, "Application Credentials".</summary>
internal static class AccessRuleEndpoints
{
    public static void MapAccessRules(this RouteGroupBuilder api)
    {
        var rules = api.MapGroup("/users/{userId}/access_rules");
        rules.MapRead("", ListAsync);
        rules.MapRead("/{id}", ShowAsync);
        rules.MapDelete("/{id}", DeleteAsync);
    }

    private static async Task<IResult> ListAsync(string userId, IdentityRequest request, AccessRuleStore store, CancellationToken cancellationToken)
    {
        Require(ApplicationCredentialPolicies.ListRules, userId, request);
        var list = request.List();
        var page = await store.ListAsync(list, userId, cancellationToken);
        return list.Answer("access_rules", request.Url($"users/{userId}/access_rules"), page, (writer, rule) => AccessRuleView.Write(writer, rule, request));
    }

    private static async Task<IResult> ShowAsync(string userId, string id, IdentityRequest request, AccessRuleStore store, CancellationToken cancellationToken)
    {
        Require(ApplicationCredentialPolicies.GetRule, userId, request);
        var rule = await store.GetAsync(userId, id, cancellationToken);
        return JsonAnswer.Member(StatusCodes.Status200OK, "access_rule", writer => AccessRuleView.Write(writer, rule, request));
    }

    private static async Task<IResult> DeleteAsync(string userId, string id, IdentityRequest request, AccessRuleStore store, CancellationToken cancellationToken)
    {
        Require(ApplicationCredentialPolicies.DeleteRule, userId, request);
        await store.DeleteAsync(userId, id, cancellationToken);
        return JsonAnswer.NoContent;
    }

    private static void Require(PolicyRule rule, string userId, IdentityRequest request)
    {
        request.Require(rule, ApplicationCredentialPolicies.Target(userId));
        Delegation.RefuseTrust(request.RequireToken());
    }
}
