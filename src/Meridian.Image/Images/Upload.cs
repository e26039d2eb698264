// SPDX-License-Identifier: Apache-2.0
using System.Buffers;
using System.Security.Cryptography;

using Meridian.Image.Drivers;
using Meridian.Platform.Config;
using Meridian.Platform.Http;
using Meridian.Platform.ImageFormats;

namespace Meridian.Image.Images;

/// <summary>
/// Takes an image's data in: written, hashed twice and inspected while it comes, two buffers in flight, whatever its size. While one buffer is
/// worked on by the two hashes, the inspector and the store side by side, the next one is filled.
/// </summary>
internal sealed class Upload(IImageStore store, UploadStore uploads, ServiceConfig config)
{
    private const int BufferSize = 1 << 20;

    // What the inspector knows nothing of may hold anything that it does not recognise either (as glance has it for these).
    private static readonly string[] Uninspectable = ["ploop"];

    private readonly long sizeCap = ByteSize.Read(config, ImageOptions.ImageSizeCap);

    /// <param name="announced">Bytes that the client said would come; null when it did not.</param>
    /// <returns>The data, in the store already; the caller deletes it again where the image is gone.</returns>
    /// <exception cref="ApiException">400, 413 or 415; nothing of the data is left.</exception>
    public async Task<UploadedData> ReceiveAsync(Image image, Stream body, long? announced, CancellationToken cancellationToken)
    {
        if (announced > sizeCap)
        {
            throw TooLarge();
        }

        if (announced is { } bytes && uploads.HasQuota)
        {
            await uploads.ReserveAsync(image, bytes, cancellationToken);
        }

        await using var writer = await store.BeginAsync(image.Id, announced, cancellationToken);
        using var md5 = IncrementalHash.CreateHash(HashAlgorithmName.MD5);
        using var sha512 = IncrementalHash.CreateHash(HashAlgorithmName.SHA512);
        using var inspector = new ImageInspector();
        var size = await PumpAsync(image, body, announced, Consume, cancellationToken);
        if (announced is { } expected && expected != size)
        {
            throw new ApiException(400, $"The data is {size} bytes long, not {expected} as announced.");
        }

        // A container of several parts (ova, docker) is not a disk: nobody opens it as one.
        long? virtualSize = image.ContainerFormat == "bare" ? Judge(image.DiskFormat!, inspector.Complete()) : null;
        var location = await writer.CommitAsync(cancellationToken);
        return new(size, virtualSize, Convert.ToHexStringLower(md5.GetHashAndReset()), Convert.ToHexStringLower(sha512.GetHashAndReset()), location);

        Task Consume(ReadOnlyMemory<byte> data) => Task.WhenAll(
            Task.Run(() => md5.AppendData(data.Span), cancellationToken),
            Task.Run(() => sha512.AppendData(data.Span), cancellationToken),
            Task.Run(
                async () =>
                {
                    inspector.Append(data.Span);
                    await writer.WriteAsync(data, cancellationToken);
                },
                cancellationToken));
    }

    private async Task<long> PumpAsync(Image image, Stream body, long? announced, Func<ReadOnlyMemory<byte>, Task> consume, CancellationToken cancellationToken)
    {
        var buffers = (Filling: ArrayPool<byte>.Shared.Rent(BufferSize), Working: ArrayPool<byte>.Shared.Rent(BufferSize));
        var working = Task.CompletedTask;
        long size = 0;
        long reserved = announced ?? 0;
        try
        {
            while (true)
            {
                var filled = await FillAsync(body, buffers.Filling, cancellationToken);
                await working;
                if (filled == 0)
                {
                    return size;
                }

                size += filled;
                if (size > sizeCap)
                {
                    throw TooLarge();
                }

                if (size > reserved && uploads.HasQuota)
                {
                    // The length was not announced: claim the quota piece by piece, the last piece to the byte.
                    reserved = size;
                    await uploads.ReserveAsync(image, reserved, cancellationToken);
                }

                working = consume(buffers.Filling.AsMemory(0, filled));
                buffers = (buffers.Working, buffers.Filling);
            }
        }
        finally
        {
            // Buffers go back only when nobody reads them any more.
            await working.ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
            ArrayPool<byte>.Shared.Return(buffers.Filling);
            ArrayPool<byte>.Shared.Return(buffers.Working);
        }
    }

    private static async Task<int> FillAsync(Stream body, byte[] buffer, CancellationToken cancellationToken)
    {
        var filled = 0;
        while (filled < BufferSize)
        {
            var read = await body.ReadAsync(buffer.AsMemory(filled, BufferSize - filled), cancellationToken);
            if (read == 0)
            {
                break;
            }

            filled += read;
        }

        return filled;
    }

    /// <returns>The size of the disk that a guest would see.</returns>
    private static long? Judge(string diskFormat, ImageInspection inspection)
    {
        var refusal = Uninspectable.Contains(diskFormat) && inspection.Format == "raw" ? null : inspection.RefusalAs(diskFormat);
        if (refusal is not null)
        {
            // The checks' names and findings hold nothing of the content.
            throw new ApiException(415, inspection.Matches(diskFormat) ? "Image failed safety checks: " + refusal : $"Image disk_format {diskFormat} does not match stream data {inspection.Format}");
        }

        return inspection.VirtualSizeBytes is > 0 and { } size ? size : null;
    }

    private static ApiException TooLarge() => new(413, "The incoming image is too large: The provided image is too large.");
}
