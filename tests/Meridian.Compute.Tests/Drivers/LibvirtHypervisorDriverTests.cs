// SPDX-License-Identifier: Apache-2.0

using System.Net.Sockets;
using System.Xml.Linq;
using Meridian.Compute.Drivers;
using Meridian.Compute.Drivers.Libvirt;
using Meridian.Compute.Drivers.Vifs;
using Meridian.Platform.Processes;
using Meridian.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Meridian.Compute.Tests.Drivers;

/// <summary>Real QEMU under a real libvirtd; the guests' disks are empty, so that they stand in their firmware.</summary>
[Trait("needs", "root")]
public sealed class LibvirtHypervisorDriverTests(LibvirtDaemon daemon) : HypervisorDriverContract
{
    private const string VncAddress = "127.0.6.9";

    private protected override int Many => 4;

    private LibvirtHost Host => new()
    {
        Uri = daemon.Uri, Hostname = "host-1", InstancesPath = daemon.InstancesPath, VirtType = "qemu", VncListen = VncAddress, ToolUserId = 65534,
    };

    private GuestPaths PathsOf(GuestSpec guest) => new(daemon.InstancesPath, guest.ServerId);

    private protected override async Task<IHypervisorDriver> CreateDriverAsync()
    {
        await daemon.EnsureStartedAsync();
        var image = Path.Combine(daemon.InstancesPath, "image");
        if (!File.Exists(image))
        {
            await File.WriteAllBytesAsync(image, new byte[1 << 20], Token);
        }

        return new LibvirtHypervisorDriver(Host, new TapPlugger(), TimeProvider.System, NullLogger<LibvirtHypervisorDriver>.Instance);
    }

    private protected override GuestSpec NewGuest() =>
        Specs.New(new() { Id = Guid.NewGuid().ToString("D"), Path = Path.Combine(daemon.InstancesPath, "image"), Format = "raw", VirtualSizeBytes = 1 << 20 });

    private static GuestVif NewVif()
    {
        var port = Guid.NewGuid().ToString("D");
        return new()
        {
            PortId = port, NetworkId = Guid.NewGuid().ToString("D"), MacAddress = "fa:16:3e:00:00:01", TapName = GuestVif.TapNameOf(port), Mtu = 1442,
            VifType = "tap", Addresses = ["10.0.0.3", "fd00::3"],
        };
    }

    [Fact]
    public async Task Guests_survive_the_death_of_libvirtd_and_are_found_again()
    {
        await using var driver = await CreateDriverAsync();
        var guest = NewGuest();
        await driver.SpawnAsync(guest, Token);

        await daemon.KillAsync();
        await Assert.ThrowsAsync<HypervisorException>(() => driver.FindAsync(guest.ServerId, Token));
        await daemon.EnsureStartedAsync();

        Assert.True(await Wait.UntilAsync(async () => (await driver.FindAsync(guest.ServerId, Token))?.Power == PowerState.Running));
        await driver.StopAsync(guest.ServerId, TimeSpan.Zero, Token);
        Assert.Equal(PowerState.Shutdown, (await driver.FindAsync(guest.ServerId, Token))?.Power);
        await driver.DestroyAsync(guest.ServerId, Token);
    }

