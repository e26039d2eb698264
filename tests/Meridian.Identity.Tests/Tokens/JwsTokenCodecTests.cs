// SPDX-License-Identifier: Apache-2.0
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

using CsCheck;

using Meridian.Identity.Tokens;
using Meridian.Platform.Config;
using Meridian.Testing;

using Microsoft.Extensions.Logging.Abstractions;

namespace Meridian.Identity.Tests.Tokens;

public sealed class JwsTokenCodecTests : TokenCodecContract, IDisposable
{
    private readonly TemporaryFolder folder = new();

    private string Private => folder.File("private");

    private string Public => folder.File("public");

    public void Dispose() => folder.Dispose();

    private protected override TokenCodec Create() => Codec();

    [Theory]
    [InlineData("ES256", 86)]
    [InlineData("ES384", 128)]
    [InlineData("ES512", 176)]
    public void Each_algorithm_signs_with_the_length_that_its_RFC_says(string name, int characters)
    {
        var codec = Codec(name);

        var token = codec.Encode(Payload(), TokenPayloads.Issued);

        Assert.Equal(characters, token.Split('.')[2].Length);
        Assert.Equal(name, JsonSerializer.Deserialize<JsonElement>(Base64Url.DecodeFromChars(token.Split('.')[0])).GetProperty("alg").GetString());
        Assert.NotNull(codec.Decode(token));
    }

    [Fact]
    public void Padding_is_refused()
    {
        var codec = Codec();
        var token = codec.Encode(Payload(), TokenPayloads.Issued);

        Assert.Null(codec.Decode(token + "="));
        Assert.Null(codec.Decode(token + "=="));
    }

    // "None" algorithms of any spelling, and a shared secret that everybody knows.
    [Theory]
    [InlineData("none")]
    [InlineData("None")]
    [InlineData("NONE")]
    [InlineData("HS256")]
    [InlineData("es256")]
    [InlineData("RS256")]
    [InlineData("ES384")]
    public void S2_a_token_that_names_another_algorithm_is_refused(string algorithm)
    {
        var codec = Codec();
        var (_, claims, signature) = Parts(codec.Encode(Payload(), TokenPayloads.Issued));
        var signed = $"{Text(new { alg = algorithm, typ = "JWT" })}.{claims}";
        var publicKey = File.ReadAllBytes(Path.Combine(Public, "public.pem"));

        foreach (var forged in new[] { "", signature, Base64Url.EncodeToString(HMACSHA256.HashData(publicKey, Encoding.ASCII.GetBytes(signed))) })
        {
            Assert.Null(codec.Decode($"{signed}.{forged}"));
        }
    }

    [Fact]
    public void S2_an_algorithm_that_is_not_accepted_is_refused_though_its_key_is_there()
    {
        var other = Codec("ES384");
        var token = other.Encode(Payload(), TokenPayloads.Issued);
        JwsKeyRepository.CreatePair(Path.Combine(Private, "private.pem"), Path.Combine(Public, "second.pem"), JwsAlgorithm.Es256);

        Assert.Null(Codec("ES256", make: false).Decode(token));
        Assert.NotNull(Codec("ES256", make: false, accepted: ["ES256", "ES384"]).Decode(token));
    }

