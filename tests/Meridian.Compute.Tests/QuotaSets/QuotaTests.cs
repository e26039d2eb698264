// SPDX-License-Identifier: Apache-2.0
namespace Meridian.Compute.Tests.QuotaSets;

public sealed class QuotaTests(ComputeFixture fixture) : IClassFixture<ComputeFixture>
{
    [Fact]
    public async Task Limits_that_are_set_hold_for_key_pairs_and_metadata_and_all_are_shown_as_set()
    {
        var project = fixture.Keystone.User("demo").ProjectId;
        var set = (await fixture.SendAsync("PUT", $"/v2.1/os-quota-sets/{project}", """{"quota_set": {"key_pairs": 1, "metadata_items": 1, "injected_files": 7, "floating_ips": 9}}""", "admin", "2.1")).Is(200).Json.GetProperty("quota_set");
        Assert.Equal((7, 9), (set.GetProperty("injected_files").GetInt32(), set.GetProperty("floating_ips").GetInt32()));

        (await fixture.PostAsync("/v2.1/os-keypairs", """{"keypair": {"name": "one"}}""", version: "2.1")).Is(200);
        Assert.Equal(403, (await fixture.PostAsync("/v2.1/os-keypairs", """{"keypair": {"name": "two"}}""", version: "2.1")).Status);
        Assert.Equal(403, (await fixture.PostAsync("/v2.1/servers", fixture.ServerBody("m", ("metadata", new { a = "1", b = "2" })))).Status);
        (await fixture.SendAsync("DELETE", $"/v2.1/os-quota-sets/{project}", null, "admin")).Is(202);
    }

    [Fact]
    public async Task Ossa_2013_008_a_hundred_parallel_creates_never_pass_the_limit_and_deletes_give_it_back()
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, 100).Select(i => fixture.PostAsync("/v2.1/servers", fixture.ServerBody($"many-{i}"))));

        Assert.Equal(10, answers.Count(a => a.Status == 202));
        var refused = answers.First(a => a.Status != 202);
        Assert.Equal(403, refused.Status);
        Assert.Equal("Quota exceeded for instances: Requested 1, but already used 10 of 10 instances", refused.Message);

        foreach (var answer in answers.Where(a => a.Status == 202))
        {
            await fixture.DeleteServerAsync(answer.Json.GetProperty("server").GetProperty("id").GetString()!);
        }

        var limits = (await fixture.GetAsync("/v2.1/limits")).Is(200).Json.GetProperty("limits").GetProperty("absolute");
        Assert.Equal((0, 0, 0), (limits.GetProperty("totalInstancesUsed").GetInt32(), limits.GetProperty("totalCoresUsed").GetInt32(), limits.GetProperty("totalRAMUsed").GetInt32()));
    }
}
