// SPDX-License-Identifier: Apache-2.0
namespace Meridian.Identity.Tests.Limits;

/// <summary>A Keystone with [unified_limit] enforcement_model = strict_two_level.</summary>
public sealed class StrictTwoLevelApi : IdentityApi
{
    protected override string Further => "[unified_limit]\nenforcement_model = strict_two_level";
}

public sealed class StrictTwoLevelTests(StrictTwoLevelApi api) : IClassFixture<StrictTwoLevelApi>
{
    private string service = "";
    private string domain = "";
    private string project = "";

    [Fact]
    public async Task The_model_names_itself() =>
        Assert.Equal("strict_two_level", (await api.GetAsync("/v3/limits/model"))["model"].GetProperty("name").GetString());

    [Fact]
    public async Task A_child_gets_at_most_what_its_domain_has()
    {
        await ArrangeAsync(registered: 10);
        await SetAsync("domain_id", domain, 20);

        Assert.Equal(201, (await SetAsync("project_id", project, 20)).Status);
        var refused = await SetAsync("project_id", await ProjectAsync(domain), 21);

        Assert.Equal(403, refused.Status);
        Assert.StartsWith("Invalid resource limit: The resource limit (project_id: ", refused.Message, StringComparison.Ordinal);
        Assert.EndsWith("resource_name: cores, resource_limit: 21, service_id: " + service + ", region_id: None) doesn't satisfy current hierarchy model..", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Where_the_domain_has_none_the_registered_limit_bounds_its_children()
    {
        await ArrangeAsync(registered: 10);

        Assert.Equal(403, (await SetAsync("project_id", project, 11)).Status);
        Assert.Equal(403, (await SetAsync("project_id", project, -1)).Status);
        Assert.Equal(201, (await SetAsync("project_id", project, 10)).Status);
    }

    [Theory]
    [InlineData(0, 1, 403)]
    [InlineData(0, 0, 201)]
    [InlineData(-1, 1000000, 201)]
    [InlineData(-1, -1, 201)]
    public async Task Zero_is_a_bound_and_minus_one_is_none(int parent, int child, int status)
    {
        await ArrangeAsync(registered: 10);
        await SetAsync("domain_id", domain, parent);

        Assert.Equal(status, (await SetAsync("project_id", project, child)).Status);
    }

    [Fact]
    public async Task A_domain_keeps_at_least_what_its_children_have()
    {
        await ArrangeAsync(registered: 10);
        await SetAsync("project_id", project, 9);

        Assert.Equal(403, (await SetAsync("domain_id", domain, 8)).Status);
        var set = await SetAsync("domain_id", domain, 12);
        Assert.Equal(201, set.Status);
        var path = "/v3/limits/" + set["limits"][0].GetProperty("id").GetString();
        Assert.Equal(403, (await api.PatchAsync(path, new { limit = new { resource_limit = 8 } })).Status);
        Assert.Equal(200, (await api.PatchAsync(path, new { limit = new { resource_limit = 9 } })).Status);
    }

    [Fact]
    public async Task A_child_is_not_raised_above_its_domain()
    {
        await ArrangeAsync(registered: 10);
        var limit = await SetAsync("project_id", project, 9);
        var path = "/v3/limits/" + limit["limits"][0].GetProperty("id").GetString();

        Assert.Equal(403, (await api.PatchAsync(path, new { limit = new { resource_limit = 11 } })).Status);
        Assert.Equal(9, (await api.GetAsync(path))["limit"].GetProperty("resource_limit").GetInt32());
    }

    [Theory]
    [InlineData(20, 201)]
    [InlineData(21, 403)]
    public async Task Limits_of_one_request_bound_each_other_in_any_order(int child, int status)
    {
        await ArrangeAsync(registered: 10);

        var answer = await api.PostAsync("/v3/limits", new
        {
            limits = new object[]
            {
                new { service_id = service, resource_name = "cores", resource_limit = child, project_id = project },
                new { service_id = service, resource_name = "cores", resource_limit = 20, domain_id = domain },
            },
        });

        Assert.Equal(status, answer.Status);
        Assert.Equal(status == 201 ? 2 : 0, (await api.GetAsync("/v3/limits?service_id=" + service))["limits"].GetArrayLength());
    }

    [Fact]
    public async Task Projects_stand_two_deep_at_most()
    {
        await ArrangeAsync(registered: 10);
        var child = await api.Keystone.CreateAsync("project", new { name = IdentityApi.Unique("c"), domain_id = domain, parent_id = project });

        var refused = await api.PostAsync("/v3/projects", new { project = new { name = IdentityApi.Unique("g"), domain_id = domain, parent_id = child } });

        Assert.Equal((403, $"Max hierarchy depth reached for {child} branch."), (refused.Status, refused.Message));
    }

    private async Task ArrangeAsync(int registered)
    {
        service = await api.Keystone.CreateAsync("service", new { type = IdentityApi.Unique("limited"), name = "s" });
        domain = await api.Keystone.CreateAsync("domain", new { name = IdentityApi.Unique("ld") });
        project = await ProjectAsync(domain);
        await api.PostAsync("/v3/registered_limits", new { registered_limits = new[] { new { service_id = service, resource_name = "cores", default_limit = registered } } });
    }

    private Task<string> ProjectAsync(string domainId) => api.Keystone.CreateAsync("project", new { name = IdentityApi.Unique("lp"), domain_id = domainId });

    private Task<ApiAnswer> SetAsync(string owner, string id, int value) => api.PostAsync("/v3/limits", new
    {
        limits = new[] { new Dictionary<string, object> { ["service_id"] = service, ["resource_name"] = "cores", ["resource_limit"] = value, [owner] = id } },
    });
}
