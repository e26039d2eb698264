// SPDX-License-Identifier: Apache-2.0
using System.Buffers.Text;

using CsCheck;

using Meridian.Identity.Tokens;

namespace Meridian.Identity.Tests.Tokens;

/// <summary>Payloads of every version, with ids of every form, for property tests.</summary>
internal static class TokenPayloads
{
    public static readonly string[] Methods = ["external", "password", "token", "oauth1", "mapped", "application_credential"];
    public static readonly DateTimeOffset Issued = DateTimeOffset.FromUnixTimeSeconds(1_800_000_000);

    private static readonly Gen<string> Hex = Gen.Byte.Array[16].Select(Convert.ToHexStringLower);
    private static readonly Gen<string> AnyId = Gen.OneOf(
        Hex, Gen.Byte.Array[32].Select(Convert.ToHexStringLower), Gen.String[Gen.Char.AlphaNumeric, 1, 20], Gen.Const("ümläut-😀"));

    public static Gen<TokenPayload> Of(TokenKind kind) =>
        Gen.Select(AnyId, AnyId, Hex, AnyId.List[0, 3], Gen.Int[0, 63], Gen.Int[0, int.MaxValue], Gen.Byte.Array[16].List[1, 2])
            .Select((user, other, hex, groups, methods, seconds, audits) =>
            {
                var isFederated = kind is TokenKind.FederatedUnscoped or TokenKind.FederatedProject or TokenKind.FederatedDomain;

                // A token of version 10 has one of the two.
                var ofProject = kind != TokenKind.OAuth2 || methods % 2 == 0;
                return new TokenPayload
                {
                    Kind = kind,
                    UserId = user,
                    Methods = Methods.Where((_, i) => (methods & (1 << i)) != 0).Reverse().ToList(),
                    ExpiresAt = DateTimeOffset.FromUnixTimeSeconds(seconds),
                    AuditIds = audits.Select(a => Base64Url.EncodeToString(a)).ToList(),
                    IssuedAt = Issued,
                    ProjectId = kind is TokenKind.Project or TokenKind.Trust or TokenKind.FederatedProject or TokenKind.OAuth1
                        or TokenKind.ApplicationCredential or TokenKind.OAuth2 && ofProject ? other : null,
                    DomainId = kind is TokenKind.Domain ? hex : kind is TokenKind.FederatedDomain || (kind == TokenKind.OAuth2 && !ofProject) ? other : null,
                    System = kind == TokenKind.System ? "all" : null,
                    TrustId = kind == TokenKind.Trust ? hex : null,
                    GroupIds = isFederated ? groups : [],
                    IdentityProviderId = isFederated ? other : null,
                    ProtocolId = isFederated ? "saml2" : null,
                    AccessTokenId = kind == TokenKind.OAuth1 ? hex : null,
                    ApplicationCredentialId = kind == TokenKind.ApplicationCredential ? hex : null,
                    Thumbprint = kind == TokenKind.OAuth2 ? "thumb" : null,
                };
            });

    public static void AssertSame(TokenPayload expected, TokenPayload actual)
    {
        Assert.Equal(expected.Methods, actual.Methods);
        Assert.Equal(expected.AuditIds, actual.AuditIds);
        Assert.Equal(expected.GroupIds, actual.GroupIds);
        Assert.Equal(expected, actual with { Methods = expected.Methods, AuditIds = expected.AuditIds, GroupIds = expected.GroupIds });
    }
}
