// SPDX-License-Identifier: Apache-2.0
using LinqToDB.Mapping;

namespace Meridian.Identity.ApplicationCredentials;

/// <summary>A secret that stands for a user in one project, with some of the user's roles there. Immutable.</summary>
[Table("application_credential")]
internal sealed class ApplicationCredential
{
    [PrimaryKey, Column("id")]
    public string Id { get; set; } = "";

    [Column("user_id")]
    public string UserId { get; set; } = "";

    [Column("project_id")]
    public string ProjectId { get; set; } = "";

    /// <summary>Unique to the user.</summary>
    [Column("name")]
    public string Name { get; set; } = "";

    [Column("name_key")]
    public string NameKey { get; set; } = "";

    [Column("secret_hash")]
    public string SecretHash { get; set; } = "";

    [Column("description")]
    public string? Description { get; set; }

    [Column("expires_at")]
    public DateTime? ExpiresAt { get; set; }

    /// <summary>Whether its tokens may make and delete credentials.</summary>
    [Column("unrestricted")]
    public bool Unrestricted { get; set; }
}

/// <summary>A role that an application credential was given; its tokens have it as long as the user does.</summary>
[Table("application_credential_role")]
internal sealed class ApplicationCredentialRole
{
    [PrimaryKey, Column("application_credential_id")]
    public string ApplicationCredentialId { get; set; } = "";

    [PrimaryKey, Column("role_id")]
    public string RoleId { get; set; } = "";
}

/// <summary>A rule that bounds an application credential.</summary>
[Table("application_credential_access_rule")]
internal sealed class ApplicationCredentialAccessRule
{
    [PrimaryKey, Column("application_credential_id")]
    public string ApplicationCredentialId { get; set; } = "";

    [PrimaryKey, Column("access_rule_id")]
    public string AccessRuleId { get; set; } = "";
}
