// SPDX-License-Identifier: Apache-2.0
using System.Text.Json.Nodes;

using Meridian.Platform.Config;

using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Meridian.Image.Schemas;

/// <summary>/v2/schemas: JSON schemas of what the API shows. Source: Image API v2 reference, "Image schemas".</summary>
internal static class SchemaEndpoints
{
    private const string UuidPattern = "^([0-9a-fA-F]){8}-([0-9a-fA-F]){4}-([0-9a-fA-F]){4}-([0-9a-fA-F]){4}-([0-9a-fA-F]){12}$";

    public static void MapSchemas(this RouteGroupBuilder api)
    {
        var schemas = api.MapGroup("/schemas").WithTags("schemas");
        schemas.MapGet("/image", (ServiceConfig config) => Answer(Image(config)));
        schemas.MapGet("/images", (ServiceConfig config) => Answer(Collection("images", Image(config), paged: true)));
        schemas.MapGet("/member", () => Answer(Member()));
        schemas.MapGet("/members", () => Answer(Collection("members", Member(), paged: false)));
    }

    private static ImageAnswer Answer(JsonObject schema) => new(json => schema.WriteTo(json));

    private static JsonObject Image(ServiceConfig config) => new()
    {
        ["name"] = "image",
        ["properties"] = new JsonObject
        {
            ["id"] = Of("string", "Identifier of the image", ("pattern", UuidPattern)),
            ["name"] = OrNull("string", "Name of the image", ("maxLength", 255)),
            ["status"] = ReadOnly("string", "Status of the image", ("enum", List("queued", "saving", "active", "killed", "deleted", "uploading", "importing", "pending_delete", "deactivated"))),
            ["visibility"] = Of("string", "Who may use the image", ("enum", List("community", "public", "private", "shared"))),
            ["protected"] = Of("boolean", "A protected image cannot be deleted"),
            ["os_hidden"] = Of("boolean", "A hidden image is not listed unless asked for"),
            ["checksum"] = ReadOnlyOrNull("string", "MD5 of the data", ("maxLength", 32)),
            ["os_hash_algo"] = ReadOnlyOrNull("string", "Algorithm of os_hash_value", ("maxLength", 64)),
            ["os_hash_value"] = ReadOnlyOrNull("string", "Digest of the data", ("maxLength", 128)),
            ["owner"] = OrNull("string", "Project that owns the image", ("maxLength", 255)),
            ["size"] = ReadOnlyOrNull("integer", "Bytes of the data"),
            ["virtual_size"] = ReadOnlyOrNull("integer", "Bytes of the disk that a guest sees"),
            ["container_format"] = OrNull("string", "Format of the container", ("enum", List([null, .. config.Get(ImageOptions.ContainerFormats)]))),
            ["disk_format"] = OrNull("string", "Format of the disk", ("enum", List([null, .. config.Get(ImageOptions.DiskFormats)]))),
            ["created_at"] = ReadOnly("string", "When the image was made"),
            ["updated_at"] = ReadOnly("string", "When the image last changed"),
            ["tags"] = Of("array", "Words that the image is marked with", ("items", new JsonObject { ["type"] = "string", ["maxLength"] = 255 })),
            ["direct_url"] = ReadOnly("string", "Where the data lies"),
            ["min_ram"] = Of("integer", "MiB of memory that the image needs"),
            ["min_disk"] = Of("integer", "GiB of disk that the image needs"),
            ["self"] = ReadOnly("string", "URL of the image"),
            ["file"] = ReadOnly("string", "URL of the data"),
            ["stores"] = ReadOnly("string", "Stores that the data lies in"),
            ["schema"] = ReadOnly("string", "URL of this schema"),
            ["locations"] = Of("array", "Places that the data lies in", ("items", new JsonObject
            {
                ["type"] = "object",
                ["properties"] = new JsonObject { ["url"] = new JsonObject { ["type"] = "string", ["maxLength"] = 255 }, ["metadata"] = new JsonObject { ["type"] = "object" } },
                ["required"] = List("url", "metadata"),
            })),
        },
        ["additionalProperties"] = new JsonObject { ["type"] = "string" },
        ["links"] = Links(("self", "{self}"), ("enclosure", "{file}"), ("describedby", "{schema}")),
    };

    private static JsonObject Member() => new()
    {
        ["name"] = "member",
        ["properties"] = new JsonObject
        {
            ["created_at"] = Of("string", "When the image was shared"),
            ["image_id"] = Of("string", "Identifier of the image", ("pattern", UuidPattern)),
            ["member_id"] = Of("string", "Project that the image is shared with"),
            ["schema"] = ReadOnly("string", "URL of this schema"),
            ["status"] = Of("string", "What the project answered", ("enum", List("pending", "accepted", "rejected"))),
            ["updated_at"] = Of("string", "When the answer last changed"),
        },
    };

    private static JsonObject Collection(string name, JsonObject item, bool paged)
    {
        var properties = new JsonObject { [name] = new JsonObject { ["type"] = "array", ["items"] = item } };
        if (paged)
        {
            properties["first"] = new JsonObject { ["type"] = "string" };
            properties["next"] = new JsonObject { ["type"] = "string" };
        }

        properties["schema"] = new JsonObject { ["type"] = "string" };
        return new()
        {
            ["name"] = name,
            ["properties"] = properties,
            ["links"] = paged ? Links(("first", "{first}"), ("next", "{next}"), ("describedby", "{schema}")) : Links(("describedby", "{schema}")),
        };
    }

    private static JsonObject Of(string type, string description, params (string Name, JsonNode Value)[] further)
    {
        var schema = new JsonObject { ["type"] = type, ["description"] = description };
        foreach (var (name, value) in further)
        {
            schema[name] = value;
        }

        return schema;
    }

    private static JsonObject OrNull(string type, string description, params (string Name, JsonNode Value)[] further)
    {
        var schema = Of(type, description, further);
        schema["type"] = List("null", type);
        return schema;
    }

    private static JsonObject ReadOnly(string type, string description, params (string Name, JsonNode Value)[] further) => Of(type, description, [.. further, ("readOnly", true)]);

    private static JsonObject ReadOnlyOrNull(string type, string description, params (string Name, JsonNode Value)[] further) => OrNull(type, description, [.. further, ("readOnly", true)]);

    private static JsonArray List(params string?[] items) => new([.. items.Select(item => (JsonNode?)item)]);

    private static JsonArray Links(params (string Rel, string Href)[] links) =>
        new([.. links.Select(link => new JsonObject { ["rel"] = link.Rel, ["href"] = link.Href })]);
}
