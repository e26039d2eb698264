// SPDX-License-Identifier: Apache-2.0
namespace Meridian.Placement.Tests.Allocations;

public sealed class AllocationsTests(PlacementFixture placement) : IClassFixture<PlacementFixture>
{
    [Fact]
    public async Task A_claim_is_read_back_and_counted_and_freed()
    {
        var provider = await placement.AddProviderAsync(inventories: [("VCPU", 8), ("MEMORY_MB", 4096)]);
        var consumer = Guid.NewGuid().ToString();

        var put = await placement.SendAsync("PUT", $"/allocations/{consumer}", PlacementFixture.Claim("null", (provider, "\"VCPU\": 2, \"MEMORY_MB\": 1024")));
        var read = await placement.SendAsync("GET", $"/allocations/{consumer}");
        var usages = await placement.SendAsync("GET", $"/resource_providers/{provider}/usages");
        var ofProvider = await placement.SendAsync("GET", $"/resource_providers/{provider}/allocations");
        var deleted = await placement.SendAsync("DELETE", $"/allocations/{consumer}");
        var after = await placement.SendAsync("GET", $"/resource_providers/{provider}/usages");

        Assert.Equal((204, ""), (put.Status, put.Text));
        Assert.Equal(2, read.Json.GetProperty("allocations").GetProperty(provider).GetProperty("resources").GetProperty("VCPU").GetInt32());
        Assert.Equal(("p1", "u1", 1, "INSTANCE"), (
            read.Json.GetProperty("project_id").GetString(), read.Json.GetProperty("user_id").GetString(),
            read.Json.GetProperty("consumer_generation").GetInt32(), read.Json.GetProperty("consumer_type").GetString()));
        Assert.Equal(1024, usages.Json.GetProperty("usages").GetProperty("MEMORY_MB").GetInt32());
        Assert.Equal(1, ofProvider.Json.GetProperty("allocations").GetProperty(consumer).GetProperty("consumer_generation").GetInt32());
        Assert.Equal(204, deleted.Status);
        Assert.Equal(0, after.Json.GetProperty("usages").GetProperty("VCPU").GetInt32());
    }

    [Fact]
    public async Task A_wrong_consumer_generation_is_409_concurrent_update()
    {
        var provider = await placement.AddProviderAsync(inventories: [("VCPU", 8)]);
        var consumer = Guid.NewGuid().ToString();
        var claim = (provider, "\"VCPU\": 1");

        var unborn = await placement.SendAsync("PUT", $"/allocations/{consumer}", PlacementFixture.Claim("3", claim));
        await placement.OkAsync("PUT", $"/allocations/{consumer}", PlacementFixture.Claim("null", claim));
        var again = await placement.SendAsync("PUT", $"/allocations/{consumer}", PlacementFixture.Claim("null", claim));
        var right = await placement.SendAsync("PUT", $"/allocations/{consumer}", PlacementFixture.Claim("1", claim));

        Assert.Equal((409, "placement.concurrent_update"), (unborn.Status, unborn.Code));
        Assert.Contains("consumer generation conflict - expected null but got 3", unborn.Detail, StringComparison.Ordinal);
        Assert.Equal((409, "placement.concurrent_update"), (again.Status, again.Code));
        Assert.Equal(204, right.Status);
    }

    [Theory]
    [InlineData("\"VCPU\": 9", "would exceed the capacity")]
    [InlineData("\"DISK_GB\": 1", "Inventory for 'DISK_GB' on resource provider")]
    public async Task A_claim_beyond_what_there_is_is_409_and_leaves_nothing(string resources, string reason)
    {
        var provider = await placement.AddProviderAsync(inventories: [("VCPU", 8)]);
        var consumer = Guid.NewGuid().ToString();

        var refused = await placement.SendAsync("PUT", $"/allocations/{consumer}", PlacementFixture.Claim("null", (provider, resources)));
        var read = await placement.SendAsync("GET", $"/allocations/{consumer}");

        Assert.Equal((409, "placement.undefined_code"), (refused.Status, refused.Code));
        Assert.Contains("Unable to allocate inventory: ", refused.Detail, StringComparison.Ordinal);
        Assert.Contains(reason, refused.Detail, StringComparison.Ordinal);
        Assert.Equal("{\"allocations\":{}}", read.Text);
    }

