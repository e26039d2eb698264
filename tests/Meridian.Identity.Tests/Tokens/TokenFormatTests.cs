// SPDX-License-Identifier: Apache-2.0
using CsCheck;

using Meridian.Identity.Tokens;

namespace Meridian.Identity.Tests.Tokens;

public sealed class TokenFormatTests
{
    private static readonly string[] Methods = ["external", "password", "token", "oauth1", "mapped", "application_credential"];
    private static readonly DateTimeOffset Issued = DateTimeOffset.FromUnixTimeSeconds(1_800_000_000);

    private static readonly Gen<string> Hex = Gen.Byte.Array[16].Select(Convert.ToHexStringLower);
    private static readonly Gen<string> AnyId = Gen.OneOf(
        Hex, Gen.Byte.Array[32].Select(Convert.ToHexStringLower), Gen.String[Gen.Char.AlphaNumeric, 1, 20], Gen.Const("ümläut-😀"));

    private readonly TokenFormat format = new(Methods, "default");

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(7)]
    [InlineData(8)]
    [InlineData(9)]
    [InlineData(10)]
    public void Every_version_reads_as_it_was_written(int version) =>
        Payloads((TokenKind)version).Sample(payload => AssertSame(payload, format.Read(format.Write(payload), Issued)), iter: 200);

    [Fact]
    public void Version_2_has_the_bytes_that_msgpack_python_writes()
    {
        var payload = new TokenPayload
        {
            Kind = TokenKind.Project,
            UserId = "00112233445566778899aabbccddeeff",
            ProjectId = "nothex",
            Methods = ["password"],
            ExpiresAt = DateTimeOffset.FromUnixTimeSeconds(1_800_000_000),
            AuditIds = ["AAAAAAAAAAAAAAAAAAAAAA"],
        };

        // msgpack.packb((2, (True, bytes.fromhex("0011…ff")), 2, (False, "nothex"), 1800000000.0, [bytes(16)]))
        Assert.Equal(
            "9602" + "92c3c41000112233445566778899aabbccddeeff" + "02" + "92c2a66e6f74686578" + "cb41dad27480000000"
            + "91c41000000000000000000000000000000000",
            Convert.ToHexStringLower(format.Write(payload)));
    }

    [Fact]
    public void The_raw_form_of_msgpack_before_1_0_is_read()
    {
        // Binaries of 16 bytes as raw 0xb0 (the type that is text today), in version 1 with a domain of 16 bytes.
        var raw = Convert.FromHexString(
            "9601" + "92c3b000112233445566778899aabbccddeeff" + "02" + "b0ffeeddccbbaa99887766554433221100" + "cb41dad27480000000" + "91b000000000000000000000000000000000");

        var payload = format.Read(raw, Issued);

        Assert.Equal("00112233445566778899aabbccddeeff", payload.UserId);
        Assert.Equal("ffeeddccbbaa99887766554433221100", payload.DomainId);
        Assert.Equal("AAAAAAAAAAAAAAAAAAAAAA", payload.AuditId);
    }

    [Fact]
    public void The_default_domain_is_bare_text()
    {
        var payload = Payloads(TokenKind.Domain).Single() with { DomainId = "default" };

        var bytes = format.Write(payload);

        Assert.Contains("a764656661756c74", Convert.ToHexStringLower(bytes), StringComparison.Ordinal);
        Assert.Equal("default", format.Read(bytes, Issued).DomainId);
    }

    [Fact]
    public void Methods_come_back_highest_first_as_keystone_lists_them()
    {
        var payload = Payloads(TokenKind.Unscoped).Single() with { Methods = ["password", "token"] };

        Assert.Equal(["token", "password"], format.Read(format.Write(payload), Issued).Methods);
    }

    [Fact]
    public void Cut_or_random_bytes_are_a_format_error_and_nothing_else()
    {
        var whole = format.Write(Payloads(TokenKind.FederatedProject).Single());
        for (var length = 0; length < whole.Length; length++)
        {
            Assert.Throws<FormatException>(() => format.Read(whole.AsSpan(0, length), Issued));
        }

        Gen.Byte.Array[0, 60].Sample(bytes =>
        {
            try
            {
                format.Read(bytes, Issued);
            }
            catch (Exception e) when (e is FormatException or OverflowException)
            {
            }
        });
    }

    private static Gen<TokenPayload> Payloads(TokenKind kind) =>
        Gen.Select(AnyId, AnyId, Hex, AnyId.List[0, 3], Gen.Int[0, 63], Gen.Int[0, int.MaxValue], Gen.Byte.Array[16].List[1, 2])
            .Select((user, other, hex, groups, methods, seconds, audits) => new TokenPayload
            {
                Kind = kind,
                UserId = user,
                Methods = Methods.Where((_, i) => (methods & (1 << i)) != 0).Reverse().ToList(),
                ExpiresAt = DateTimeOffset.FromUnixTimeSeconds(seconds),
                AuditIds = audits.Select(a => System.Buffers.Text.Base64Url.EncodeToString(a)).ToList(),
                IssuedAt = Issued,
                ProjectId = kind is TokenKind.Project or TokenKind.Trust or TokenKind.FederatedProject or TokenKind.OAuth1
                    or TokenKind.ApplicationCredential or TokenKind.OAuth2 ? other : null,
                DomainId = kind is TokenKind.Domain ? hex : kind is TokenKind.FederatedDomain or TokenKind.OAuth2 ? other : null,
                System = kind == TokenKind.System ? "all" : null,
                TrustId = kind == TokenKind.Trust ? hex : null,
                GroupIds = kind is TokenKind.FederatedUnscoped or TokenKind.FederatedProject or TokenKind.FederatedDomain ? groups : [],
                IdentityProviderId = kind is TokenKind.FederatedUnscoped or TokenKind.FederatedProject or TokenKind.FederatedDomain ? other : null,
                ProtocolId = kind is TokenKind.FederatedUnscoped or TokenKind.FederatedProject or TokenKind.FederatedDomain ? "saml2" : null,
                AccessTokenId = kind == TokenKind.OAuth1 ? hex : null,
                ApplicationCredentialId = kind == TokenKind.ApplicationCredential ? hex : null,
                Thumbprint = kind == TokenKind.OAuth2 ? "thumb" : null,
            });

    private static void AssertSame(TokenPayload expected, TokenPayload actual)
    {
        Assert.Equal(expected.Methods, actual.Methods);
        Assert.Equal(expected.AuditIds, actual.AuditIds);
        Assert.Equal(expected.GroupIds, actual.GroupIds);
        Assert.Equal(expected, actual with { Methods = expected.Methods, AuditIds = expected.AuditIds, GroupIds = expected.GroupIds });
    }
}
