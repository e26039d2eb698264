// SPDX-License-Identifier: Apache-2.0

using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Meridian.Compute.Drivers;
using Meridian.Compute.Drivers.Libvirt;
using Meridian.Contracts.Image;
using Meridian.Platform.ImageFormats;
using Meridian.Platform.Processes;
using Microsoft.Extensions.Logging;

namespace Meridian.Compute.Agent;

/// <summary>The image service, as far as the cache needs it.</summary>
/// <param name="FindAsync">Null when there's no such image.</param>
/// <param name="OpenAsync">Null when it has no data.</param>
internal sealed record ImageSource(Func<string, CancellationToken, Task<ImageInfo?>> FindAsync, Func<string, CancellationToken, Task<ImageDownload?>> OpenAsync);

/// <param name="Directory">instances_path/_base.</param>
/// <param name="ForceRaw">[DEFAULT] force_raw_images.</param>
/// <param name="ToolUserId">The user that qemu-img runs as; null for this process's.</param>
/// <param name="ReserveBytes">Space that stays free.</param>
internal sealed record ImageCacheSettings(string Directory, bool ForceRaw, int? ToolUserId, long ReserveBytes = 256L << 20);

/// <summary>
/// Images on this host, each fetched once, however many guests ask at the same time. What is in the cache under its own name is whole, has the checksum
/// that glance says, was inspected, and depends on no other file; anything else is gone after a failure. Files are named as nova's: SHA-1 of the id.
/// </summary>
internal sealed partial class ImageCache(ImageCacheSettings settings, ImageSource source, ILogger<ImageCache> logger) : IGuestImages
{
    private const int BufferBytes = 256 * 1024;
    private static readonly TimeSpan ConvertTime = TimeSpan.FromMinutes(30);
    private static readonly UnixFileMode Readable = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead;

    private readonly ConcurrentDictionary<string, Lazy<Task<GuestImage>>> fetches = new(StringComparer.Ordinal);

    /// <exception cref="HypervisorException">The image is gone, damaged, unsafe or not what it says, or the disk is full.</exception>
    public async Task<GuestImage?> GetAsync(string imageId, IReadOnlyDictionary<string, string> properties, CancellationToken cancellationToken)
    {
        var id = Guid.Parse(imageId).ToString("D");
        if (await FindCachedAsync(id, cancellationToken) is { } cached)
        {
            return cached with { Properties = properties };
        }

        // The fetch goes on when this caller gives up: others may have joined it, and the next one wants the image as well.
        var fetch = fetches.GetOrAdd(id, static (key, cache) => new(() => cache.FetchAsync(key)), this);
        try
        {
            return await fetch.Value.WaitAsync(cancellationToken) with { Properties = properties };
        }
        finally
        {
            if (fetch.Value.IsCompleted)
            {
                fetches.TryRemove(new(id, fetch));
            }
        }
    }

    /// <summary>Removes cached images that no server of the host uses and nobody has asked for since.</summary>
    public int RemoveUnused(IReadOnlySet<string> usedImageIds, DateTime unusedSinceUtc)
    {
        var used = usedImageIds.Select(FileOf).SelectMany(f => (string[])[f, f + ".qcow2"]).ToHashSet(StringComparer.Ordinal);
        var removed = 0;
        foreach (var file in Directory.Exists(settings.Directory) ? Directory.EnumerateFiles(settings.Directory) : [])
        {
            if (!used.Contains(file) && fetches.IsEmpty && File.GetLastWriteTimeUtc(file) < unusedSinceUtc)
            {
                File.Delete(file);
                LogRemoved(file);
                removed++;
            }
        }

        return removed;
    }

    private string FileOf(string id) => Path.Combine(settings.Directory, Convert.ToHexStringLower(SHA1.HashData(Encoding.UTF8.GetBytes(id))));

    private async Task<GuestImage?> FindCachedAsync(string id, CancellationToken cancellationToken)
    {
        var file = FileOf(id);
        if (File.Exists(file))
        {
            return new() { Id = id, Path = file, Format = "raw", VirtualSizeBytes = new FileInfo(file).Length };
        }

        file += ".qcow2";
        if (!File.Exists(file))
        {
            return null;
        }

        await using var stream = File.OpenRead(file);
        var inspection = await ImageInspector.InspectAsync(stream, cancellationToken);
        return inspection.RefusalAs("qcow2") is { } refusal
            ? throw Unacceptable(id, refusal)
            : new() { Id = id, Path = file, Format = "qcow2", VirtualSizeBytes = inspection.VirtualSizeBytes!.Value };
    }