    [Fact]
    public async Task Without_libvirtd_the_error_says_so()
    {
        await using var driver = new LibvirtHypervisorDriver(
            Host with { Uri = "qemu+unix:///system?socket=/nowhere/libvirt-sock" }, new TapPlugger(), TimeProvider.System, NullLogger<LibvirtHypervisorDriver>.Instance);

        var error = await Assert.ThrowsAsync<HypervisorException>(() => driver.ListAsync(Token));

        Assert.Contains("/nowhere/libvirt-sock", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ossa_2014_001_2016_001_the_definition_names_formats_metadata_and_taps()
    {
        await using var driver = await CreateDriverAsync();
        var vif = NewVif();
        var guest = NewGuest() with { Vifs = [vif], ConfigDrive = new Dictionary<string, byte[]> { ["openstack/latest/meta_data.json"] = "{}"u8.ToArray() } };
        await driver.SpawnAsync(guest, Token);

        var dumped = await ProcessRunner.RunAsync("virsh", ["-c", daemon.Uri, "dumpxml", guest.ServerId], ProcessOptions.Default, Token);
        await driver.DestroyAsync(guest.ServerId, Token);

        var domain = XDocument.Parse(dumped.Output);
        XNamespace nova = DomainXml.NovaNamespace;
        Assert.Equal(guest.DisplayName, domain.Descendants(nova + "name").Single().Value);
        Assert.Equal(guest.ProjectId, (string?)domain.Descendants(nova + "project").Single().Attribute("uuid"));
        Assert.Equal([.. vif.Addresses], domain.Descendants(nova + "ip").Select(e => (string?)e.Attribute("address")));
        Assert.Equal(["qcow2", "raw"], domain.Descendants("disk").Select(d => (string?)d.Element("driver")?.Attribute("type")));
        Assert.Equal("raw", (string?)domain.Descendants("backingStore").First().Element("format")?.Attribute("type"));
        Assert.Equal(vif.TapName, (string?)domain.Descendants("interface").Single().Element("target")?.Attribute("dev"));
        Assert.Equal("32768", domain.Descendants("tb-cache").Single().Value); // libvirt says KiB
    }

    [Fact]
    public async Task Taps_go_with_the_guest()
    {
        await using var driver = await CreateDriverAsync();
        var vif = NewVif();
        var guest = NewGuest() with { Vifs = [vif] };
        await driver.SpawnAsync(guest, Token);
        Assert.True(TapPlugger.Exists(vif.TapName));

        await driver.DestroyAsync(guest.ServerId, Token);

        Assert.False(TapPlugger.Exists(vif.TapName));
    }

    [Fact]
    public async Task The_config_drive_is_an_iso_with_the_files()
    {
        await using var driver = await CreateDriverAsync();
        var guest = NewGuest() with
        {
            ConfigDrive = new Dictionary<string, byte[]> { ["openstack/latest/meta_data.json"] = "{\"uuid\": 1}"u8.ToArray(), ["openstack/latest/user_data"] = "#!"u8.ToArray() },
        };
        await driver.SpawnAsync(guest, Token);

        var bytes = await File.ReadAllBytesAsync(PathsOf(guest).ConfigDrive, Token);
        await driver.DestroyAsync(guest.ServerId, Token);

        Assert.Equal("CD001"u8, bytes.AsSpan(0x8001, 5));
        Assert.Equal("config-2"u8, bytes.AsSpan(0x8028, 8));
        Assert.NotEqual(-1, bytes.AsSpan().IndexOf("meta_data.json"u8));
        Assert.NotEqual(-1, bytes.AsSpan().IndexOf("{\"uuid\": 1}"u8));
    }

    [Fact]
    public async Task Qemu_and_the_disks_belong_to_an_unprivileged_user()
    {
        await using var driver = await CreateDriverAsync();
        var guest = NewGuest();
        await driver.SpawnAsync(guest, Token);

        var owner = await ProcessRunner.RunAsync("stat", ["-c", "%U %a", PathsOf(guest).Disk, PathsOf(guest).Console, PathsOf(guest).Directory], ProcessOptions.Default, Token);
        var users = await ProcessRunner.RunAsync("ps", ["-C", "qemu-system-x86", "-o", "user:20=,args=", "-ww"], ProcessOptions.Default, Token);
        await driver.DestroyAsync(guest.ServerId, Token);

        Assert.Equal("libvirt-qemu 600\nlibvirt-qemu 600\nroot 755\n", owner.Output);
        Assert.StartsWith("libvirt-qemu", users.Output.Split('\n').Single(l => l.Contains(guest.ServerId, StringComparison.Ordinal)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ossa_2013_012_2016_012_a_flavor_smaller_than_the_image_is_refused_with_novas_words()
    {
        await using var driver = await CreateDriverAsync();
        var guest = NewGuest();
        guest = guest with { Image = guest.Image! with { VirtualSizeBytes = 2L << 30 } };

        var error = await Assert.ThrowsAsync<HypervisorException>(() => driver.SpawnAsync(guest, Token));

        Assert.Equal("Flavor's disk is too small for requested image. Flavor disk is 1073741824 bytes, image is 2147483648 bytes.", error.Message);
        await driver.DestroyAsync(guest.ServerId, Token);
        Assert.False(Directory.Exists(PathsOf(guest).Directory));
    }

    [Fact]
    public async Task Destroying_what_was_half_made_leaves_nothing()
    {
        await using var driver = await CreateDriverAsync();
        var vif = NewVif();
        var guest = NewGuest();
        guest = guest with { Vifs = [vif], Image = guest.Image! with { Path = "/nowhere/image" } };

        await Assert.ThrowsAsync<HypervisorException>(() => driver.SpawnAsync(guest, Token));
        Assert.True(TapPlugger.Exists(vif.TapName));
        await driver.DestroyAsync(guest.ServerId, Token);

        Assert.False(TapPlugger.Exists(vif.TapName));
        Assert.False(Directory.Exists(PathsOf(guest).Directory));
        Assert.Null(await driver.FindAsync(guest.ServerId, Token));
    }

    [Fact]
    public async Task A_deaf_guest_is_powered_off_when_its_time_is_over()
    {
        await using var driver = await CreateDriverAsync();
        var guest = NewGuest();
        await driver.SpawnAsync(guest, Token);

        await driver.StopAsync(guest.ServerId, TimeSpan.FromSeconds(1), Token);

        Assert.Equal(PowerState.Shutdown, (await driver.FindAsync(guest.ServerId, Token))?.Power);
        await driver.DestroyAsync(guest.ServerId, Token);
    }

    [Fact]
    public async Task The_vnc_console_listens_where_it_says()
    {
        await using var driver = await CreateDriverAsync();
        var guest = NewGuest();
        await driver.SpawnAsync(guest, Token);
        var address = await ((IVncConsole)driver).FindVncAsync(guest.ServerId, Token);

        using var client = new TcpClient();
        await client.ConnectAsync(address!.Host, address.Port, Token);
        var greeting = new byte[4];
        await client.GetStream().ReadExactlyAsync(greeting, Token);
        await driver.DestroyAsync(guest.ServerId, Token);

        Assert.Equal(VncAddress, address.Host);
        Assert.Equal("RFB "u8, greeting);
        Assert.Null(await ((IVncConsole)driver).FindVncAsync(guest.ServerId, Token));
    }
}
