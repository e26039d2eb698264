// SPDX-License-Identifier: Apache-2.0
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;

using Meridian.Testing;

namespace Meridian.Identity.Tests.Tokens;

public sealed class TokensTests : IAsyncLifetime
{
    private KeystoneFixture keystone = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => keystone = await KeystoneFixture.StartAsync(regions: ["RegionOne", "RegionTwo"]);

    public ValueTask DisposeAsync() => keystone.DisposeAsync();

    [Fact]
    public async Task A_password_buys_a_token_with_roles_and_both_regions_in_the_catalog()
    {
        var token = await keystone.TokenAsync("admin", KeystoneFixture.AdminPassword, "admin");

        using var answer = await ValidateAsync(token, token);
        var body = (await answer.Content.ReadFromJsonAsync<JsonElement>(Token)).GetProperty("token");

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(token, answer.Headers.GetValues("X-Subject-Token").Single());
        Assert.Equal("X-Auth-Token", answer.Headers.GetValues("Vary").Single());
        Assert.Equal(["admin", "manager", "member", "reader"], body.GetProperty("roles").EnumerateArray().Select(r => r.GetProperty("name").GetString()!).Order());
        Assert.Equal("Default", body.GetProperty("project").GetProperty("domain").GetProperty("name").GetString());
        Assert.Equal(
            ["RegionOne", "RegionTwo"],
            body.GetProperty("catalog")[0].GetProperty("endpoints").EnumerateArray().Select(e => e.GetProperty("region_id").GetString()!).Distinct().Order());
    }

    [Theory]
    [InlineData("default")]
    [InlineData("Default")]
    [InlineData("DEFAULT")]
    public async Task The_domains_case_does_not_matter(string domain) =>
        Assert.NotEmpty(await keystone.TokenAsync("Admin", KeystoneFixture.AdminPassword, "ADMIN", domain, domain));

    private async Task<HttpResponseMessage> ValidateAsync(string token, string subject, string query = "")
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v3/auth/tokens" + query);
        request.Headers.Add("X-Auth-Token", token);
        request.Headers.Add("X-Subject-Token", subject);
        return await keystone.Service.Client.SendAsync(request, Token);
    }
}
