// SPDX-License-Identifier: Apache-2.0
using System.Text.Json;

using Meridian.Compute.Http;
using Meridian.Compute.QuotaSets;
using Meridian.Platform.Http;
using Meridian.Platform.Policy;

using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Meridian.Compute.Keypairs;

/// <summary>/os-keypairs. Source: OpenStack Compute API reference, "Keypairs".</summary>
internal static class KeypairEndpoints
{
    public static void MapKeypairs(this RouteGroupBuilder api)
    {
        api.MapGet("/os-keypairs", ListAsync);
        api.MapPost("/os-keypairs", CreateAsync);
        api.MapGet("/os-keypairs/{name}", ShowAsync);
        api.MapDelete("/os-keypairs/{name}", DeleteAsync);
    }

    private static async Task<IResult> ListAsync(
        HttpRequest http, RequestContext context, KeypairStore store, IPolicyEnforcer policy, ComputeRequest request, CancellationToken cancellationToken)
    {
        ComputeRequest.CheckQuery(http, context, new(2, 75), "user_id", "limit", "marker");
        var user = UserOf(http, context);
        policy.Require(context, KeypairPolicies.Index, new(userId: user));
        var (limit, name) = context.Version >= new Microversion(2, 35) ? request.Page(http) : (request.MaxLimit, null);
        var marker = name is null ? null : await store.FindAsync(user, name, cancellationToken) ?? throw new ApiException(400, $"Marker {name} could not be found.");
        var page = await store.ListAsync(user, marker, limit, cancellationToken);
        var version = context.Version;
        var next = version >= new Microversion(2, 35) ? request.Next(http, page.Count, limit, page.Count > 0 ? page[^1].Name : null) : null;
        return JsonAnswer.List("keypairs", page, (json, keypair) =>
        {
            json.WriteStartObject("keypair");
            WriteBrief(json, keypair, version);
            json.WriteEndObject();
        }, next);
    }

    private static async Task<IResult> ShowAsync(
        string name, HttpRequest http, RequestContext context, KeypairStore store, IPolicyEnforcer policy, CancellationToken cancellationToken)
    {
        ComputeRequest.CheckQuery(http, context, new(2, 75), "user_id");
        var user = UserOf(http, context);
        policy.Require(context, KeypairPolicies.Show, new(userId: user));
        var keypair = await store.FindAsync(user, name, cancellationToken) ?? throw NotFound(name, user);
        return JsonAnswer.Member("keypair", json =>
        {
            WriteBrief(json, keypair, context.Version);
            json.WriteString("user_id", keypair.UserId);
            json.WriteBoolean("deleted", false);
            json.WriteLongTime("created_at", keypair.CreatedAt);
            json.WriteNull("deleted_at");
            json.WriteNull("updated_at");
            json.WriteNumber("id", keypair.Id);
        });
    }

    private static async Task<IResult> CreateAsync(
        HttpRequest http, RequestContext context, KeypairStore store, IPolicyEnforcer policy, Quotas quotas, TimeProvider clock, CancellationToken cancellationToken)
    {
        var version = context.Version;
        var body = await RequestObject.ReadAsync(http, context, "keypair", cancellationToken);
        var name = body.Name("name", required: true)!;
        var publicKey = body.Text("public_key", required: version >= new Microversion(2, 92));
        var type = version >= new Microversion(2, 2) ? body.Text("type") : null;
        var user = version >= new Microversion(2, 10) ? body.Text("user_id", nullable: true) ?? context.UserId : context.UserId;
        body.Done();
        CheckName(name, version);
        if (type is not (null or "ssh" or "x509"))
        {
            throw new ApiException(400, $"Invalid input for field/attribute type. Value: {type}. '{type}' is not one of ['ssh', 'x509']");
        }

        policy.Require(context, KeypairPolicies.Create, new(userId: user));
        if (type == "x509")
        {
            throw new ApiException(400, "Keypair data is invalid: certificates (type x509) are not supported by this deployment; use type ssh");
        }

        string? privateKey = null;
        if (publicKey is null)
        {
            (publicKey, privateKey) = SshKey.Generate();
        }

        var keypair = new Keypair
        {
            UserId = user, Name = name, PublicKey = publicKey.TrimEnd('\n'), CreatedAt = clock.GetUtcNow().UtcDateTime,
            Fingerprint = SshKey.FindFingerprint(publicKey) ?? throw new ApiException(400, "Keypair data is invalid: failed to generate fingerprint"),
        };
        switch (await store.TryInsertAsync(keypair, await quotas.LimitAsync(context.ProjectId, "key_pairs", cancellationToken), cancellationToken))
        {
            case InsertKeypair.OverQuota:
                throw new ApiException(403, "Quota exceeded, too many key pairs.");
            case InsertKeypair.Exists:
                throw new ApiException(409, $"Key pair '{name}' already exists.");
        }

        return JsonAnswer.Member("keypair", json =>
        {
            WriteBrief(json, keypair, version);
            json.WriteString("user_id", keypair.UserId);
            if (privateKey is not null)
            {
                json.WriteString("private_key", privateKey);
            }
        }, version >= new Microversion(2, 2) ? 201 : 200);
    }

    private static async Task<IResult> DeleteAsync(
        string name, HttpRequest http, RequestContext context, KeypairStore store, IPolicyEnforcer policy, CancellationToken cancellationToken)
    {
        ComputeRequest.CheckQuery(http, context, new(2, 75), "user_id");
        var user = UserOf(http, context);
        policy.Require(context, KeypairPolicies.Delete, new(userId: user));
        return !await store.DeleteAsync(user, name, cancellationToken) ? throw NotFound(name, user)
            : context.Version >= new Microversion(2, 2) ? TypedResults.NoContent()
            : TypedResults.Accepted((string?)null);
    }

    // From 2.10 on an admin may speak of another user's keys.
    private static string UserOf(HttpRequest http, RequestContext context) =>
        context.Version >= new Microversion(2, 10) && http.Query["user_id"].LastOrDefault() is { Length: > 0 } user ? user : context.UserId;

    private static void CheckName(string name, Microversion version)
    {
        var further = version >= new Microversion(2, 92) ? "@." : "";
        if (!name.All(c => char.IsAsciiLetterOrDigit(c) || c is ' ' or '-' or '_' || further.Contains(c, StringComparison.Ordinal)))
        {
            throw new ApiException(400, "Keypair data is invalid: Keypair name contains unsafe characters");
        }
    }

    private static void WriteBrief(Utf8JsonWriter json, Keypair keypair, Microversion version)
    {
        json.WriteString("name", keypair.Name);
        json.WriteString("public_key", keypair.PublicKey);
        json.WriteString("fingerprint", keypair.Fingerprint);
        if (version >= new Microversion(2, 2))
        {
            json.WriteString("type", keypair.Type);
        }
    }

    private static ApiException NotFound(string name, string user) => new(404, $"Keypair {name} not found for user {user}");
}
