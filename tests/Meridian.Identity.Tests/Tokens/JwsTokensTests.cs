// SPDX-License-Identifier: Apache-2.0
using Meridian.Identity.Tokens;
using Meridian.Testing;

namespace Meridian.Identity.Tests.Tokens;

/// <summary>A Keystone with [token] provider = jws.</summary>
public sealed class JwsTokensTests : IAsyncLifetime
{
    private readonly TemporaryFolder folder = new();
    private KeystoneFixture keystone = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private string PublicKeys => folder.File("public");

    public async ValueTask InitializeAsync()
    {
        foreach (var name in new[] { "private", "public" })
        {
            Directory.CreateDirectory(folder.File(name));
        }

        JwsKeyRepository.CreatePair(Path.Combine(folder.File("private"), "private.pem"), Path.Combine(PublicKeys, "public.pem"), JwsAlgorithm.Es512);
        keystone = await KeystoneFixture.StartAsync($"""
            [token]
            provider = jws
            [jwt_tokens]
            jws_algorithm = ES512
            jws_accepted_algorithms = ES512
            jws_private_key_repository = {folder.File("private")}
            jws_public_key_repository = {PublicKeys}
            """);
    }

    public async ValueTask DisposeAsync()
    {
        await keystone.DisposeAsync();
        folder.Dispose();
    }

    [Fact]
    public async Task A_token_is_issued_rescoped_validated_and_revoked()
    {
        var token = await keystone.AdminTokenAsync();
        var other = await keystone.TokenAsync("admin", KeystoneFixture.AdminPassword, null);

        Assert.Equal(3, token.Split('.').Length);
        Assert.Equal(200, await SendAsync(HttpMethod.Get, token, other));
        Assert.Equal(204, await SendAsync(HttpMethod.Delete, token, other));
        Assert.Equal(404, await SendAsync(HttpMethod.Get, token, other));
        Assert.Equal(401, await SendAsync(HttpMethod.Get, other, other));
    }

    [Fact]
    public async Task S6_a_token_whose_public_key_was_taken_away_is_refused_at_once()
    {
        var token = await keystone.AdminTokenAsync();
        Assert.Equal(200, await SendAsync(HttpMethod.Get, token, token));

        File.Move(Path.Combine(PublicKeys, "public.pem"), folder.File("away.pem"));
        Assert.Equal(401, await SendAsync(HttpMethod.Get, token, token));

        File.Move(folder.File("away.pem"), Path.Combine(PublicKeys, "public.pem"));
        Assert.Equal(200, await SendAsync(HttpMethod.Get, token, token));
    }

    // A federated user's groups make JWS tokens as long as headers may be.
    [Fact]
    public async Task Long_tokens_pass_in_both_headers()
    {
        var token = await keystone.AdminTokenAsync();
        var dots = new string('a', 12 * 1024) + "." + new string('b', 100) + "." + new string('c', 176);

        Assert.Equal(404, await SendAsync(HttpMethod.Get, token, dots));
        Assert.Equal(401, await SendAsync(HttpMethod.Get, dots, dots));
    }

    [Fact]
    public async Task A_fernet_token_is_none_here()
    {
        var answer = await SendAsync(HttpMethod.Get, await keystone.AdminTokenAsync(), "gAAAAAAdwJ6wAAECAwQFBgcICQoLDA0ODy021cpGVWKZ_eEwCGM4BLLF_5CV9dOPmrhuVUPgJobwOz7JcbmrR64jVmpU4IwqDA");

        Assert.Equal(404, answer);
    }

    private async Task<int> SendAsync(HttpMethod method, string caller, string subject)
    {
        using var request = new HttpRequestMessage(method, "/v3/auth/tokens");
        request.Headers.Add("X-Auth-Token", caller);
        request.Headers.Add("X-Subject-Token", subject);
        using var answer = await keystone.Service.Client.SendAsync(request, Cancellation);
        return (int)answer.StatusCode;
    }
}
