// SPDX-License-Identifier: Apache-2.0
using System.Net.Http.Json;

namespace Meridian.Identity.Tests.Projects;

/// <summary>[resource] project_name_url_safe and domain_name_url_safe: a Keystone where names are free, and one over its database that goes by the options.</summary>
public sealed class UrlSafetyTests(IdentityApi api) : IClassFixture<IdentityApi>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("project", "off", 201, 200)]
    [InlineData("project", "new", 400, 400)]
    [InlineData("project", "strict", 400, 400)]
    [InlineData("domain", "off", 201, 200)]
    [InlineData("domain", "new", 400, 400)]
    [InlineData("domain", "strict", 400, 400)]
    public async Task A_new_name_with_a_reserved_character_is_refused_and_an_old_one_stays(string kind, string value, int create, int rename)
    {
        var (old, plain) = (IdentityApi.Unique("old/one"), IdentityApi.Unique("plain"));
        var id = await api.Keystone.CreateAsync(kind, new { name = old });
        await using var strict = await StartAsync($"{kind}_name_url_safe = {value}");

        var created = await SendAsync(strict, HttpMethod.Post, $"/v3/{kind}s", kind, new { name = IdentityApi.Unique("a?b/") });
        Assert.Equal(create, created.Status);
        Assert.Equal(create == 400, created.Text.Contains("name cannot contain the following reserved characters: ?/", StringComparison.Ordinal));
        Assert.Equal(200, (await SendAsync(strict, HttpMethod.Patch, $"/v3/{kind}s/{id}", kind, new { name = old, description = "kept" })).Status);
        Assert.Equal(rename, (await SendAsync(strict, HttpMethod.Patch, $"/v3/{kind}s/{id}", kind, new { name = IdentityApi.Unique("a:b") })).Status);
        Assert.Equal(201, (await SendAsync(strict, HttpMethod.Post, $"/v3/{kind}s", kind, new { name = plain + "-_.~%é" })).Status);
    }

    [Theory]
    [InlineData(':'), InlineData('/'), InlineData('?'), InlineData('#'), InlineData('['), InlineData(']'), InlineData('@'), InlineData('!'), InlineData('$'), InlineData('&')]
    [InlineData('\''), InlineData('('), InlineData(')'), InlineData('*'), InlineData('+'), InlineData(','), InlineData(';'), InlineData('=')]
    public async Task A_domain_is_a_project_too_and_no_reserved_character_passes(char reserved)
    {
        await using var strict = await StartAsync("project_name_url_safe = new");
        var answer = await SendAsync(strict, HttpMethod.Post, "/v3/domains", "domain", new { name = IdentityApi.Unique("d" + reserved) });

        Assert.Equal(400, answer.Status);
        Assert.Contains("Project name cannot contain the following reserved characters", answer.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("new", "new", 201, 201)]
    [InlineData("strict", "new", 401, 201)]
    [InlineData("new", "strict", 401, 401)]
    public async Task Strict_refuses_such_names_at_log_in_and_never_ids(string project, string domain, int projectScope, int domainScope)
    {
        var (domainName, projectName) = (IdentityApi.Unique("d#"), IdentityApi.Unique("p&"));
        var domainId = await api.Keystone.CreateAsync("domain", new { name = domainName });
        var projectId = await api.Keystone.CreateAsync("project", new { name = projectName, domain_id = domainId });
        var (user, role) = (await api.Keystone.CreateAsync("user", new { name = "who", domain_id = domainId, password = "pw" }), await api.Keystone.FindIdAsync("roles", "reader"));
        await api.PutAsync($"/v3/projects/{projectId}/users/{user}/roles/{role}");
        await api.PutAsync($"/v3/domains/{domainId}/users/{user}/roles/{role}");
        await using var strict = await StartAsync($"project_name_url_safe = {project}\ndomain_name_url_safe = {domain}");

        async Task<int> LogInAsync(object scope)
        {
            var identity = new { methods = new[] { "password" }, password = new { user = new { name = "who", domain = new { name = domainName }, password = "pw" } } };
            using var answer = await strict.Service.Client.PostAsJsonAsync("/v3/auth/tokens", new { auth = new { identity, scope } }, Cancellation);
            return (int)answer.StatusCode;
        }

        Assert.Equal(projectScope, await LogInAsync(new { project = new { name = projectName, domain = new { name = domainName } } }));
        Assert.Equal(domainScope, await LogInAsync(new { domain = new { name = domainName } }));
        Assert.Equal(project == "strict" ? 401 : 201, await LogInAsync(new { project = new { name = projectName, domain = new { id = domainId } } }));
        Assert.Equal(201, await LogInAsync(new { project = new { id = projectId } }));
        Assert.Equal(201, await LogInAsync(new { domain = new { id = domainId } }));
    }

    private Task<AnotherKeystone> StartAsync(string options) => AnotherKeystone.StartAsync(api.Keystone, change: text => $"{text}\n[resource]\n{options}\n");

    private async Task<(int Status, string Text)> SendAsync(AnotherKeystone keystone, HttpMethod method, string path, string member, object body)
    {
        using var request = new HttpRequestMessage(method, path) { Content = JsonContent.Create(new Dictionary<string, object> { [member] = body }) };
        request.Headers.Add("X-Auth-Token", await api.Keystone.AdminTokenAsync());
        using var answer = await keystone.Service.Client.SendAsync(request, Cancellation);
        var text = await answer.Content.ReadAsStringAsync(Cancellation);
        return ((int)answer.StatusCode, text);
    }
}
