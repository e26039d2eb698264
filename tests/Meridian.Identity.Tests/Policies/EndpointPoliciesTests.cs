// SPDX-License-Identifier: Apache-2.0
namespace Meridian.Identity.Tests.Policies;

/// <summary>OS-ENDPOINT-POLICY.</summary>
public sealed class EndpointPoliciesTests(IdentityApi api) : IClassFixture<IdentityApi>
{
    [Theory]
    [InlineData("endpoints/ENDPOINT")]
    [InlineData("services/SERVICE")]
    [InlineData("services/SERVICE/regions/REGION")]
    public async Task An_association_is_made_checked_and_ended(string place)
    {
        var cloud = await ArrangeAsync();
        var policy = await PolicyAsync();
        var path = Path(policy, place, cloud);

        var missing = await api.GetAsync(path);
        Assert.Equal((404, "Could not find policy association."), (missing.Status, missing.Message));
        Assert.Equal(204, (await api.PutAsync(path)).Status);
        Assert.Equal(204, (await api.PutAsync(path)).Status);
        Assert.Equal(204, (await api.GetAsync(path)).Status);
        Assert.Equal(204, (await api.SendAsync(HttpMethod.Head, path, null)).Status);
        Assert.Equal(policy, await PolicyOfAsync(cloud.Inner));
        Assert.Equal(204, (await api.DeleteAsync(path)).Status);
        Assert.Equal(204, (await api.DeleteAsync(path)).Status);
        var none = await api.GetAsync($"/v3/endpoints/{cloud.Inner}/OS-ENDPOINT-POLICY/policy");
        Assert.Equal((404, $"No policy is associated with endpoint {cloud.Inner}."), (none.Status, none.Message));
    }

    [Fact]
    public async Task A_further_policy_takes_the_place_of_the_first()
    {
        var cloud = await ArrangeAsync();
        var (first, second) = (await PolicyAsync(), await PolicyAsync());
        await api.PutAsync(Path(first, "services/SERVICE", cloud));

        await api.PutAsync(Path(second, "services/SERVICE", cloud));

        Assert.Equal(404, (await api.GetAsync(Path(first, "services/SERVICE", cloud))).Status);
        Assert.Equal(second, await PolicyOfAsync(cloud.Inner));
    }

    [Fact]
    public async Task The_nearest_association_counts()
    {
        var cloud = await ArrangeAsync();
        var (byService, byOuter, byInner, byEndpoint) = (await PolicyAsync(), await PolicyAsync(), await PolicyAsync(), await PolicyAsync());

        await api.PutAsync(Path(byService, "services/SERVICE", cloud));
        Assert.Equal((byService, byService), (await PolicyOfAsync(cloud.Inner), await PolicyOfAsync(cloud.Outer)));
        await api.PutAsync($"/v3/policies/{byOuter}/OS-ENDPOINT-POLICY/services/{cloud.Service}/regions/{cloud.OuterRegion}");
        Assert.Equal((byOuter, byOuter), (await PolicyOfAsync(cloud.Inner), await PolicyOfAsync(cloud.Outer)));
        await api.PutAsync(Path(byInner, "services/SERVICE/regions/REGION", cloud));
        Assert.Equal((byInner, byOuter), (await PolicyOfAsync(cloud.Inner), await PolicyOfAsync(cloud.Outer)));
        await api.PutAsync(Path(byEndpoint, "endpoints/ENDPOINT", cloud));
        Assert.Equal((byEndpoint, byOuter), (await PolicyOfAsync(cloud.Inner), await PolicyOfAsync(cloud.Outer)));
    }

    [Fact]
    public async Task A_policy_lists_the_endpoints_that_its_associations_speak_of()
    {
        var cloud = await ArrangeAsync();
        var policy = await PolicyAsync();
        var both = new[] { cloud.Inner, cloud.Outer }.Order(StringComparer.Ordinal);

        Assert.Empty(await EndpointsAsync(policy));
        await api.PutAsync(Path(policy, "services/SERVICE/regions/REGION", cloud));
        Assert.Equal([cloud.Inner], await EndpointsAsync(policy));
        await api.PutAsync($"/v3/policies/{policy}/OS-ENDPOINT-POLICY/services/{cloud.Service}/regions/{cloud.OuterRegion}");
        Assert.Equal(both, await EndpointsAsync(policy));
        await api.PutAsync(Path(policy, "endpoints/ENDPOINT", cloud));
        Assert.Equal(both, await EndpointsAsync(policy));
    }

