// SPDX-License-Identifier: Apache-2.0

using Meridian.Compute.Drivers;
using Meridian.Compute.Drivers.Simulated;
using Meridian.Testing;

namespace Meridian.Compute.Tests.Drivers;

public sealed class SimulatedHypervisorDriverTests : HypervisorDriverContract, IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    private protected override Task<IHypervisorDriver> CreateDriverAsync() => Task.FromResult(New(null));

    private IHypervisorDriver New(SimulatedFault? fault) => new SimulatedHypervisorDriver(new("host-1", folder.Path, 4, 8192, 100), TimeProvider.System, fault);

    [Fact]
    public async Task It_says_that_it_is_simulated()
    {
        await using var driver = New(null);
        var guest = NewGuest();
        await driver.SpawnAsync(guest, Token);

        var info = await driver.GetInfoAsync(Token);

        Assert.Equal(("simulated", "simulated", "host-1", 4, 8192L, 100L), (info.Type, info.Cpu.Model, info.Hostname, info.Vcpus, info.MemoryMib, info.DiskGib));
        Assert.Contains("simulated", await driver.ReadConsoleAsync(guest.ServerId, 10_000, Token), StringComparison.Ordinal);
        Assert.Equal(10, (await driver.ReadConsoleAsync(guest.ServerId, 10, Token)).Length);
    }

    [Fact]
    public async Task A_failure_before_the_work_leaves_nothing()
    {
        await using var driver = New((operation, _, done) => ThrowIf(operation == "spawn" && !done));
        var guest = NewGuest();

        await Assert.ThrowsAsync<HypervisorException>(() => driver.SpawnAsync(guest, Token));

        Assert.Null(await driver.FindAsync(guest.ServerId, Token));
    }

    [Fact]
    public async Task A_lost_answer_leaves_the_guest()
    {
        await using var driver = New((operation, _, done) => ThrowIf(operation == "spawn" && done));
        var guest = NewGuest();

        await Assert.ThrowsAsync<HypervisorException>(() => driver.SpawnAsync(guest, Token));

        Assert.NotNull(await driver.FindAsync(guest.ServerId, Token));
    }

    private static void ThrowIf(bool condition)
    {
        if (condition)
        {
            throw new HypervisorException("told to fail");
        }
    }
}
