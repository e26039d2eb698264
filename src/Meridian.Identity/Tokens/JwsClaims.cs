// SPDX-License-Identifier: Apache-2.0
using System.Buffers;
using System.Text.Json;

namespace Meridian.Identity.Tokens;

/// <summary>The claims of a JWS token, which its holder can read. Source: Keystone's token provider "jws".</summary>
internal static class JwsClaims
{
    private const long LastSecond = 253402300799;

    public static byte[] Write(TokenPayload payload, DateTimeOffset issuedAt)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            writer.WriteString("sub", payload.UserId);
            writer.WriteNumber("iat", issuedAt.ToUnixTimeSeconds());
            writer.WriteNumber("exp", payload.ExpiresAt.ToUnixTimeSeconds());
            WriteTexts(writer, "openstack_methods", payload.Methods);
            WriteTexts(writer, "openstack_audit_ids", payload.AuditIds);
            WriteText(writer, "openstack_system", payload.System);
            WriteText(writer, "openstack_domain_id", payload.DomainId);
            WriteText(writer, "openstack_project_id", payload.ProjectId);
            WriteText(writer, "openstack_trust_id", payload.TrustId);
            WriteGroups(writer, payload);
            WriteText(writer, "openstack_idp_id", payload.IdentityProviderId);
            WriteText(writer, "openstack_protocol_id", payload.ProtocolId);
            WriteText(writer, "openstack_access_token_id", payload.AccessTokenId);
            WriteText(writer, "openstack_app_cred_id", payload.ApplicationCredentialId);
            WriteText(writer, "openstack_thumbprint", payload.Thumbprint);
            writer.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    /// <exception cref="FormatException">A claim is missing or of another type, or no Unicode.</exception>
    public static TokenPayload Read(ReadOnlyMemory<byte> json)
    {
        try
        {
            return ReadClaims(json);
        }
        catch (InvalidOperationException e)
        {
            throw new FormatException("The claims are no Unicode.", e);
        }
    }

    private static TokenPayload ReadClaims(ReadOnlyMemory<byte> json)
    {
        using var document = Parse(json);
        var claims = document.RootElement;
        var groups = Groups(claims);
        var payload = new TokenPayload
        {
            Kind = TokenKind.Unscoped,
            UserId = Text(claims, "sub") ?? throw Missing("sub"),
            IssuedAt = Time(claims, "iat"),
            ExpiresAt = Time(claims, "exp"),
            Methods = Texts(claims, "openstack_methods"),
            AuditIds = Texts(claims, "openstack_audit_ids") is { Count: > 0 } audits ? audits : throw Missing("openstack_audit_ids"),
            System = Text(claims, "openstack_system"),
            DomainId = Text(claims, "openstack_domain_id"),
            ProjectId = Text(claims, "openstack_project_id"),
            TrustId = Text(claims, "openstack_trust_id"),
            GroupIds = groups ?? [],
            IdentityProviderId = Text(claims, "openstack_idp_id"),
            ProtocolId = Text(claims, "openstack_protocol_id"),
            AccessTokenId = Text(claims, "openstack_access_token_id"),
            ApplicationCredentialId = Text(claims, "openstack_app_cred_id"),
            Thumbprint = Text(claims, "openstack_thumbprint"),
        };
        return payload with { Kind = KindOf(payload, isFederated: groups is not null) };
    }

    /// <summary>In the order in which Keystone looks when it chooses a Fernet payload.</summary>
    private static TokenKind KindOf(TokenPayload payload, bool isFederated) => payload switch
    {
        { AccessTokenId: not null } => TokenKind.OAuth1,
        { TrustId: not null } => TokenKind.Trust,
        { ProjectId: not null } when isFederated => TokenKind.FederatedProject,
        { DomainId: not null } when isFederated => TokenKind.FederatedDomain,
        _ when isFederated => TokenKind.FederatedUnscoped,
        { ApplicationCredentialId: not null } => TokenKind.ApplicationCredential,
        { Thumbprint: not null } => TokenKind.OAuth2,
        { ProjectId: not null } => TokenKind.Project,
        { DomainId: not null } => TokenKind.Domain,
        { System: not null } => TokenKind.System,
        _ => TokenKind.Unscoped,
    };

    private static JsonDocument Parse(ReadOnlyMemory<byte> json)
    {
        try
        {
            var document = JsonDocument.Parse(json);
            return document.RootElement.ValueKind == JsonValueKind.Object ? document : throw new FormatException("The claims are no object.");
        }
        catch (JsonException e)
        {
            throw new FormatException("The claims are no JSON.", e);
        }
    }

    private static void WriteText(Utf8JsonWriter writer, string name, string? value)
    {
        if (value is not null)
        {
            writer.WriteString(name, value);
        }
    }

    private static void WriteTexts(Utf8JsonWriter writer, string name, IReadOnlyList<string> values)
    {
        writer.WriteStartArray(name);
        foreach (var value in values)
        {
            writer.WriteStringValue(value);
        }

        writer.WriteEndArray();
    }

    /// <summary>Only federated tokens have groups, be it none.</summary>
    private static void WriteGroups(Utf8JsonWriter writer, TokenPayload payload)
    {
        if (payload.Kind is not (TokenKind.FederatedUnscoped or TokenKind.FederatedProject or TokenKind.FederatedDomain))
        {
            return;
        }

        writer.WriteStartArray("openstack_group_ids");
        foreach (var group in payload.GroupIds)
        {
            writer.WriteStartObject();
            writer.WriteString("id", group);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private static string? Text(JsonElement claims, string name) => !claims.TryGetProperty(name, out var value) || value.ValueKind == JsonValueKind.Null ? null
        : value.ValueKind == JsonValueKind.String ? value.GetString()
        : throw Missing(name);

    private static IReadOnlyList<string> Texts(JsonElement claims, string name) =>
        claims.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Array && value.EnumerateArray().All(v => v.ValueKind == JsonValueKind.String)
            ? [.. value.EnumerateArray().Select(v => v.GetString()!)]
            : throw Missing(name);

    private static IReadOnlyList<string>? Groups(JsonElement claims)
    {
        if (!claims.TryGetProperty("openstack_group_ids", out var value) || value.ValueKind == JsonValueKind.Null)
        {
            return null;
        }

        return value.ValueKind == JsonValueKind.Array && value.EnumerateArray().All(g => g.ValueKind == JsonValueKind.Object)
            ? [.. value.EnumerateArray().Select(g => Text(g, "id") ?? throw Missing("openstack_group_ids"))]
            : throw Missing("openstack_group_ids");
    }

    private static DateTimeOffset Time(JsonElement claims, string name) =>
        claims.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var seconds) && seconds is >= 0 and <= LastSecond
            ? DateTimeOffset.FromUnixTimeSeconds(seconds)
            : throw Missing(name);

    private static FormatException Missing(string name) => new($"The claim {name} is missing or of another type.");
}
