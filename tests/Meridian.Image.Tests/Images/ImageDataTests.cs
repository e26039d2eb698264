// SPDX-License-Identifier: Apache-2.0
using System.Security.Cryptography;

namespace Meridian.Image.Tests.Images;

public sealed class ImageDataTests(ImageFixture glance) : IClassFixture<ImageFixture>
{
    [Fact]
    public async Task Data_comes_back_as_it_went_with_its_checksums()
    {
        var data = RandomNumberGenerator.GetBytes((3 << 20) + 17);
        var id = await glance.CreateActiveAsync(data);

        var shown = await glance.SendAsync("GET", $"/v2/images/{id}");
        var file = await glance.SendAsync("GET", $"/v2/images/{id}/file");

        Assert.Equal(data, file.Bytes);
        Assert.Equal(Convert.ToHexStringLower(MD5.HashData(data)), file.Headers["content-md5"]);
        Assert.Equal(
            ("active", data.Length, data.Length, Convert.ToHexStringLower(MD5.HashData(data)), "sha512", Convert.ToHexStringLower(SHA512.HashData(data))),
            (shown.Json.GetProperty("status").GetString(), shown.Json.GetProperty("size").GetInt32(), shown.Json.GetProperty("virtual_size").GetInt32(),
                shown.Json.GetProperty("checksum").GetString(), shown.Json.GetProperty("os_hash_algo").GetString(), shown.Json.GetProperty("os_hash_value").GetString()));
    }

    [Theory]
    [InlineData("bytes=2-4", 206, "bytes 2-4/10", "234")]
    [InlineData("bytes=7-", 206, "bytes 7-9/10", "789")]
    [InlineData("bytes=-2", 206, "bytes 8-9/10", "89")]
    [InlineData("bytes=5-99", 206, "bytes 5-9/10", "56789")]
    [InlineData("bytes=10-", 416, "bytes */10", null)]
    public async Task A_range_is_served(string range, int status, string contentRange, string? expected)
    {
        var id = await glance.CreateActiveAsync("0123456789"u8.ToArray());
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/v2/images/{id}/file");
        request.Headers.TryAddWithoutValidation("Range", range);

        var answer = await glance.SendAsync(request, "demo");

        Assert.Equal((status, contentRange), (answer.Status, answer.Headers["content-range"]));
        Assert.True(expected is null || answer.Text == expected);
    }

