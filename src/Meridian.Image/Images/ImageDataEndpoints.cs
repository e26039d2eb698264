// SPDX-License-Identifier: Apache-2.0
using System.Globalization;

using Meridian.Image.Drivers;
using Meridian.Platform.Http;
using Meridian.Platform.Policy;

using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;
using Microsoft.Net.Http.Headers;

namespace Meridian.Image.Images;

/// <summary>/v2/images/{id}/file. Source: Image API v2 reference, "Image data".</summary>
internal static partial class ImageDataEndpoints
{
    private const int ChunkSize = 512 * 1024;

    public static void MapImageData(this RouteGroupBuilder api)
    {
        api.MapPut("/images/{id}/file", UploadAsync).WithTags("image data");
        api.MapGet("/images/{id}/file", DownloadAsync).WithTags("image data");
    }

    private static async Task<IResult> UploadAsync(
        string id, HttpRequest request, RequestContext context, IPolicyEnforcer policy, ImageStore images, UploadStore uploads, UploadWorker worker, Upload upload,
        IImageStore store, ILogger<Upload> logger, CancellationToken cancellationToken)
    {
        CheckMediaType(request);
        var announced = AnnouncedSize(request);
        var image = (await images.GetVisibleAsync(id, context, cancellationToken)) is { } found ? found : throw ImageStore.NotFound(id);
        policy.RequireOn(context, ImagePolicies.Upload, image);
        CheckReady(image.Row);
        if (!await uploads.TryBeginAsync(id, cancellationToken))
        {
            throw WrongStatus(image.Row.Status == ImageStatus.Queued ? ImageStatus.Saving : image.Row.Status);
        }

        UploadedData data;
        try
        {
            data = await upload.ReceiveAsync(image.Row, request.Body, announced, cancellationToken);
        }
        catch (Exception exception)
        {
            // The client may be gone: undoing must not depend on it.
            await uploads.AbandonAsync(id, worker.Name, CancellationToken.None);
            LogFailed(logger, id, exception.Message);
            if (exception is StorageFullException full)
            {
                throw new ApiException(413, $"Image storage media is full: {full.Message}");
            }

            throw;
        }

        if (await uploads.TryFinishAsync(id, data, CancellationToken.None))
        {
            return Results.NoContent();
        }

        await store.DeleteAsync(data.Location, CancellationToken.None);
        throw new ApiException(
            410, $"Image {id} could not be found after upload. The image may have been deleted during the upload, cleaning up the chunks uploaded.");
    }

    private static async Task DownloadAsync(
        string id, HttpContext http, RequestContext context, IPolicyEnforcer policy, ImageStore images, IImageStore store, CancellationToken cancellationToken)
    {
        var image = await images.GetVisibleAsync(id, context, cancellationToken);
        if (image.Row.Status == ImageStatus.Deactivated && !context.IsAdmin)
        {
            throw new ApiException(403, "The requested image has been deactivated. Image data download is forbidden.");
        }

        policy.RequireOn(context, ImagePolicies.Download, image);
        if (image.Row is not { Location: { } location, Status: ImageStatus.Active or ImageStatus.Deactivated, Size: > 0 })
        {
            http.Response.StatusCode = 204;
            return;
        }

        using var reader = await store.OpenAsync(location, cancellationToken);
        var (from, length) = Range(http, reader.Length);
        var response = http.Response;
        response.ContentType = "application/octet-stream";
        response.ContentLength = length;
        if (image.Row.Checksum is { } checksum)
        {
            response.Headers.ContentMD5 = checksum;
        }

        await CopyAsync(reader, response, from, length, cancellationToken);
    }

    /// <summary>From the page cache straight into the connection's own buffers.</summary>
    private static async Task CopyAsync(ImageReader reader, HttpResponse response, long from, long length, CancellationToken cancellationToken)
    {
        var end = from + length;
        while (from < end)
        {
            var memory = response.BodyWriter.GetMemory(ChunkSize);
            var read = await reader.ReadAsync(from, memory[..(int)Math.Min(memory.Length, end - from)], cancellationToken);
            if (read == 0)
            {
                // The file is shorter than it was: break the connection rather than end as if all had come.
                throw new IOException("The image's data ended early.");
            }

            response.BodyWriter.Advance(read);
            from += read;
            if ((await response.BodyWriter.FlushAsync(cancellationToken)).IsCompleted)
            {
                return;
            }
        }
    }

    private static (long From, long Length) Range(HttpContext http, long size)
    {
        var header = http.Request.Headers.Range;
        if (header.Count == 0)
        {
            return (0, size);
        }

        if (!RangeHeaderValue.TryParse(header.ToString(), out var parsed) || parsed.Unit != "bytes" || parsed.Ranges.Count != 1)
        {
            throw NotSatisfiable(size);
        }

        var range = parsed.Ranges.First();
        var from = range.From ?? Math.Max(0, size - range.To!.Value);
        var to = range.From is null ? size - 1 : Math.Min(range.To ?? long.MaxValue, size - 1);
        if (from >= size || from > to)
        {
            throw NotSatisfiable(size);
        }

        http.Response.StatusCode = 206;
        http.Response.Headers.ContentRange = $"bytes {from}-{to}/{size}";
        return (from, to - from + 1);
    }

    private static void CheckMediaType(HttpRequest request)
    {
        var media = request.ContentType?.Split(';')[0].Trim();
        if (!string.Equals(media, "application/octet-stream", StringComparison.OrdinalIgnoreCase))
        {
            throw new ApiException(415, $"Invalid content type {media}");
        }
    }

    private static long? AnnouncedSize(HttpRequest request)
    {
        var header = request.Headers["x-openstack-image-size"];
        if (header.Count == 0)
        {
            return request.ContentLength;
        }

        return long.TryParse(header.ToString(), NumberStyles.None, CultureInfo.InvariantCulture, out var size)
            ? size
            : throw new ApiException(400, "Invalid or missing image size in request headers.");
    }

    private static void CheckReady(Image image)
    {
        if (image.Status != ImageStatus.Queued)
        {
            throw WrongStatus(image.Status);
        }

        var missing = new[] { ("disk_format", image.DiskFormat), ("container_format", image.ContainerFormat) }.Where(p => string.IsNullOrEmpty(p.Item2)).Select(p => p.Item1).ToList();
        if (missing.Count > 0)
        {
            throw new ApiException(400, $"{(missing.Count == 1 ? "Property" : "Properties")} {string.Join(", ", missing)} must be set prior to saving data.");
        }
    }

    private static ApiException WrongStatus(string status) => new(409, $"Image status transition from {status} to saving is not allowed");

    private static ApiException NotSatisfiable(long size) => new(416, "") { Headers = { ["Content-Range"] = $"bytes */{size}" } };

    [LoggerMessage(Level = LogLevel.Warning, Message = "Upload of image {ImageId} failed, the image is queued again: {Reason}")]
    private static partial void LogFailed(ILogger logger, string imageId, string reason);
}
