// SPDX-License-Identifier: Apache-2.0
namespace Meridian.Placement.Tests.ResourceProviders;

public sealed class ResourceProvidersTests(PlacementFixture placement) : IClassFixture<PlacementFixture>
{
    [Fact]
    public async Task A_provider_is_created_shown_renamed_and_deleted()
    {
        var uuid = Guid.NewGuid().ToString();

        var old = await placement.SendAsync("POST", "/resource_providers", $"{{\"name\": \"old-{uuid}\"}}", "1.0");
        var created = await placement.SendAsync("POST", "/resource_providers", $"{{\"name\": \"n-{uuid}\", \"uuid\": \"{uuid}\"}}");
        var twice = await placement.SendAsync("POST", "/resource_providers", $"{{\"name\": \"n-{uuid}\"}}");
        var renamed = await placement.SendAsync("PUT", $"/resource_providers/{uuid}", $"{{\"name\": \"m-{uuid}\"}}");
        var deleted = await placement.SendAsync("DELETE", $"/resource_providers/{uuid}");
        var gone = await placement.SendAsync("GET", $"/resource_providers/{uuid}");

        Assert.Equal((201, ""), (old.Status, old.Text));
        Assert.Equal((200, $"/resource_providers/{uuid}", 0), (created.Status, created.Headers["location"], created.Json.GetProperty("generation").GetInt32()));
        Assert.Equal(uuid, created.Json.GetProperty("root_provider_uuid").GetString());
        Assert.True(created.Headers.ContainsKey("last-modified"));
        Assert.Equal((409, "placement.duplicate_name"), (twice.Status, twice.Code));
        Assert.Equal($"m-{uuid}", renamed.Json.GetProperty("name").GetString());
        Assert.Equal((204, 404), (deleted.Status, gone.Status));
        Assert.Equal($"The resource could not be found.\n\n No resource provider with uuid {uuid} found  ", gone.Detail);
    }

    [Fact]
    public async Task Providers_form_trees_that_may_be_rearranged_from_1_37_on()
    {
        var root = await placement.AddProviderAsync();
        var child = await placement.AddProviderAsync(root);
        var other = await placement.AddProviderAsync();

        var busy = await placement.SendAsync("DELETE", $"/resource_providers/{root}");
        var moved136 = await placement.SendAsync("PUT", $"/resource_providers/{child}", $"{{\"name\": \"c-{child}\", \"parent_provider_uuid\": \"{other}\"}}", "1.36");
        var moved137 = await placement.SendAsync("PUT", $"/resource_providers/{child}", $"{{\"name\": \"c-{child}\", \"parent_provider_uuid\": \"{other}\"}}", "1.37");
        var loop = await placement.SendAsync("PUT", $"/resource_providers/{other}", $"{{\"name\": \"o-{other}\", \"parent_provider_uuid\": \"{child}\"}}", "1.37");
        var tree = await placement.SendAsync("GET", $"/resource_providers?in_tree={child}");

        Assert.Equal((409, "placement.resource_provider.cannot_delete_parent"), (busy.Status, busy.Code));
        Assert.Contains("re-parenting a provider is not currently allowed", moved136.Detail, StringComparison.Ordinal);
        Assert.Equal(other, moved137.Json.GetProperty("root_provider_uuid").GetString());
        Assert.Contains("creating loop in the provider tree is not allowed", loop.Detail, StringComparison.Ordinal);
        Assert.Equal(2, tree.Json.GetProperty("resource_providers").GetArrayLength());
    }

    [Fact]
    public async Task Inventories_are_replaced_under_their_generation()
    {
        var uuid = await placement.AddProviderAsync(inventories: [("VCPU", 8)]);
        const string Body = "{\"resource_provider_generation\": %, \"inventories\": {\"MEMORY_MB\": {\"total\": 512, \"allocation_ratio\": 1.5}}}";

        var stale = await placement.SendAsync("PUT", $"/resource_providers/{uuid}/inventories", Body.Replace("%", "0", StringComparison.Ordinal));
        var replaced = await placement.SendAsync("PUT", $"/resource_providers/{uuid}/inventories", Body.Replace("%", "1", StringComparison.Ordinal));
        await placement.OkAsync("PUT", $"/allocations/{Guid.NewGuid()}", PlacementFixture.Claim("null", (uuid, "\"MEMORY_MB\": 768")));
        var inUse = await placement.SendAsync("DELETE", $"/resource_providers/{uuid}/inventories");
        var tooOld = await placement.SendAsync("DELETE", $"/resource_providers/{uuid}/inventories", version: "1.4");

        Assert.Equal((409, "placement.concurrent_update"), (stale.Status, stale.Code));
        Assert.Equal(2, replaced.Json.GetProperty("resource_provider_generation").GetInt32());
        Assert.Contains("\"allocation_ratio\":1.5", replaced.Text, StringComparison.Ordinal);
        Assert.False(replaced.Json.GetProperty("inventories").TryGetProperty("VCPU", out _));
        Assert.Equal((409, "placement.inventory.inuse"), (inUse.Status, inUse.Code));
        Assert.Equal(405, tooOld.Status);
    }

