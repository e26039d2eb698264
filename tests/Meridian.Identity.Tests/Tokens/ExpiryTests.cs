// SPDX-License-Identifier: Apache-2.0
using System.Net.Http.Json;
using System.Text.Json;

using Meridian.Identity.Tokens;
using Meridian.Testing;

using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace Meridian.Identity.Tests.Tokens;

/// <summary>What time does to tokens, on a clock that the test winds.</summary>
public sealed class ExpiryTests : IAsyncLifetime
{
    private readonly FakeTimeProvider clock = new(TimeProvider.System.GetUtcNow());
    private KeystoneFixture keystone = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() =>
        keystone = await KeystoneFixture.StartAsync("[token]\nexpiration = 600\nallow_expired_window = 300\n[DEFAULT]\nlist_limit = 3\n", clock: clock);

    public ValueTask DisposeAsync() => keystone.DisposeAsync();

    // OSSA-2013-014
    [Fact]
    public async Task Ossa_2013_014_a_token_is_dead_from_the_second_on_that_it_names()
    {
        var token = await NewTokenAsync();

        clock.Advance(TimeSpan.FromSeconds(598));
        Assert.Equal(200, await ValidateAsync(token, token));

        clock.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(401, await ValidateAsync(token, token));
        Assert.Equal(404, await ValidateAsync(await NewTokenAsync(), token));
    }

    [Fact]
    public async Task An_expired_token_validates_within_the_window_where_that_is_asked_for()
    {
        var token = await NewTokenAsync();

        clock.Advance(TimeSpan.FromSeconds(700));
        var caller = await NewTokenAsync();
        Assert.Equal(404, await ValidateAsync(caller, token));
        Assert.Equal(404, await ValidateAsync(caller, token, "?allow_expired=0"));
        Assert.Equal(200, await ValidateAsync(caller, token, "?allow_expired=1"));

        clock.Advance(TimeSpan.FromSeconds(250));
        Assert.Equal(404, await ValidateAsync(await NewTokenAsync(), token, "?allow_expired=1"));
    }

    // OSSA-2016-008
    [Fact]
    public async Task Ossa_2016_008_revoking_a_chain_kills_all_that_came_of_it()
    {
        var parent = await NewTokenAsync();
        using var rescoped = await keystone.Service.Client.PostAsJsonAsync(
            "/v3/auth/tokens", new { auth = new { identity = new { methods = new[] { "token" }, token = new { id = parent } }, scope = "unscoped" } }, Cancellation);
        var child = rescoped.Headers.GetValues("X-Subject-Token").Single();
        var services = keystone.Service.Host.Services;
        var chain = services.GetRequiredService<TokenCodec>().Decode(parent)!.AuditChainId;

        await services.GetRequiredService<IdentityWriter>().WriteAsync(
            db => services.GetRequiredService<RevocationStore>().RevokeChainAsync(db, chain, Cancellation), Cancellation);

        var caller = await NewTokenAsync();
        Assert.Equal(404, await ValidateAsync(caller, parent));
        Assert.Equal(404, await ValidateAsync(caller, child));
        Assert.Equal(200, await ValidateAsync(caller, caller));
    }

    [Fact]
    public async Task A_list_that_list_limit_cuts_says_so_and_goes_on()
    {
        var first = (await keystone.CallAsync(HttpMethod.Get, "/v3/roles"))!.Value;
        var rest = (await keystone.CallAsync(HttpMethod.Get, new Uri(first.GetProperty("links").GetProperty("next").GetString()!).PathAndQuery))!.Value;

        Assert.Equal(3, first.GetProperty("roles").GetArrayLength());
        Assert.True(first.GetProperty("truncated").GetBoolean());
        Assert.Equal(2, rest.GetProperty("roles").GetArrayLength());
        Assert.False(rest.TryGetProperty("truncated", out _));
        Assert.Equal(JsonValueKind.Null, rest.GetProperty("links").GetProperty("next").ValueKind);
    }

    private Task<string> NewTokenAsync() => keystone.TokenAsync("admin", KeystoneFixture.AdminPassword, "admin");

    private async Task<int> ValidateAsync(string caller, string subject, string query = "")
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v3/auth/tokens" + query);
        request.Headers.Add("X-Auth-Token", caller);
        request.Headers.Add("X-Subject-Token", subject);
        using var answer = await keystone.Service.Client.SendAsync(request, Cancellation);
        return (int)answer.StatusCode;
    }
}
