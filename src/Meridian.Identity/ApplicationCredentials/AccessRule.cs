// SPDX-License-Identifier: Apache-2.0
using LinqToDB.Mapping;

namespace Meridian.Identity.ApplicationCredentials;

/// <summary>A request of one service that application credentials may make: a user's, shared by those that name it.</summary>
[Table("access_rule")]
internal sealed class AccessRule
{
    [PrimaryKey, Column("id")]
    public string Id { get; set; } = "";

    [Column("user_id")]
    public string UserId { get; set; } = "";

    /// <summary>Service type.</summary>
    [Column("service")]
    public string Service { get; set; } = "";

    /// <summary>May hold <c>*</c>, <c>**</c> and <c>{name}</c>.</summary>
    [Column("path")]
    public string Path { get; set; } = "";

    [Column("method")]
    public string Method { get; set; } = "";
}
