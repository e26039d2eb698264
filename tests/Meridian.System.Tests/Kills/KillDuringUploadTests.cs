// SPDX-License-Identifier: Apache-2.0
using System.IO.Pipelines;
using System.Net;
using System.Text.Json.Nodes;

using Meridian.Testing;

namespace Meridian.System.Tests.Kills;

public sealed class KillDuringUploadTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Ossa_2014_028_a_kill_while_data_comes_leaves_the_image_queued_and_no_file()
    {
        await using var region = new SimulatedRegion(241);
        await region.StartAsync();
        using var api = new RegionApi(region.StateDirectory, region.Address);
        var (_, created) = await api.SendAsync(
            "demo", HttpMethod.Post, 9292, "/v2/images", new JsonObject { ["name"] = "cut off", ["disk_format"] = "raw", ["container_format"] = "bare" });
        var id = (string)created!["id"]!;
        var data = new Pipe();
        var upload = UploadAsync(api, id, new StreamContent(data.Reader.AsStream()));
        await data.Writer.WriteAsync(new byte[3 << 20], Token);
        Assert.True(await Wait.UntilAsync(() => FilesOf(region, id).Any(file => new FileInfo(file).Length > 0)), "no data arrived");

        await region.KillAsync();
        await data.Writer.CompleteAsync();
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => upload);
        await region.StartAsync();

        Assert.True(await Wait.UntilAsync(async () => (string)(await api.GetAsync("demo", 9292, "/v2/images/" + id))!["status"]! == "queued"), "the image is not queued again");
        Assert.Empty(FilesOf(region, id));
        Assert.Equal(HttpStatusCode.NoContent, await UploadAsync(api, id, new ByteArrayContent([1, 2, 3])));
        Assert.Equal("active", (string)(await api.GetAsync("demo", 9292, "/v2/images/" + id))!["status"]!);
    }

    private static List<string> FilesOf(SimulatedRegion region, string id) =>
        [.. Directory.EnumerateFiles(region.StateDirectory, id + "*", SearchOption.AllDirectories)];

    private static async Task<HttpStatusCode> UploadAsync(RegionApi api, string id, HttpContent content)
    {
        content.Headers.ContentType = new("application/octet-stream");
        return (await api.SendAsync("demo", HttpMethod.Put, 9292, $"/v2/images/{id}/file", null, content)).Status;
    }
}
