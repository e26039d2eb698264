// SPDX-License-Identifier: Apache-2.0
using LinqToDB.Mapping;

namespace Meridian.Identity.Credentials;

/// <summary>A secret that a user deposited: an EC2 key pair, a TOTP seed, a certificate. Column names are those of Keystone's table.</summary>
[Table("credential")]
internal sealed class Credential
{
    /// <summary>Hex of the SHA-256 of the access key for EC2, else random.</summary>
    [PrimaryKey, Column("id")]
    public string Id { get; set; } = "";

    [Column("user_id")]
    public string UserId { get; set; } = "";

    [Column("project_id")]
    public string? ProjectId { get; set; }

    [Column("type")]
    public string Type { get; set; } = "";

    /// <summary>A Fernet frame in padded base64; <see cref="CredentialKeys"/> reads it.</summary>
    [Column("encrypted_blob")]
    public string EncryptedBlob { get; set; } = "";

    /// <summary>Which key encrypted it: <see cref="Tokens.Fernet.KeyHash"/>.</summary>
    [Column("key_hash")]
    public string KeyHash { get; set; } = "";

    /// <summary>JSON object of the attributes that the API does not know.</summary>
    [Column("extra")]
    public string? Extra { get; set; }

    [Column("revision"), OptimisticLockProperty(VersionBehavior.AutoIncrement)]
    public int Revision { get; set; }
}

/// <summary>A credential and what it holds, in the clear.</summary>
internal sealed record OpenCredential(Credential Row, string Blob);

internal static class CredentialTypes
{
    public const string Ec2 = "ec2";
    public const string Totp = "totp";

    /// <summary>Keystone checks the type of what comes in without regard to case, and takes only the exact one for authentication.</summary>
    public static bool IsLikeEc2(string type) => type.Equals(Ec2, StringComparison.OrdinalIgnoreCase);
}
