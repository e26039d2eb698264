// SPDX-License-Identifier: Apache-2.0
namespace Meridian.System.Tests.Kills;

/// <summary>The process is killed (-9) at every step boundary of creating and deleting a server; the next one goes on or undoes, and nothing is left over.</summary>
public sealed class KillTests : IAsyncLifetime
{
    private readonly SimulatedRegion region = new(31);
    private readonly RegionApi api;

    public KillTests() => api = new(region.StateDirectory, region.Address);

    public async ValueTask InitializeAsync() => await region.StartAsync();

    public async ValueTask DisposeAsync()
    {
        api.Dispose();
        await region.DisposeAsync();
    }

    [Fact]
    public async Task Ossa_2015_017_2016_011_a_kill_at_any_boundary_of_create_and_delete_loses_and_leaks_nothing()
    {
        var undisturbed = await api.CreateServerAsync("undisturbed");
        await api.AssertSettledAsync(undisturbed, "ACTIVE", "undisturbed");
        await api.DeleteServerAsync(undisturbed);
        await api.AssertSettledAsync(undisturbed, "gone", "undisturbed");
        var creating = region.Seen().Where(boundary => boundary.StartsWith("create_server/", StringComparison.Ordinal)).ToList();
        var deleting = region.Seen().Where(boundary => boundary.StartsWith("delete_server/", StringComparison.Ordinal)).ToList();
        Assert.True(creating.Count >= 12 && deleting.Count >= 12, string.Join('\n', region.Seen()));

        // One server's life for each pair of boundaries: killed while it is made, and killed while it is deleted.
        for (var i = 0; i < Math.Max(creating.Count, deleting.Count); i++)
        {
            var (create, delete) = (creating[i % creating.Count], deleting[i % deleting.Count]);
            region.Arm("kill " + create);
            var id = await api.CreateServerAsync("killed");
            await KilledAsync(create);
            await api.AssertSettledAsync(id, "ACTIVE", create);

            region.Arm("kill " + delete);
            await api.DeleteServerAsync(id);
            await KilledAsync(delete);
            await api.AssertSettledAsync(id, "gone", delete);
        }
    }

    [Fact]
    public async Task A_kill_at_any_boundary_of_undoing_a_create_leaks_nothing()
    {
        region.Arm("fail create_server/activate/BeforeDo");
        var undisturbed = await api.CreateServerAsync("undisturbed");
        await api.AssertSettledAsync(undisturbed, "ERROR", "undisturbed");
        var undoing = region.Seen().Where(boundary => boundary.Contains("Undo", StringComparison.Ordinal)).ToList();
        Assert.True(undoing.Count >= 9, string.Join('\n', region.Seen()));

        foreach (var boundary in undoing)
        {
            region.Arm("fail create_server/activate/BeforeDo", "kill " + boundary);
            var id = await api.CreateServerAsync("killed");
            await KilledAsync(boundary);
            await api.AssertSettledAsync(id, "ERROR", boundary);
        }
    }

    private async Task KilledAsync(string boundary)
    {
        await region.WaitForDeathAsync(boundary);
        await region.StartAsync();
    }
}
