// SPDX-License-Identifier: Apache-2.0
namespace Meridian.Identity.Tests.Regions;

public sealed class RegionsTests(IdentityApi api) : IClassFixture<IdentityApi>
{
    [Fact]
    public async Task Regions_nest_and_a_circle_is_400()
    {
        var (outer, inner) = (IdentityApi.Unique("gr"), IdentityApi.Unique("gr"));
        var created = await api.PostAsync("/v3/regions", new { region = new { id = outer, description = "golden region", parent_region_id = "RegionOne" } });
        await api.PutAsync("/v3/regions/" + inner, new { region = new { parent_region_id = outer } });

        Assert.Equal(201, created.Status);
        Assert.Equal("RegionOne", created["region"].GetProperty("parent_region_id").GetString());
        Assert.Equal(inner, (await api.GetAsync("/v3/regions?parent_region_id=" + outer))["regions"][0].GetProperty("id").GetString());
        Assert.Equal(400, (await api.PatchAsync("/v3/regions/" + outer, new { region = new { parent_region_id = inner } })).Status);
        Assert.Equal(404, (await api.PatchAsync("/v3/regions/" + outer, new { region = new { parent_region_id = "nosuch" } })).Status);
        Assert.Equal("changed", (await api.PatchAsync("/v3/regions/" + outer, new { region = new { description = "changed" } }))["region"].GetProperty("description").GetString());

        // The branch goes with its root; other regions are not touched.
        Assert.Equal(204, (await api.DeleteAsync("/v3/regions/" + outer)).Status);
        Assert.Equal(404, (await api.GetAsync("/v3/regions/" + inner)).Status);
        Assert.Equal(200, (await api.GetAsync("/v3/regions/RegionOne")).Status);
    }

    [Fact]
    public async Task An_id_that_exists_is_409()
    {
        var answer = await api.PostAsync("/v3/regions", new { region = new { id = "RegionTwo" } });

        Assert.Equal(409, answer.Status);
        Assert.Equal("Conflict occurred attempting to store region - Duplicate ID, RegionTwo..", answer.Message);
    }

    [Fact]
    public async Task A_region_with_endpoints_is_not_deleted()
    {
        var answer = await api.DeleteAsync("/v3/regions/RegionTwo");

        Assert.Equal(403, answer.Status);
        Assert.Equal("Unable to delete region RegionTwo because it or its child regions have associated endpoints.", answer.Message);
    }

    [Fact]
    public async Task A_put_whose_body_names_another_id_is_400() =>
        Assert.Equal(400, (await api.PutAsync("/v3/regions/a", new { region = new { id = "b" } })).Status);

    [Fact]
    public async Task An_id_is_made_where_none_is_given() =>
        Assert.Equal(32, (await api.PostAsync("/v3/regions", new { region = new { } }))["region"].GetProperty("id").GetString()!.Length);
}
