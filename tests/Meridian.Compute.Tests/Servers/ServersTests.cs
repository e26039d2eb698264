// SPDX-License-Identifier: Apache-2.0
namespace Meridian.Compute.Tests.Servers;

public sealed class ServersTests(ComputeFixture fixture) : IClassFixture<ComputeFixture>
{
    [Fact]
    public async Task A_server_is_built_and_deleted_and_leaves_nothing()
    {
        var id = await fixture.CreateServerAsync("first");
        var server = await fixture.WaitForStatusAsync(id, "ACTIVE");

        Assert.Equal("net1", server.GetProperty("addresses").EnumerateObject().Single().Name);
        Assert.Contains(fixture.Neighbours.Ports.Values, p => p["device_id"]!.GetValue<string>() == id);

        await fixture.DeleteServerAsync(id);

        Assert.DoesNotContain(fixture.Neighbours.Ports.Values, p => p["device_id"]!.GetValue<string>() == id);
    }
}
