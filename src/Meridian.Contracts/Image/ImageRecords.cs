// SPDX-License-Identifier: Apache-2.0
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Meridian.Contracts.Image;

/// <summary>An image as glance shows it. Source: Image API v2 reference, "Show image".</summary>
public sealed class ImageInfo
{
    public required string Id { get; init; }

    public string? Name { get; init; }

    /// <summary>queued, saving, active, deactivated …; only an active image can be used.</summary>
    public string Status { get; init; } = "";

    public string? Owner { get; init; }

    public string Visibility { get; init; } = "";

    public string? DiskFormat { get; init; }

    public string? ContainerFormat { get; init; }

    /// <summary>Bytes of the data; null before it was uploaded.</summary>
    public long? Size { get; init; }

    /// <summary>Bytes of the disk that a guest sees; null where unknown.</summary>
    public long? VirtualSize { get; init; }

    /// <summary>MD5, hex.</summary>
    public string? Checksum { get; init; }

    public string? OsHashAlgo { get; init; }

    public string? OsHashValue { get; init; }

    /// <summary>GiB that a flavor's disk must have at least.</summary>
    public int MinDisk { get; init; }

    /// <summary>MiB that a flavor's memory must have at least.</summary>
    public int MinRam { get; init; }

    public bool Protected { get; init; }

    public bool OsHidden { get; init; }

    public List<string> Tags { get; init; } = [];

    public DateTimeOffset CreatedAt { get; init; }

    public DateTimeOffset UpdatedAt { get; init; }

    /// <summary>Everything else that the image carries, such as hw_disk_bus.</summary>
    [JsonExtensionData]
    public Dictionary<string, JsonElement> Extra { get; set; } = [];

    /// <summary>A property's text (hw_disk_bus), null where the image has none of that name.</summary>
    public string? Property(string name) =>
        Extra.TryGetValue(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}

/// <summary>An image's data on its way. Dispose it to end the transfer.</summary>
public sealed class ImageDownload(HttpResponseMessage response, Stream data) : IAsyncDisposable
{
    public Stream Data { get; } = data;

    /// <summary>Bytes that will come; null where glance did not say.</summary>
    public long? Length => response.Content.Headers.ContentLength;

    public async ValueTask DisposeAsync()
    {
        await Data.DisposeAsync();
        response.Dispose();
    }
}

/// <summary>What a new image is made of.</summary>
public sealed record CreateImage(string Name, string DiskFormat, string ContainerFormat = "bare")
{
    public string? Id { get; init; }

    public string? Visibility { get; init; }

    public string? Owner { get; init; }

    public int? MinDisk { get; init; }

    public int? MinRam { get; init; }

    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Properties { get; set; }
}

internal sealed record ImagePage(List<ImageInfo> Images, string? Next);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ImageInfo))]
[JsonSerializable(typeof(ImagePage))]
[JsonSerializable(typeof(CreateImage))]
internal sealed partial class ImageJson : JsonSerializerContext;
