// SPDX-License-Identifier: Apache-2.0
using LinqToDB.Mapping;

namespace Meridian.Network.Tags;

[Table("tags")]
internal sealed class TagRow
{
    [PrimaryKey(1), Column("resource_id")]
    public string ResourceId { get; init; } = "";

    [PrimaryKey(2), Column("tag")]
    public string Tag { get; init; } = "";
}
