// SPDX-License-Identifier: Apache-2.0

using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using Meridian.Compute.Drivers;
using Meridian.Compute.Drivers.Libvirt;
using Meridian.Compute.Drivers.Vifs;
using Meridian.Host.Engines;
using Meridian.Platform.Processes;
using Meridian.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Meridian.System.Tests.Engines;

/// <summary>The project's own guest image, in QEMU under a region's libvirtd, on a region's OVN, with its state in a folder that others can't enter.</summary>
[Trait("needs", "root")]
public sealed partial class GuestOnEnginesTests : IAsyncLifetime
{
    private const string Mac = "fa:16:3e:12:34:56";
    private static readonly TimeSpan BootTime = TimeSpan.FromMinutes(4);
    private static readonly TimeSpan GracePeriod = TimeSpan.FromMinutes(2);

    private readonly TemporaryFolder folder = new();
    private readonly OvnEngine ovn;
    private readonly LibvirtEngine libvirt;
    private readonly OvsPlugger plugger;

    public GuestOnEnginesTests()
    {
        var id = Path.GetFileName(folder.Path)[^6..].ToLowerInvariant();
        Directory.CreateDirectory(State);
        ovn = new(new($"{State}/ovn", $"mer6-{id}", "host-1", new Dictionary<string, string> { ["physnet1"] = "br-ex" }), NullLogger<OvnEngine>.Instance);
        libvirt = new(new($"{State}/libvirt", State));
        plugger = new(new(ovn.Switch, ovn.Settings.Namespace), NullLogger<OvsPlugger>.Instance);
    }

