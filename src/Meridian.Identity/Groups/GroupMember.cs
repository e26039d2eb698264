// SPDX-License-Identifier: Apache-2.0
using LinqToDB.Mapping;

namespace Meridian.Identity.Groups;

/// <summary>Membership of a user in a group.</summary>
[Table("group_member")]
internal sealed class GroupMember
{
    [PrimaryKey, Column("group_id")]
    public string GroupId { get; set; } = "";

    [PrimaryKey, Column("user_id")]
    public string UserId { get; set; } = "";
}
