// SPDX-License-Identifier: Apache-2.0
namespace Meridian.System.Tests.Kills;

/// <summary>A neighbour commits and its answer is lost: the step looks again and makes nothing twice (DESIGN 19).</summary>
public sealed class LostAnswerTests : IAsyncLifetime
{
    private readonly SimulatedRegion region = new(49);
    private readonly RegionApi api;
    private DroppingProxy network = null!;
    private DroppingProxy placement = null!;

    public LostAnswerTests() => api = new(region.StateDirectory, region.Address);

    public async ValueTask InitializeAsync()
    {
        await region.StartAsync();
        network = await DroppingProxy.StartAsync($"http://{region.Address}:9696");
        placement = await DroppingProxy.StartAsync($"http://{region.Address}:8778");
        await api.RerouteAsync("network", network.Address);
        await api.RerouteAsync("placement", placement.Address);

        // Catalogs are kept as long as the token that they came with.
        await region.StopAsync();
        await region.StartAsync();
    }

    public async ValueTask DisposeAsync()
    {
        api.Dispose();
        await region.DisposeAsync();
        await network.DisposeAsync();
        await placement.DisposeAsync();
    }

    [Fact]
    public async Task Lost_answers_of_neighbours_make_nothing_twice_and_leave_nothing()
    {
        (DroppingProxy Neighbour, string Method, string Path, bool Deleting)[] losses =
        [
            (network, "POST", "/v2.0/ports", false),
            (network, "PUT", "/v2.0/ports/", false),
            (placement, "PUT", "/allocations/", false),
            (network, "DELETE", "/v2.0/ports/", true),
            (placement, "DELETE", "/allocations/", true),
        ];
        var happened = 0;
        foreach (var (neighbour, method, path, deleting) in losses)
        {
            var context = $"{method} {path}";
            if (!deleting)
            {
                neighbour.DropNext(method, path);
            }

            var id = await api.CreateServerAsync("lost");
            await api.AssertSettledAsync(id, "ACTIVE", context);
            if (deleting)
            {
                neighbour.DropNext(method, path);
            }

            await api.DeleteServerAsync(id);
            await api.AssertSettledAsync(id, "gone", context);
            happened += neighbour.Dropped.Any(dropped => dropped.StartsWith(context, StringComparison.Ordinal)) ? 1 : 0;
        }

        // Which of the calls are used is compute's own business; that ports are made and removed over the proxy is not.
        Assert.Contains(network.Dropped, dropped => dropped.StartsWith("POST /v2.0/ports 201", StringComparison.Ordinal));
        Assert.Contains(network.Dropped, dropped => dropped.StartsWith("DELETE /v2.0/ports/", StringComparison.Ordinal));
        Assert.True(happened >= 4, $"dropped: {string.Join(", ", network.Dropped.Concat(placement.Dropped))}");
    }
}
