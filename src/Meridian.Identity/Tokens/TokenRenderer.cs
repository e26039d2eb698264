// SPDX-License-Identifier: Apache-2.0
using System.Buffers;
using System.Text.Json;

using Meridian.Identity.Catalog;
using Meridian.Platform.Auth;
using Meridian.Platform.Http;

namespace Meridian.Identity.Tokens;

/// <summary>Writes the body of a token. Source: identity v3 API, "Validate and show information for token".</summary>
internal static class TokenRenderer
{
    private static ReadOnlySpan<byte> CatalogName => ",\"catalog\":"u8;

    private static ReadOnlySpan<byte> End => "}}"u8;

    /// <summary>Times of tokens: always microseconds, always zero.</summary>
    public static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'.000000Z'", System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>Everything but the catalog and the last two braces.</summary>
    /// <param name="methods">Shown instead of the token's own.</param>
    public static byte[] Head(TokenInfo token, IReadOnlyList<string>? methods = null)
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        using (var writer = new Utf8JsonWriter(buffer, JsonResponse.WriterOptions))
        {
            writer.WriteStartObject();
            writer.WriteStartObject("token");
            WriteSubject(writer, token, methods ?? token.Methods);
            WriteScope(writer, token);
            writer.WriteEndObject();
            writer.WriteEndObject();
        }

        return buffer.WrittenSpan[..^2].ToArray();
    }

    public static int Length(byte[] head, CatalogRendering? catalog) => head.Length + (catalog is { } known ? CatalogName.Length + known.Length : 0) + End.Length;

    public static void Write(IBufferWriter<byte> output, byte[] head, CatalogRendering? catalog)
    {
        output.Write(head);
        if (catalog is { } known)
        {
            output.Write(CatalogName);
            known.WriteTo(output);
        }

        output.Write(End);
    }

    private static void WriteSubject(Utf8JsonWriter writer, TokenInfo token, IReadOnlyList<string> methods)
    {
        writer.WriteStartArray("methods");
        foreach (var method in methods)
        {
            writer.WriteStringValue(method);
        }

        writer.WriteEndArray();
        writer.WriteStartObject("user");
        WriteDomain(writer, token.User.Domain!);
        writer.WriteString("id", token.User.Id);
        writer.WriteString("name", token.User.Name);
        writer.WriteString("password_expires_at", token.User.PasswordExpiresAt);
        writer.WriteEndObject();
        writer.WriteStartArray("audit_ids");
        foreach (var audit in token.AuditIds)
        {
            writer.WriteStringValue(audit);
        }

        writer.WriteEndArray();
        writer.WriteString("expires_at", Time(token.ExpiresAt));
        writer.WriteString("issued_at", Time(token.IssuedAt));
    }

    private static void WriteScope(Utf8JsonWriter writer, TokenInfo token)
    {
        if (token.System is not null)
        {
            writer.WriteStartObject("system");
            writer.WriteBoolean("all", true);
            writer.WriteEndObject();
        }

        if (token.Domain is { } domain)
        {
            WriteDomain(writer, domain);
        }

        if (token.Project is { } project)
        {
            writer.WriteStartObject("project");
            WriteDomain(writer, project.Domain!);
            writer.WriteString("id", project.Id);
            writer.WriteString("name", project.Name);
            writer.WriteEndObject();
            WriteDelegation(writer, token);
        }

        if (token.System is null && token.Domain is null && token.Project is null)
        {
            return;
        }

        writer.WriteStartArray("roles");
        foreach (var role in token.Roles)
        {
            writer.WriteStartObject();
            writer.WriteString("id", role.Id);
            writer.WriteString("name", role.Name);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        if (token.IsAdminProject is { } isAdminProject)
        {
            writer.WriteBoolean("is_admin_project", isAdminProject);
        }
    }

    /// <summary>Tokens of trusts say nothing about domains that act as projects, as in Keystone.</summary>
    private static void WriteDelegation(Utf8JsonWriter writer, TokenInfo token)
    {
        if (token.Trust is { } trust)
        {
            writer.WriteStartObject("OS-TRUST:trust");
            writer.WriteString("id", trust.Id);
            WriteId(writer, "trustor_user", trust.TrustorUser.Id);
            WriteId(writer, "trustee_user", trust.TrusteeUser.Id);
            writer.WriteBoolean("impersonation", trust.Impersonation);
            writer.WriteEndObject();
            return;
        }

        writer.WriteBoolean("is_domain", token.IsDomain ?? false);
        if (token.ApplicationCredential is not { } credential)
        {
            return;
        }

        writer.WriteStartObject("application_credential");
        writer.WriteString("id", credential.Id);
        writer.WriteString("name", credential.Name);
        writer.WriteBoolean("restricted", credential.Restricted ?? true);
        if (credential.AccessRules is { Count: > 0 } rules)
        {
            WriteAccessRules(writer, rules);
        }

        writer.WriteEndObject();
    }

    private static void WriteAccessRules(Utf8JsonWriter writer, IReadOnlyList<TokenAccessRule> rules)
    {
        writer.WriteStartArray("access_rules");
        foreach (var rule in rules)
        {
            writer.WriteStartObject();
            writer.WriteString("id", rule.Id);
            writer.WriteString("service", rule.Service);
            writer.WriteString("path", rule.Path);
            writer.WriteString("method", rule.Method);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private static void WriteId(Utf8JsonWriter writer, string name, string id)
    {
        writer.WriteStartObject(name);
        writer.WriteString("id", id);
        writer.WriteEndObject();
    }

    private static void WriteDomain(Utf8JsonWriter writer, TokenDomain domain)
    {
        writer.WriteStartObject("domain");
        writer.WriteString("id", domain.Id);
        writer.WriteString("name", domain.Name);
        writer.WriteEndObject();
    }
}
