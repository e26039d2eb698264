// SPDX-License-Identifier: Apache-2.0
using System.Text.Json;

namespace Meridian.Image.Tests.Images;

public sealed class ImagesTests(ImageFixture glance) : IClassFixture<ImageFixture>
{
    [Fact]
    public async Task An_image_is_created_with_properties_and_shown()
    {
        var created = await glance.SendAsync("POST", "/v2/images",
            "{\"name\": \"cirros\", \"disk_format\": \"raw\", \"container_format\": \"bare\", \"min_ram\": 64, \"os_distro\": \"gold\", \"tags\": [\"one\"]}");
        var id = created.Json.GetProperty("id").GetString();
        var shown = await glance.SendAsync("GET", $"/v2/images/{id}");

        Assert.Equal((201, $"/v2/images/{id}"), (created.Status, created.Headers["location"]));
        Assert.Equal(("queued", "shared", "gold", "[\"one\"]"), (
            shown.Json.GetProperty("status").GetString(), shown.Json.GetProperty("visibility").GetString(),
            shown.Json.GetProperty("os_distro").GetString(), shown.Json.GetProperty("tags").GetRawText()));
        Assert.Equal(JsonValueKind.Null, shown.Json.GetProperty("size").ValueKind);
        Assert.Equal(glance.Keystone.User("demo").ProjectId, shown.Json.GetProperty("owner").GetString());
    }

