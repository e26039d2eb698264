// SPDX-License-Identifier: Apache-2.0
using LinqToDB.Mapping;

namespace Meridian.Identity.Users;

/// <summary>A user.</summary>
[Table("identity_user")]
internal sealed class User
{
    [PrimaryKey, Column("id")]
    public string Id { get; set; } = "";

    [Column("domain_id")]
    public string DomainId { get; set; } = "";

    [Column("name")]
    public string Name { get; set; } = "";

    [Column("name_key")]
    public string NameKey { get; set; } = "";

    [Column("enabled")]
    public bool Enabled { get; set; }

    [Column("default_project_id")]
    public string? DefaultProjectId { get; set; }

    [Column("password_hash")]
    public string? PasswordHash { get; set; }

    [Column("password_changed_at")]
    public DateTime? PasswordChangedAt { get; set; }

    [Column("password_expires_at")]
    public DateTime? PasswordExpiresAt { get; set; }

    /// <summary>True when the user, not an administrator, set the password.</summary>
    [Column("password_self_service")]
    public bool? PasswordSelfService { get; set; }

    // Log-ins write these three beside whoever changes the user: updates of the whole row leave them alone.
    [Column("failed_auth_count", SkipOnUpdate = true)]
    public int FailedAuthCount { get; set; }

    [Column("failed_auth_at", SkipOnUpdate = true)]
    public DateTime? FailedAuthAt { get; set; }

    /// <summary>The day of the last log-in with the password, or of being enabled.</summary>
    [Column("last_active_at", SkipOnUpdate = true)]
    public DateTime? LastActiveAt { get; set; }

    [Column("created_at")]
    public DateTime CreatedAt { get; set; }

    [Column("options")]
    public string? Options { get; set; }

    [Column("extra")]
    public string? Extra { get; set; }

    [Column("revision"), OptimisticLockProperty(VersionBehavior.AutoIncrement)]
    public int Revision { get; set; }
}
