// SPDX-License-Identifier: Apache-2.0

using System.Buffers.Binary;
using System.Security.Cryptography;
using Meridian.Compute.Agent;
using Meridian.Compute.Drivers;
using Meridian.Contracts.Image;
using Meridian.Platform.Processes;
using Meridian.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Meridian.Compute.Tests.Agent;

public sealed class ImageCacheTests : IDisposable
{
    private static readonly Dictionary<string, string> NoProperties = [];

    private readonly TemporaryFolder folder = new();
    private readonly string id = Guid.NewGuid().ToString("D");
    private int opened;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string Base => folder.File("_base");

    public void Dispose() => folder.Dispose();

    private ImageCache NewCache(byte[] served, string format, byte[]? declared = null, Stream? stream = null, long reserve = 0, string status = "active")
    {
        declared ??= served;
        var info = new ImageInfo
        {
            Id = id, Status = status, DiskFormat = format, Size = declared.Length, OsHashAlgo = "sha512", OsHashValue = Convert.ToHexStringLower(SHA512.HashData(declared)),
        };
        return new(
            new(Base, ForceRaw: false, ToolUserId: null, reserve),
            new(
                (asked, _) => Task.FromResult(asked == id ? info : null),
                (_, _) =>
                {
                    Interlocked.Increment(ref opened);
                    return Task.FromResult<ImageDownload?>(new(new HttpResponseMessage(), stream ?? new MemoryStream(served)));
                }),
            NullLogger<ImageCache>.Instance);
    }

    private async Task<string> RefusedAsync(ImageCache cache)
    {
        var error = await Assert.ThrowsAsync<HypervisorException>(() => cache.GetAsync(id, NoProperties, Token));
        Assert.Empty(Directory.EnumerateFileSystemEntries(Base));
        return error.Message;
    }

    /// <summary>Version 3, 64 KiB clusters, one first-level entry: what qemu-img makes of an empty disk, as far as its header goes.</summary>
    internal static byte[] Qcow2(long virtualSize, ulong backingOffset = 0)
    {
        var image = new byte[4 * 65536];
        "QFI\u00fb"u8[..3].CopyTo(image);
        image[3] = 0xfb;
        BinaryPrimitives.WriteInt32BigEndian(image.AsSpan(4), 3);
        BinaryPrimitives.WriteUInt64BigEndian(image.AsSpan(8), backingOffset);
        BinaryPrimitives.WriteInt32BigEndian(image.AsSpan(20), 16);
        BinaryPrimitives.WriteInt64BigEndian(image.AsSpan(24), virtualSize);
        BinaryPrimitives.WriteInt32BigEndian(image.AsSpan(36), 1);
        BinaryPrimitives.WriteInt64BigEndian(image.AsSpan(40), 3 * 65536);
        BinaryPrimitives.WriteInt64BigEndian(image.AsSpan(48), 65536);
        BinaryPrimitives.WriteInt32BigEndian(image.AsSpan(56), 1);
        BinaryPrimitives.WriteInt32BigEndian(image.AsSpan(96), 4);
        BinaryPrimitives.WriteInt32BigEndian(image.AsSpan(100), 104);
        return image;
    }

