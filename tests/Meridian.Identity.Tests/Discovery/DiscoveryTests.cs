// SPDX-License-Identifier: Apache-2.0
using System.Net.Http.Headers;
using System.Text.Json;

namespace Meridian.Identity.Tests.Discovery;

public sealed class DiscoveryTests(IdentityApi api) : IClassFixture<IdentityApi>
{
    [Fact]
    public async Task The_root_is_300_and_points_at_v3()
    {
        // HttpClient would follow the Location of a 300.
        using var handler = new HttpClientHandler { AllowAutoRedirect = false };
        using var client = new HttpClient(handler) { BaseAddress = new(api.Keystone.Url) };
        using var answer = await client.GetAsync("/", TestContext.Current.CancellationToken);
        var version = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)).RootElement
            .GetProperty("versions").GetProperty("values")[0];

        Assert.Equal(300, (int)answer.StatusCode);
        Assert.Equal(api.Keystone.AuthUrl + "/", answer.Headers.Location!.ToString());
        Assert.Equal("v3.14", version.GetProperty("id").GetString());
        Assert.Equal(api.Keystone.AuthUrl + "/", version.GetProperty("links")[0].GetProperty("href").GetString());
    }

    [Theory]
    [InlineData("/v3")]
    [InlineData("/v3/")]
    public async Task V3_describes_itself_with_or_without_a_slash(string path)
    {
        var answer = await api.GetAsync(path, "");

        Assert.Equal(200, answer.Status);
        Assert.Equal("stable", answer["version"].GetProperty("status").GetString());
    }

    [Fact]
    public async Task Json_home_lists_the_resources_and_each_of_them_is_there()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v3");
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json-home"));
        using var answer = await api.Keystone.Service.Client.SendAsync(request, TestContext.Current.CancellationToken);
        var home = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)).RootElement.GetProperty("resources");

        Assert.Equal("application/json-home", answer.Content.Headers.ContentType!.MediaType);
        Assert.Equal("/users/{user_id}", home.GetProperty("https://docs.openstack.org/api/openstack-identity/3/rel/user").GetProperty("href-template").GetString());
        foreach (var resource in home.EnumerateObject())
        {
            var path = resource.Value.TryGetProperty("href", out var href) ? href.GetString()! : resource.Value.GetProperty("href-template").GetString()!;
            var found = await api.GetAsync("/v3" + path.Replace("{", "", StringComparison.Ordinal).Replace("}", "", StringComparison.Ordinal), "");

            // Without a token a route that exists asks for one (a password change takes POST only, the list of PKI tokens is refused to all, certificates are gone);
            // Flask's page would say that there is none.
            Assert.True(found.Status is 401 or 403 or 405 or 410, $"{path}: {found.Status}");
        }
    }

    [Fact]
    public async Task An_unknown_path_is_flasks_404()
    {
        var answer = await api.GetAsync("/v3/nosuch");

        Assert.Equal(404, answer.Status);
        Assert.StartsWith("text/html", answer.Headers["Content-Type"], StringComparison.Ordinal);
    }
}
