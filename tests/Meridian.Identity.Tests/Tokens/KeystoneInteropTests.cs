// SPDX-License-Identifier: Apache-2.0
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

using CsCheck;

using Meridian.Identity.Tokens;
using Meridian.Platform.Processes;
using Meridian.Testing;

using Microsoft.Extensions.Logging.Abstractions;

namespace Meridian.Identity.Tests.Tokens;

/// <summary>Tokens that Meridian issues decode with Debian's python3-keystone over the same keys, and the other way round.</summary>
[Trait("needs", "engines")]
public sealed class KeystoneInteropTests : IDisposable
{
    private const int CasesOfEach = 6;

    // PyJWT takes no token of times to come.
    private static readonly DateTimeOffset Issued = DateTimeOffset.FromUnixTimeSeconds(1_700_000_000);

    private readonly TemporaryFolder folder = new();
    private readonly FernetTokenCodec fernet;
    private readonly JwsTokenCodec jws;

    public KeystoneInteropTests()
    {
        var repository = new FernetKeyRepository(folder.File("fernet-keys"), 3);
        repository.EnsureInitialized();
        repository.Rotate();
        fernet = new(repository, new TokenFormat(TokenPayloads.Methods, "default"), TimeProvider.System);
        Directory.CreateDirectory(folder.File("private"));
        Directory.CreateDirectory(folder.File("public"));
        JwsKeyRepository.CreatePair(folder.File("private/private.pem"), folder.File("public/one.pem"), JwsAlgorithm.Es256);
        JwsKeyRepository.CreatePair(folder.File("unused.pem"), folder.File("public/two.pem"), JwsAlgorithm.Es256);
        jws = new(new(folder.File("private"), folder.File("public")), JwsAlgorithm.Es256, [JwsAlgorithm.Es256], TimeProvider.System, NullLogger.Instance);
    }

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Tokens_of_every_kind_read_alike_on_both_sides()
    {
        var payloads = Enum.GetValues<TokenKind>().SelectMany(kind => Enumerable.Range(0, CasesOfEach).Select(_ => TokenPayloads.Of(kind).Single() with { IssuedAt = Issued })).ToList();
        payloads.Add(TokenPayloads.Of(TokenKind.Domain).Single() with { DomainId = "default", IssuedAt = Issued });

        var answers = await AskKeystoneAsync(payloads);

        Assert.Equal(payloads.Count, answers.Count);
        foreach (var (payload, answer) in payloads.Zip(answers))
        {
            AssertJws(payload, answer);
            if (answer.TryGetProperty("fernet", out var token))
            {
                AssertFields(payload, answer.GetProperty("fernet_fields"));
                TokenPayloads.AssertSame(payload, fernet.Decode(token.GetString()!)! with { IssuedAt = payload.IssuedAt });
            }
            else
            {
                // Keystone 22 came before the certificates of OAuth2; the layout of version 10 is pinned by TokenFormatTests.
                Assert.Equal(TokenKind.OAuth2, payload.Kind);
            }
        }
    }

    private void AssertJws(TokenPayload payload, JsonElement answer)
    {
        AssertFields(payload, answer.GetProperty("jws_fields"));
        if (payload.Kind != TokenKind.OAuth2 || answer.GetProperty("thumbprint").GetBoolean())
        {
            TokenPayloads.AssertSame(payload, jws.Decode(answer.GetProperty("jws").GetString()!)! with { IssuedAt = payload.IssuedAt });
        }
    }

    private static void AssertFields(TokenPayload payload, JsonElement found)
    {
        Assert.Equal(TokenRenderer.Time(payload.IssuedAt), found.GetProperty("issued_at").GetString());
        var expected = Fields(payload);
        foreach (var (name, value) in expected)
        {
            if (found.TryGetProperty(name, out var actual))
            {
                Assert.True(JsonNode.DeepEquals(value, JsonNode.Parse(actual.GetRawText())), $"{payload.Kind}, {name}: {value?.ToJsonString()} became {actual.GetRawText()}");
            }
            else
            {
                Assert.Equal("thumbprint", name);
            }
        }
    }

    private static JsonObject Fields(TokenPayload payload) => new()
    {
        ["user_id"] = payload.UserId,
        ["methods"] = new JsonArray([.. payload.Methods.Select(m => (JsonNode)m)]),
        ["audit_ids"] = new JsonArray([.. payload.AuditIds.Select(a => (JsonNode)a)]),
        ["expires_at"] = TokenRenderer.Time(payload.ExpiresAt),
        ["system"] = payload.System,
        ["domain_id"] = payload.DomainId,
        ["project_id"] = payload.ProjectId,
        ["trust_id"] = payload.TrustId,
        ["federated_group_ids"] = payload.IdentityProviderId is null ? null : new JsonArray([.. payload.GroupIds.Select(g => (JsonNode)new JsonObject { ["id"] = g })]),
        ["identity_provider_id"] = payload.IdentityProviderId,
        ["protocol_id"] = payload.ProtocolId,
        ["access_token_id"] = payload.AccessTokenId,
        ["app_cred_id"] = payload.ApplicationCredentialId,
        ["thumbprint"] = payload.Thumbprint,
    };

    private async Task<IReadOnlyList<JsonElement>> AskKeystoneAsync(IReadOnlyList<TokenPayload> payloads)
    {
        var order = new JsonObject
        {
            ["methods"] = new JsonArray([.. TokenPayloads.Methods.Select(m => (JsonNode)m)]),
            ["fernet_keys"] = folder.File("fernet-keys"),
            ["jws_private"] = folder.File("private"),
            ["jws_public"] = folder.File("public"),
            ["cases"] = new JsonArray([.. payloads.Select(p => (JsonNode)new JsonObject
            {
                ["version"] = (int)p.Kind,
                ["fields"] = Fields(p),
                ["fernet"] = fernet.Encode(p, p.IssuedAt),
                ["jws"] = jws.Encode(p, p.IssuedAt),
            })]),
        };
        using var input = new MemoryStream(Encoding.UTF8.GetBytes(order.ToJsonString()));
        var output = folder.File("answer.json");
        await ProcessRunner.RunAsync(
            "/usr/bin/python3", ["-W", "ignore", Path.Combine(AppContext.BaseDirectory, "Tokens", "keystone_tokens.py"), output],
            new ProcessOptions { Timeout = TimeSpan.FromMinutes(2), Input = input }, TestContext.Current.CancellationToken);
        return JsonSerializer.Deserialize<List<JsonElement>>(await File.ReadAllBytesAsync(output, TestContext.Current.CancellationToken))!;
    }
}
