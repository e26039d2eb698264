// SPDX-License-Identifier: Apache-2.0
namespace Meridian.System.Tests.Kills;

/// <summary>The process is killed (-9) at every step boundary of creating and deleting a server; the next one goes on or undoes, and nothing is left over.</summary>
public abstract class KillTests : IAsyncLifetime
{
    /// <param name="number">Of the region's address: the tests run beside each other, each with a region of its own.</param>
    protected KillTests(int number)
    {
        Region = new(number);
        Api = new(Region.StateDirectory, Region.Address);
    }

    protected SimulatedRegion Region { get; }

    private protected RegionApi Api { get; }

    public async ValueTask InitializeAsync() => await Region.StartAsync();

    public async ValueTask DisposeAsync()
    {
        Api.Dispose();
        await Region.DisposeAsync();
    }

    /// <summary>Asks for a server whose making meets the armed kill.</summary>
    /// <returns>Its id.</returns>
    protected async Task<string> CreateAndDieAsync(string boundary)
    {
        await DyingAsync(Api.CreateServerAsync(boundary));
        await KilledAsync(boundary);
        return await Api.FindServerAsync(boundary);
    }

    protected async Task DeleteAndDieAsync(string id, string boundary)
    {
        await DyingAsync(Api.DeleteServerAsync(id));
        await KilledAsync(boundary);
    }

    // The work begins when the request is committed: it may kill the process before that has answered.
    private static async Task DyingAsync(Task request)
    {
        try
        {
            await request;
        }
        catch (HttpRequestException)
        {
            // What was asked for is looked for after the restart.
        }
    }

    private async Task KilledAsync(string boundary)
    {
        await Region.WaitForDeathAsync(boundary);
        await Region.StartAsync();
    }
}

/// <inheritdoc/>
public sealed class KillOfCreateAndDeleteTests() : KillTests(31)
{
    [Fact]
    public async Task Ossa_2015_017_2016_011_a_kill_at_any_boundary_of_create_and_delete_loses_and_leaks_nothing()
    {
        var undisturbed = await Api.CreateServerAsync("undisturbed");
        await Api.AssertSettledAsync(undisturbed, "ACTIVE", "undisturbed");
        await Api.DeleteServerAsync(undisturbed);
        await Api.AssertSettledAsync(undisturbed, "gone", "undisturbed");
        var creating = Region.Seen().Where(boundary => boundary.StartsWith("create_server/", StringComparison.Ordinal)).ToList();
        var deleting = Region.Seen().Where(boundary => boundary.StartsWith("delete_server/", StringComparison.Ordinal)).ToList();
        Assert.True(creating.Count >= 12 && deleting.Count >= 12, string.Join('\n', Region.Seen()));

        // One server's life for each pair of boundaries: killed while it is made, and killed while it is deleted.
        for (var i = 0; i < Math.Max(creating.Count, deleting.Count); i++)
        {
            var (create, delete) = (creating[i % creating.Count], deleting[i % deleting.Count]);
            Region.Arm("kill " + create);
            var id = await CreateAndDieAsync(create);
            await Api.AssertSettledAsync(id, "ACTIVE", create);

            Region.Arm("kill " + delete);
            await DeleteAndDieAsync(id, delete);
            await Api.AssertSettledAsync(id, "gone", delete);
        }
    }
}

/// <inheritdoc/>
public sealed class KillOfUndoTests() : KillTests(39)
{
    [Fact]
    public async Task A_kill_at_any_boundary_of_undoing_a_create_leaks_nothing()
    {
        Region.Arm("fail create_server/activate/BeforeDo");
        var undisturbed = await Api.CreateServerAsync("undisturbed");
        await Api.AssertSettledAsync(undisturbed, "ERROR", "undisturbed");
        var undoing = Region.Seen().Where(boundary => boundary.Contains("Undo", StringComparison.Ordinal)).ToList();
        Assert.True(undoing.Count >= 9, string.Join('\n', Region.Seen()));

        foreach (var boundary in undoing)
        {
            Region.Arm("fail create_server/activate/BeforeDo", "kill " + boundary);
            var id = await CreateAndDieAsync(boundary);
            await Api.AssertSettledAsync(id, "ERROR", boundary);
        }
    }
}
