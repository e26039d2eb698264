// SPDX-License-Identifier: Apache-2.0

using Meridian.Compute.Drivers;

namespace Meridian.Compute.Tests.Drivers;

/// <summary>What every hypervisor driver does alike; a class a driver derives from it.</summary>
public abstract class HypervisorDriverContract
{
    private protected static CancellationToken Token => TestContext.Current.CancellationToken;

    private protected abstract Task<IHypervisorDriver> CreateDriverAsync();

    /// <summary>A guest that the driver at hand can run.</summary>
    private protected virtual GuestSpec NewGuest() => Specs.New();

    [Fact]
    public async Task A_spawned_guest_runs_and_is_listed()
    {
        await using var driver = await CreateDriverAsync();
        var guest = NewGuest();

        await driver.SpawnAsync(guest, Token);

        Assert.Equal(new GuestState(guest.ServerId, guest.Name, PowerState.Running), await driver.FindAsync(guest.ServerId, Token));
        Assert.Contains(await driver.ListAsync(Token), g => g.ServerId == guest.ServerId);
        await driver.DestroyAsync(guest.ServerId, Token);
    }

    [Fact]
    public async Task Spawning_twice_leaves_one_guest()
    {
        await using var driver = await CreateDriverAsync();
        var guest = NewGuest();

        await driver.SpawnAsync(guest, Token);
        await driver.SpawnAsync(guest, Token);

        Assert.Single(await driver.ListAsync(Token), g => g.ServerId == guest.ServerId);
        await driver.DestroyAsync(guest.ServerId, Token);
    }

    [Fact]
    public async Task Destroying_leaves_nothing_and_may_be_repeated()
    {
        await using var driver = await CreateDriverAsync();
        var guest = NewGuest();
        await driver.SpawnAsync(guest, Token);

        await driver.DestroyAsync(guest.ServerId, Token);
        await driver.DestroyAsync(guest.ServerId, Token);

        Assert.Null(await driver.FindAsync(guest.ServerId, Token));
        Assert.DoesNotContain(await ((IGuestStorage)driver).ListFilesAsync(Token), f => f.ServerId == guest.ServerId);
        Assert.Equal("", await driver.ReadConsoleAsync(guest.ServerId, 1000, Token));
    }

    [Fact]
    public async Task What_there_is_not_is_null_or_already_done()
    {
        await using var driver = await CreateDriverAsync();
        var guest = NewGuest();

        Assert.Null(await driver.FindAsync(guest.ServerId, Token));
        await driver.StopAsync(guest.ServerId, TimeSpan.Zero, Token);
        await driver.StopAsync(guest.ServerId, TimeSpan.FromSeconds(5), Token);
        await driver.DestroyAsync(guest.ServerId, Token);
        await Assert.ThrowsAsync<HypervisorException>(() => driver.StartAsync(guest, Token));
    }

    [Fact]
    public async Task A_stopped_guest_starts_again()
    {
        await using var driver = await CreateDriverAsync();
        var guest = NewGuest();
        await driver.SpawnAsync(guest, Token);

        await driver.StopAsync(guest.ServerId, TimeSpan.Zero, Token);
        await driver.StopAsync(guest.ServerId, TimeSpan.Zero, Token);
        Assert.Equal(PowerState.Shutdown, (await driver.FindAsync(guest.ServerId, Token))?.Power);

        await driver.StartAsync(guest, Token);
        await driver.StartAsync(guest, Token);
        Assert.Equal(PowerState.Running, (await driver.FindAsync(guest.ServerId, Token))?.Power);
        await driver.DestroyAsync(guest.ServerId, Token);
    }

    [Fact]
    public async Task A_hard_reboot_ends_with_a_running_guest_whatever_it_was()
    {
        await using var driver = await CreateDriverAsync();
        var guest = NewGuest();
        await driver.SpawnAsync(guest, Token);

        await driver.RebootAsync(guest, TimeSpan.Zero, Token);
        Assert.Equal(PowerState.Running, (await driver.FindAsync(guest.ServerId, Token))?.Power);

        await driver.StopAsync(guest.ServerId, TimeSpan.Zero, Token);
        await driver.RebootAsync(guest, TimeSpan.Zero, Token);
        Assert.Equal(PowerState.Running, (await driver.FindAsync(guest.ServerId, Token))?.Power);
        await driver.DestroyAsync(guest.ServerId, Token);
    }

