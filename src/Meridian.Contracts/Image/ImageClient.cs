// SPDX-License-Identifier: Apache-2.0
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;

using Meridian.Platform.Auth;

namespace Meridian.Contracts.Image;

/// <summary>Glance as compute, block storage and `up` need it: with the user's token where his rights decide, else as the service.</summary>
public sealed class ImageClient(ServiceLink link, string? userToken = null, string? requestId = null) : ServiceClient(link, userToken, requestId)
{
    /// <summary>How long a transfer may take before its headers are answered (an upload's answer comes after its last byte).</summary>
    private static readonly TimeSpan TransferTimeout = TimeSpan.FromHours(6);

    /// <returns>Null when there is no such image, or the token may not see it.</returns>
    public Task<ImageInfo?> FindAsync(string id, CancellationToken cancellationToken) =>
        Guid.TryParse(id, out _) ? FindJsonAsync($"/v2/images/{id}", ImageJson.Default.ImageInfo, cancellationToken) : Task.FromResult<ImageInfo?>(null);

    /// <summary>All images that the token may see and the query picks ("name=x&amp;status=active"), page after page.</summary>
    public async Task<IReadOnlyList<ImageInfo>> ListAsync(string? query, CancellationToken cancellationToken)
    {
        var images = new List<ImageInfo>();
        var path = "/v2/images?limit=1000" + (string.IsNullOrEmpty(query) ? "" : "&" + query);
        while (true)
        {
            var page = await GetJsonAsync(path, ImageJson.Default.ImagePage, cancellationToken);
            images.AddRange(page.Images);
            if (page.Next is null)
            {
                return images;
            }

            path = page.Next;
        }
    }

    /// <summary>The data as a stream; compare length and <see cref="ImageInfo.OsHashValue"/> after the last byte.</summary>
    /// <returns>Null when there is no such image or it has no data.</returns>
    /// <exception cref="UnexpectedAnswerException">Refused: 403 for a deactivated image.</exception>
    public async Task<ImageDownload?> FindDataAsync(string id, CancellationToken cancellationToken)
    {
        var response = await SendAsync(
            HttpMethod.Get, $"/v2/images/{id}/file", null, cancellationToken, HttpCompletionOption.ResponseHeadersRead);
        try
        {
            if (response.StatusCode is HttpStatusCode.NotFound or HttpStatusCode.NoContent)
            {
                response.Dispose();
                return null;
            }

            await EnsureSuccessAsync(response, cancellationToken);
            return new(response, await response.Content.ReadAsStreamAsync(cancellationToken));
        }
        catch
        {
            response.Dispose();
            throw;
        }
    }

    public async Task<ImageInfo> CreateAsync(CreateImage image, CancellationToken cancellationToken)
    {
        using var response = await SendJsonAsync(HttpMethod.Post, "/v2/images", image, ImageJson.Default.CreateImage, cancellationToken);
        await EnsureSuccessAsync(response, cancellationToken);
        return (await response.Content.ReadFromJsonAsync(ImageJson.Default.ImageInfo, cancellationToken))!;
    }

    /// <summary>Sends the data of a queued image. <paramref name="open"/> is called again when the request is repeated.</summary>
    public async Task UploadAsync(string id, Func<Stream> open, CancellationToken cancellationToken)
    {
        using var response = await SendAsync(
            HttpMethod.Put, $"/v2/images/{id}/file",
            () => new StreamContent(open(), 128 * 1024) { Headers = { ContentType = new MediaTypeHeaderValue("application/octet-stream") } },
            cancellationToken, timeout: TransferTimeout);
        await EnsureSuccessAsync(response, cancellationToken);
    }

    public async Task DeleteAsync(string id, CancellationToken cancellationToken)
    {
        using var response = await SendAsync(HttpMethod.Delete, $"/v2/images/{id}", null, cancellationToken);
        if (response.StatusCode != HttpStatusCode.NotFound)
        {
            await EnsureSuccessAsync(response, cancellationToken);
        }
    }
}
