// SPDX-License-Identifier: Apache-2.0
using LinqToDB.Mapping;

namespace Meridian.Identity.Users;

/// <summary>A password that the user had before; the higher number is the later one.</summary>
[Table("password_history")]
internal sealed class PastPassword
{
    [PrimaryKey(0), Column("user_id")]
    public string UserId { get; set; } = "";

    [PrimaryKey(1), Column("number")]
    public int Number { get; set; }

    [Column("password_hash")]
    public string PasswordHash { get; set; } = "";
}
