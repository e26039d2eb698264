// SPDX-License-Identifier: Apache-2.0
namespace Meridian.Placement.Tests.Reshaper;

public sealed class ReshaperTests(PlacementFixture placement) : IClassFixture<PlacementFixture>
{
    [Fact]
    public async Task Inventory_and_what_is_allocated_of_it_move_to_a_child_at_once()
    {
        var root = await placement.AddProviderAsync(inventories: [("VCPU", 8), ("VGPU", 2)]);
        var child = await placement.AddProviderAsync(root);
        var consumer = Guid.NewGuid().ToString();
        await placement.OkAsync("PUT", $"/allocations/{consumer}", PlacementFixture.Claim("null", (root, "\"VCPU\": 1, \"VGPU\": 2")));
        var body = "{\"inventories\": {" +
            $"\"{root}\": {{\"resource_provider_generation\": 2, \"inventories\": {{\"VCPU\": {{\"total\": 8}}}}}}, " +
            $"\"{child}\": {{\"resource_provider_generation\": 0, \"inventories\": {{\"VGPU\": {{\"total\": 2}}}}}}}}, " +
            $"\"allocations\": {{\"{consumer}\": {PlacementFixture.Claim("1", (root, "\"VCPU\": 1"), (child, "\"VGPU\": 2"))}}}}}";

        var byAdmin = await placement.SendAsync("POST", "/reshaper", body, user: "demo");
        var moved = await placement.SendAsync("POST", "/reshaper", body, user: "nova");
        var again = await placement.SendAsync("POST", "/reshaper", body, user: "nova");
        var usages = await placement.OkAsync("GET", $"/resource_providers/{child}/usages");
        var left = await placement.OkAsync("GET", $"/resource_providers/{root}/inventories");

        Assert.Equal((403, 204), (byAdmin.Status, moved.Status));
        Assert.Equal((409, "placement.concurrent_update"), (again.Status, again.Code));
        Assert.Equal(2, usages.Json.GetProperty("usages").GetProperty("VGPU").GetInt32());
        Assert.False(left.Json.GetProperty("inventories").TryGetProperty("VGPU", out _));
    }

    [Fact]
    public async Task An_inventory_that_somebody_holds_does_not_go()
    {
        var root = await placement.AddProviderAsync(inventories: [("VCPU", 8)]);
        await placement.OkAsync("PUT", $"/allocations/{Guid.NewGuid()}", PlacementFixture.Claim("null", (root, "\"VCPU\": 1")));

        var refused = await placement.SendAsync("POST", "/reshaper", $"{{\"inventories\": {{\"{root}\": {{\"resource_provider_generation\": 2, \"inventories\": {{}}}}}}, \"allocations\": {{}}}}", user: "nova");

        Assert.Equal((409, "placement.inventory.inuse"), (refused.Status, refused.Code));
    }
}
