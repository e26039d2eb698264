// SPDX-License-Identifier: Apache-2.0
using System.Buffers;
using System.Buffers.Text;
using System.Text;

using Meridian.Identity.Tokens.Receipts;

namespace Meridian.Identity.Tokens;

/// <summary>
/// The MessagePack form of token payloads, and of receipts, which number the methods alike. Source: Keystone's payload versions 0 to 10.
/// All Keystones that share keys must agree on <paramref name="methods"/> ([auth] methods) and on the default domain.
/// </summary>
internal sealed class TokenFormat(IReadOnlyList<string> methods, string defaultDomainId)
{
    public byte[] Write(TokenPayload payload)
    {
        var buffer = new ArrayBufferWriter<byte>(160);
        var writer = new MessagePackWriter(buffer);
        writer.Array(FieldCount(payload.Kind) + 1);
        writer.Integer((int)payload.Kind);
        WritePair(writer, payload.UserId);
        writer.Integer(ToInteger(payload.Methods));
        WriteScope(writer, payload);
        writer.Double(payload.ExpiresAt.ToUnixTimeMilliseconds() / 1000.0);
        writer.Array(payload.AuditIds.Count);
        foreach (var audit in payload.AuditIds)
        {
            writer.Binary(Base64Url.DecodeFromChars(audit));
        }

        switch (payload.Kind)
        {
            case TokenKind.Trust:
                writer.Binary(Convert.FromHexString(payload.TrustId!));
                break;
            case TokenKind.ApplicationCredential:
                WritePair(writer, payload.ApplicationCredentialId!);
                break;
            case TokenKind.OAuth2:
                writer.Array(2);
                writer.Boolean(false);
                writer.Text(payload.Thumbprint!);
                break;
        }

        return buffer.WrittenSpan.ToArray();
    }

    /// <exception cref="FormatException">The bytes are no payload of a known version.</exception>
    public TokenPayload Read(ReadOnlySpan<byte> bytes, DateTimeOffset issuedAt)
    {
        var reader = new MessagePackReader(bytes);
        var count = reader.Array();
        var kind = (TokenKind)reader.Integer();
        if (kind is < TokenKind.Unscoped or > TokenKind.OAuth2 || count != FieldCount(kind) + 1)
        {
            throw new FormatException($"This is not a recognized Fernet payload version: {(int)kind}");
        }

        var payload = new TokenPayload
        {
            Kind = kind,
            IssuedAt = issuedAt,
            UserId = ReadPair(ref reader),
            Methods = ToMethods(reader.Integer()),
            ExpiresAt = default,
            AuditIds = [],
        };
        payload = ReadScope(ref reader, payload);
        payload = payload with { ExpiresAt = ToTime(reader.Number()), AuditIds = ReadAudits(ref reader) };
        payload = kind switch
        {
            TokenKind.Trust => payload with { TrustId = ReadHex(ref reader) },
            TokenKind.ApplicationCredential => payload with { ApplicationCredentialId = ReadPair(ref reader) },
            TokenKind.OAuth2 => payload with { Thumbprint = ReadPair(ref reader) },
            _ => payload,
        };
        return reader.AtEnd ? payload : throw new FormatException("Bytes follow the payload.");
    }

    /// <summary>A receipt has no version: its user, the methods' numbers, its end.</summary>
    public byte[] Write(Receipt receipt)
    {
        var buffer = new ArrayBufferWriter<byte>(64);
        var writer = new MessagePackWriter(buffer);
        writer.Array(3);
        WritePair(writer, receipt.UserId);
        writer.Integer(ToInteger(receipt.Methods));
        writer.Double(receipt.ExpiresAt.ToUnixTimeMilliseconds() / 1000.0);
        return buffer.WrittenSpan.ToArray();
    }

    /// <exception cref="FormatException">The bytes are no receipt.</exception>
    public Receipt ReadReceipt(ReadOnlySpan<byte> bytes, DateTimeOffset issuedAt)
    {
        var reader = new MessagePackReader(bytes);
        var count = reader.Array();
        var receipt = count == 3
            ? new Receipt(ReadPair(ref reader), ToMethods(reader.Integer()), issuedAt, ToTime(reader.Number()))
            : throw new FormatException($"A receipt has three fields, not {count}.");
        return reader.AtEnd ? receipt : throw new FormatException("Bytes follow the receipt.");
    }

    private static int FieldCount(TokenKind kind) => kind switch
    {
        TokenKind.Unscoped => 4,
        TokenKind.Domain or TokenKind.Project or TokenKind.System => 5,
        TokenKind.Trust or TokenKind.OAuth1 or TokenKind.ApplicationCredential => 6,
        TokenKind.FederatedUnscoped or TokenKind.OAuth2 => 7,
        _ => 8,
    };

    private void WriteScope(MessagePackWriter writer, TokenPayload payload)
    {
        switch (payload.Kind)
        {
            case TokenKind.Domain:
                WriteDomain(writer, payload.DomainId!);
                break;
            case TokenKind.Project or TokenKind.Trust or TokenKind.ApplicationCredential:
                WritePair(writer, payload.ProjectId!);
                break;
            case TokenKind.System:
                writer.Text(payload.System!);
                break;
            case TokenKind.OAuth1:
                WritePair(writer, payload.ProjectId!);
                WritePair(writer, payload.AccessTokenId!);
                break;
            case TokenKind.OAuth2:
                WritePair(writer, payload.ProjectId);
                WritePair(writer, payload.DomainId);
                break;
            case TokenKind.FederatedUnscoped or TokenKind.FederatedProject or TokenKind.FederatedDomain:
                if (payload.Kind != TokenKind.FederatedUnscoped)
                {
                    WritePair(writer, payload.ProjectId ?? payload.DomainId!);
                }

                writer.Array(payload.GroupIds.Count);
                foreach (var group in payload.GroupIds)
                {
                    WritePair(writer, group);
                }

                WritePair(writer, payload.IdentityProviderId!);
                writer.Text(payload.ProtocolId!);
                break;
        }
    }