    [Fact]
    public async Task Unknown_providers_classes_and_forms_are_400()
    {
        var provider = await placement.AddProviderAsync(inventories: [("VCPU", 8)]);
        var path = $"/allocations/{Guid.NewGuid()}";
        var nobody = Guid.NewGuid().ToString();

        var unknown = await placement.SendAsync("PUT", path, PlacementFixture.Claim("null", (nobody, "\"VCPU\": 1")));
        var oddClass = await placement.SendAsync("PUT", path, PlacementFixture.Claim("null", (provider, "\"CUSTOM_NOT\": 1")));
        var negative = await placement.SendAsync("PUT", path, PlacementFixture.Claim("null", (provider, "\"VCPU\": -1")));
        var extra = await placement.SendAsync("PUT", path, "{\"allocations\": {}, \"colour\": 1}");
        var malformed = await placement.SendAsync("PUT", "/allocations/nonsense", PlacementFixture.Claim("null", (provider, "\"VCPU\": 1")));

        Assert.Contains($"Allocation for resource provider '{nobody}' that does not exist.", unknown.Detail, StringComparison.Ordinal);
        Assert.Contains("No such resource class CUSTOM_NOT.", oddClass.Detail, StringComparison.Ordinal);
        Assert.Contains("JSON does not validate: -1 is less than the minimum of 1", negative.Detail, StringComparison.Ordinal);
        Assert.Contains("('colour' was unexpected)", extra.Detail, StringComparison.Ordinal);
        Assert.Contains("Malformed consumer_uuid: nonsense", malformed.Detail, StringComparison.Ordinal);
        Assert.All([unknown, oddClass, negative, extra, malformed], answer => Assert.Equal(400, answer.Status));
    }

    [Fact]
    public async Task A_hundred_claims_at_once_never_take_more_than_there_is()
    {
        var provider = await placement.AddProviderAsync(inventories: [("VCPU", 40)]);

        var answers = await Task.WhenAll(Enumerable.Range(0, 100).Select(_ =>
            placement.SendAsync("PUT", $"/allocations/{Guid.NewGuid()}", PlacementFixture.Claim("null", (provider, "\"VCPU\": 1")))));
        var usages = await placement.SendAsync("GET", $"/resource_providers/{provider}/usages");

        Assert.Equal(40, answers.Count(a => a.Status == 204));
        Assert.Equal(60, answers.Count(a => a.Status == 409));
        Assert.Equal(40, usages.Json.GetProperty("usages").GetProperty("VCPU").GetInt32());
    }

    [Fact]
    public async Task Several_consumers_change_together_or_not_at_all()
    {
        var left = await placement.AddProviderAsync(inventories: [("VCPU", 4)]);
        var right = await placement.AddProviderAsync(inventories: [("VCPU", 4)]);
        var (one, two) = (Guid.NewGuid().ToString(), Guid.NewGuid().ToString());
        await placement.OkAsync("PUT", $"/allocations/{one}", PlacementFixture.Claim("null", (left, "\"VCPU\": 4")));

        var tooMuch = await placement.SendAsync("POST", "/allocations",
            $"{{\"{one}\": {PlacementFixture.Claim("1")}, \"{two}\": {PlacementFixture.Claim("null", (right, "\"VCPU\": 5"))}}}");
        var kept = await placement.SendAsync("GET", $"/allocations/{one}");
        var moved = await placement.SendAsync("POST", "/allocations",
            $"{{\"{one}\": {PlacementFixture.Claim("1")}, \"{two}\": {PlacementFixture.Claim("null", (left, "\"VCPU\": 4"))}}}");
        var gone = await placement.SendAsync("GET", $"/allocations/{one}");

        Assert.Equal(409, tooMuch.Status);
        Assert.NotEmpty(kept.Json.GetProperty("allocations").EnumerateObject());
        Assert.Equal(204, moved.Status);
        Assert.Empty(gone.Json.GetProperty("allocations").EnumerateObject());
    }

    [Fact]
    public async Task Old_versions_take_their_own_forms()
    {
        var provider = await placement.AddProviderAsync(inventories: [("VCPU", 8)]);
        var (first, second) = (Guid.NewGuid().ToString(), Guid.NewGuid().ToString());
        var list = $"[{{\"resource_provider\": {{\"uuid\": \"{provider}\"}}, \"resources\": {{\"VCPU\": 1}}}}]";

        var bare = await placement.SendAsync("PUT", $"/allocations/{first}", $"{{\"allocations\": {list}}}", "1.0");
        var owned = await placement.SendAsync("PUT", $"/allocations/{second}", $"{{\"allocations\": {list}, \"project_id\": \"p\", \"user_id\": \"u\"}}", "1.8");
        var emptied = await placement.SendAsync("PUT", $"/allocations/{second}", "{\"allocations\": {}, \"project_id\": \"p\", \"user_id\": \"u\"}", "1.12");
        var read = await placement.SendAsync("GET", $"/allocations/{first}");

        Assert.Equal((204, 204, 400), (bare.Status, owned.Status, emptied.Status));
        Assert.Equal(("00000000-0000-0000-0000-000000000000", "unknown"), (read.Json.GetProperty("project_id").GetString(), read.Json.GetProperty("consumer_type").GetString()));
    }
}
