// SPDX-License-Identifier: Apache-2.0
using System.Text.RegularExpressions;

namespace Meridian.Identity.Tests.Security;

/// <summary>Which routes ask for a token, as docs/compatibility.md lists them: the middleware decides by the same mark.</summary>
public sealed partial class TokenlessRoutesTests(IdentityApi api) : IClassFixture<IdentityApi>
{
    [Theory]
    [InlineData(null)]
    [InlineData("gAAAAABnot-a-token")]
    public async Task Every_other_route_is_401_without_a_valid_token(string? token)
    {
        foreach (var route in api.Keystone.Service.Host.Routes.Where(route => route.NeedsToken && route.Method != "*"))
        {
            var answer = await api.SendAsync(new(route.Method), Parameter().Replace(route.Path, "x"), null, token ?? "");

            Assert.True(answer.Status == 401, $"{route.Method} {route.Path}: {answer.Status}");
        }
    }

    [Fact]
    public void Version_documents_log_in_what_is_gone_and_the_change_of_an_own_password_need_none()
    {
        var open = api.Keystone.Service.Host.Routes.Where(route => !route.NeedsToken && route.Method != "*").Select(route => $"{route.Method} {route.Path}").ToList();

        Assert.Equal(
            [
                "GET /", "HEAD /", "GET /healthcheck", "GET /v3", "HEAD /v3", "GET /v3/OS-SIMPLE-CERT/ca", "HEAD /v3/OS-SIMPLE-CERT/ca", "GET /v3/OS-SIMPLE-CERT/certificates",
                "HEAD /v3/OS-SIMPLE-CERT/certificates", "POST /v3/auth/tokens", "GET /v3/auth/tokens/OS-PKI/revoked", "HEAD /v3/auth/tokens/OS-PKI/revoked",
                "POST /v3/users/{id}/password",
            ],
            open);
    }

    [Fact]
    public async Task An_unknown_path_and_a_method_that_a_path_does_not_take_are_told_without_a_token()
    {
        var unknown = await api.GetAsync("/v3/nosuch", "");
        var method = await api.DeleteAsync("/v3/users", "");

        Assert.Equal((404, 405), (unknown.Status, method.Status));
    }

    [GeneratedRegex(@"\{[^}]*\}")]
    private static partial Regex Parameter();
}
