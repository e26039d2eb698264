// SPDX-License-Identifier: Apache-2.0
using System.Text.Json;

using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Meridian.Identity.Policies;

/// <summary>/v3/policies. Source: identity v3 API, "Policies" (deprecated there, and still served).</summary>
internal static class PolicyBlobEndpoints
{
    private static readonly string[] Known = ["type", "blob"];

    public static void MapPolicies(this RouteGroupBuilder api)
    {
        var policies = api.MapGroup("/policies");
        policies.MapRead("", ListAsync);
        policies.MapPost("", CreateAsync);
        policies.MapRead("/{id}", ShowAsync);
        policies.MapPatch("/{id}", UpdateAsync);
        policies.MapDelete("/{id}", DeleteAsync);
    }

    private static async Task<IResult> ListAsync(IdentityRequest request, PolicyBlobStore store, CancellationToken cancellationToken)
    {
        request.Require(PolicyBlobPolicies.List);
        var list = request.List(PolicyBlobOptions.ListLimit);
        return list.Answer("policies", request.Url("policies"), await store.ListAsync(list, cancellationToken), (writer, policy) => Write(writer, policy, request));
    }

    private static async Task<IResult> CreateAsync(IdentityRequest request, PolicyBlobStore store, CancellationToken cancellationToken)
    {
        request.Require(PolicyBlobPolicies.Create);
        var body = await request.BodyAsync("policy");
        var policy = new PolicyBlob
        {
            Id = Guid.NewGuid().ToString("N"),
            Blob = body.RequiredText("blob"),
            Type = body.RequiredText("type", 255),
            Extra = body.Extra(null, Known),
        };
        await store.CreateAsync(policy, cancellationToken);
        return Answer(StatusCodes.Status201Created, policy, request);
    }

    private static async Task<IResult> ShowAsync(string id, IdentityRequest request, PolicyBlobStore store, CancellationToken cancellationToken)
    {
        request.Require(PolicyBlobPolicies.Get);
        return Answer(StatusCodes.Status200OK, await store.GetAsync(id, cancellationToken), request);
    }

    private static async Task<IResult> UpdateAsync(string id, IdentityRequest request, PolicyBlobStore store, CancellationToken cancellationToken)
    {
        request.Require(PolicyBlobPolicies.Update);
        var body = await request.BodyAsync("policy");
        body.RefuseEmpty("policy");
        var policy = await store.GetAsync(id, cancellationToken);
        policy.Blob = body.Has("blob") ? body.RequiredText("blob") : policy.Blob;
        policy.Type = body.Has("type") ? body.RequiredText("type", 255) : policy.Type;
        policy.Extra = body.Extra(policy.Extra, Known);
        await store.UpdateAsync(policy, cancellationToken);
        return Answer(StatusCodes.Status200OK, policy, request);
    }

    private static async Task<IResult> DeleteAsync(string id, IdentityRequest request, PolicyBlobStore store, CancellationToken cancellationToken)
    {
        request.Require(PolicyBlobPolicies.Delete);
        await store.DeleteAsync(id, cancellationToken);
        return JsonAnswer.NoContent;
    }

    public static JsonAnswer Answer(int status, PolicyBlob policy, IdentityRequest request) => JsonAnswer.Member(status, "policy", writer => Write(writer, policy, request));

    private static void Write(Utf8JsonWriter writer, PolicyBlob policy, IdentityRequest request)
    {
        writer.WriteStartObject();
        writer.WriteString("id", policy.Id);
        writer.WriteString("type", policy.Type);
        writer.WriteString("blob", policy.Blob);
        writer.WriteExtra(policy.Extra);
        writer.WriteSelfLink(request.Url("policies/" + policy.Id));
        writer.WriteEndObject();
    }
}
