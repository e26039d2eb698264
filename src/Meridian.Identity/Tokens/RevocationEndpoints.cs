// SPDX-License-Identifier: Apache-2.0
using System.Globalization;
using System.Text.Json;

using Meridian.Platform.Config;
using Meridian.Platform.Http;
using Meridian.Platform.Policy;

using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Meridian.Identity.Tokens;

/// <summary>/v3/OS-REVOKE/events, and the list of revoked PKI tokens that is no more. Source: identity v3 API, OS-REVOKE extension.</summary>
internal static class RevocationEndpoints
{
    public static readonly PolicyRule List = new("identity:list_revoke_events", "rule:service_or_admin", "List revocations.", PolicyScopes.SystemOrProject);

    public static void MapRevocations(this RouteGroupBuilder api)
    {
        api.MapRead("/OS-REVOKE/events", ListAsync);
        api.MapRead("/auth/tokens/OS-PKI/revoked", RevokedPki).AllowAnonymous();
    }

    private static async Task<IResult> ListAsync(IdentityRequest request, RevocationStore revocations, CancellationToken cancellationToken)
    {
        request.Require(List);
        var events = await revocations.ListAsync(Since(request.HttpRequest.Query["since"].FirstOrDefault()), cancellationToken);
        return new JsonAnswer(StatusCodes.Status200OK, writer =>
        {
            writer.WriteStartObject();
            writer.WriteStartArray("events");
            foreach (var revocation in events)
            {
                Write(writer, revocation);
            }

            writer.WriteEndArray();
            writer.WriteStartObject("links");
            writer.WriteNull("next");
            writer.WriteString("self", request.Url("OS-REVOKE/events"));
            writer.WriteNull("previous");
            writer.WriteEndObject();
            writer.WriteEndObject();
        });
    }

    /// <summary>Keystone has no such tokens any more, and answers by [token] revoke_by_id that it has no list either.</summary>
    private static IResult RevokedPki(ServiceConfig config) => throw (config.Get(TokenOptions.RevokeById)
        ? Errors.Forbidden()
        : new ApiException(StatusCodes.Status410Gone, "The service you have requested is no longer available on this server."));

    private static DateTime? Since(string? text) => string.IsNullOrEmpty(text) ? null
        : DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var time) ? time.UtcDateTime
        : throw Errors.Invalid($"invalidate date format {text}");

    private static void Write(Utf8JsonWriter writer, RevocationEvent revocation)
    {
        writer.WriteStartObject();
        foreach (var (name, value) in new[]
        {
            ("user_id", revocation.UserId), ("domain_id", revocation.DomainId), ("project_id", revocation.ProjectId),
            ("audit_id", revocation.AuditId), ("audit_chain_id", revocation.AuditChainId), ("OS-TRUST:trust_id", revocation.TrustId),
        })
        {
            if (value is not null)
            {
                writer.WriteString(name, value);
            }
        }

        writer.WriteString("issued_before", TokenRenderer.Time(DateTimeOffset.FromUnixTimeSeconds(revocation.IssuedBefore)));
        writer.WriteString("revoked_at", TokenRenderer.Time(new DateTimeOffset(DateTime.SpecifyKind(revocation.RevokedAt, DateTimeKind.Utc))));
        writer.WriteEndObject();
    }
}
