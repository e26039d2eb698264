// SPDX-License-Identifier: Apache-2.0
using Meridian.Identity.Roles;
using Meridian.Identity.Tokens;
using Meridian.Platform.Config;
using Meridian.Platform.Http;
using Meridian.Platform.Policy;

using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Meridian.Identity.Trusts;

/// <summary>/v3/OS-TRUST/trusts. Source: identity v3 API, "OS-TRUST". A trust that is not there is told before the policy is asked, as in Keystone.</summary>
internal static class TrustEndpoints
{
    public static void MapTrusts(this RouteGroupBuilder api)
    {
        var trusts = api.MapGroup("/OS-TRUST/trusts");
        trusts.MapRead("", ListAsync);
        trusts.MapPost("", CreateAsync);
        trusts.MapRead("/{id}", ShowAsync);
        trusts.MapDelete("/{id}", DeleteAsync);
        trusts.MapRead("/{id}/roles", ListRolesAsync);
        trusts.MapRead("/{id}/roles/{roleId}", ShowRoleAsync);
    }

    private static async Task<IResult> ListAsync(IdentityRequest request, TrustStore store, ServiceConfig config, CancellationToken cancellationToken)
    {
        var list = request.List();
        if (list.Value("trustor_user_id") is { Length: > 0 } trustor)
        {
            request.Require(TrustPolicies.ListForTrustor, PolicyBase.Target(("target.trust.trustor_user_id", trustor)));
        }
        else if (list.Value("trustee_user_id") is { Length: > 0 } trustee)
        {
            request.Require(TrustPolicies.ListForTrustee, PolicyBase.Target(("target.trust.trustee_user_id", trustee)));
        }
        else
        {
            request.Require(TrustPolicies.List);
        }

        RefuseApplicationCredential(request, config);
        var page = await store.ListAsync(list, cancellationToken);
        return list.Answer("trusts", request.Url("OS-TRUST/trusts"), page, (writer, trust) => TrustView.Write(writer, trust, null, request));
    }

    private static async Task<IResult> CreateAsync(
        IdentityRequest request, TrustStore store, TrustMaker maker, ServiceConfig config, TimeProvider clock, CancellationToken cancellationToken)
    {
        var token = request.RequireToken();
        var wanted = NewTrust.Read(await request.BodyAsync("trust"), clock);
        request.Require(TrustPolicies.Create, TrustPolicies.Target(wanted.Trust));
        RefuseApplicationCredential(request, config);
        var roleIds = await maker.PrepareAsync(wanted, token, cancellationToken);
        await store.CreateAsync(wanted.Trust, roleIds, cancellationToken);
        var roles = await store.RolesAsync(roleIds, cancellationToken);
        return JsonAnswer.Member(StatusCodes.Status201Created, "trust", writer => TrustView.Write(writer, wanted.Trust, roles, request));
    }

    private static async Task<IResult> ShowAsync(string id, IdentityRequest request, TrustStore store, ServiceConfig config, CancellationToken cancellationToken)
    {
        var chain = await GetAsync(id, TrustPolicies.Get, request, store, config, cancellationToken);
        var roles = await store.RolesAsync(chain.TrustRoleIds, cancellationToken);
        return JsonAnswer.Member(StatusCodes.Status200OK, "trust", writer => TrustView.Write(writer, chain.Trust, roles, request));
    }

    private static async Task<IResult> DeleteAsync(string id, IdentityRequest request, TrustStore store, ServiceConfig config, CancellationToken cancellationToken)
    {
        await GetAsync(id, TrustPolicies.Delete, request, store, config, cancellationToken);
        await store.DeleteAsync(id, cancellationToken);
        return JsonAnswer.NoContent;
    }

    private static async Task<IResult> ListRolesAsync(string id, IdentityRequest request, TrustStore store, ServiceConfig config, CancellationToken cancellationToken)
    {
        var chain = await GetAsync(id, TrustPolicies.ListRoles, request, store, config, cancellationToken);
        var roles = await store.RolesAsync(chain.TrustRoleIds, cancellationToken);
        return new JsonAnswer(StatusCodes.Status200OK, writer =>
        {
            writer.WriteStartObject();
            TrustView.WriteRoles(writer, id, roles, "links", request);
            writer.WriteEndObject();
        });
    }

    private static async Task<IResult> ShowRoleAsync(
        string id, string roleId, IdentityRequest request, TrustStore store, ServiceConfig config, CancellationToken cancellationToken)
    {
        var chain = await GetAsync(id, TrustPolicies.GetRole, request, store, config, cancellationToken);
        var role = (await store.RolesAsync(chain.TrustRoleIds, cancellationToken)).FirstOrDefault(r => r.Id == roleId) ?? throw Errors.NotFound("role", roleId);
        return JsonAnswer.Member(StatusCodes.Status200OK, "role", writer => RoleView.Write(writer, role, request));
    }

    /// <exception cref="ApiException">401, 404, 403, in that order.</exception>
    private static async Task<TrustChain> GetAsync(
        string id, PolicyRule rule, IdentityRequest request, TrustStore store, ServiceConfig config, CancellationToken cancellationToken)
    {
        request.RequireToken();
        var chain = await store.GetAsync(id, cancellationToken);
        request.Require(rule, TrustPolicies.Target(chain.Trust));
        RefuseApplicationCredential(request, config);
        return chain;
    }

    /// <summary>A trust would outlive the bounds of an application credential, an unrestricted one too (OSSA-2026-005).</summary>
    private static void RefuseApplicationCredential(IdentityRequest request, ServiceConfig config)
    {
        if (!config.Get(TrustOptions.AllowApplicationCredentials))
        {
            Delegation.RefuseApplicationCredential(request.RequireToken(), "Using method 'application_credential' is not allowed for managing trusts.");
        }
    }
}