    [Theory]
    [InlineData("{\"min_disk\": -1}", 400, "Invalid value &#x27;-1&#x27; for parameter &#x27;min_disk&#x27;: Cannot be a negative value")]
    [InlineData("{\"min_ram\": 4294967296}", 400, "min_ram")]
    [InlineData("{\"disk_format\": \"floppy\"}", 400, "is not one of")]
    [InlineData("{\"os_distro\": 5}", 400, "5 is not of type &#x27;string&#x27;")]
    [InlineData("{\"id\": \"../../etc/passwd\"}", 400, "pattern")]
    [InlineData("[]", 400, "object")]
    [InlineData("{", 400, "JSON")]
    [InlineData("{\"self\": \"x\"}", 403, "Attribute &#x27;self&#x27; is read-only.")]
    [InlineData("{\"deleted\": \"x\"}", 403, "Attribute &#x27;deleted&#x27; is reserved.")]
    [InlineData("{\"visibility\": \"public\"}", 403, "publicize_image")]
    [InlineData("{\"owner\": \"somebody\"}", 403, "You are not permitted to create images owned by &#x27;somebody&#x27;")]
    public async Task A_bad_body_is_refused_in_webob_s_form(string body, int status, string words)
    {
        var answer = await glance.SendAsync("POST", "/v2/images", body);

        Assert.Equal(status, answer.Status);
        Assert.Contains(words, answer.Text, StringComparison.Ordinal);
        Assert.StartsWith("text/html", answer.Headers["content-type"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_unknown_image_is_404_in_html_or_in_json_where_that_is_accepted()
    {
        var id = Guid.NewGuid();

        var html = await glance.SendAsync("GET", $"/v2/images/{id}");
        var json = await glance.SendAsync("GET", $"/v2/images/{id}", accept: "application/json");

        Assert.Contains($"<h1>404 Not Found</h1>\n  No image found with ID {id}<br /><br />", html.Text, StringComparison.Ordinal);
        Assert.Equal($"No image found with ID {id}<br /><br />\n\n\n", json.Json.GetProperty("message").GetString());
        Assert.Equal(("404 Not Found", "Not Found"), (json.Json.GetProperty("code").GetString(), json.Json.GetProperty("title").GetString()));
    }

    [Fact]
    public async Task Without_a_token_the_answer_is_webob_s_401_with_keystone_s_address()
    {
        using var response = await glance.Service.Client.GetAsync("/v2/images", TestContext.Current.CancellationToken);

        Assert.Equal(401, (int)response.StatusCode);
        Assert.Contains("This server could not verify", await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
        Assert.StartsWith("Keystone uri=", response.Headers.WwwAuthenticate.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("GET")]
    [InlineData("DELETE")]
    public async Task An_image_without_an_id_is_404(string method) => Assert.Equal(404, (await glance.SendAsync(method, "/v2/images/")).Status);

    [Fact]
    public async Task Lists_page_by_marker_and_filter()
    {
        var ids = new List<string>();
        foreach (var name in new[] { "a", "b", "c" })
        {
            ids.Add(await glance.CreateAsync(further: $", \"batch\": \"pages\", \"nick\": \"{name}\""));
        }

        var first = await glance.SendAsync("GET", "/v2/images?batch=pages&sort=id:asc&limit=2");
        var second = await glance.SendAsync("GET", first.Json.GetProperty("next").GetString()!);
        var picked = await glance.SendAsync("GET", $"/v2/images?id=in:{ids[0]},{ids[2]}&nick=c");
        var none = await glance.SendAsync("GET", "/v2/images?batch=pages", user: "other");

        Assert.Equal(ids.Order(StringComparer.Ordinal), Ids(first).Concat(Ids(second)));
        Assert.False(second.Json.TryGetProperty("next", out _));
        Assert.Equal([ids[2]], Ids(picked));
        Assert.Empty(Ids(none));
    }

    [Theory]
    [InlineData("limit=x", "limit param must be an integer")]
    [InlineData("limit=-1", "limit param must be positive")]
    [InlineData("sort=nosuch:asc", "Invalid sort key: nosuch.")]
    [InlineData("sort_dir=up", "Invalid sort direction: up")]
    [InlineData("visibility=secret", "Invalid visibility value: secret")]
    [InlineData("size_min=many", "not an integer")]
    public async Task A_bad_query_is_400(string query, string words)
    {
        var answer = await glance.SendAsync("GET", "/v2/images?" + query);

        Assert.Equal(400, answer.Status);
        Assert.Contains(words, answer.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_patch_adds_replaces_and_removes()
    {
        var id = await glance.CreateAsync(further: ", \"colour\": \"red\", \"shape\": \"round\"");

        var patched = await glance.PatchAsync(id,
            "[{\"op\": \"replace\", \"path\": \"/name\", \"value\": \"renamed\"}, {\"op\": \"add\", \"path\": \"/a~1b\", \"value\": \"1\"}, {\"op\": \"remove\", \"path\": \"/colour\"}]");
        var absent = await glance.PatchAsync(id, "[{\"op\": \"remove\", \"path\": \"/colour\"}]");
        var status = await glance.PatchAsync(id, "[{\"op\": \"replace\", \"path\": \"/status\", \"value\": \"active\"}]");
        var media = await glance.SendAsync("PATCH", $"/v2/images/{id}", "[]");

        Assert.Equal((200, "renamed", "1"), (patched.Status, patched.Json.GetProperty("name").GetString(), patched.Json.GetProperty("a/b").GetString()));
        Assert.False(patched.Json.TryGetProperty("colour", out _));
        Assert.Equal((409, 403, 415), (absent.Status, status.Status, media.Status));
        Assert.Equal("application/openstack-images-v2.0-json-patch, application/openstack-images-v2.1-json-patch", media.Headers["accept-patch"]);
    }

    [Fact]
    public async Task A_shared_image_is_seen_by_its_members_and_listed_when_accepted()
    {
        var id = await glance.CreateActiveAsync([1, 2, 3]);
        var other = glance.Keystone.User("other").ProjectId;

        var before = await glance.SendAsync("GET", $"/v2/images/{id}", user: "other");
        var added = await glance.SendAsync("POST", $"/v2/images/{id}/members", $"{{\"member\": \"{other}\"}}");
        var shown = await glance.SendAsync("GET", $"/v2/images/{id}", user: "other");
        var pending = await glance.SendAsync("GET", $"/v2/images?id={id}", user: "other");
        var accepted = await glance.SendAsync("PUT", $"/v2/images/{id}/members/{other}", "{\"status\": \"accepted\"}", "other");
        var listed = await glance.SendAsync("GET", $"/v2/images?id={id}", user: "other");
        var stolen = await glance.PatchAsync(id, "[{\"op\": \"replace\", \"path\": \"/name\", \"value\": \"stolen\"}]", "other");
        var removed = await glance.SendAsync("DELETE", $"/v2/images/{id}/members/{other}");
        var after = await glance.SendAsync("GET", $"/v2/images/{id}", user: "other");

        Assert.Equal((404, 200, 200), (before.Status, added.Status, shown.Status));
        Assert.Equal("pending", added.Json.GetProperty("status").GetString());
        Assert.Empty(Ids(pending));
        Assert.Equal((200, "accepted"), (accepted.Status, accepted.Json.GetProperty("status").GetString()));
        Assert.Equal([id], Ids(listed));
        Assert.Equal((403, 204, 404), (stolen.Status, removed.Status, after.Status));
    }

    [Fact]
    public async Task A_protected_image_is_not_deleted()
    {
        var id = await glance.CreateAsync(further: ", \"protected\": true");

        var refused = await glance.SendAsync("DELETE", $"/v2/images/{id}");
        await glance.PatchAsync(id, "[{\"op\": \"replace\", \"path\": \"/protected\", \"value\": false}]");
        var deleted = await glance.SendAsync("DELETE", $"/v2/images/{id}");

        Assert.Equal((403, 204), (refused.Status, deleted.Status));
        Assert.Contains($"Image {id} is protected and cannot be deleted.", refused.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_deactivated_image_is_downloaded_by_admins_only()
    {
        var id = await glance.CreateActiveAsync([1, 2, 3]);

        var off = await glance.SendAsync("POST", $"/v2/images/{id}/actions/deactivate", user: "admin");
        var refused = await glance.SendAsync("GET", $"/v2/images/{id}/file");
        var admins = await glance.SendAsync("GET", $"/v2/images/{id}/file", user: "admin");
        var on = await glance.SendAsync("POST", $"/v2/images/{id}/actions/reactivate", user: "admin");
        var again = await glance.SendAsync("GET", $"/v2/images/{id}/file");

        Assert.Equal((204, 403, 200, 204, 200), (off.Status, refused.Status, admins.Status, on.Status, again.Status));
    }

    [Fact]
    public async Task Tags_are_put_and_deleted()
    {
        var id = await glance.CreateAsync();

        var put = await glance.SendAsync("PUT", $"/v2/images/{id}/tags/x%20y");
        var listed = await glance.SendAsync("GET", "/v2/images?tag=x%20y");
        var deleted = await glance.SendAsync("DELETE", $"/v2/images/{id}/tags/x%20y");
        var absent = await glance.SendAsync("DELETE", $"/v2/images/{id}/tags/x%20y");

        Assert.Equal((204, 204, 404), (put.Status, deleted.Status, absent.Status));
        Assert.Equal([id], Ids(listed));
    }

    [Fact]
    public async Task Versions_and_schemas_are_there_for_discovery()
    {
        using var root = await glance.Service.Client.GetAsync("/", TestContext.Current.CancellationToken);
        using var versions = await glance.Service.Client.GetAsync("/versions", TestContext.Current.CancellationToken);
        var schema = await glance.SendAsync("GET", "/v2/schemas/image");

        Assert.Equal((300, 200), ((int)root.StatusCode, (int)versions.StatusCode));
        Assert.Contains("/v2/", await root.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
        Assert.Equal("image", schema.Json.GetProperty("name").GetString());
    }

    private static List<string> Ids(ImageFixture.Answer answer) => [.. answer.Json.GetProperty("images").EnumerateArray().Select(i => i.GetProperty("id").GetString()!)];
}