    private async Task<GuestImage> FetchAsync(string id)
    {
        var file = FileOf(id);
        var part = file + ".part";
        var converted = file + ".raw.part";
        try
        {
            Directory.CreateDirectory(settings.Directory);
            var info = await source.FindAsync(id, CancellationToken.None) ?? throw new HypervisorException($"Image {id} could not be found.");
            if (info.Status != "active" || info.Size is not { } size)
            {
                throw new HypervisorException($"Image {id} is not active.");
            }

            if (info.DiskFormat is not ("raw" or "qcow2" or "ami"))
            {
                throw Unacceptable(id, $"Images of format {info.DiskFormat} are not supported by this host");
            }

            EnsureSpace(id, size);
            var inspection = await DownloadAsync(id, info, size, part);
            if (inspection.RefusalAs(info.DiskFormat) is { } refusal)
            {
                throw Unacceptable(id, refusal);
            }

            var isRaw = info.DiskFormat != "qcow2";
            var virtualSize = isRaw ? size : inspection.VirtualSizeBytes ?? throw Unacceptable(id, "The size of its disk is unknown");

            // A disk larger than the space left could fill it: it stays as it is, and its guests' flavors decide.
            if (!isRaw && settings.ForceRaw && virtualSize <= FreeBytes())
            {
                await ConvertAsync(part, converted, virtualSize);
                (part, converted, isRaw) = (converted, part, true);
            }

            File.SetUnixFileMode(part, Readable);
            var target = isRaw ? file : file + ".qcow2";
            File.Move(part, target, overwrite: true);
            LogFetched(id, size);
            return new() { Id = id, Path = target, Format = isRaw ? "raw" : "qcow2", VirtualSizeBytes = virtualSize };
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ProcessException or HttpRequestException or TimeoutException)
        {
            throw new HypervisorException($"Image {id} could not be fetched: {HostFault.Reason(e)}", e);
        }
        finally
        {
            File.Delete(part);
            File.Delete(converted);
        }
    }

    private async Task<ImageInspection> DownloadAsync(string id, ImageInfo info, long size, string part)
    {
        await using var download = await source.OpenAsync(id, CancellationToken.None) ?? throw new HypervisorException($"Image {id} has no data.");
        using var inspector = new ImageInspector();
        using var hash = info is { OsHashAlgo: { } algorithm, OsHashValue: not null }
            ? IncrementalHash.CreateHash(new HashAlgorithmName(algorithm.ToUpperInvariant()))
            : IncrementalHash.CreateHash(HashAlgorithmName.MD5);
        var expected = info is { OsHashAlgo: not null, OsHashValue: { } value } ? value : info.Checksum;
        long written = 0;
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, BufferSize = 0, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite };
        await using (var file = new FileStream(part, options))
        {
            var buffer = new byte[BufferBytes];
            int read;
            while ((read = await download.Data.ReadAsync(buffer)) > 0)
            {
                written += read;
                if (written > size)
                {
                    throw new HypervisorException($"Image {id} is longer than its {size} bytes.");
                }

                hash.AppendData(buffer, 0, read);
                inspector.Append(buffer.AsSpan(0, read));
                await file.WriteAsync(buffer.AsMemory(0, read));
            }

            file.Flush(flushToDisk: true);
        }

        if (written != size)
        {
            throw new HypervisorException($"Image {id} ended after {written} of {size} bytes.");
        }

        if (expected is not null && !string.Equals(Convert.ToHexStringLower(hash.GetHashAndReset()), expected, StringComparison.OrdinalIgnoreCase))
        {
            throw new HypervisorException($"Image {id} is corrupt: its checksum is not the one that the image service says.");
        }

        return inspector.Complete();
    }

    private async Task ConvertAsync(string from, string to, long virtualSize)
    {
        await File.WriteAllBytesAsync(to, []);
        if (settings.ToolUserId is { } user)
        {
            FileOwner.Change(from, user, user);
            FileOwner.Change(to, user, user);
        }

        await QemuImg.RunAsync(
            new(settings.Directory, ConvertTime, settings.ToolUserId, FileSizeBytes: virtualSize + (1 << 20)), CancellationToken.None,
            "convert", "-f", "qcow2", "-O", "raw", Path.GetFileName(from), Path.GetFileName(to));
        if (settings.ToolUserId is not null)
        {
            FileOwner.Change(to, 0, 0);
        }

        if (new FileInfo(to).Length != virtualSize)
        {
            throw new IOException("qemu-img made a disk of another size than the image says");
        }
    }

    private long FreeBytes() => new DriveInfo(settings.Directory).AvailableFreeSpace - settings.ReserveBytes;

    private void EnsureSpace(string id, long size)
    {
        if (size > FreeBytes())
        {
            throw new HypervisorException($"Insufficient space on the host's disk for image {id} of {size} bytes.");
        }
    }

    private static HypervisorException Unacceptable(string id, string reason) => new($"Image {id} is unacceptable: {reason}");

    [LoggerMessage(Level = LogLevel.Information, Message = "Image {ImageId} ({Bytes} bytes) is in the cache")]
    private partial void LogFetched(string imageId, long bytes);

    [LoggerMessage(Level = LogLevel.Information, Message = "Removed {File} from the image cache: nothing uses it")]
    private partial void LogRemoved(string file);
}