    private TokenPayload ReadScope(ref MessagePackReader reader, TokenPayload payload)
    {
        switch (payload.Kind)
        {
            case TokenKind.Domain:
                return payload with { DomainId = ReadDomain(ref reader) };
            case TokenKind.Project or TokenKind.Trust or TokenKind.ApplicationCredential:
                return payload with { ProjectId = ReadPair(ref reader) };
            case TokenKind.System:
                return payload with { System = Encoding.UTF8.GetString(reader.Bytes(out _)) };
            case TokenKind.OAuth1:
                return payload with { ProjectId = ReadPair(ref reader), AccessTokenId = ReadPair(ref reader) };
            case TokenKind.OAuth2:
                return payload with { ProjectId = ReadOptionalPair(ref reader), DomainId = ReadOptionalPair(ref reader) };
            case TokenKind.FederatedProject:
                payload = payload with { ProjectId = ReadPair(ref reader) };
                break;
            case TokenKind.FederatedDomain:
                payload = payload with { DomainId = ReadPair(ref reader) };
                break;
            case TokenKind.Unscoped:
                return payload;
        }

        var groups = new string[reader.Array()];
        for (var i = 0; i < groups.Length; i++)
        {
            groups[i] = ReadPair(ref reader);
        }

        return payload with
        {
            GroupIds = groups,
            IdentityProviderId = ReadPair(ref reader),
            ProtocolId = Encoding.UTF8.GetString(reader.Bytes(out _)),
        };
    }

    private static void WritePair(MessagePackWriter writer, string? id)
    {
        writer.Array(2);
        byte[] uuid = [];
        var isUuid = id is not null && TryParseUuid(id, out uuid);
        writer.Boolean(isUuid);
        if (id is null)
        {
            writer.Nil();
        }
        else if (isUuid)
        {
            writer.Binary(uuid);
        }
        else
        {
            writer.Text(id);
        }
    }

    private static string ReadPair(ref MessagePackReader reader) => ReadOptionalPair(ref reader) ?? throw new FormatException("An id is not null.");

    /// <summary>A token of version 10 has a project or a domain; the other is null.</summary>
    private static string? ReadOptionalPair(ref MessagePackReader reader)
    {
        if (reader.Array() != 2)
        {
            throw new FormatException("An id is a pair.");
        }

        return reader.Boolean() ? ReadHex(ref reader) : reader.TryNil() ? null : Encoding.UTF8.GetString(reader.Bytes(out _));
    }

    private static string ReadHex(ref MessagePackReader reader)
    {
        var bytes = reader.Bytes(out _);
        return bytes.Length == 16 ? Convert.ToHexStringLower(bytes) : throw new FormatException("An id has 16 bytes.");
    }

    private static void WriteDomain(MessagePackWriter writer, string id)
    {
        if (TryParseUuid(id, out var uuid))
        {
            writer.Binary(uuid);
        }
        else
        {
            writer.Text(id);
        }
    }

    private string ReadDomain(ref MessagePackReader reader)
    {
        var bytes = reader.Bytes(out var isText);
        // In the old raw form 16 bytes may be either; only the default domain's id is ever written as text.
        return bytes.Length == 16 && !(isText && bytes.SequenceEqual(Encoding.UTF8.GetBytes(defaultDomainId)))
            ? Convert.ToHexStringLower(bytes)
            : Encoding.UTF8.GetString(bytes);
    }

    private static string[] ReadAudits(ref MessagePackReader reader)
    {
        var audits = new string[reader.Array()];
        for (var i = 0; i < audits.Length; i++)
        {
            audits[i] = Base64Url.EncodeToString(reader.Bytes(out _));
        }

        return audits.Length > 0 ? audits : throw new FormatException("A token has an audit id.");
    }

    private static bool TryParseUuid(string id, out byte[] bytes)
    {
        bytes = [];
        if (id.Length is not (32 or 36) || !Guid.TryParse(id, out var guid))
        {
            return false;
        }

        bytes = guid.ToByteArray(bigEndian: true);
        return true;
    }

    private static DateTimeOffset ToTime(double seconds) =>
        seconds is >= 0 and < 253402300799 ? DateTimeOffset.UnixEpoch.AddSeconds(seconds) : throw new FormatException("The expiry time is out of range.");

    private int ToInteger(IReadOnlyList<string> names)
    {
        var sum = 0;
        for (var i = 0; i < methods.Count; i++)
        {
            sum |= names.Contains(methods[i]) ? 1 << i : 0;
        }

        return sum;
    }

    /// <summary>Highest first, as Keystone lists them.</summary>
    private List<string> ToMethods(int value)
    {
        var names = new List<string>(2);
        for (var i = methods.Count - 1; i >= 0; i--)
        {
            if ((value & (1 << i)) != 0)
            {
                names.Add(methods[i]);
            }
        }

        return names;
    }
}
