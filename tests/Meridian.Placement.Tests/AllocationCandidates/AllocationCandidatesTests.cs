// SPDX-License-Identifier: Apache-2.0
using System.Text.Json;

namespace Meridian.Placement.Tests.AllocationCandidates;

public sealed class AllocationCandidatesTests(PlacementFixture placement) : IClassFixture<PlacementFixture>
{
    [Fact]
    public async Task Hosts_with_room_traits_and_aggregates_are_candidates()
    {
        var aggregate = Guid.NewGuid().ToString();
        var fits = await placement.AddProviderAsync(traits: ["CUSTOM_FAST"], aggregates: [aggregate], inventories: [("VCPU", 4)]);
        var small = await placement.AddProviderAsync(traits: ["CUSTOM_FAST"], aggregates: [aggregate], inventories: [("VCPU", 1)]);
        var plain = await placement.AddProviderAsync(inventories: [("VCPU", 4)]);

        var picked = await Roots($"resources=VCPU:2&required=CUSTOM_FAST&member_of={aggregate}");
        var without = await Roots("resources=VCPU:2&required=!CUSTOM_FAST");
        await placement.OkAsync("PUT", $"/allocations/{Guid.NewGuid()}", PlacementFixture.Claim("null", (fits, "\"VCPU\": 3")));
        var full = await Roots($"resources=VCPU:2&required=CUSTOM_FAST");

        Assert.Equal([fits], picked);
        Assert.Contains(plain, without);
        Assert.DoesNotContain(fits, without);
        Assert.Empty(full);
        Assert.DoesNotContain(small, picked);
    }

    [Fact]
    public async Task A_tree_serves_together_and_granular_groups_each_from_one_provider()
    {
        var root = await placement.AddProviderAsync(traits: ["CUSTOM_TREE"], inventories: [("VCPU", 4)]);
        var one = await placement.AddProviderAsync(root, traits: ["CUSTOM_NIC_A"], inventories: [("SRIOV_NET_VF", 2)]);
        var two = await placement.AddProviderAsync(root, traits: ["CUSTOM_NIC_B"], inventories: [("SRIOV_NET_VF", 2)]);

        var any = await Get($"resources=VCPU:1,SRIOV_NET_VF:1&in_tree={root}");
        var traits = await Get($"resources=VCPU:1,SRIOV_NET_VF:1&required=CUSTOM_TREE,CUSTOM_NIC_B&in_tree={two}");
        var isolated = await Get($"resources=VCPU:1&resources_A=SRIOV_NET_VF:1&resources_B=SRIOV_NET_VF:1&group_policy=isolate&in_tree={root}");
        var together = await Get($"resources=VCPU:1&resources_A=SRIOV_NET_VF:2&resources_B=SRIOV_NET_VF:2&group_policy=none&in_tree={root}");
        var blind = await placement.SendAsync("GET", $"/allocation_candidates?resources=VCPU:1,SRIOV_NET_VF:1", version: "1.28");

        Assert.Equivalent(new[] { one, two }, any.Select(c => Providers(c).Single(p => p != root)), strict: true);
        Assert.Equal([two], traits.Select(c => Providers(c).Single(p => p != root)));
        Assert.Equal(2, isolated.Count);
        Assert.All(isolated, c => Assert.Equal(3, Providers(c).Count));
        Assert.Equal(2, together.Count); // Each group fills a provider: never both from one.
        Assert.Equal(0, blind.Json.GetProperty("allocation_requests").GetArrayLength());
    }

    [Fact]
    public async Task A_sharing_provider_serves_the_trees_of_its_aggregates()
    {
        var aggregate = Guid.NewGuid().ToString();
        var host = await placement.AddProviderAsync(aggregates: [aggregate], inventories: [("VCPU", 77)]);
        var pool = await placement.AddProviderAsync(traits: ["MISC_SHARES_VIA_AGGREGATE"], aggregates: [aggregate], inventories: [("DISK_GB", 1000)]);
        await placement.AddProviderAsync(inventories: [("VCPU", 77)]);

        var found = await Get("resources=VCPU:77,DISK_GB:1000");

        Assert.Equal(new[] { host, pool }.Order(StringComparer.Ordinal), Providers(Assert.Single(found)).Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("", "1.39", "There must be at least one resources or resources[$S] parameter.")]
    [InlineData("resources=VCPU", "1.39", "Badly formed resources parameter.")]
    [InlineData("resources=VCPU:0", "1.39", "Requested resource VCPU requires amount >= 1. Got: 0.")]
    [InlineData("resources=VCPU:x", "1.39", "expected positive integer amount. Got: x.")]
    [InlineData("resources=CUSTOM_NOT:1", "1.39", "Invalid resource class in resources parameter: No such resource class CUSTOM_NOT.")]
    [InlineData("resources=VCPU:1&required=CUSTOM_NOT", "1.39", "No such trait(s): CUSTOM_NOT.")]
    [InlineData("resources=VCPU:1&required=HW_CPU_X86_AVX,!HW_CPU_X86_AVX", "1.39", "Conflicting required and forbidden traits")]
    [InlineData("resources=VCPU:1&required=in:HW_CPU_X86_AVX", "1.38", "only supported since microversion 1.39")]
    [InlineData("resources=VCPU:1&required=!HW_CPU_X86_AVX", "1.21", "Got: !HW_CPU_X86_AVX")]
    [InlineData("resources=VCPU:1&required=HW_CPU_X86_AVX", "1.16", "('required' was unexpected)")]
    [InlineData("resources=VCPU:1&limit=0", "1.39", "does not match")]
    [InlineData("resources=VCPU:1&member_of=nonsense", "1.39", "valid UUID(s). Got: nonsense")]
    [InlineData("resources1=VCPU:1&resources2=VCPU:1", "1.39", "The \"group_policy\" parameter is required")]
    [InlineData("resources=VCPU:1&same_subtree=_X", "1.39", "Real suffixes should be specified in `same_subtree`")]
    public async Task A_bad_query_is_400(string query, string version, string reason)
    {
        var answer = await placement.SendAsync("GET", "/allocation_candidates?" + query, version: version);

        Assert.Equal(400, answer.Status);
        Assert.Contains(reason, answer.Detail, StringComparison.Ordinal);
    }

    private async Task<List<JsonElement>> Get(string query) =>
        [.. (await placement.OkAsync("GET", "/allocation_candidates?" + query)).Json.GetProperty("allocation_requests").EnumerateArray()];

    private async Task<List<string>> Roots(string query) => [.. (await Get(query)).SelectMany(Providers)];

    private static List<string> Providers(JsonElement candidate) => [.. candidate.GetProperty("allocations").EnumerateObject().Select(p => p.Name)];
}
