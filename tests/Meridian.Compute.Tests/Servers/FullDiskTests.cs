// SPDX-License-Identifier: Apache-2.0
using System.Security.Cryptography;
using System.Text;

using Meridian.Compute.Audit;
using Meridian.Compute.Tests.Drivers;
using Meridian.Testing;

using Microsoft.Extensions.DependencyInjection;

namespace Meridian.Compute.Tests.Servers;

/// <summary>One host with the libvirt driver, whose instances_path is a file system of its own that becomes full.</summary>
public sealed class FullDiskFixture : ComputeFixture
{
    // Of its own: nova-compute destroys guests that it does not know, which other tests' would be.
    private readonly LibvirtDaemon daemon = new();
    private readonly TemporaryFolder place = new();

    public SmallDisk Disk { get; private set; } = null!;

    protected override int Hosts => 1;

    protected override string Further => $"""
        [DEFAULT]
        compute_driver = libvirt.LibvirtDriver
        instances_path = {Disk.Folder}
        reserved_host_memory_mb = 0
        [libvirt]
        connection_uri = {daemon.Uri}
        virt_type = qemu
        """;

    public override async ValueTask InitializeAsync()
    {
        File.SetUnixFileMode(place.Path, (UnixFileMode)0b111_101_101);
        Disk = new(place.File("instances"), 4);
        await daemon.EnsureStartedAsync();
        await base.InitializeAsync();
        GC.SuppressFinalize(this);
    }

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        await daemon.DisposeAsync();
        Disk.Dispose();
        place.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>An image that the image service has and this host's cache has not.</summary>
    public void AddImage(string id, int bytes)
    {
        var data = new byte[bytes];
        var image = Neighbours.Images[Neighbours.ImageId].DeepClone().AsObject();
        (image["id"], image["disk_format"], image["size"]) = (id, "raw", bytes);
        (image["os_hash_algo"], image["os_hash_value"]) = ("sha512", Convert.ToHexStringLower(SHA512.HashData(data)));
        Neighbours.Images[id] = image;
        Neighbours.ImageData[id] = data;
    }

    /// <summary>Puts an image into the host's cache, as an earlier server did.</summary>
    public void Cache(string id, int bytes)
    {
        var folder = Directory.CreateDirectory(Path.Combine(Disk.Folder, "_base")).FullName;
        File.WriteAllBytes(Path.Combine(folder, Convert.ToHexStringLower(SHA1.HashData(Encoding.UTF8.GetBytes(id)))), new byte[bytes]);
    }
}

[Trait("needs", "root")]
public sealed class FullDiskTests(FullDiskFixture fixture) : IClassFixture<FullDiskFixture>
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_build_on_a_full_disk_ends_in_error_with_the_reason_and_nothing_left(bool imageIsCached)
    {
        var image = Guid.NewGuid().ToString();
        fixture.AddImage(image, 1 << 20);
        if (imageIsCached)
        {
            fixture.Cache(image, 1 << 20);
        }

        fixture.Disk.Fill();
        try
        {
            await BuildAsync(image);
        }
        finally
        {
            fixture.Disk.MakeRoom();
        }
    }

    private async Task BuildAsync(string image)
    {
        var before = fixture.Disk.Entries().Where(entry => !entry.EndsWith("_base", StringComparison.Ordinal)).Order().ToList();
        var id = await fixture.CreateServerAsync("full", ("imageRef", image));

        var server = await fixture.WaitForStatusAsync(id, "ERROR");

        var fault = server.GetProperty("fault").GetProperty("message").GetString()!;
        Assert.Contains("space", fault, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain(fixture.Disk.Folder, fault, StringComparison.Ordinal);
        Assert.Empty(fixture.Neighbours.Ports);
        Assert.Equal(0, await fixture.CountAllocationsAsync(id));
        Assert.Empty(await fixture.Conductor.Host.Services.GetRequiredService<ComputeAudit>().RunAsync(TestContext.Current.CancellationToken));
        Assert.Equal(before, fixture.Disk.Entries().Where(entry => !entry.EndsWith("_base", StringComparison.Ordinal)).Order());
        await fixture.DeleteServerAsync(id);
    }
}
