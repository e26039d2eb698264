// SPDX-License-Identifier: Apache-2.0
using System.Diagnostics;

using Meridian.Platform.Auth;
using Meridian.Platform.Config;
using Meridian.Platform.Http;
using Meridian.Testing;

using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Meridian.Platform.Tests.Auth;

/// <summary>What a token of an application credential with access rules gets at a service.</summary>
public sealed class AccessRulesTests : IAsyncLifetime
{
    private FakeKeystone keystone = null!;

    public async ValueTask InitializeAsync()
    {
        keystone = await FakeKeystone.StartAsync();
        keystone.Add(new("app", "member") { AccessRules = [("widget", "GET", "/v1/widgets/*"), ("other", "POST", "/v1/widgets/1")] });
    }

    public ValueTask DisposeAsync() => keystone.DisposeAsync();

    [Theory]
    [InlineData("GET", "/v1/widgets/1", 200)]
    [InlineData("GET", "/v1/widgets", 401)]
    [InlineData("GET", "/v1/widgets/1/parts", 401)]
    [InlineData("GET", "/v1/widgets/1/../2", 200)]
    [InlineData("GET", "/v1/widgets/../gadgets", 401)]
    [InlineData("GET", "/V1/WIDGETS/1", 401)]
    [InlineData("HEAD", "/v1/widgets/1", 401)]
    [InlineData("POST", "/v1/widgets/1", 401)]
    [InlineData("DELETE", "/v1/widgets/1", 401)]
    public async Task Only_what_a_rule_names_is_let_through(string method, string path, int status)
    {
        await using var service = await StartAsync();

        Assert.Equal(status, await AskAsync(service, method, path, "app"));
    }

    [Fact]
    public async Task A_token_without_rules_is_not_bound()
    {
        await using var service = await StartAsync();

        Assert.Equal(200, await AskAsync(service, "DELETE", "/v1/widgets/1/parts", "demo"));
    }

    [Fact]
    public async Task A_service_finishes_what_the_user_may_not_ask_for()
    {
        await using var service = await StartAsync();

        Assert.Equal(200, await AskAsync(service, "DELETE", "/v1/widgets/1", "app", serviceUser: "nova"));
        Assert.Equal(401, await AskAsync(service, "DELETE", "/v1/widgets/1", "app", serviceUser: "demo"));
    }

    [Theory]
    [InlineData("other", "POST", 200)]
    [InlineData("other", "GET", 401)]
    [InlineData("nobody", "GET", 401)]
    public async Task The_configured_service_type_is_the_one_that_rules_name(string type, string method, int status)
    {
        await using var service = await StartAsync($"service_type = {type}\n");

        Assert.Equal(status, await AskAsync(service, method, "/v1/widgets/1", "app"));
    }

    [Theory]
    [InlineData("/v2.1/servers", "/v2.1/servers", true)]
    [InlineData("/v2.1/servers", "/v2.1/servers/", false)]
    [InlineData("/v2.1/servers", "/v2X1/servers", false)]
    [InlineData("/v2.1/servers/*/ips", "/v2.1/servers/abc/ips", true)]
    [InlineData("/v2.1/servers/{server_id}/ips", "/v2.1/servers/abc/ips", true)]
    [InlineData("/v2.1/servers/*/ips", "/v2.1/servers//ips", false)]
    [InlineData("/v2.1/servers/*/ips", "/v2.1/servers/a/b/ips", false)]
    [InlineData("/v2.1/**", "/v2.1/servers/a/b", true)]
    [InlineData("/v2.1/**", "/v2.1/", true)]
    [InlineData("/v2.1/**", "/v2.1", false)]
    [InlineData("/v2.1/**/ips", "/v2.1/servers/a/ips", true)]
    [InlineData("/v2.1/se*s", "/v2.1/servers", true)]
    [InlineData("/v2.1/***", "/v2.1/a", true)]
    [InlineData("/v2.1/{open", "/v2.1/{open", true)]
    [InlineData("/a|/b", "/b", false)]
    [InlineData("/a", "/a\n", false)]
    [InlineData("", "", true)]
    public void A_pattern_means_these_paths(string pattern, string path, bool matches) => Assert.Equal(matches, AccessRules.Matches(path, pattern));

    [Fact]
    public void A_pattern_made_to_be_slow_is_not()
    {
        var start = Stopwatch.GetTimestamp();

        Assert.False(AccessRules.Matches("/" + new string('a', 8000), string.Concat(Enumerable.Repeat("/**a*", 45))));

        Assert.True(Stopwatch.GetElapsedTime(start) < TimeSpan.FromSeconds(2));
    }

    private Task<TestService> StartAsync(string more = "") => TestService.StartAsync(
        new ServiceDefinition
        {
            Program = "widget-api", ServiceType = "widget", ConfigFileName = "widget.conf", Options = [.. ServiceDefinition.CommonOptions, .. KeystoneAuthtokenOptions.All],
            Listen = _ => new("127.0.0.1", 0), Faults = new PlainFaults(), ValidatesTokens = true,
            Map = app => app.Map("/{**path}", (HttpContext context) => context.Response.StatusCode = 200),
        },
        keystone.AuthtokenSection("nova") + more);

    private static async Task<int> AskAsync(TestService service, string method, string path, string user, string? serviceUser = null)
    {
        using var request = new HttpRequestMessage(new(method), path);
        request.Headers.Add("X-Auth-Token", FakeKeystone.TokenOf(user));
        if (serviceUser is not null)
        {
            request.Headers.Add("X-Service-Token", FakeKeystone.TokenOf(serviceUser));
        }

        using var answer = await service.Client.SendAsync(request, TestContext.Current.CancellationToken);
        return (int)answer.StatusCode;
    }

    private sealed class PlainFaults : FaultStyle
    {
        public override Task WriteAsync(HttpContext context, ApiException fault) => context.Response.WriteAsync(fault.Message);
    }
}
