// SPDX-License-Identifier: Apache-2.0
using CsCheck;

using Meridian.Identity.Tokens;

namespace Meridian.Identity.Tests.Tokens;

public sealed class TokenFormatTests
{
    private readonly TokenFormat format = new(TokenPayloads.Methods, "default");

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
        TokenPayloads.Of((TokenKind)version).Sample(payload => TokenPayloads.AssertSame(payload, format.Read(format.Write(payload), TokenPayloads.Issued)), iter: 200);

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

    // Debian's python3-keystone is older than this version.
    [Fact]
    public void Version_10_has_the_bytes_that_msgpack_python_writes()
    {
        var payload = new TokenPayload
        {
            Kind = TokenKind.OAuth2,
            UserId = "00112233445566778899aabbccddeeff",
            ProjectId = "p",
            Methods = ["password"],
            ExpiresAt = DateTimeOffset.FromUnixTimeSeconds(1_800_000_000),
            AuditIds = ["AAAAAAAAAAAAAAAAAAAAAA"],
            Thumbprint = "thumb",
        };

        // msgpack.packb((10, (True, bytes.fromhex("0011…ff")), 2, (False, "p"), (False, None), 1800000000.0, [bytes(16)], (False, "thumb")))
        Assert.Equal(
            "980a" + "92c3c41000112233445566778899aabbccddeeff" + "02" + "92c2a170" + "92c2c0" + "cb41dad27480000000"
            + "91c41000000000000000000000000000000000" + "92c2a57468756d62",
            Convert.ToHexStringLower(format.Write(payload)));
    }

    [Fact]
    public void The_raw_form_of_msgpack_before_1_0_is_read()
    {
        // Binaries of 16 bytes as raw 0xb0 (the type that is text today), in version 1 with a domain of 16 bytes.
        var raw = Convert.FromHexString(
            "9601" + "92c3b000112233445566778899aabbccddeeff" + "02" + "b0ffeeddccbbaa99887766554433221100" + "cb41dad27480000000" + "91b000000000000000000000000000000000");

        var payload = format.Read(raw, TokenPayloads.Issued);

        Assert.Equal("00112233445566778899aabbccddeeff", payload.UserId);
        Assert.Equal("ffeeddccbbaa99887766554433221100", payload.DomainId);
        Assert.Equal("AAAAAAAAAAAAAAAAAAAAAA", payload.AuditId);
    }

    [Fact]
    public void The_default_domain_is_bare_text()
    {
        var payload = TokenPayloads.Of(TokenKind.Domain).Single() with { DomainId = "default" };

        var bytes = format.Write(payload);

        Assert.Contains("a764656661756c74", Convert.ToHexStringLower(bytes), StringComparison.Ordinal);
        Assert.Equal("default", format.Read(bytes, TokenPayloads.Issued).DomainId);
    }

    [Fact]
    public void Methods_come_back_highest_first_as_keystone_lists_them()
    {
        var payload = TokenPayloads.Of(TokenKind.Unscoped).Single() with { Methods = ["password", "token"] };

        Assert.Equal(["token", "password"], format.Read(format.Write(payload), TokenPayloads.Issued).Methods);
    }

    [Fact]
    public void Cut_or_random_bytes_are_a_format_error_and_nothing_else()
    {
        var whole = format.Write(TokenPayloads.Of(TokenKind.FederatedProject).Single());
        for (var length = 0; length < whole.Length; length++)
        {
            Assert.Throws<FormatException>(() => format.Read(whole.AsSpan(0, length), TokenPayloads.Issued));
        }

        Gen.Byte.Array[0, 60].Sample(bytes =>
        {
            try
            {
                format.Read(bytes, TokenPayloads.Issued);
            }
            catch (Exception e) when (e is FormatException or OverflowException)
            {
            }
        });
    }
}
