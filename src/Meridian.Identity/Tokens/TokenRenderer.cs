// SPDX-License-Identifier: Apache-2.0
using System.Buffers;
using System.Text.Json;

using Meridian.Platform.Auth;

namespace Meridian.Identity.Tokens;

/// <summary>Writes the body of a token. Source: identity v3 API, "Validate and show information for token".</summary>
internal static class TokenRenderer
{
    private static ReadOnlySpan<byte> CatalogName => ",\"catalog\":"u8;

    private static ReadOnlySpan<byte> End => "}}"u8;

    /// <summary>Times of tokens: always microseconds, always zero.</summary>
    public static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'.000000Z'", System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>Everything but the catalog and the last two braces.</summary>
    public static byte[] Head(TokenInfo token)
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        using (var writer = new Utf8JsonWriter(buffer, JsonAnswer.WriterOptions))
        {
            writer.WriteStartObject();
            writer.WriteStartObject("token");
            WriteSubject(writer, token);
            WriteScope(writer, token);
            writer.WriteEndObject();
            writer.WriteEndObject();
        }

        return buffer.WrittenSpan[..^2].ToArray();
    }

    public static int Length(byte[] head, byte[]? catalog) => head.Length + (catalog is null ? 0 : CatalogName.Length + catalog.Length) + End.Length;

    public static void Write(IBufferWriter<byte> output, byte[] head, byte[]? catalog)
    {
        output.Write(head);
        if (catalog is not null)
        {
            output.Write(CatalogName);
            output.Write(catalog);
        }

        output.Write(End);
    }

    private static void WriteSubject(Utf8JsonWriter writer, TokenInfo token)
    {
        writer.WriteStartArray("methods");
        foreach (var method in token.Methods)
        {
            writer.WriteStringValue(method);
        }

        writer.WriteEndArray();
        writer.WriteStartObject("user");
        WriteDomain(writer, token.User.Domain!);
        writer.WriteString("id", token.User.Id);
        writer.WriteString("name", token.User.Name);
        writer.WriteNull("password_expires_at");
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
            writer.WriteBoolean("is_domain", token.IsDomain ?? false);
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

    private static void WriteDomain(Utf8JsonWriter writer, TokenDomain domain)
    {
        writer.WriteStartObject("domain");
        writer.WriteString("id", domain.Id);
        writer.WriteString("name", domain.Name);
        writer.WriteEndObject();
    }
}
