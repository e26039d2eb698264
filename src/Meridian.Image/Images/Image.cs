// SPDX-License-Identifier: Apache-2.0
using LinqToDB.Mapping;

namespace Meridian.Image.Images;

/// <summary>An image's row; it stays, with <see cref="DeletedAt"/>, when the image is deleted.</summary>
[Table("images")]
internal sealed class Image
{
    [PrimaryKey, Column("id")]
    public required string Id { get; init; }

    [Column("name")]
    public string? Name { get; set; }

    [Column("status")]
    public string Status { get; set; } = ImageStatus.Queued;

    [Column("visibility")]
    public string Visibility { get; set; } = "shared";

    [Column("owner")]
    public string? Owner { get; set; }

    [Column("disk_format")]
    public string? DiskFormat { get; set; }

    [Column("container_format")]
    public string? ContainerFormat { get; set; }

    [Column("protected")]
    public bool Protected { get; set; }

    [Column("os_hidden")]
    public bool OsHidden { get; set; }

    /// <summary>GiB.</summary>
    [Column("min_disk")]
    public int MinDisk { get; set; }

    /// <summary>MiB.</summary>
    [Column("min_ram")]
    public int MinRam { get; set; }

    /// <summary>Bytes; while saving, what the upload has claimed of the quota.</summary>
    [Column("size")]
    public long? Size { get; set; }

    [Column("virtual_size")]
    public long? VirtualSize { get; set; }

    /// <summary>MD5, hex.</summary>
    [Column("checksum")]
    public string? Checksum { get; set; }

    [Column("os_hash_algo")]
    public string? OsHashAlgo { get; set; }

    [Column("os_hash_value")]
    public string? OsHashValue { get; set; }

    /// <summary>Where the data lies; kept after deletion until the data is gone.</summary>
    [Column("location")]
    public string? Location { get; set; }

    /// <summary>The process that is saving the data.</summary>
    [Column("upload_worker")]
    public string? UploadWorker { get; set; }

    [Column("revision")]
    public int Revision { get; set; }

    [Column("created_at")]
    public DateTime CreatedAt { get; init; }

    [Column("updated_at")]
    public DateTime UpdatedAt { get; set; }

    [Column("deleted_at")]
    public DateTime? DeletedAt { get; set; }
}

internal static class ImageStatus
{
    public const string Queued = "queued";
    public const string Saving = "saving";
    public const string Active = "active";
    public const string Deactivated = "deactivated";
    public const string Deleted = "deleted";
}

[Table("image_properties")]
internal sealed class ImageProperty
{
    [PrimaryKey, Column("image_id")]
    public required string ImageId { get; init; }

    [PrimaryKey, Column("name")]
    public required string Name { get; init; }

    [Column("value")]
    public required string Value { get; init; }
}

[Table("image_tags")]
internal sealed class ImageTag
{
    [PrimaryKey, Column("image_id")]
    public required string ImageId { get; init; }

    [PrimaryKey, Column("tag")]
    public required string Tag { get; init; }
}

/// <summary>An image whole.</summary>
internal sealed record ImageRecord(Image Row, SortedDictionary<string, string> Properties, SortedSet<string> Tags)
{
    /// <summary>True when the asking project is a member of the image, whatever it answered.</summary>
    public bool SharedWithAsker { get; init; }
}