    [Fact]
    public async Task Associations_go_with_what_they_name()
    {
        var cloud = await ArrangeAsync();
        var (policy, other) = (await PolicyAsync(), await PolicyAsync());
        await api.PutAsync(Path(policy, "services/SERVICE/regions/REGION", cloud));
        await api.PutAsync(Path(other, "endpoints/ENDPOINT", cloud));

        await api.DeleteAsync("/v3/policies/" + other);
        Assert.Equal(policy, await PolicyOfAsync(cloud.Inner));
        await api.DeleteAsync("/v3/endpoints/" + cloud.Inner);
        await api.DeleteAsync("/v3/regions/" + cloud.InnerRegion);
        await api.PutAsync("/v3/regions/" + cloud.InnerRegion, new { region = new { } });
        Assert.Equal(404, (await api.GetAsync(Path(policy, "services/SERVICE/regions/REGION", cloud))).Status);
        await api.PutAsync(Path(policy, "services/SERVICE", cloud));
        await api.DeleteAsync("/v3/services/" + cloud.Service);
        Assert.Empty(await EndpointsAsync(policy));
    }

    [Theory]
    [InlineData("POLICY", "endpoints/nosuch")]
    [InlineData("POLICY", "services/nosuch")]
    [InlineData("POLICY", "services/SERVICE/regions/nosuch")]
    [InlineData("nosuch", "services/SERVICE")]
    public async Task What_does_not_exist_is_404(string policy, string place)
    {
        var path = Path(policy == "POLICY" ? await PolicyAsync() : policy, place, await ArrangeAsync());

        Assert.Equal((404, 404, 404), ((await api.PutAsync(path)).Status, (await api.GetAsync(path)).Status, (await api.DeleteAsync(path)).Status));
    }

    private static string Path(string policy, string place, Arranged cloud) => $"/v3/policies/{policy}/OS-ENDPOINT-POLICY/" + place
        .Replace("ENDPOINT", cloud.Inner, StringComparison.Ordinal).Replace("SERVICE", cloud.Service, StringComparison.Ordinal).Replace("REGION", cloud.InnerRegion, StringComparison.Ordinal);

    private async Task<string> PolicyAsync() => (await api.PostAsync("/v3/policies", new { policy = new { blob = "{}", type = "application/json" } }))["policy"].GetProperty("id").GetString()!;

    private async Task<string?> PolicyOfAsync(string endpoint) => (await api.GetAsync($"/v3/endpoints/{endpoint}/OS-ENDPOINT-POLICY/policy"))["policy"].GetProperty("id").GetString();

    private async Task<IEnumerable<string?>> EndpointsAsync(string policy) =>
        (await api.GetAsync($"/v3/policies/{policy}/OS-ENDPOINT-POLICY/endpoints"))["endpoints"].EnumerateArray().Select(e => e.GetProperty("id").GetString());

    /// <summary>A region in another, and a service with an endpoint in each.</summary>
    private async Task<Arranged> ArrangeAsync()
    {
        var (outer, inner) = (IdentityApi.Unique("outer"), IdentityApi.Unique("inner"));
        await api.PutAsync("/v3/regions/" + outer, new { region = new { } });
        await api.PutAsync("/v3/regions/" + inner, new { region = new { parent_region_id = outer } });
        var service = await api.Keystone.CreateAsync("service", new { type = IdentityApi.Unique("t"), name = "s" });
        return new(service, outer, inner, await EndpointAsync(service, outer), await EndpointAsync(service, inner));
    }

    private Task<string> EndpointAsync(string service, string region) => api.Keystone.CreateAsync(
        "endpoint", new Dictionary<string, object> { ["service_id"] = service, ["interface"] = "public", ["region_id"] = region, ["url"] = "http://192.0.2.1" });

    private sealed record Arranged(string Service, string OuterRegion, string InnerRegion, string Outer, string Inner);
}
