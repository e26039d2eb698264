// SPDX-License-Identifier: Apache-2.0
using LinqToDB.Mapping;

namespace Meridian.Image.Members;

/// <summary>A project that an image is shared with.</summary>
[Table("image_members")]
internal sealed class ImageMember
{
    [PrimaryKey, Column("image_id")]
    public required string ImageId { get; init; }

    [PrimaryKey, Column("member_id")]
    public required string MemberId { get; init; }

    /// <summary>pending, accepted or rejected; only accepted ones show the image in the member's list.</summary>
    [Column("status")]
    public string Status { get; set; } = "pending";

    [Column("created_at")]
    public DateTime CreatedAt { get; init; }

    [Column("updated_at")]
    public DateTime UpdatedAt { get; set; }
}
