// SPDX-License-Identifier: Apache-2.0
using System.Text;

using Meridian.Testing;

namespace Meridian.Image.Tests.Images;

/// <summary>What glance once got wrong and Meridian must not.</summary>
public sealed class ImageSecurityTests(ImageFixture glance) : IClassFixture<ImageFixture>
{
    public static TheoryData<string> Malicious => [.. ImageCorpus.Malicious.Select(i => i.Name).Distinct()];

    public static TheoryData<string> Honest => [.. ImageCorpus.Honest.Where(i => i.DeclaredFormat != "luks").Select(i => i.Name)];

    [Theory]
    [MemberData(nameof(Malicious))]
    public async Task OSSA_2024_001_malicious_content_is_refused_and_nothing_is_kept(string name)
    {
        var image = ImageCorpus.Malicious.First(i => i.Name == name);
        var created = await glance.SendAsync("POST", "/v2/images", $"{{\"name\": \"evil\", \"disk_format\": \"{image.DeclaredFormat}\", \"container_format\": \"bare\"}}");
        if (created.Status == 400)
        {
            return; // A disk format that no image may have at all.
        }

        var id = created.Json.GetProperty("id").GetString()!;

        var refused = await glance.UploadAsync(id, image.Content);

        Assert.Equal(415, refused.Status);
        Assert.Equal("queued", await glance.StatusAsync(id));
        Assert.False(Directory.Exists(glance.Store) && Directory.GetFiles(glance.Store, id + "*").Length > 0);
    }

    [Theory]
    [MemberData(nameof(Honest))]
    public async Task Honest_content_of_each_format_is_taken(string name)
    {
        var image = ImageCorpus.Honest.First(i => i.Name == name);
        var id = await glance.CreateAsync(image.DeclaredFormat);

        Assert.Equal(204, (await glance.UploadAsync(id, image.Content)).Status);
    }

    [Theory]
    [InlineData("[{\"op\": \"replace\", \"path\": \"/status\", \"value\": \"queued\"}]")]
    [InlineData("[{\"op\": \"replace\", \"path\": \"/checksum\", \"value\": \"00\"}]")]
    [InlineData("[{\"op\": \"replace\", \"path\": \"/os_hash_value\", \"value\": \"00\"}]")]
    [InlineData("[{\"op\": \"replace\", \"path\": \"/size\", \"value\": 1}]")]
    [InlineData("[{\"op\": \"replace\", \"path\": \"/id\", \"value\": \"00000000-0000-0000-0000-000000000000\"}]")]
    [InlineData("[{\"op\": \"replace\", \"path\": \"/locations\", \"value\": []}]")]
    [InlineData("[{\"op\": \"add\", \"path\": \"/locations/-\", \"value\": {\"url\": \"file:///etc/passwd\", \"metadata\": {}}}]")]
    [InlineData("[{\"op\": \"replace\", \"path\": \"/disk_format\", \"value\": \"qcow2\"}]")]
    public async Task OSSA_2015_019_2016_006_2014_041_what_the_service_found_out_is_not_the_client_s_to_set(string changes)
    {
        var id = await glance.CreateActiveAsync([1, 2, 3]);

        var refused = await glance.PatchAsync(id, changes);

        Assert.Equal(403, refused.Status);
        Assert.Equal("active", await glance.StatusAsync(id));
    }

    [Theory]
    [InlineData("location")]
    [InlineData("locations")]
    [InlineData("direct_url")]
    public async Task OSSA_2015_002_an_image_is_not_made_from_a_location(string name)
    {
        var answer = await glance.SendAsync("POST", "/v2/images", $"{{\"name\": \"x\", \"{name}\": \"file:///etc/passwd\"}}");

        Assert.Equal(403, answer.Status);
    }

    [Fact]
    public async Task OSSA_2012_017_2013_027_another_project_s_image_is_404_by_every_verb()
    {
        var id = await glance.CreateActiveAsync([1, 2, 3], further: ", \"visibility\": \"private\"");

        foreach (var (method, path) in new[]
        {
            ("GET", ""), ("GET", "/file"), ("DELETE", ""), ("PUT", "/tags/x"), ("DELETE", "/tags/x"), ("POST", "/actions/deactivate"), ("GET", "/members"), ("GET", "/tasks"),
        })
        {
            Assert.Equal(404, (await glance.SendAsync(method, $"/v2/images/{id}{path}", user: "other")).Status);
        }

        Assert.Equal(404, (await glance.PatchAsync(id, "[{\"op\": \"replace\", \"path\": \"/name\", \"value\": \"x\"}]", "other")).Status);
        Assert.Equal(404, (await glance.UploadAsync(id, [1], "other")).Status);
        Assert.Equal("active", await glance.StatusAsync(id));
    }

    [Theory]
    [InlineData("$(touch /tmp/x)")]
    [InlineData("; rm -rf / #")]
    [InlineData("../../../etc/passwd")]
    [InlineData("\u0000 \u202e 😀 <script>alert(1)</script>")]
    public async Task OSSA_2014_012_names_are_only_names(string name)
    {
        var created = await glance.SendAsync("POST", "/v2/images", $"{{\"name\": {System.Text.Json.JsonSerializer.Serialize(name)}, \"disk_format\": \"raw\", \"container_format\": \"bare\"}}");
        var id = created.Json.GetProperty("id").GetString()!;

        Assert.Equal(204, (await glance.UploadAsync(id, [1])).Status);
        Assert.Equal(name, (await glance.SendAsync("GET", $"/v2/images/{id}")).Json.GetProperty("name").GetString());
        Assert.All(Directory.GetFiles(glance.Store), file => Assert.True(Guid.TryParse(Path.GetFileName(file), out _)));
    }

    [Fact]
    public async Task OSSA_2026_001_forged_identity_headers_change_nothing()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v2/images");
        request.Content = new StringContent("{\"name\": \"x\", \"visibility\": \"public\"}", Encoding.UTF8, "application/json");
        foreach (var header in new[] { "X-Roles", "x_roles", "X-Role" })
        {
            request.Headers.TryAddWithoutValidation(header, "admin");
        }

        Assert.Equal(403, (await glance.SendAsync(request, "demo")).Status);
    }

    [Fact]
    public async Task OSSA_2013_004_xml_is_415()
    {
        var answer = await glance.SendAsync("POST", "/v2/images", "<!DOCTYPE x [<!ENTITY e SYSTEM \"file:///etc/passwd\">]><x>&e;</x>", mediaType: "application/xml");

        Assert.Equal(415, answer.Status);
    }
}