    private string State => folder.File("state");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        // As /root is: only its owner may enter.
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(folder.Path));
        await Task.WhenAll(ovn.StartAsync(Token), libvirt.StartAsync(Token));
    }

    public async ValueTask DisposeAsync()
    {
        await libvirt.StopAsync(endGuests: true, CancellationToken.None);
        await ovn.StopAsync(deleteNamespace: true, CancellationToken.None);
        folder.Dispose();
    }

    [Fact]
    public async Task A_guest_boots_gets_its_address_and_data_and_obeys_the_power_button()
    {
        var port = Guid.NewGuid().ToString("D");
        await MakeNetworkAsync(port);
        var spec = NewGuest(port, await BuildImageAsync());
        await using var driver = new LibvirtHypervisorDriver(
            new() { Uri = libvirt.ConnectionUri, Hostname = "host-1", InstancesPath = $"{State}/instances", VirtType = await KvmProbe.FindFaultAsync(Token) is null ? "kvm" : "qemu", VncListen = "127.0.0.1", ToolUserId = 65534 },
            plugger, TimeProvider.System, NullLogger<LibvirtHypervisorDriver>.Instance);
        var watch = Stopwatch.StartNew();

        await driver.SpawnAsync(spec, Token);
        var spawned = watch.Elapsed;
        var ready = await WaitForConsoleAsync(driver, spec, "guest: ready");
        var booted = watch.Elapsed;
        watch.Restart();
        await driver.RebootAsync(spec, GracePeriod, Token);
        var rebooted = await WaitForConsoleAsync(driver, spec, "boot=2");
        var again = watch.Elapsed;
        watch.Restart();
        await driver.StopAsync(spec.ServerId, GracePeriod, Token);
        var stopped = watch.Elapsed;
        var atEnd = await driver.ReadConsoleAsync(spec.ServerId, 100_000, Token);
        await driver.DestroyAsync(spec.ServerId, Token);
        TestContext.Current.TestOutputHelper?.WriteLine($"spawned {spawned.TotalSeconds:0.0} s, booted {booted.TotalSeconds:0.0} s, rebooted {again.TotalSeconds:0.0} s, stopped {stopped.TotalSeconds:0.0} s");

        Assert.Contains("eth0 has 10.1.0.11/24", ready, StringComparison.Ordinal);
        Assert.Contains("mtu 1442", ready, StringComparison.Ordinal);
        Assert.Contains($"metadata from config-drive, server {spec.ServerId}, name vm1, 1 keys", ready, StringComparison.Ordinal);
        Assert.Contains("hello from user data", ready, StringComparison.Ordinal);
        Assert.Contains("guest: power button", rebooted, StringComparison.Ordinal);
        Assert.Single(UserData().Matches(rebooted)); // Once a server, not once a boot.
        Assert.Contains("guest: shutting down", atEnd[atEnd.IndexOf("boot=2", StringComparison.Ordinal)..], StringComparison.Ordinal);
        Assert.Empty(libvirt.Status().Guests);
        Assert.Empty(await plugger.ListTapsAsync(Token));
        Assert.False(Directory.EnumerateFileSystemEntries($"{State}/instances").Any());
    }

    [Fact]
    public async Task Starting_again_finds_the_daemon_and_stopping_it_leaves_the_guests()
    {
        var first = libvirt.Status().Pid;
        await libvirt.StartAsync(Token);
        Assert.Equal(first, libvirt.Status().Pid);

        await libvirt.StopAsync(endGuests: false, Token);
        await libvirt.StopAsync(endGuests: false, Token);
        Assert.Null(libvirt.Status().Pid);

        await libvirt.StartAsync(Token);
        Assert.NotNull(libvirt.Status().Pid);
    }

    private async Task<string> WaitForConsoleAsync(LibvirtHypervisorDriver driver, GuestSpec spec, string text)
    {
        var console = "";
        var found = await Wait.UntilAsync(
            async () => (console = await driver.ReadConsoleAsync(spec.ServerId, 100_000, Token)).Contains(text, StringComparison.Ordinal), BootTime);
        return found ? console : throw new InvalidOperationException($"no \"{text}\" within {BootTime.TotalSeconds} s; the console: {console}");
    }

    private async Task MakeNetworkAsync(string port)
    {
        var options = (await NorthboundAsync("create", "dhcp_options", "cidr=10.1.0.0/24")).Trim();
        await NorthboundAsync(
            "set", "dhcp_options", options, "options={\"server_id\"=\"10.1.0.1\",\"server_mac\"=\"02:00:00:00:0a:01\",\"lease_time\"=\"43200\",\"mtu\"=\"1442\",\"router\"=\"10.1.0.1\"}");
        await NorthboundAsync("ls-add", "net1", "--", "lsp-add", "net1", port, "--", "lsp-set-addresses", port, $"{Mac} 10.1.0.11");
        await NorthboundAsync("lsp-set-dhcpv4-options", port, options);
    }

    private async Task<string> NorthboundAsync(params string[] arguments) =>
        (await ProcessRunner.RunAsync("ovn-nbctl", [$"--db={ovn.Northbound}", .. arguments], ProcessOptions.Default, Token)).Output;

    /// <summary>Built once for all runs of the tests; an overlay's base must be where QEMU may go.</summary>
    private async Task<GuestImage> BuildImageAsync([CallerFilePath] string source = "")
    {
        var root = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(source)!, "../../.."));
        var built = Path.Combine(root, "artifacts/guest/meridian-guest.qcow2");
        await ProcessRunner.RunAsync(Path.Combine(root, "guest/build-guest"), [built], new() { Timeout = TimeSpan.FromMinutes(10) }, Token);
        Directory.CreateDirectory($"{State}/_base");
        var path = $"{State}/_base/image";
        File.Copy(built, path);
        return new() { Id = Guid.NewGuid().ToString("D"), Path = path, Format = "qcow2", VirtualSizeBytes = 37 << 20 };
    }

    private static GuestSpec NewGuest(string port, GuestImage image)
    {
        var id = Guid.NewGuid().ToString("D");
        return new()
        {
            ServerId = id, Name = "instance-" + id[..8], DisplayName = "vm1", ProjectId = "p", UserId = "u", CreatedAt = DateTimeOffset.UnixEpoch,
            Flavor = new() { Name = "m1.nano", Vcpus = 1, MemoryMib = 128, DiskGib = 1 },
            Image = image,
            Vifs = [new() { PortId = port, NetworkId = Guid.NewGuid().ToString("D"), MacAddress = Mac, TapName = GuestVif.TapNameOf(port), Mtu = 1442, Addresses = ["10.1.0.11"] }],
            ConfigDrive = new Dictionary<string, byte[]>
            {
                ["openstack/latest/meta_data.json"] = global::System.Text.Encoding.UTF8.GetBytes(
                    $"{{\"uuid\": \"{id}\", \"hostname\": \"vm1.novalocal\", \"public_keys\": {{\"k\": \"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDummy me\\n\"}}}}"),
                ["openstack/latest/user_data"] = "#!/bin/sh\necho hello from user data\n"u8.ToArray(),
            },
        };
    }

    [GeneratedRegex("hello from user data")]
    private static partial Regex UserData();
}
