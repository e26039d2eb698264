// SPDX-License-Identifier: Apache-2.0
namespace Meridian.Compute.Tests.QuotaSets;

public sealed class QuotaTests(ComputeFixture fixture) : IClassFixture<ComputeFixture>
{
    [Fact]
    public async Task A_hundred_parallel_creates_never_pass_the_limit_and_deletes_give_it_back()
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