    [Fact]
    public async Task A_guest_can_be_paused()
    {
        await using var driver = await CreateDriverAsync();
        var guest = NewGuest();
        await driver.SpawnAsync(guest, Token);
        var pauses = (IPauseGuests)driver;

        await pauses.PauseAsync(guest.ServerId, Token);
        await pauses.PauseAsync(guest.ServerId, Token);
        Assert.Equal(PowerState.Paused, (await driver.FindAsync(guest.ServerId, Token))?.Power);

        await pauses.UnpauseAsync(guest.ServerId, Token);
        await pauses.UnpauseAsync(guest.ServerId, Token);
        Assert.Equal(PowerState.Running, (await driver.FindAsync(guest.ServerId, Token))?.Power);
        await driver.DestroyAsync(guest.ServerId, Token);
    }

    [Fact]
    public async Task Another_process_finds_the_guests()
    {
        var guest = NewGuest();
        await using (var first = await CreateDriverAsync())
        {
            await first.SpawnAsync(guest, Token);
        }

        await using var second = await CreateDriverAsync();
        Assert.Equal(PowerState.Running, (await second.FindAsync(guest.ServerId, Token))?.Power);
        await second.DestroyAsync(guest.ServerId, Token);
    }

    [Fact]
    public async Task Starting_and_stopping_are_told_as_events()
    {
        await using var driver = await CreateDriverAsync();
        var guest = NewGuest();
        await driver.GetInfoAsync(Token); // Connects.

        await driver.SpawnAsync(guest, Token);
        await driver.StopAsync(guest.ServerId, TimeSpan.Zero, Token);

        await NextAsync(driver, guest, PowerState.Running);
        await NextAsync(driver, guest, PowerState.Shutdown);
        await driver.DestroyAsync(guest.ServerId, Token);
    }

    [Fact]
    public async Task The_host_says_what_it_has()
    {
        await using var driver = await CreateDriverAsync();

        var info = await driver.GetInfoAsync(Token);

        Assert.Equal(driver.Type, info.Type);
        Assert.True(info.Vcpus > 0 && info.MemoryMib > 0 && info.DiskGib > 0 && info.Version > 0);
        Assert.InRange(info.MemoryUsedMib, 0, info.MemoryMib);
        Assert.Equal("x86_64", info.Cpu.Architecture);
        Assert.Contains("COMPUTE_IMAGE_TYPE_QCOW2", info.Traits);
    }

    [Fact]
    public async Task A_dozen_guests_at_once_neither_mix_nor_leak()
    {
        await using var driver = await CreateDriverAsync();
        GuestSpec[] guests = [.. Enumerable.Range(0, Many).Select(_ => NewGuest())];

        await Task.WhenAll(guests.Select(g => driver.SpawnAsync(g, Token)));
        var listed = (await driver.ListAsync(Token)).Select(g => g.ServerId).ToHashSet();
        await Task.WhenAll(guests.Select(g => driver.DestroyAsync(g.ServerId, Token)));

        Assert.All(guests, g => Assert.Contains(g.ServerId, listed));
        var left = (await driver.ListAsync(Token)).Select(g => g.ServerId).ToHashSet();
        Assert.All(guests, g => Assert.DoesNotContain(g.ServerId, left));
    }

    private protected virtual int Many => 12;

    private static async Task NextAsync(IHypervisorDriver driver, GuestSpec guest, PowerState power)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Token);
        limit.CancelAfter(TimeSpan.FromSeconds(20));
        await foreach (var seen in driver.Events.ReadAllAsync(limit.Token))
        {
            if (seen.ServerId == guest.ServerId && seen.Power == power)
            {
                return;
            }
        }
    }
}

internal static class Specs
{
    public static GuestSpec New(GuestImage? image = null, IReadOnlyList<GuestVif>? vifs = null)
    {
        var id = Guid.NewGuid().ToString("D");
        return new()
        {
            ServerId = id,
            Name = "instance-" + id[..8],
            DisplayName = "a <server> & \"more\" 😀",
            ProjectId = "0123456789abcdef0123456789abcdef",
            UserId = "fedcba9876543210fedcba9876543210",
            ProjectName = "demo",
            CreatedAt = new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero),
            Flavor = new() { Name = "m1.nano", Vcpus = 1, MemoryMib = 64, DiskGib = 1 },
            Image = image,
            Vifs = vifs ?? [],
        };
    }
}