    [Fact]
    public async Task An_image_without_data_is_204_and_a_second_upload_409()
    {
        var id = await glance.CreateAsync();

        var empty = await glance.SendAsync("GET", $"/v2/images/{id}/file");
        var first = await glance.UploadAsync(id, [1]);
        var second = await glance.UploadAsync(id, [2]);

        Assert.Equal((204, 204, 409), (empty.Status, first.Status, second.Status));
        Assert.Contains("Image status transition from active to saving is not allowed", second.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Another_media_type_is_415_and_a_missing_format_400()
    {
        var id = await glance.CreateAsync();
        var bare = (await glance.SendAsync("POST", "/v2/images", "{\"name\": \"no formats\"}")).Json.GetProperty("id").GetString()!;

        var text = await glance.SendAsync("PUT", $"/v2/images/{id}/file", "x", mediaType: "text/plain");
        var formats = await glance.UploadAsync(bare, [1]);

        Assert.Equal((415, 400), (text.Status, formats.Status));
        Assert.Contains("Properties disk_format, container_format must be set prior to saving data.", formats.Text, StringComparison.Ordinal);
        Assert.Equal("queued", await glance.StatusAsync(id));
    }

    [Fact]
    public async Task OSSA_2014_028_an_upload_beyond_the_cap_or_the_quota_is_413_and_nothing_stays()
    {
        await glance.RestartAsync("image_size_cap = 1000\nuser_storage_quota = 1500 B");
        var big = await glance.CreateAsync(user: "other");
        var first = await glance.CreateAsync(user: "other");
        var second = await glance.CreateAsync(user: "other");

        var capped = await glance.UploadAsync(big, new byte[1001], "other");
        var fits = await glance.UploadAsync(first, new byte[900], "other");
        var over = await glance.UploadAsync(second, new byte[700], "other");
        await glance.RestartAsync();

        Assert.Equal((413, 204, 413), (capped.Status, fits.Status, over.Status));
        Assert.Contains("Image exceeds the storage quota: The size of the data 700 will exceed the limit. 600 bytes remaining.", over.Text, StringComparison.Ordinal);
        Assert.Equal(("queued", "queued"), (await glance.StatusAsync(big), await glance.StatusAsync(second)));
        Assert.DoesNotContain(Directory.GetFiles(glance.Store), f => f.Contains(big, StringComparison.Ordinal) || f.Contains(second, StringComparison.Ordinal));
    }

    [Fact]
    public async Task OSSA_2014_028_2015_003_an_image_deleted_while_its_data_comes_leaves_nothing()
    {
        var id = await glance.CreateAsync();
        var source = new System.IO.Pipelines.Pipe();
        using var request = new HttpRequestMessage(HttpMethod.Put, $"/v2/images/{id}/file") { Content = new StreamContent(source.Reader.AsStream()) };
        request.Content.Headers.ContentType = new("application/octet-stream");
        var upload = glance.SendAsync(request, "demo");
        await source.Writer.WriteAsync(new byte[2 << 20], TestContext.Current.CancellationToken);
        await Eventually(async () => await glance.StatusAsync(id) == "saving");

        var deleted = await glance.SendAsync("DELETE", $"/v2/images/{id}");
        await source.Writer.CompleteAsync();
        var answer = await upload;

        Assert.Equal((204, 410), (deleted.Status, answer.Status));
        Assert.DoesNotContain(Directory.GetFiles(glance.Store), file => file.Contains(id, StringComparison.Ordinal));
    }

    [Fact]
    public async Task OSSA_2015_004_a_client_that_goes_away_leaves_no_data_and_the_image_queued()
    {
        var id = await glance.CreateAsync();
        using var request = new HttpRequestMessage(HttpMethod.Put, $"/v2/images/{id}/file") { Content = new StreamContent(new BreakingStream(3 << 20)) };
        request.Content.Headers.ContentType = new("application/octet-stream");
        request.Content.Headers.ContentLength = 9 << 20;

        await Assert.ThrowsAnyAsync<Exception>(() => glance.SendAsync(request, "demo"));
        // The service may see the end of the connection after the client does.
        await Eventually(async () => (await glance.UploadAsync(id, [1, 2, 3])).Status == 204);

        var kept = Assert.Single(Directory.GetFiles(glance.Store), f => f.Contains(id, StringComparison.Ordinal));
        Assert.Equal(3, new FileInfo(kept).Length);
    }

    [Fact]
    public async Task An_upload_cut_off_by_the_end_of_the_process_is_put_right_at_the_next_start()
    {
        var id = await glance.CreateAsync();
        var uploads = (Meridian.Image.Images.UploadStore)glance.Service.Host.Services.GetService(typeof(Meridian.Image.Images.UploadStore))!;
        await uploads.TryBeginAsync(id, TestContext.Current.CancellationToken);
        Directory.CreateDirectory(glance.Store);
        await File.WriteAllTextAsync(Path.Combine(glance.Store, id + ".part"), "half", TestContext.Current.CancellationToken);

        await glance.RestartAsync();
        await Eventually(async () => await glance.StatusAsync(id) == "queued");

        Assert.False(File.Exists(Path.Combine(glance.Store, id + ".part")));
    }

    [Fact]
    public async Task OSSA_2015_013_deleting_an_image_deletes_its_data()
    {
        var id = await glance.CreateActiveAsync([1, 2, 3]);
        Assert.True(File.Exists(Path.Combine(glance.Store, id)));

        var deleted = await glance.SendAsync("DELETE", $"/v2/images/{id}");
        var shown = await glance.SendAsync("GET", $"/v2/images/{id}");

        Assert.Equal((204, 404), (deleted.Status, shown.Status));
        Assert.False(File.Exists(Path.Combine(glance.Store, id)));
    }

    /// <summary>Waits for a condition, at most ten seconds.</summary>
    private static async Task Eventually(Func<Task<bool>> condition)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        while (!await condition())
        {
            await Task.Delay(20, limit.Token);
        }
    }

    private sealed class BreakingStream(int length) : MemoryStream(new byte[length])
    {
        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var read = await base.ReadAsync(buffer, cancellationToken);
            return read > 0 ? read : throw new IOException("the client breaks off");
        }
    }
}