    // Whatever a header says about the key that it was signed with, only ours count.
    [Fact]
    public void S2_keys_that_the_header_brings_or_names_are_not_used()
    {
        var codec = Codec();
        var (_, claims, _) = Parts(codec.Encode(Payload(), TokenPayloads.Issued));
        using var mine = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var key = mine.ExportParameters(false);
        File.WriteAllText(folder.File("mine.pem"), mine.ExportSubjectPublicKeyInfoPem());
        var jwk = new { kty = "EC", crv = "P-256", x = Base64Url.EncodeToString(key.Q.X), y = Base64Url.EncodeToString(key.Q.Y) };

        foreach (var header in new object[]
        {
            new { alg = "ES256", kid = "../mine.pem" },
            new { alg = "ES256", kid = folder.File("mine.pem") },
            new { alg = "ES256", kid = "../../../../../../dev/null" },
            new { alg = "ES256", jwk },
            new { alg = "ES256", jku = "file://" + folder.File("mine.pem") },
            new { alg = "ES256", x5u = "http://127.0.0.1:1/x" },
        })
        {
            var signed = $"{Text(header)}.{claims}";
            var signature = mine.SignData(Encoding.ASCII.GetBytes(signed), HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
            Assert.Null(codec.Decode($"{signed}.{Base64Url.EncodeToString(signature)}"));
        }
    }

    [Fact]
    public void S2_signatures_of_zeros_and_critical_headers_are_refused()
    {
        var codec = Codec();
        var (header, claims, _) = Parts(codec.Encode(Payload(), TokenPayloads.Issued));
        var critical = $"{Text(new { alg = "ES256", crit = new[] { "b64" }, b64 = false })}.{claims}";
        using var key = ECDsa.Create();
        key.ImportFromPem(File.ReadAllText(Path.Combine(Private, "private.pem")));
        var signature = key.SignData(Encoding.ASCII.GetBytes(critical), HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);

        Assert.Null(codec.Decode($"{header}.{claims}.{Base64Url.EncodeToString(new byte[64])}"));
        Assert.Null(codec.Decode($"{critical}.{Base64Url.EncodeToString(signature)}"));
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("5")]
    [InlineData("{\"sub\":\"u\",\"iat\":1,\"exp\":\"2\",\"openstack_methods\":[],\"openstack_audit_ids\":[\"a\"]}")]
    [InlineData("{\"sub\":\"u\",\"iat\":1,\"exp\":1e300,\"openstack_methods\":[],\"openstack_audit_ids\":[\"a\"]}")]
    [InlineData("{\"sub\":\"u\",\"iat\":1,\"exp\":2,\"openstack_methods\":\"password\",\"openstack_audit_ids\":[\"a\"]}")]
    [InlineData("{\"sub\":\"u\",\"iat\":1,\"exp\":2,\"openstack_methods\":[],\"openstack_audit_ids\":[]}")]
    [InlineData("{\"sub\":5,\"iat\":1,\"exp\":2,\"openstack_methods\":[],\"openstack_audit_ids\":[\"a\"]}")]
    public void Claims_that_are_signed_and_make_no_sense_are_no_token(string claims)
    {
        var codec = Codec();
        using var key = ECDsa.Create();
        key.ImportFromPem(File.ReadAllText(Path.Combine(Private, "private.pem")));
        var signed = $"{Text(new { alg = "ES256" })}.{Base64Url.EncodeToString(Encoding.UTF8.GetBytes(claims))}";
        var signature = key.SignData(Encoding.ASCII.GetBytes(signed), HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);

        Assert.Null(codec.Decode($"{signed}.{Base64Url.EncodeToString(signature)}"));
    }

    // Regions that sign with keys of their own: taking the public key away ends what its region signed, at once and for nobody else.
    [Fact]
    public void S6_a_region_whose_public_key_is_taken_away_issues_no_tokens_for_others()
    {
        var here = Codec();
        var otherPrivate = folder.File("private-of-two");
        Directory.CreateDirectory(otherPrivate);
        JwsKeyRepository.CreatePair(Path.Combine(otherPrivate, "private.pem"), Path.Combine(Public, "two.pem"), JwsAlgorithm.Es256);
        var two = new JwsTokenCodec(new(otherPrivate, Public), JwsAlgorithm.Es256, [JwsAlgorithm.Es256], TimeProvider.System, NullLogger.Instance);
        var (own, foreign) = (here.Encode(Payload(), TokenPayloads.Issued), two.Encode(Payload(), TokenPayloads.Issued));
        Assert.NotNull(here.Decode(foreign));
        var generation = here.Generation;

        File.Delete(Path.Combine(Public, "two.pem"));

        Assert.Null(here.Decode(foreign));
        Assert.NotNull(here.Decode(own));
        Assert.True(here.Generation > generation);
        Assert.Throws<InvalidOperationException>(() => two.Encode(Payload(), TokenPayloads.Issued));
    }

    [Fact]
    public void A_new_private_key_signs_at_once_and_files_that_are_no_key_are_passed_over()
    {
        var codec = Codec();
        var old = codec.Encode(Payload(), TokenPayloads.Issued);
        File.WriteAllText(Path.Combine(Public, "README"), "keys of the regions");

        JwsKeyRepository.CreatePair(Path.Combine(Private, "private.pem"), Path.Combine(Public, "new.pem"), JwsAlgorithm.Es256);
        var fresh = codec.Encode(Payload(), TokenPayloads.Issued);
        Assert.NotNull(codec.Decode(old));
        File.Delete(Path.Combine(Public, "public.pem"));

        Assert.Null(codec.Decode(old));
        Assert.NotNull(codec.Decode(fresh));
    }

    [Fact]
    public void Without_a_key_the_error_says_what_to_run()
    {
        var error = Assert.Throws<InvalidOperationException>(() => Codec(make: false).Encode(Payload(), TokenPayloads.Issued));

        Assert.Contains("create_jws_keypair", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_algorithm_that_signs_and_is_not_accepted_is_an_error_of_the_configuration()
    {
        var error = Assert.Throws<ConfigException>(() => Codec("ES384", make: false, accepted: ["ES256"]));

        Assert.Contains("jws_accepted_algorithms", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_private_key_is_for_its_owner_alone()
    {
        Codec();

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(Private, "private.pem")));
    }

    private static TokenPayload Payload() => TokenPayloads.Of(TokenKind.Project).Single();

    private static string Text(object value) => Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes(value));

    private static (string Header, string Claims, string Signature) Parts(string token) => token.Split('.') is [var header, var claims, var signature] ? (header, claims, signature) : default;

    private JwsTokenCodec Codec(string algorithm = "ES256", bool make = true, string[]? accepted = null)
    {
        var signing = JwsAlgorithm.Find(algorithm)!;
        if (make)
        {
            Directory.CreateDirectory(Private);
            Directory.CreateDirectory(Public);
            JwsKeyRepository.CreatePair(Path.Combine(Private, "private.pem"), Path.Combine(Public, "public.pem"), signing);
        }

        return new(new(Private, Public), signing, (accepted ?? [algorithm]).Select(a => JwsAlgorithm.Find(a)!), TimeProvider.System, NullLogger.Instance);
    }
}
