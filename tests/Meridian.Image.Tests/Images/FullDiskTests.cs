// SPDX-License-Identifier: Apache-2.0
using Meridian.Testing;

namespace Meridian.Image.Tests.Images;

/// <summary>The store's file system is really full.</summary>
[Trait("needs", "root")]
public sealed class FullDiskTests(ImageFixture glance) : IClassFixture<ImageFixture>
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_upload_that_does_not_fit_is_413_and_leaves_the_image_queued_and_no_file(bool announced)
    {
        using var disk = new SmallDisk(glance.Store, 4);
        var id = await glance.CreateAsync();

        var refused = await UploadAsync(id, 8 << 20, announced);

        Assert.Equal(413, refused.Status);
        Assert.Contains("Image storage media is full: There is not enough disk space on the image storage media.", refused.Text, StringComparison.Ordinal);
        Assert.DoesNotContain(disk.Folder, refused.Text, StringComparison.Ordinal);
        Assert.Equal("queued", await glance.StatusAsync(id));
        Assert.Empty(disk.Entries());
        Assert.Equal(204, (await UploadAsync(id, 1 << 20, announced)).Status);
        Assert.Equal("active", await glance.StatusAsync(id));
    }

    [Fact]
    public async Task On_a_full_disk_images_are_read_and_deleted_still()
    {
        using var disk = new SmallDisk(glance.Store, 4);
        var kept = await glance.CreateActiveAsync(new byte[1 << 20]);
        var other = await glance.CreateAsync();
        disk.Fill();

        var refused = await UploadAsync(other, 10, true);
        var read = await glance.SendAsync("GET", $"/v2/images/{kept}/file");
        var deleted = await glance.SendAsync("DELETE", $"/v2/images/{kept}");

        Assert.Equal((413, 200, 1 << 20, 204), (refused.Status, read.Status, read.Bytes.Length, deleted.Status));
        Assert.Equal("queued", await glance.StatusAsync(other));
        Assert.Empty(disk.Entries());
    }

    private async Task<ImageFixture.Answer> UploadAsync(string id, int bytes, bool announced)
    {
        using var request = new HttpRequestMessage(HttpMethod.Put, $"/v2/images/{id}/file") { Content = new StreamContent(new MemoryStream(new byte[bytes])) };
        request.Content.Headers.ContentType = new("application/octet-stream");
        if (!announced)
        {
            request.Headers.TransferEncodingChunked = true;
        }

        return await glance.SendAsync(request, "demo");
    }
}