    [Theory]
    [InlineData("{\"total\": 0}", "0 is less than the minimum of 1")]
    [InlineData("{\"total\": 2147483648}", "is greater than the maximum of 2147483647")]
    [InlineData("{\"total\": \"8\"}", "'8' is not of type 'integer'")]
    [InlineData("{}", "'total' is a required property")]
    [InlineData("{\"total\": 8, \"reserved\": 9}", "The reserved value is greater than total.")]
    [InlineData("{\"total\": 8, \"colour\": 1}", "('colour' was unexpected)")]
    public async Task A_bad_inventory_is_400(string inventory, string reason)
    {
        var uuid = await placement.AddProviderAsync();

        var answer = await placement.SendAsync("PUT", $"/resource_providers/{uuid}/inventories", $"{{\"resource_provider_generation\": 0, \"inventories\": {{\"VCPU\": {inventory}}}}}");

        Assert.Equal(400, answer.Status);
        Assert.Contains(reason, answer.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Custom_traits_and_classes_are_created_used_and_kept_while_used()
    {
        var uuid = await placement.AddProviderAsync(traits: ["CUSTOM_SILVER", "HW_CPU_X86_AVX"]);
        await placement.OkAsync("PUT", "/resource_classes/CUSTOM_BOLT");
        await placement.OkAsync("POST", $"/resource_providers/{uuid}/inventories", "{\"resource_class\": \"CUSTOM_BOLT\", \"total\": 4}");

        var again = await placement.SendAsync("PUT", "/resource_classes/CUSTOM_BOLT");
        var classBusy = await placement.SendAsync("DELETE", "/resource_classes/CUSTOM_BOLT");
        var classStandard = await placement.SendAsync("DELETE", "/resource_classes/VCPU");
        var traitBusy = await placement.SendAsync("DELETE", "/traits/CUSTOM_SILVER");
        var traitStandard = await placement.SendAsync("DELETE", "/traits/HW_CPU_X86_AVX");
        var traitBad = await placement.SendAsync("PUT", "/traits/lower");
        var traitUnknown = await placement.SendAsync("GET", "/traits/CUSTOM_NOT");
        var listed = await placement.SendAsync("GET", "/traits?name=startswith:CUSTOM_SIL&associated=true");

        Assert.Equal((204, 409, 400, 409, 400, 400, 404), (again.Status, classBusy.Status, classStandard.Status, traitBusy.Status, traitStandard.Status, traitBad.Status, traitUnknown.Status));
        Assert.Equal("{\"traits\":[\"CUSTOM_SILVER\"]}", listed.Text);
    }

    [Fact]
    public async Task Errors_have_placement_s_form_in_every_version()
    {
        var wrongVersion = await placement.SendAsync("GET", "/resource_providers", version: "1.999");
        var beforeIts = await placement.SendAsync("GET", "/traits", version: "1.5");
        var unknown = await placement.SendAsync("GET", "/nowhere");
        var verb = await placement.SendAsync("PATCH", "/resource_providers");
        var media = await placement.SendAsync("POST", "/resource_providers");
        var old = await placement.SendAsync("GET", $"/resource_providers/{Guid.NewGuid()}", version: "1.22");

        Assert.Equal(("1.0", "1.39"), (wrongVersion.Json.GetProperty("errors")[0].GetProperty("min_version").GetString(), wrongVersion.Json.GetProperty("errors")[0].GetProperty("max_version").GetString()));
        Assert.Contains("Unacceptable version header: 1.999", wrongVersion.Detail, StringComparison.Ordinal);
        Assert.Equal((404, 404, 405, 415), (beforeIts.Status, unknown.Status, verb.Status, media.Status));
        Assert.Contains("The media type None is not supported, use application/json", media.Detail, StringComparison.Ordinal);
        Assert.False(old.Json.GetProperty("errors")[0].TryGetProperty("code", out _));
    }

    [Theory]
    [InlineData("GET", "/resource_providers", "demo", 403)]
    [InlineData("GET", "/resource_providers", "nova", 200)]
    [InlineData("GET", "/allocation_candidates?resources=VCPU:1", "demo", 403)]
    [InlineData("GET", "/usages?project_id={other}", "demo", 403)]
    [InlineData("GET", "/usages?project_id={demo}", "demo", 200)]
    [InlineData("GET", "/usages?project_id={demo}", "reader", 200)]
    public async Task Who_may_do_what(string method, string path, string user, int status)
    {
        path = path.Replace("{demo}", placement.Keystone.User("demo").ProjectId, StringComparison.Ordinal).Replace("{other}", placement.Keystone.User("other").ProjectId, StringComparison.Ordinal);

        var answer = await placement.SendAsync(method, path, user: user);

        Assert.Equal(status, answer.Status);
    }
}
