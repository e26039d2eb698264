// SPDX-License-Identifier: Apache-2.0
using System.Text.Json;

namespace Meridian.Image.Images;

/// <summary>How an image is shown: its attributes and, beside them, its properties.</summary>
internal static class ImageView
{
    public static void Write(Utf8JsonWriter json, ImageRecord image, bool showDirectUrl)
    {
        var row = image.Row;
        json.WriteStartObject();
        foreach (var (name, value) in image.Properties)
        {
            json.WriteString(name, value);
        }

        json.WriteString("name", row.Name);
        json.WriteString("disk_format", row.DiskFormat);
        json.WriteString("container_format", row.ContainerFormat);
        json.WriteString("visibility", row.Visibility);
        WriteNumber(json, "size", row.Status is ImageStatus.Active or ImageStatus.Deactivated ? row.Size : null);
        WriteNumber(json, "virtual_size", row.VirtualSize);
        json.WriteString("status", row.Status);
        json.WriteString("checksum", row.Checksum);
        json.WriteBoolean("protected", row.Protected);
        json.WriteNumber("min_ram", row.MinRam);
        json.WriteNumber("min_disk", row.MinDisk);
        json.WriteString("owner", row.Owner);
        json.WriteBoolean("os_hidden", row.OsHidden);
        json.WriteString("os_hash_algo", row.OsHashAlgo);
        json.WriteString("os_hash_value", row.OsHashValue);
        json.WriteString("id", row.Id);
        json.WriteString("created_at", ImageAnswer.Time(row.CreatedAt));
        json.WriteString("updated_at", ImageAnswer.Time(row.UpdatedAt));
        if (showDirectUrl && row.Location is not null)
        {
            json.WriteString("direct_url", row.Location);
        }

        json.WriteStartArray("tags");
        foreach (var tag in image.Tags)
        {
            json.WriteStringValue(tag);
        }

        json.WriteEndArray();
        json.WriteString("self", $"/v2/images/{row.Id}");
        json.WriteString("file", $"/v2/images/{row.Id}/file");
        json.WriteString("schema", "/v2/schemas/image");
        json.WriteEndObject();
    }

    private static void WriteNumber(Utf8JsonWriter json, string name, long? number)
    {
        if (number is { } value)
        {
            json.WriteNumber(name, value);
        }
        else
        {
            json.WriteNull(name);
        }
    }
}