    [Fact]
    public async Task An_image_is_fetched_once_for_all_who_ask()
    {
        var content = RandomNumberGenerator.GetBytes(700_000);
        var cache = NewCache(content, "raw");

        var images = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => Task.Run(() => cache.GetAsync(id, NoProperties, Token))));
        await cache.GetAsync(id, NoProperties, Token);

        Assert.Equal(1, opened);
        Assert.All(images, i => Assert.Equal((images[0]!.Path, "raw", 700_000L), (i!.Path, i.Format, i.VirtualSizeBytes)));
        Assert.Equal(content, await File.ReadAllBytesAsync(images[0]!.Path, Token));
        Assert.Single(Directory.EnumerateFiles(Base));
    }

    [Fact]
    public async Task Qcow2_keeps_its_format_and_size_also_for_the_next_process()
    {
        await NewCache(Qcow2(5 << 20), "qcow2").GetAsync(id, NoProperties, Token);

        var image = await NewCache([], "qcow2").GetAsync(id, NoProperties, Token);

        Assert.Equal(("qcow2", 5L << 20), (image!.Format, image.VirtualSizeBytes));
        Assert.Equal(1, opened);
    }

    [Fact]
    public async Task A_wrong_checksum_is_refused_and_nothing_kept() =>
        Assert.Contains("corrupt", await RefusedAsync(NewCache(new byte[1000], "raw", declared: [.. new byte[999], 1])), StringComparison.Ordinal);

    [Fact]
    public async Task Too_short_and_too_long_are_refused_and_nothing_kept()
    {
        Assert.Contains("ended after", await RefusedAsync(NewCache(new byte[900], "raw", declared: new byte[1000])), StringComparison.Ordinal);
        Assert.Contains("longer than", await RefusedAsync(NewCache(new byte[1100], "raw", declared: new byte[1000])), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ossa_2024_001_raw_that_is_really_qcow2_is_refused() =>
        Assert.StartsWith($"Image {id} is unacceptable: Content does not match", await RefusedAsync(NewCache(Qcow2(1 << 20), "raw")), StringComparison.Ordinal);

    [Fact]
    public async Task Ossa_2015_014_a_backing_file_is_refused() =>
        Assert.Contains("backing_file", await RefusedAsync(NewCache(Qcow2(1 << 20, backingOffset: 200), "qcow2")), StringComparison.Ordinal);

    [Fact]
    public async Task A_full_disk_is_refused_before_the_transfer()
    {
        Assert.Contains("Insufficient space", await RefusedAsync(NewCache(new byte[1000], "raw", reserve: long.MaxValue / 2)), StringComparison.Ordinal);
        Assert.Equal(0, opened);
    }

    [Fact]
    [Trait("needs", "root")]
    public async Task A_disk_that_becomes_full_during_the_transfer_keeps_nothing()
    {
        using var disk = new SmallDisk(Base, 4);

        var reason = await RefusedAsync(NewCache(new byte[8 << 20], "raw", reserve: -(1L << 40)));

        Assert.Equal($"Image {id} could not be fetched: There is no space left on the host's disk.", reason);
    }

    [Fact]
    public async Task A_broken_transfer_leaves_nothing_and_the_next_try_works()
    {
        Assert.Contains("could not be fetched", await RefusedAsync(NewCache(new byte[1000], "raw", stream: new BrokenStream())), StringComparison.Ordinal);

        Assert.Equal(1000, (await NewCache(new byte[1000], "raw").GetAsync(id, NoProperties, Token))!.VirtualSizeBytes);
    }

    [Fact]
    public async Task Images_that_are_gone_or_not_active_are_refused()
    {
        Directory.CreateDirectory(Base);
        Assert.Contains("is not active", await RefusedAsync(NewCache([1], "raw", status: "queued")), StringComparison.Ordinal);
        await Assert.ThrowsAsync<HypervisorException>(() => NewCache([1], "raw").GetAsync(Guid.NewGuid().ToString(), NoProperties, Token));
    }

    [Fact]
    [Trait("needs", "engines")]
    public async Task Forced_to_raw_the_disk_is_the_same()
    {
        var raw = folder.File("disk.raw");
        var content = RandomNumberGenerator.GetBytes(300_032);
        await File.WriteAllBytesAsync(raw, content, Token);
        await ProcessRunner.RunAsync("qemu-img", ["convert", "-f", "raw", "-O", "qcow2", "-c", raw, folder.File("disk.qcow2")], ProcessOptions.Default, Token);
        var qcow2 = await File.ReadAllBytesAsync(folder.File("disk.qcow2"), Token);
        var info = new ImageInfo { Id = id, Status = "active", DiskFormat = "qcow2", Size = qcow2.Length, Checksum = Convert.ToHexStringLower(MD5.HashData(qcow2)) };
        var cache = new ImageCache(
            new(Base, ForceRaw: true, Environment.IsPrivilegedProcess ? 65534 : null, 0),
            new((_, _) => Task.FromResult<ImageInfo?>(info), (_, _) => Task.FromResult<ImageDownload?>(new(new HttpResponseMessage(), new MemoryStream(qcow2)))),
            NullLogger<ImageCache>.Instance);

        var image = await cache.GetAsync(id, NoProperties, Token);

        Assert.Equal("raw", image!.Format);
        Assert.Equal(content, await File.ReadAllBytesAsync(image.Path, Token));
        Assert.Single(Directory.EnumerateFiles(Base));
    }

    // It aborted in one run of ten when its address space was too small for its threads.
    [Fact]
    [Trait("needs", "engines")]
    public async Task Qemu_img_has_room_for_all_its_threads()
    {
        var raw = folder.File("disk.raw");
        await File.WriteAllBytesAsync(raw, RandomNumberGenerator.GetItems<byte>("0123456789abcdef"u8, 32 << 20), Token);
        await ProcessRunner.RunAsync("qemu-img", ["convert", "-f", "raw", "-O", "qcow2", "-c", raw, folder.File("disk.qcow2")], ProcessOptions.Default, Token);

        for (var i = 0; i < 20; i++)
        {
            await QemuImg.RunAsync(new(folder.Path, TimeSpan.FromMinutes(1), UserId: null), Token, "convert", "-f", "qcow2", "-O", "raw", "disk.qcow2", "copy.raw");
        }

        Assert.Equal(32 << 20, new FileInfo(folder.File("copy.raw")).Length);
    }

    private sealed class BrokenStream : MemoryStream
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => throw new IOException("connection reset");
    }
}
